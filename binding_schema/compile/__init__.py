"""Declarations become a frozen intermediate representation with finished types, once, at start-up."""

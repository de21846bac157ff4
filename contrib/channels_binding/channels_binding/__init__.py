"""The names of channels-binding 1.1.5, on binding-schema. The README says what works, and what differs and why."""

# Later than all that was published under this name.
__version__ = "2.0.0"

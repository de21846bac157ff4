"""Transports translate between a wire and ``resolve.dispatch``, and decide nothing."""

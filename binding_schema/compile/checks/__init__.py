"""What a declaration must hold, one concern a file. Passes add; checks refuse."""

from .environment import check_environment
from .fields import field_names
from .streams import declares_something, nested_targets, stream_name, unique_keys, unique_streams, verbs

__all__ = [
    "check_environment",
    "declares_something",
    "field_names",
    "nested_targets",
    "stream_name",
    "unique_keys",
    "unique_streams",
    "verbs",
]

"""What a declaration must hold, one concern a file. Passes add; checks refuse."""

from .attributes import nothing_of_a_model, unknown_attributes
from .classes import hooks, instance, model
from .environment import check_environment
from .fields import field_names
from .probes import probes
from .streams import declares_something, nested_targets, stream_name, unique_keys, unique_streams
from .writes import writes

__all__ = [
    "check_environment",
    "declares_something",
    "field_names",
    "hooks",
    "instance",
    "model",
    "nested_targets",
    "nothing_of_a_model",
    "probes",
    "stream_name",
    "unique_keys",
    "unique_streams",
    "unknown_attributes",
    "writes",
]

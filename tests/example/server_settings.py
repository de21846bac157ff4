"""The example's own settings, for a real server on the database of the test."""

from config.settings import *  # noqa: F403
from tests.settings import DATABASES as DATABASES
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

# A test's own writes are made in another process, which the layer in memory does not reach: the poll finds them.
BINDING_SCHEMA = {"LIVE_POLL_INTERVAL": 0.2}

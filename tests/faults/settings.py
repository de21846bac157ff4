"""Settings of the servers and writers of these tests. Two variables, both JSON, say what a test wants:

FAULTS_CHANNEL_LAYERS  the setting CHANNEL_LAYERS; without it, an in-memory layer
FAULTS_BINDING_SCHEMA  the setting BINDING_SCHEMA
"""

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import CHANNEL_LAYERS, DATABASES

CHANNEL_LAYERS = json.loads(os.environ.get("FAULTS_CHANNEL_LAYERS", "null")) or CHANNEL_LAYERS
BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None, **json.loads(os.environ.get("FAULTS_BINDING_SCHEMA", "{}"))}

#: By which the database tells the connections of these processes from those of the test itself.
APPLICATION_NAME = "binding_schema faults"
_database = DATABASES["default"]
if _database["ENGINE"].endswith("postgresql"):
    DATABASES = {
        "default": {**_database, "OPTIONS": {**_database["OPTIONS"], "application_name": APPLICATION_NAME}},
    }

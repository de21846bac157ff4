"""How tests with generated messages are run."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings

#: The same messages in each run: a failure here is a failure everywhere.
profile = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
marks = [
    # Else it hides what failed behind the length of the values that are tried.
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
    # Said of strategies, but it is psycopg's pool, on a thread of its own.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

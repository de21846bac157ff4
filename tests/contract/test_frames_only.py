"""The list of what is the frame transports' alone holds nothing that is not there."""

from pathlib import Path

import pytest

from .frames_only import EVERY, FRAMES_ONLY

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", [name for name in FRAMES_ONLY if (HERE / name).exists()])
def test_each_is_a_test(name):
    source = (HERE / name).read_text()
    assert all(test == EVERY or f"async def {test}(" in source for test in FRAMES_ONLY[name])


def test_the_suite_runs_over_graphql():
    """Most of it: what is left out is a few tests of the frame, and what GraphQL's types refuse before."""
    left_out = [test for tests in FRAMES_ONLY.values() for test in tests if test != EVERY]
    tests = [
        line for path in HERE.glob("test_*.py") for line in path.read_text().splitlines() if "async def test_" in line
    ]
    assert len(left_out) < len(tests) / 5

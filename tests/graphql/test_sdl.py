"""The example's schema, as its clients know it: a change of it has to be meant.

To renew the snapshot after a change that is: `RENEW_SDL=1 python -m pytest tests/graphql/test_sdl.py`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from graphql import build_schema as built
from graphql import lexicographic_sort_schema, print_schema, validate_schema
from graphql.utilities import find_breaking_changes

from binding_schema.transports.graphql import build_schema
from helpdesk import bindings
from tests.graphql_schema import schema as served

SNAPSHOT = Path(__file__).with_name("helpdesk.graphql")
SERVED = [
    bindings.UserBinding,
    bindings.TeamBinding,
    bindings.LabelBinding,
    bindings.TicketBinding,
    bindings.CommentBinding,
]


def helpdesk() -> Any:
    return build_schema(SERVED)


def test_the_example() -> None:
    text = str(helpdesk()) + "\n"
    if os.environ.get("RENEW_SDL"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    kept = SNAPSHOT.read_text(encoding="utf-8")
    changes = [change.description for change in find_breaking_changes(built(kept), built(text))]
    assert text == kept, f"The schema is another than that of {SNAPSHOT.name}. Breaking: {changes}.\n{__doc__}"


def test_graphql_finds_no_fault() -> None:
    for schema in (helpdesk(), served):
        assert validate_schema(schema._schema) == []
        again = built(str(schema))
        assert validate_schema(again) == []
        # What is printed is all that there is.
        shown, there = (print_schema(lexicographic_sort_schema(item)) for item in (again, schema._schema))
        assert shown == there


def test_it_is_the_same_every_time() -> None:
    assert str(helpdesk()) == str(helpdesk())

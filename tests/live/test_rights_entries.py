"""Entries of a table between users and something else say whose sight may have changed. It may be a watched model too."""

from __future__ import annotations

import logging

import pytest

from binding_schema.live.batch import batch_of
from binding_schema.live.reader import Logged
from binding_schema.live.routes import Routes
from helpdesk.models import Team
from tests.app.models import Membership, Seat


@pytest.mark.parametrize(
    "model, key, users",
    [
        (None, '["5","7"]', {"5", "7"}),
        (None, "", None),
        (Membership, '["5"]', {"5"}),
        (Membership, "", None),
        (Membership, "3", None),  # a row of the table itself
        (Seat, '["A",1]', None),  # a key of two columns
    ],
)
def test_users_of_an_entry(
    model: type[Team] | None, key: str, users: set[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    routes = Routes(models={} if model is None else {"app.between": model}, rights={"app.between": None})
    with caplog.at_level(logging.ERROR):
        batch = batch_of([Logged(1, "app.between", key, "u", "", "")], routes, set(), "default")
    assert batch.rights == {"": users}
    assert caplog.records == []

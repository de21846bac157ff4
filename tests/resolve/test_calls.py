"""The one door from a project's own code: `extend.call` and `acall`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory

from binding_schema.declare.context import Context
from binding_schema.errors import InvalidFrame, NotFound, Unauthenticated, UnknownStream
from binding_schema.extend import acall, call, in_sight
from binding_schema.resolve.authentication import Fixed
from helpdesk.models import Ticket
from tests.app.models import Article
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(params=["call", "acall"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return acall if request.param == "acall" else sync_to_async(call)


async def test_it_answers_as_a_client_would_be_answered(demo: Demo, ask: Ask) -> None:
    ticket = demo.of(demo.network)[0]
    assert (await ask(demo.alice, "helpdesk.Ticket.retrieve", {"id": ticket.pk}))["title"] == ticket.title
    assert (await ask(demo.alice, "app.Article.create", {"title": "Plan"}))["success"] is True
    assert (await ask(demo.alice, "app.Article.create", {"title": "LOUD"}))["errors"]["title"][0]["code"] == "shouting"
    with pytest.raises(NotFound):
        await ask(demo.bob, "helpdesk.Ticket.retrieve", {"id": ticket.pk})
    with pytest.raises(Unauthenticated):
        await ask(AnonymousUser(), "helpdesk.Ticket.list")
    with pytest.raises(UnknownStream):
        await ask(demo.alice, "helpdesk.Nothing.list")
    for wrong in ("list", ""):
        with pytest.raises(InvalidFrame):
            await ask(demo.alice, wrong)


async def test_options_and_the_request_are_handed_on(demo: Demo, ask: Ask) -> None:
    asked = {"request": RequestFactory().get("/"), "meta": {"idempotency_key": "k"}}
    first = await ask(demo.alice, "app.Article.create#hash", {"title": "Once"}, **asked)
    assert await ask(demo.alice, "app.Article.create", {"title": "Once"}, **asked) == first
    assert await Article.objects.filter(title="Once").acount() == 1


def test_a_call_shares_its_caller_s_transaction(demo: Demo) -> None:
    with transaction.atomic():
        call(demo.alice, "app.Article.create", {"title": "Draft"})
        assert Article.objects.filter(title="Draft").exists()
        transaction.set_rollback(True)
    assert not Article.objects.filter(title="Draft").exists()


def test_what_a_write_may_refer_to(demo: Demo) -> None:
    mine, theirs = demo.of(demo.network)[0].pk, demo.of(demo.billing)[0].pk
    assert in_sight(Context(Fixed(demo.alice)), Ticket, [mine, theirs, 0]) == {mine}
    assert in_sight(Context(Fixed(demo.admin)), Ticket, [mine, theirs, 0]) == {mine, theirs}
    assert in_sight(Context(Fixed(AnonymousUser())), Ticket, [mine]) == set()
    assert in_sight(Context(Fixed(demo.alice)), Ticket, []) == set()

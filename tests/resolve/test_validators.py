"""`field(validators=...)`: in place of the model field's own validators, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from binding_schema import Binding, IsAuthenticated, auto, field
from tests.app.models import Specimen

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)


def no_digit(value: str) -> None:
    if any(letter.isdigit() for letter in value):
        raise ValidationError("No %(what)s here.", code="digit", params={"what": "digits"})


def short(value: str) -> None:
    if len(value) > 5:
        raise ValidationError("Too long.", code="long")


class Loose(Binding[User]):
    stream = "app.Loose"
    permissions = [IsAuthenticated]
    username: auto = field(validators=[])


class Other(Binding[Specimen]):
    stream = "app.Other"
    permissions = [IsAuthenticated]
    name: auto
    code: auto = field(validators=[no_digit, short])


def codes(found: Any) -> Any:
    return {name: [item["code"] for item in items] for name, items in found["errors"].items()}


async def test_the_models_validators_are_left_out(alice: User) -> None:
    users = Local(Loose)
    made = await users.send(alice, "app.Loose.create", username="With a blank")
    assert made["success"] is True
    # Its length and its uniqueness are no validators of its own.
    assert codes(await users.send(alice, "app.Loose.update", id=made["id"], username="x" * 151)) == {
        "username": ["max_length"]
    }
    assert codes(await users.send(alice, "app.Loose.create", username="alice")) == {"username": ["unique"]}
    assert codes(await users.send(alice, "app.Loose.create", username="")) == {"username": ["blank"]}
    rows = [{"username": "one more"}, {"id": made["id"], "username": "an other"}]
    assert (await users.send(alice, "app.Loose.save", rows=rows))["success"] is True


async def test_those_that_are_given_run(alice: User) -> None:
    specimens = Local(Other)
    event = "app.Other.create"
    assert codes(await specimens.send(alice, event, name="a", code="AB-1234")) == {"code": ["digit", "long"]}
    found = await specimens.send(alice, event, name="a", code="AB-12")
    assert found["errors"] == {"code": [{"code": "digit", "message": "No digits here."}]}
    made = await specimens.send(alice, event, name="a", code="any")
    assert made["success"] is True
    # Blank is a value that the model allows: validators are for what is there.
    assert (await specimens.send(alice, "app.Other.update", id=made["id"], code=""))["success"] is True
    # An update that does not send it does not complain of it.
    await Specimen.objects.filter(pk=made["id"]).aupdate(code="12345678")
    assert (await specimens.send(alice, "app.Other.update", id=made["id"], name="b"))["success"] is True

"""Keys as one parameter: the same rows as with ``IN``, for more keys than a statement may have parameters."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from binding_schema.live.among import among
from tests.app.models import Passport, Person, Specimen

pytestmark = pytest.mark.django_db


def test_numbers() -> None:
    users = [User.objects.create_user(f"user{number}") for number in range(3)]
    found = User.objects.filter(among([users[0].pk, users[2].pk, 2**62], "default")).order_by("pk")
    assert list(found) == [users[0], users[2]]


def test_texts() -> None:
    for key in ("a", "it's", "ü"):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())
    found = Session.objects.filter(among(["it's", "ü", "other"], "default"))
    assert {item.pk for item in found} == {"it's", "ü"}


def test_uuids_and_keys_of_other_tables() -> None:
    specimens = [Specimen.objects.create(name=name) for name in ("a", "b")]
    assert Specimen.objects.filter(among([specimens[0].pk], "default")).get() == specimens[0]
    people = [Person.objects.create(name=name) for name in ("a", "b")]
    passports = [Passport.objects.create(person=person, number=person.name) for person in people]
    assert Passport.objects.filter(among([people[1].pk], "default")).get() == passports[1]


def test_none_and_very_many() -> None:
    user = User.objects.create_user("user")
    assert not User.objects.filter(among([], "default"))
    assert User.objects.filter(among(range(user.pk, user.pk + 70_000), "default")).get() == user

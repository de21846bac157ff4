from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from binding_schema.models import IdempotencyKey

pytestmark = pytest.mark.django_db


def keys_of_age(*hours: float) -> None:
    for number, age in enumerate(hours):
        key = IdempotencyKey.objects.create(owner="1", key=str(age), digest=str(number))
        IdempotencyKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - timedelta(hours=age))


def prune() -> tuple[str, set[str]]:
    output = StringIO()
    call_command("binding_schema", "prune", stdout=output)
    return output.getvalue().strip(), set(IdempotencyKey.objects.values_list("key", flat=True))


def test_what_is_older_than_a_day_goes() -> None:
    keys_of_age(0, 23.9, 24.1, 1000)
    assert prune() == ("Deleted 2 idempotency keys.", {"0", "23.9"})


@override_settings(BINDING_SCHEMA={"IDEMPOTENCY_MAX_AGE": 3600})
def test_the_age_is_a_setting() -> None:
    keys_of_age(0.5, 2)
    assert prune() == ("Deleted 1 idempotency key.", {"0.5"})


def test_nothing_to_do() -> None:
    assert prune() == ("Deleted 0 idempotency keys.", set())

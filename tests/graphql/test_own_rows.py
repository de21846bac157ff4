"""Rows by a binding's own `serialize`: what of them GraphQL shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.models import Country, Person
from tests.contract.gql import GraphQLHttp

pytestmark = pytest.mark.django_db(transaction=True)


async def data(user: Any, document: str) -> Any:
    found = await GraphQLHttp(user).execute(document, {})
    assert "errors" not in found, found
    return found["data"]


async def test_declared_fields_have_its_values(demo: Any) -> None:
    country = await Country.objects.acreate(code="fr", name="France")
    await Person.objects.acreate(name="alice", country=country)
    document = "{ badgeList { rows { name countryId } } landList { rows { people { name } } } }"
    assert await data(demo.alice, document) == {
        "badgeList": {"rows": [{"name": "ALICE", "countryId": None}]},
        "landList": {"rows": [{"people": [{"name": "ALICE"}]}]},
    }
    assert (await data(demo.admin, "{ badgeList { rows { countryId } } }"))["badgeList"]["rows"] == [
        {"countryId": "fr"}
    ]


async def test_its_own_filter_is_an_argument(demo: Any) -> None:
    for name in ("alice", "bob"):
        await Person.objects.acreate(name=name)
    found = await data(demo.bob, "{ badges(filters: {mine: true}) { count rows { name } } }")
    assert found == {"badges": {"count": 1, "rows": [{"name": "BOB"}]}}

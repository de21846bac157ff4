"""A binding with a serializer in GraphQL, in the exports, and in what `schema` says to a form."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.test import RequestFactory
from openapi_spec_validator import validate

from binding_schema import extend
from binding_schema.transports.graphql import GraphQLView, build_schema
from shop import bindings


def exported(kind: str) -> str:
    out = io.StringIO()
    call_command("binding_schema", "export", "--format", kind, stdout=out)
    return out.getvalue()


def test_typescript_has_the_types_of_serializers() -> None:
    text = exported("typescript")
    # Nested rows, as they are read and as they are written.
    assert "  lines: ShopWritableOrderLine[];" in text
    assert "  lines: ShopWritableOrderLineInput[];" in text
    assert interface(text, "ShopWritableOrderLine") == [
        "id: number;", "product: number;", "product_name: string;", "seller: string;", "quantity: number;"
    ]  # fmt: skip
    assert interface(text, "ShopWritableOrderLineInput") == ["product: number;", "quantity?: number;"]
    assert interface(text, "ShopSource") == [
        "id: number;", "category_name: string | null;", "code: string;", "half: number | null;", "owner_name: string;",
        "parent_slug: string | null;", "price: Decimal;", "shown_name: string;", "tag_count: number;", "title: string;",
    ]  # fmt: skip
    method = interface(text, "ShopMethod")
    assert "numbers: { [key: string]: number };" in method
    assert "anything: Json;" in method
    created = interface(text, "ShopSourceCreate")
    assert "remark?: string;" in created  # only written
    assert "category_name: string;" not in created


def interface(text: str, name: str) -> list[str]:
    body = text.split(f"export interface {name} {{\n")[1].split("\n}")[0]
    return [line.strip() for line in body.splitlines() if not line.strip().startswith("/**")]


def test_openapi_is_valid_and_has_them_too() -> None:
    document = json.loads(exported("openapi"))
    validate(document)
    schemas = document["components"]["schemas"]
    plain = next(item for name, item in schemas.items() if name == "ShopPlain")
    assert plain["properties"]["words"]["items"]["type"] == "string"
    assert plain["properties"]["free"].get("type") is None
    created = schemas["ShopPlainCreate"]
    assert created["properties"]["name"]["maxLength"] == 40
    assert set(created["required"]) == {"name", "code", "price", "mood", "words"}


@pytest.mark.parametrize("kind", ["jsonschema", "asyncapi"])
def test_the_other_exports_have_them_as_well(kind: str) -> None:
    assert "product_name" in exported(kind)


def test_the_schema_says_what_a_form_needs(shop: Any) -> None:
    said = extend.call(shop.alice, "shop.EveryColumn.schema", {})
    kind = said["create"]["properties"]["kind"]
    assert kind["x-choices"] == [{"value": "book", "label": "Book"}, {"value": "toy", "label": "Toy"}]
    assert (
        said["create"]["properties"]["name"] | {"description": "As on the label."}
        == said["create"]["properties"]["name"]
    )
    assert set(said["create"]["required"]) == {"name", "code", "price", "owner"}
    assert {"manual", "made_at", "seal"}.isdisjoint(said["create"]["properties"])
    assert {"manual", "made_at", "seal"} <= set(said["fields"]["properties"])


def test_graphql_reads_and_writes_by_serializers(shop: Any) -> None:
    schema = build_schema([bindings.WritableOrderBinding, bindings.MethodBinding, bindings.PlainBinding])
    view = GraphQLView.as_view(schema=schema)

    def asked(text: str, **variables: Any) -> Any:
        body = json.dumps({"query": text, "variables": variables})
        request = RequestFactory().post("/graphql/", body, content_type="application/json")
        request.user = shop.alice
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        response = view(request)
        response = async_to_sync(_awaited)(response) if hasattr(response, "__await__") else response
        answer = json.loads(response.content)
        assert "errors" not in answer, answer
        return answer["data"]

    lines = [{"product": shop.products[1].pk, "quantity": 3}]
    made = asked(
        """mutation ($lines: [JSON!]!) {
          good: createWritableOrder(input: {number: "G1", lines: $lines}) { success id object { lines { seller } } }
          bad: createWritableOrder(input: {number: "", lines: [{quantity: -1}]}) { success errors { field code } }
        }""",
        lines=lines,
    )
    assert made["good"]["object"] == {"lines": [{"seller": "bob"}]}
    assert {error["field"] for error in made["bad"]["errors"]} == {"number", "lines.0.product", "lines.0.quantity"}
    found = asked(
        """query ($id: ID!, $product: ID!) {
          writableOrder(id: $id) { number customer { username } lines { productName quantity product } }
          method(id: $product) { loud isMine numbers }
          plains(limit: 2) { rows { words mood counts } }
        }""",
        id=made["good"]["id"],
        product=shop.products[1].pk,
    )
    assert found == {
        "writableOrder": {
            "number": "G1",
            "customer": {"username": "alice"},
            "lines": [{"productName": "Product 1", "quantity": 3, "product": shop.products[1].pk}],
        },
        "method": {"loud": "PRODUCT 1", "isMine": False, "numbers": {"rating": 2, "sold": 1000}},
        "plains": {"rows": [{"words": ["a", "b"], "mood": "GLAD", "counts": {"x": number}} for number in (1, 3)]},
    }


async def _awaited(item: Any) -> Any:
    return await item

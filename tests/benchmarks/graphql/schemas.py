"""The same rows behind both schemas: 9 fields, and the owner nested."""

from typing import Any

import strawberry
import strawberry_django
from django.contrib.auth.models import User
from strawberry.channels import GraphQLWSConsumer
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry_django.optimizer import DjangoOptimizerExtension

from binding_schema.transports.graphql import GraphQLConsumer, build_schema
from tests.benchmarks.benchapp.bindings import OwnedItemBinding
from tests.benchmarks.benchapp.models import Item

FIELDS = "id title body status priority amount dueOn createdAt owner { id username }"
OURS = {
    "list": f"query($page: Int!) {{ ownedItems(page: $page, limit: 25) {{ rows {{ {FIELDS} }} }} }}",
    "one": f"query($id: ID!) {{ ownedItem(id: $id) {{ {FIELDS} }} }}",
}
THEIRS = {
    "list": f"query($offset: Int!) {{ items(pagination: {{offset: $offset, limit: 25}}) {{ {FIELDS} }} }}",
    "one": f"query($id: ID!) {{ item(id: $id) {{ {FIELDS} }} }}",
}


@strawberry_django.type(User)
class UserType:
    id: strawberry.auto
    username: strawberry.auto


@strawberry_django.type(Item, pagination=True)
class ItemType:
    id: strawberry.auto
    title: strawberry.auto
    body: strawberry.auto
    status: strawberry.auto
    priority: strawberry.auto
    amount: strawberry.auto
    due_on: strawberry.auto
    created_at: strawberry.auto
    owner: UserType


@strawberry.type
class Query:
    items: list[ItemType] = strawberry_django.field()

    @strawberry_django.field
    def item(self, id: strawberry.ID) -> ItemType:
        return Item.objects.filter(pk=id)  # type: ignore[return-value]  # their optimizer narrows it, then it is got


def ours() -> Any:
    return GraphQLConsumer.as_asgi(schema=build_schema([OwnedItemBinding]))


def theirs() -> Any:
    schema = strawberry.Schema(Query, extensions=[DjangoOptimizerExtension])
    return GraphQLWSConsumer.as_asgi(schema=schema, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))

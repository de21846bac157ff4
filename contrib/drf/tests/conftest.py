from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connections

from binding_schema.resolve import threads
from shop.models import Category, Line, Order, Private, Product, Tag


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Closes what the worker threads hold open, before the database is dropped."""
    yield
    threads.shutdown()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_counts() -> None:
    """Throttles count in the cache."""
    cache.clear()


@dataclass
class Shop:
    alice: User
    bob: User
    admin: User
    books: Category
    novels: Category
    products: list[Product] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    privates: list[Private] = field(default_factory=list)


def make_shop() -> Shop:
    """30 products and 26 orders: more than a page. Every third thing lacks what may be missing."""
    people: list[User] = [User.objects.create_user(name, f"{name}@example.org", name) for name in ("alice", "bob")]
    admin = User.objects.create_superuser("admin", "admin@example.org", "admin")
    books = Category.objects.create(slug="books", name="Books")
    novels = Category.objects.create(slug="novels", name="Novels", parent=books)
    shop = Shop(*people, admin, books, novels)
    tags = Tag.objects.bulk_create(Tag(name=name) for name in ("new", "cheap", "red"))
    shop.products += Product.objects.bulk_create(
        Product(**_columns(number), owner=people[number % 2], category=[novels, books, None][number % 3])
        for number in range(30)
    )
    link = Product.tags.through
    link.objects.bulk_create(
        link(product=product, tag=tag) for number, product in enumerate(shop.products) for tag in tags[: number % 4]
    )
    shop.orders += Order.objects.bulk_create(
        Order(number=f"N{number}", customer=people[number % 2]) for number in range(26)
    )
    Line.objects.bulk_create(
        Line(order=order, product=shop.products[(number + step) % 30], quantity=step + 1)
        for number, order in enumerate(shop.orders)
        for step in range(number % 4)
    )
    shop.privates += [Private.objects.create(owner=owner, title=f"of {owner.username}") for owner in people]
    return shop


def _columns(number: int) -> dict[str, Any]:
    full = number % 3 > 0
    return {
        "name": f"Product {number}",
        "code": f"PLAIN-{number}" if number % 2 else f"C{number}",
        "kind": Product.Kind.TOY if number % 2 else Product.Kind.BOOK,
        "size": Product.Size.LARGE if full else None,
        "price": Decimal(number) + Decimal("0.50"),
        "weight": number / 7 if full else None,
        "rating": number % 5 + 1,
        "sold": number * 1000,
        "active": full,
        "released": date(2026, 1, number % 28 + 1) if full else None,
        "opens": time(8, 30, number) if full else None,
        "checked_at": datetime(2026, 7, 1, 12, number, 5, 678901, tzinfo=UTC) if full else None,
        "lasts": timedelta(days=number, seconds=90),
        "reference": UUID(int=number),
        "data": {"kinds": ["used"], "mood": "glad", "words": ["a", "b"], "counts": {"x": number}, "free": [None, {"y": 1.5}]},
        "website": "https://example.org/" if full else "",
        "email": "a@example.org" if full else "",
        "address": "192.0.2.1" if full else None,
        "notes": "n" * number,
        "manual": "" if number else "manual.txt",
    }  # fmt: skip


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture
def live_shop(transactional_db: None) -> Shop:
    """For tests over WebSocket, whose work runs on threads with connections of their own."""
    return make_shop()

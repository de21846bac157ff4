"""Permission classes and their combinations, sync and async, for requests and for objects; hooks of a binding."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import Count, Q

from binding_schema import (
    AllowAny,
    BasePermission,
    Binding,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
    action,
    auto,
    field,
    is_staff,
)
from binding_schema.declare.permissions import IsAuthenticatedOrReadOnly
from binding_schema.errors import BindingError, Forbidden, NotFound, Unauthenticated
from tests.app.models import Club

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)

CLUB = "app.Club"


class Yes(BasePermission):
    pass


class No(BasePermission):
    def has_permission(self, ctx: Any) -> bool:
        return False


class AsyncNamed(BasePermission):
    """An async one, with a query: the user named alice."""

    async def has_permission(self, ctx: Any) -> bool:
        return await User.objects.filter(pk=ctx.user.pk, username="alice").aexists()


class OpenClub(BasePermission):
    """Decides objects: those whose name begins with `open`."""

    def has_object_permission(self, ctx: Any, obj: Any) -> bool:
        return bool(obj.name.startswith("open"))


class AsyncOpenClub(BasePermission):
    async def has_object_permission(self, ctx: Any, obj: Any) -> bool:
        return bool((await Club.objects.aget(pk=obj.pk)).name.startswith("open"))


def clubs(*permissions: Any, **attributes: Any) -> Local:
    """A stream of clubs with these permissions."""
    body = {"__annotations__": {"id": auto, "name": auto}, "__module__": __name__, "permissions": list(permissions)}
    return Local(type("ClubBinding", (Binding,), {"model": Club, **body, **attributes}))


async def outcome(local: Local, user: Any, verb: str, **data: Any) -> Any:
    """The answer, or the class of the refusal."""
    try:
        return await local.send(user, f"{CLUB}.{verb}", **data)
    except BindingError as error:
        return type(error)


async def may(local: Local, user: Any) -> bool:
    found = await outcome(local, user, "list")
    assert isinstance(found, dict) or found in (Forbidden, Unauthenticated)
    return isinstance(found, dict)


@pytest.fixture
def admin(transactional_db: None) -> User:
    return User.objects.create_user("admin", is_staff=True)


nobody = AnonymousUser()


async def test_who_is_let_in(alice: User, bob: User, admin: User) -> None:
    everyone = {"nobody": nobody, "bob": bob, "alice": alice, "admin": admin}
    for permissions, expected in (
        ([AllowAny], "nobody bob alice admin"),
        ([IsAuthenticated], "bob alice admin"),
        ([IsAdminUser], "admin"),
        ([IsAuthenticatedOrReadOnly], "nobody bob alice admin"),
        ([DjangoModelPermissions], "bob alice admin"),
        ([AsyncNamed], "alice"),
        ([IsAuthenticated, No], ""),
        ([IsAuthenticated & AsyncNamed], "alice"),
        ([IsAdminUser | AsyncNamed], "alice admin"),
        ([~IsAdminUser], "nobody bob alice"),
        ([IsAuthenticated & ~AsyncNamed], "bob admin"),
        ([~(IsAdminUser | AsyncNamed) & IsAuthenticated], "bob"),
        ([~~IsAdminUser], "admin"),
        ([No | (Yes & IsAdminUser)], "admin"),
        ([Yes(), IsAdminUser() | No()], "admin"),
    ):
        local = clubs(*permissions)
        found = " ".join([name for name, user in everyone.items() if await may(local, user)])
        assert found == expected, permissions


async def test_who_is_refused_and_how(alice: User) -> None:
    local = clubs(No)
    for verb, data in {
        "retrieve": {"id": 1},
        "list": {},
        "search": {},
        "schema": {},
        "create": {"name": "x"},
        "update": {"id": 1, "name": "x"},
        "save": {"rows": [{"name": "x"}]},
        "delete": {"ids": [1]},
    }.items():
        assert await outcome(local, nobody, verb, **data) is Unauthenticated, verb
        assert await outcome(local, alice, verb, **data) is Forbidden, verb
    assert not await Club.objects.aexists()


async def test_django_s_permissions(alice: User) -> None:
    local = clubs(DjangoModelPermissions)
    club = await Club.objects.acreate(name="one")
    writes: dict[str, tuple[str, dict[str, Any]]] = {
        "add_club": ("create", {"name": "x"}),
        "change_club": ("update", {"id": club.pk, "name": "y"}),
        "delete_club": ("delete", {"id": club.pk}),
    }
    for codename, (verb, data) in writes.items():
        assert await outcome(local, alice, verb, **data) is Forbidden
        await alice.user_permissions.aadd(await Permission.objects.aget(codename=codename))
        alice = await User.objects.aget(pk=alice.pk)
        assert (await outcome(local, alice, verb, **data))["success"] is True
    # A batch needs what each of its rows needs.
    await alice.user_permissions.aset([await Permission.objects.aget(codename="add_club")])
    alice = await User.objects.aget(pk=alice.pk)
    other = await Club.objects.acreate(name="other")
    assert await outcome(local, alice, "save", rows=[{"name": "new"}, {"id": other.pk, "name": "z"}]) is Forbidden
    assert (await outcome(local, alice, "save", rows=[{"name": "new"}]))["success"] is True
    assert {club.name async for club in Club.objects.all()} == {"x", "other", "new"}


@pytest.mark.parametrize("permission", [OpenClub, AsyncOpenClub, IsAuthenticated & OpenClub, No | OpenClub, ~~OpenClub])
async def test_objects(alice: User, permission: Any) -> None:
    local = clubs(permission)
    open_, shut = await Club.objects.acreate(name="open"), await Club.objects.acreate(name="shut")
    assert (await outcome(local, alice, "retrieve", id=open_.pk))["name"] == "open"
    assert await outcome(local, alice, "retrieve", id=shut.pk) is NotFound
    for verb in ("list", "search"):
        assert [row["id"] for row in (await outcome(local, alice, verb))["rows"]] == [open_.pk]
    for verb, data in (("update", {"name": "mine"}), ("save", {"name": "mine"}), ("delete", {})):
        assert await outcome(local, alice, verb, id=shut.pk, **data) is Forbidden
    assert await outcome(local, alice, "delete", ids=[open_.pk, shut.pk]) is Forbidden
    assert (await outcome(local, alice, "update", id=open_.pk, name="open too"))["success"] is True
    assert {club.name async for club in Club.objects.all()} == {"open too", "shut"}


async def test_not_of_objects(alice: User) -> None:
    local = clubs(~OpenClub)
    await Club.objects.acreate(name="open")
    shut = await Club.objects.acreate(name="shut")
    assert [row["id"] for row in (await outcome(local, alice, "list"))["rows"]] == [shut.pk]


async def test_a_part_that_refuses_the_request_grants_no_object(alice: User, admin: User) -> None:
    """`IsAdminUser | OpenClub`: who is no admin gets the open ones, and not all because an admin would."""
    local = clubs(IsAdminUser | OpenClub)
    await Club.objects.acreate(name="open")
    await Club.objects.acreate(name="shut")
    assert len((await outcome(local, alice, "list"))["rows"]) == 1
    assert len((await outcome(local, admin, "list"))["rows"]) == 2


# Hooks ------------------------------------------------------------------------------------------------------------------


class AsyncHooks(Binding[Club]):
    """Every hook async, each with a query."""

    id: auto
    name: auto = field(writable=is_staff)

    permissions = [IsAuthenticated]

    async def visible_to(self, user: Any) -> Q:
        return Q(name__startswith=(await User.objects.aget(pk=user.pk)).username)

    async def sees_all(self, ctx: Any) -> bool:
        return (await User.objects.aget(pk=ctx.user.pk)).is_superuser

    async def has_object_permission(self, ctx: Any, obj: Any) -> bool:
        return not (await Club.objects.aget(pk=obj.pk)).name.endswith("closed")

    async def perform_create(self, ctx: Any, obj: Any) -> None:
        await obj.asave(force_insert=True)
        await Club.objects.acreate(name=f"{obj.name} too")

    async def perform_update(self, ctx: Any, obj: Any) -> None:
        obj.name += "!"
        await obj.asave()
        if "fail" in obj.name:
            raise Forbidden("Not so.")

    async def perform_delete(self, ctx: Any, obj: Any) -> None:
        await obj.adelete()

    @action
    async def shout(self, ctx: Any, club: Club) -> Club:
        club.name = club.name.upper()
        await club.asave()
        return club


async def test_async_hooks(alice: User, admin: User) -> None:
    local = Local(AsyncHooks)
    await User.objects.filter(pk=alice.pk).aupdate(is_staff=True)
    alice = await User.objects.aget(pk=alice.pk)
    created = await outcome(local, alice, "create", name="alice one")
    assert {club.name async for club in Club.objects.all()} == {"alice one", "alice one too"}
    assert [row["name"] for row in (await outcome(local, alice, "list"))["rows"]] == ["alice one", "alice one too"]
    assert await outcome(local, admin, "retrieve", id=created["id"]) is NotFound
    assert (await outcome(local, alice, "update", id=created["id"], name="alice two"))["success"] is True
    assert (await outcome(local, alice, "retrieve", id=created["id"]))["name"] == "alice two!"
    # What an async hook wrote before it failed goes back with the transaction, which it ran in.
    assert await outcome(local, alice, "update", id=created["id"], name="alice fail") is Forbidden
    assert (await outcome(local, alice, "retrieve", id=created["id"]))["name"] == "alice two!"
    assert await outcome(local, alice, "create", name="bob's") is Forbidden
    assert not await Club.objects.filter(name__startswith="bob").aexists()
    closed = await Club.objects.acreate(name="alice closed")
    assert await outcome(local, alice, "retrieve", id=closed.pk) is NotFound
    assert await outcome(local, alice, "delete", id=closed.pk) is Forbidden
    assert (await outcome(local, alice, "delete", id=created["id"]))["success"] is True


class Crowded(Binding[Club]):
    """A queryset of its own that a plain row lock does not fit: it is grouped."""

    id: auto
    name: auto

    permissions = [IsAuthenticated]

    def get_queryset(self, ctx: Any) -> Any:
        return Club.objects.annotate(size=Count("memberships")).filter(size=0)


async def test_an_own_queryset_that_is_grouped(alice: User) -> None:
    local = Local(Crowded)
    club = await Club.objects.acreate(name="one")
    assert (await outcome(local, alice, "list"))["count"] == 1
    assert (await outcome(local, alice, "update", id=club.pk, name="two"))["success"] is True
    assert (await outcome(local, alice, "save", rows=[{"id": club.pk, "name": "three"}]))["success"] is True
    assert (await Club.objects.aget()).name == "three"
    assert (await outcome(local, alice, "delete", id=club.pk))["success"] is True

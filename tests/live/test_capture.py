"""What is written to the change log: every kind of write, in the write's own transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection, models, transaction
from django.db.models.signals import post_save

from binding_schema import live
from binding_schema.compile.build import compile_schema
from binding_schema.errors import InvalidData
from binding_schema.live import capture as captures
from binding_schema.live.capture import Capture
from binding_schema.live.routes import routes_of
from binding_schema.live.triggers import Triggers
from binding_schema.models import Change
from helpdesk.models import Comment, Label, Team, Ticket
from tests.app.models import Club, Membership, Person
from tests.conftest import Demo

from . import odd
from .world import abandon

pytestmark = pytest.mark.django_db(transaction=True)
Entries = Counter[tuple[str, str, str]]


@contextmanager
def logged() -> Iterator[Entries]:
    """What is written meanwhile: ``(model, key, op)``, how often."""
    last = Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found: Entries = Counter()
    yield found
    found.update(Change.objects.filter(id__gt=last).values_list("model", "key", "op"))


def entries(*wanted: tuple[models.Model | type[models.Model], Any, str]) -> Entries:
    return Counter({(model._meta.label_lower, str(key), op): 1 for model, key, op in wanted})


def of(item: models.Model, op: str) -> tuple[models.Model, Any, str]:
    return (item, item.pk, op)


@pytest.fixture
def ticket(demo: Demo) -> Ticket:
    return Ticket.objects.get(pk=demo.of(demo.network)[1].pk)


# Rows -------------------------------------------------------------------------------------------------------------------


def test_rows(demo: Demo, ticket: Ticket) -> None:
    with logged() as found:
        ticket.save()
    assert found == entries(of(ticket, "u"))
    with logged() as found:
        ticket.save(update_fields=["title"])
    assert found == entries(of(ticket, "u"))
    with logged() as found:
        made = Ticket.objects.create(title="new", team=demo.network)
    assert found == entries(of(made, "c"))
    with logged() as found:
        Ticket.objects.get_or_create(title="new", team=demo.network)
    assert not found
    with logged() as found:
        Ticket.objects.filter(pk=made.pk).delete()
    assert found == entries(of(made, "d"))


def test_a_cascade_is_heard_row_by_row(demo: Demo, ticket: Ticket) -> None:
    comments, key = list(Comment.objects.filter(ticket=ticket)), ticket.pk
    assert len(comments) == 2
    with logged() as found:
        ticket.delete()
    assert found == entries((Ticket, key, "d"), *(of(item, "d") for item in comments))


def test_what_is_set_to_null_is_heard(demo: Demo) -> None:
    eve = User.objects.create_user("eve")
    some = demo.of(demo.network)[:2]
    Ticket.objects.filter(pk__in=[item.pk for item in some]).update(assignee=eve)
    key = eve.pk
    with logged() as found:
        eve.delete()
    assert found == entries((User, key, "d"), *(of(item, "u") for item in some))


def test_an_unwatched_model_is_not_logged(demo: Demo) -> None:
    with logged() as found:
        Group.objects.create(name="new")
    assert not found


def test_a_login_is_no_change_of_rights(demo: Demo) -> None:
    demo.alice.save(update_fields=["last_login"])
    assert list(Change.objects.order_by("-id").values_list("op", "detail")[:1]) == [("u", "login")]
    demo.alice.save(update_fields=["last_login", "is_staff"])
    assert list(Change.objects.order_by("-id").values_list("op", "detail")[:1]) == [("u", "")]


# Many-to-many -----------------------------------------------------------------------------------------------------------

LINKS: dict[str, Callable[[Ticket, Label, Label], Any]] = {
    "add": lambda ticket, one, two: ticket.labels.add(two),
    "remove": lambda ticket, one, two: ticket.labels.remove(one),
    "set": lambda ticket, one, two: ticket.labels.set([one, two]),
    "clear": lambda ticket, one, two: ticket.labels.clear(),
    "set clear": lambda ticket, one, two: ticket.labels.set([one], clear=True),
    "create": lambda ticket, one, two: ticket.labels.create(name="new"),
    "other add": lambda ticket, one, two: two.tickets.add(ticket),
    "other remove": lambda ticket, one, two: one.tickets.remove(ticket),
    "other set": lambda ticket, one, two: two.tickets.set([ticket]),
    "other clear": lambda ticket, one, two: one.tickets.clear(),
}


@pytest.mark.parametrize("name", LINKS)
def test_labels_change_their_tickets(demo: Demo, name: str) -> None:
    Ticket.labels.through.objects.all().delete()
    ticket, (one, two) = demo.tickets[0], demo.labels[:2]
    ticket.labels.add(one)
    with logged() as found:
        LINKS[name](ticket, one, two)
    assert found.keys() & entries(of(ticket, "u")).keys(), found
    assert {model for model, _, _ in found} <= {"helpdesk.ticket", "helpdesk.label"}


@pytest.mark.parametrize("name", ["add", "remove", "other add", "other remove"])
def test_what_changes_nothing_is_not_heard(demo: Demo, name: str) -> None:
    Ticket.labels.through.objects.all().delete()
    ticket, (one, two) = demo.tickets[0], demo.labels[:2]
    ticket.labels.add(two)
    with logged() as found:
        LINKS["add"](ticket, one, two)
        LINKS["other add"](ticket, one, two)
    assert not found


def test_a_deleted_label_changes_its_tickets(demo: Demo) -> None:
    Ticket.labels.through.objects.all().delete()
    label, some = demo.labels[0], demo.tickets[:3]
    label.tickets.set(some)
    key = label.pk
    with logged() as found:
        label.delete()
    assert found == entries((Label, key, "d"), *(of(item, "u") for item in some))


@pytest.mark.parametrize("reverse", [False, True])
def test_members_decide_who_sees_what(demo: Demo, reverse: bool) -> None:
    with logged() as found:
        demo.dave.teams.add(demo.network) if reverse else demo.network.members.add(demo.dave)
    assert found[("helpdesk.team_members", f'["{demo.dave.pk}"]', "u")] == 1
    with logged() as found:
        demo.dave.teams.clear() if reverse else demo.network.members.clear()
    users = [demo.dave] if reverse else [demo.alice, demo.carol, demo.dave]
    keys = ",".join(f'"{key}"' for key in sorted(str(user.pk) for user in users))
    assert found[("helpdesk.team_members", f"[{keys}]", "u")] == 1


def test_a_deleted_team_ends_its_members_rights(demo: Demo) -> None:
    Comment.objects.all().delete()
    Ticket.objects.filter(team=demo.hardware).delete()
    with logged() as found:
        demo.hardware.delete()
    assert found[("helpdesk.team_members", f'["{demo.dave.pk}"]', "u")] == 1


def test_a_deleted_group_ends_its_users_rights(demo: Demo) -> None:
    group = Group.objects.create(name="staff")
    with logged() as found:
        demo.alice.groups.add(group)
    assert found == Counter({("auth.user_groups", f'["{demo.alice.pk}"]', "u"): 1})
    with logged() as found:
        group.delete()
    assert found[("auth.user_groups", f'["{demo.alice.pk}"]', "u")] == 1


def test_rows_of_a_table_between_change_what_shows_the_relation() -> None:
    person, club = Person.objects.create(name="Ann"), Club.objects.create(name="Chess")
    with logged() as found:
        membership = Membership.objects.create(person=person, club=club, role="guest")
    assert found.keys() >= entries(of(membership, "c"), of(person, "u")).keys()
    with logged() as found:
        membership.delete()
    assert ("app.person", str(person.pk), "u") in found
    with logged() as found:
        person.clubs.add(club, through_defaults={"role": "guest"})
    assert ("app.person", str(person.pk), "u") in found


# Transactions -----------------------------------------------------------------------------------------------------------


def test_what_is_rolled_back_is_not_logged(ticket: Ticket) -> None:
    with logged() as found:
        abandon(ticket.save)
        with transaction.atomic():
            abandon(ticket.save, outer=True)
    assert not found


def test_a_save_and_its_entry_are_one_transaction(ticket: Ticket) -> None:
    """Also where no transaction is open: a process that dies in between leaves both or none."""
    seen: list[bool] = []

    def receiver(**_: Any) -> None:
        seen.append(connection.in_atomic_block)
        raise LookupError

    with logged() as found:
        post_save.connect(receiver, sender=Ticket)
        try:
            ticket.title = "never"
            with pytest.raises(LookupError):
                ticket.save()
        finally:
            post_save.disconnect(receiver, sender=Ticket)
    assert (seen, dict(found)) == ([True], {})
    ticket.refresh_from_db()
    assert ticket.title != "never"


def test_in_a_transaction_a_failed_receiver_leaves_it_usable(ticket: Ticket) -> None:
    def receiver(**_: Any) -> None:
        raise LookupError

    post_save.connect(receiver, sender=Ticket)
    try:
        with transaction.atomic():
            with pytest.raises(LookupError):
                ticket.save()
            assert Ticket.objects.filter(pk=ticket.pk).exists()
    finally:
        post_save.disconnect(receiver, sender=Ticket)


def test_a_group_is_written_once_at_its_end(demo: Demo, ticket: Ticket) -> None:
    with logged() as found, live.grouped():
        ticket.save()
        made = Ticket.objects.create(title="new", team=demo.network)
        made.save()
        ticket.save()
        assert not Change.objects.filter(key=str(made.pk), model="helpdesk.ticket").exists()
    assert found == entries(of(ticket, "u"), of(made, "c"))


def test_a_savepoint_in_a_group_takes_its_entries_along(demo: Demo, ticket: Ticket) -> None:
    lost, kept = demo.tickets[5:7]
    with logged() as found, live.grouped():
        ticket.save()
        abandon(lost.save, outer=True)
        abandon(lambda: live.broadcast("helpdesk.Ticket.noise", {"n": 1}), outer=True)
        with transaction.atomic():
            kept.save()
    assert found == entries(of(ticket, "u"), of(kept, "u"))


def test_a_group_that_fails_leaves_nothing(ticket: Ticket) -> None:
    @live.grouped()
    def fail() -> None:
        ticket.save()
        Label.objects.create(name="urgent")

    with logged() as found:
        with pytest.raises(IntegrityError):
            fail()
        ticket.save()
    assert found == entries(of(ticket, "u"))


# Writes without a signal ------------------------------------------------------------------------------------------------


def test_changed(demo: Demo) -> None:
    rows = Ticket.objects.filter(team=demo.network)
    with logged() as found:
        assert live.changed(rows) == 10
    assert found == entries(*(of(item, "u") for item in demo.of(demo.network)))
    with logged() as found:
        assert live.changed(demo.tickets[:2], "create") == 2
        assert live.changed(demo.comments[0], "delete") == 1
    assert found == entries(*(of(item, "c") for item in demo.tickets[:2]), of(demo.comments[0], "d"))
    with pytest.raises(InvalidData):
        live.changed(rows, "upsert")


def test_changed_links(demo: Demo) -> None:
    link = Ticket.labels.through.objects.filter(ticket=demo.tickets[3])
    with logged() as found:
        live.changed(link)
    assert found.keys() == entries(of(demo.tickets[3], "u")).keys()
    with logged() as found:
        live.changed(Team.members.through.objects.filter(team=demo.hardware))
    assert found.keys() == {("helpdesk.team_members", f'["{demo.dave.pk}"]', "u")}


# Inheritance, and relations that are seen from the other side -----------------------------------------------------------


@pytest.fixture
def places(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    schema, problems = compile_schema(odd.BINDINGS)
    assert not problems.found, problems.text()
    capture = Capture(routes_of(schema), "tests.live")
    monkeypatch.setattr(captures, "active", [capture])
    monkeypatch.setattr("binding_schema.live.api.active", [capture])
    with odd.tables():
        capture.connect()
        yield capture
        capture.disconnect()


def test_proxies_and_parents(places: Capture) -> None:
    with logged() as found:
        venue = odd.Venue.objects.create(name="Hall")
    assert found == entries((odd.Place, venue.pk, "c"))
    with logged() as found:
        restaurant = odd.Restaurant.objects.create(name="Inn", stars=1)
    assert found == entries(of(restaurant, "c"), (odd.Place, restaurant.pk, "c"))
    with logged() as found:
        odd.Place.objects.get(pk=restaurant.pk).save()
    # The restaurant's own row is the same: who reads the log finds it by the place.
    assert found == entries((odd.Place, restaurant.pk, "u"))
    assert ("odd.Restaurant", "place_ptr") in [
        (stream.name, path) for stream, path in places.routes.dependents["app.place"]
    ]
    with logged() as found:
        live.changed(odd.Restaurant.objects.all())
    assert found == entries(of(restaurant, "u"), (odd.Place, restaurant.pk, "u"))
    key = restaurant.pk
    with logged() as found:
        odd.Place.objects.get(pk=key).delete()
    assert found.keys() == entries((odd.Restaurant, key, "d"), (odd.Place, key, "d")).keys()


def test_a_dependency_on_a_model_that_inherits(places: Capture) -> None:
    assert ("odd.Album", "place__place_ptr") in [
        (stream.name, path) for stream, path in places.routes.dependents["app.place"]
    ]


def test_a_symmetrical_relation_changes_both_sides(places: Capture) -> None:
    one, two = odd.Album.objects.create(name="1"), odd.Album.objects.create(name="2")
    for change in (lambda: one.similar.add(two), lambda: two.similar.clear(), lambda: one.similar.set([two])):
        with logged() as found:
            change()
        assert found.keys() == entries(of(one, "u"), of(two, "u")).keys()


def test_a_child_that_moves_changes_both_parents(places: Capture) -> None:
    one, two = odd.Album.objects.create(name="1"), odd.Album.objects.create(name="2")
    with logged() as found:
        photo = odd.Photo.objects.create(album=one, name="a")
    assert found == entries(of(photo, "c"), of(one, "u"))
    with logged() as found:
        photo.album = two
        photo.save()
    assert found == entries(of(photo, "u"), of(one, "u"), of(two, "u"))
    with logged() as found:
        photo.save(update_fields=["name"])
    assert found.keys() == entries(of(photo, "u"), of(two, "u")).keys()
    with logged() as found:
        live.changed(odd.Photo.objects.all(), "delete")
    assert found == entries(of(photo, "d"), of(two, "u"))
    with logged() as found:
        photo.delete()
    assert ("app.album", str(two.pk), "u") in found


def test_a_child_that_names_its_parent_by_another_column(places: Capture) -> None:
    one, two = odd.Album.objects.create(name="1"), odd.Album.objects.create(name="2")
    with logged() as found:
        review = odd.Review.objects.create(album=one)
    assert found == entries(of(review, "c"), of(one, "u"))
    with logged() as found:
        review.album = two
        review.save()
    assert found == entries(of(review, "u"), of(one, "u"), of(two, "u"))
    with logged() as found:
        live.changed(odd.Review.objects.all())
    assert found == entries(of(review, "u"), of(two, "u"))
    gone = of(review, "d")
    with logged() as found:
        review.delete()
    assert found == entries(gone, of(two, "u"))
    with logged() as found:
        stray = odd.Review.objects.create()
    assert found == entries(of(stray, "c"))


@pytest.mark.database("postgresql")
def test_triggers_tell_of_a_parent_that_is_named_by_another_column(places: Capture) -> None:
    one, two = odd.Album.objects.create(name="1"), odd.Album.objects.create(name="2")
    installed = Triggers(places.routes, "default")
    installed.install()
    try:
        with logged() as found:
            odd.Review.objects.bulk_create([odd.Review(album=one), odd.Review()])
        bound, free = odd.Review.objects.order_by("album")
        assert found == entries(of(bound, "c"), of(free, "c"), of(one, "u"))
        with logged() as found:
            odd.Review.objects.filter(album=one).update(album=two)
        assert found == entries(of(bound, "u"), of(one, "u"), of(two, "u"))
    finally:
        installed.uninstall()

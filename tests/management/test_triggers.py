"""Writes that Django does not know of are live too. SQL is run on a connection of its own, as psql would."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import override_settings
from django.test.utils import isolate_apps

from binding_schema.live import triggers
from binding_schema.live.log import decode_key
from binding_schema.live.routes import Routes, Touch
from binding_schema.models import Change
from binding_schema.testing import Reply, WebSocketClient
from helpdesk.models import Comment, Label, Ticket
from tests.app.models import Club, Country, Membership, Passport, Person, Seat, Specimen
from tests.asgi import application
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.database("postgresql")

TABLES = 20


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("binding_schema", "triggers", *arguments, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def installed() -> Iterator[None]:
    run("--install")
    yield
    run("--uninstall")


def sql(statement: str, *values: Any) -> None:
    """On a connection of its own: Django has no part in it."""
    database = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    with psycopg.connect(**{name: database[key] for name, key in names.items()}) as raw:
        raw.execute(statement, values)


def entries() -> list[tuple[str, str, str]]:
    """What the log says, and nothing twice: (model, key, operation)."""
    found = Change.objects.order_by("id").values_list("model", "key", "op")
    return sorted({(model, key.replace(", ", ","), op) for model, key, op in found})


def told(work: Callable[[], Any]) -> list[tuple[str, str, str]]:
    Change.objects.all().delete()
    work()
    return entries()


# The command.


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("arguments", [(), ("--install",), ("--sql",), ("--status", "--database=default")])
def test_sqlite_has_none(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"^The database 'default' is SQLite: triggers are for PostgreSQL alone\."):
        run(*arguments)


@on_postgresql
def test_install_and_uninstall() -> None:
    try:
        assert run()[0] == f"default: {TABLES} tables watched."
        assert {line.partition(": ")[2] for line in run("--status")[1:]} == {"missing"}
        changed = run("--install")
        assert changed[0] == f"default: triggers of {TABLES} tables installed or dropped."
        assert "  helpdesk_team_members" in changed
        assert {line.partition(": ")[2] for line in run()[1:]} == {"installed"}
        assert run("--install") == ["default: triggers of 0 tables installed or dropped."]
    finally:
        changed = run("--uninstall", "--database=default")
    assert changed[0] == f"default: triggers of {TABLES} tables dropped."
    assert {line.partition(": ")[2] for line in run()[1:]} == {"missing"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'binding\\_schema\\_%'")
        assert cursor.fetchall() == []


@on_postgresql
def test_what_it_prints_can_be_run() -> None:
    Label.objects.create(name="vpn")
    text = "\n".join(run("--sql"))
    assert {line.partition(": ")[2] for line in run()[1:]} == {"missing"}
    try:
        sql(text)
        assert {line.partition(": ")[2] for line in run()[1:]} == {"installed"}
        assert told(lambda: sql("UPDATE helpdesk_label SET name = 'wifi'")) == [
            ("helpdesk.label", str(Label.objects.get().pk), "u")
        ]
    finally:
        run("--uninstall")


@on_postgresql
def test_what_is_disabled_outdated_or_not_needed_is_told_and_mended(installed: None) -> None:
    names = [item.name for item in _triggers().installed() if item.table == "helpdesk_label"]
    insert, update = (next(name for name in names if operation in name) for operation in ("_insert_", "_update_"))
    sql(f"ALTER TABLE helpdesk_label DISABLE TRIGGER {insert}")
    sql(f"COMMENT ON TRIGGER {update} ON helpdesk_label IS 'an older hash'")
    sql(
        "CREATE FUNCTION binding_schema_insert_old() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER binding_schema_insert_old AFTER INSERT ON django_session EXECUTE FUNCTION binding_schema_insert_old()"
    )
    status = run()
    assert "  helpdesk_label: insert disabled, update outdated, delete installed" in status
    assert "  django_session: binding_schema_insert_old is not needed any more; --install drops it" in status
    assert run("--install")[1:] == ["  helpdesk_label", "  django_session"]
    assert {line.partition(": ")[2] for line in run()[1:]} == {"installed"}


def _triggers() -> triggers.Triggers:
    return triggers.Triggers(Routes(), "default")


@on_postgresql
def test_without_django_pgtrigger(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pgtrigger"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pgtrigger", None)
    with pytest.raises(CommandError, match=r"^Triggers need django-pgtrigger: install binding-schema\[triggers\]\.$"):
        run()


@on_postgresql
def test_a_table_that_is_written_to_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "LOCK_TIMEOUT", "100ms")
    database = connection.settings_dict
    with psycopg.connect(host=database["HOST"], user=database["USER"], dbname=database["NAME"]) as other:
        other.execute("LOCK TABLE helpdesk_label IN ROW EXCLUSIVE MODE")
        try:
            with pytest.raises(CommandError, match=r"lock timeout\n.*the command can be run again"):
                run("--install")
            assert "  helpdesk_label: missing" in run()
        finally:
            other.rollback()
            run("--uninstall")


# What they write: what capture writes for the same change.


@on_postgresql
def test_rows_with_keys_of_every_kind(installed: None) -> None:
    key = uuid.uuid4()
    person = Person.objects.create(name="Ada")
    cases = [
        (Label, "INSERT INTO helpdesk_label (id, name, color) VALUES (7000, 'Räume', '#fff')", 7000),
        (Country, "INSERT INTO app_country (code, name) VALUES ('é\"', 'x')", 'é"'),
        (Seat, "INSERT INTO app_seat (row, number, taken) VALUES ('A', 1, false)", ("A", 1)),
        (Passport, f"INSERT INTO app_passport (person_id, number) VALUES ({person.pk}, '1')", person.pk),
    ]
    for model, statement, pk in cases:
        Change.objects.all().delete()
        sql(statement)
        (change,) = Change.objects.all()
        assert (change.model, change.op, decode_key(model, change.key)) == (model._meta.label_lower, "c", pk)
        assert change.transaction
    Specimen.objects.create(id=key, name="Quartz")
    assert told(lambda: sql("UPDATE app_specimen SET name = 'Opal'")) == [("app.specimen", f'"{key}"', "u")]
    assert told(lambda: sql("DELETE FROM app_specimen")) == [("app.specimen", f'"{key}"', "d")]
    assert told(lambda: sql("UPDATE app_seat SET taken = true")) == [("app.seat", '["A",1]', "u")]


@on_postgresql
def test_the_same_as_capture(demo: Demo) -> None:
    """Each change as Django makes it, without triggers, and as SQL makes it, with them."""
    ticket, team = demo.tickets[0], demo.network
    other = Label.objects.create(name="other")
    member = f"team_id = {team.pk} AND user_id = {demo.alice.pk}"
    pairs: list[tuple[Callable[[], Any], str]] = [
        (
            lambda: Ticket.objects.get(pk=ticket.pk).labels.add(other),
            f"INSERT INTO helpdesk_ticket_labels (ticket_id, label_id) VALUES ({ticket.pk}, {other.pk})",
        ),
        (
            lambda: Ticket.objects.get(pk=ticket.pk).labels.remove(other),
            f"DELETE FROM helpdesk_ticket_labels WHERE ticket_id = {ticket.pk} AND label_id = {other.pk}",
        ),
        (
            lambda: team.members.add(demo.dave, demo.bob),
            f"INSERT INTO helpdesk_team_members (team_id, user_id) VALUES ({team.pk}, {demo.dave.pk}), "
            f"({team.pk}, {demo.bob.pk})",
        ),
        (lambda: team.members.remove(demo.alice), f"DELETE FROM helpdesk_team_members WHERE {member}"),
        (lambda: team.members.clear(), f"DELETE FROM helpdesk_team_members WHERE team_id = {team.pk}"),
        (
            lambda: User.objects.get(pk=demo.bob.pk).groups.create(name="Night"),
            "WITH made AS (INSERT INTO auth_group (name) VALUES ('Day') RETURNING id) INSERT INTO auth_user_groups "
            f"(user_id, group_id) SELECT {demo.bob.pk}, id FROM made",
        ),
    ]
    tables = ("helpdesk_ticket_labels", "helpdesk_team_members")
    for by_django, by_sql in pairs:
        before = {table: _rows(table) for table in tables}
        wanted = told(by_django)
        for table, rows in before.items():
            _restore(table, rows)
        run("--install")
        try:
            found = told(lambda statement=by_sql: sql(statement))
        finally:
            run("--uninstall")
        assert wanted, by_sql
        assert found == wanted, by_sql


def _rows(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetchall()


def _restore(table: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
        for row in rows:
            cursor.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s)", row)


@on_postgresql
def test_only_what_changed(installed: None) -> None:
    first, second = (Label.objects.create(name=name) for name in ("a", "b"))
    assert told(lambda: sql("UPDATE helpdesk_label SET name = name")) == []
    assert told(lambda: sql("UPDATE helpdesk_label SET name = 'b', color = color WHERE false")) == []
    changed = told(lambda: sql("UPDATE helpdesk_label SET color = CASE name WHEN 'a' THEN '#000' ELSE color END"))
    assert changed == [("helpdesk.label", str(first.pk), "u")]
    # A key that changes is an object that goes, and one that comes.
    assert told(lambda: sql("UPDATE helpdesk_label SET id = 9000 WHERE id = %s", second.pk)) == sorted(
        [("helpdesk.label", "9000", "c"), ("helpdesk.label", str(second.pk), "d")]
    )
    assert told(lambda: sql("DELETE FROM helpdesk_label WHERE false")) == []


@on_postgresql
def test_what_is_rolled_back_is_not_told(installed: None) -> None:
    label = Label.objects.create(name="a")
    assert (
        told(
            lambda: sql("DO 'BEGIN DELETE FROM helpdesk_label; RAISE unique_violation; EXCEPTION WHEN others THEN END'")
        )
        == []
    )
    assert Label.objects.get() == label


@on_postgresql
def test_an_explicit_table_between_tells_of_both_sides_and_of_itself(installed: None) -> None:
    person, club = Person.objects.create(name="Ada"), Club.objects.create(name="Chess")
    statement = "INSERT INTO app_membership (id, person_id, club_id, role) VALUES (5, %s, %s, 'x')"
    assert told(lambda: sql(statement, person.pk, club.pk)) == sorted(
        [("app.membership", "5", "c"), ("app.person", str(person.pk), "u"), ("app.club", str(club.pk), "u")]
    )
    # A member who moves leaves one and joins another.
    other = Person.objects.create(name="Bo")
    assert told(lambda: sql("UPDATE app_membership SET person_id = %s", other.pk)) == sorted(
        [("app.membership", "5", "u"), ("app.club", str(club.pk), "u")]
        + [("app.person", str(item.pk), "u") for item in (person, other)]
    )
    assert Membership.objects.get().person == other


@on_postgresql
def test_rows_that_a_binding_depends_on_name_the_old_and_the_new_owner(demo: Demo) -> None:
    routes = Routes(touches={Comment: (Touch("ticket_id", Ticket), Touch("author_id", User))})
    found = triggers.Triggers(routes, "default")
    comment, target = demo.comments[0], demo.tickets[5]
    try:
        assert found.install() == ["helpdesk_comment"]
        assert told(
            lambda: sql("UPDATE helpdesk_comment SET ticket_id = %s WHERE id = %s", target.pk, comment.pk)
        ) == sorted(
            [("helpdesk.ticket", str(key), "u") for key in (comment.ticket_id, target.pk)]
            + [("auth.user", str(comment.author_id), "u")]
        )
    finally:
        found.uninstall()


@on_postgresql
@isolate_apps("tests.app")
def test_decimal_keys_are_exact() -> None:
    class Weight(models.Model):
        grams = models.DecimalField(max_digits=20, decimal_places=2, primary_key=True)

        class Meta:
            app_label = "app"

    with connection.schema_editor() as editor:
        editor.create_model(Weight)
    found = triggers.Triggers(Routes(models={"app.weight": Weight}), "default")
    try:
        assert found.install() == ["app_weight"]
        sql("INSERT INTO app_weight VALUES (123456789012345678.10)")
        change = Change.objects.get()
        assert change.key == '"123456789012345678.10"'
        assert decode_key(Weight, change.key) == Weight.objects.get().grams
    finally:
        found.uninstall()
        with connection.schema_editor() as editor:
            editor.delete_model(Weight)


@on_postgresql
def test_a_log_in_is_not_a_change_of_rights(installed: None) -> None:
    user = User.objects.create_user("eve")
    for change, detail in (("last_login = now()", "login"), ("last_login = now(), is_active = false", "")):
        Change.objects.all().delete()
        sql(f"UPDATE auth_user SET {change}")
        assert list(Change.objects.values_list("model", "key", "detail")) == [("auth.user", str(user.pk), detail)]


@on_postgresql
def test_rights_without_a_user_concern_everyone(demo: Demo) -> None:
    group_permission = (
        "INSERT INTO auth_group_permissions (group_id, permission_id) SELECT g.id, p.id FROM auth_group g, "
    )
    sql("INSERT INTO auth_group (name) VALUES ('Night')")
    run("--install")
    try:
        found = told(lambda: sql(group_permission + "(SELECT id FROM auth_permission LIMIT 2) p"))
        assert found == [("auth.group_permissions", "", "u")]
        assert Change.objects.count() == 1
        assert told(lambda: sql(group_permission + "auth_permission p WHERE false")) == []
    finally:
        run("--uninstall")


@on_postgresql
def test_who_may_not_write_to_the_log_may_still_write(installed: None) -> None:
    label = Label.objects.create(name="a")
    role = f"writer_{uuid.uuid4().hex}"
    sql(f"CREATE ROLE {role}; GRANT SELECT, UPDATE ON helpdesk_label TO {role}")
    try:
        update = "UPDATE public.helpdesk_label SET name = 'b'"
        assert told(lambda: sql(f"SET ROLE {role}; SET search_path = ''; {update}")) == [
            ("helpdesk.label", str(label.pk), "u")
        ]
    finally:
        sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


# What a subscriber hears.


async def frames(client: WebSocketClient, seconds: float) -> list[Reply]:
    """All that comes until nothing has come for so long."""
    found, before = [], client.timeout
    client.timeout = seconds
    try:
        while True:
            found.append(await client.receive())
    except TimeoutError:
        return found
    finally:
        client.timeout = before


@on_postgresql
@override_settings(BINDING_SCHEMA={"LIVE_POLL_INTERVAL": 0.1})
async def test_what_sql_writes_reaches_a_subscriber(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    await sync_to_async(run)("--install")
    try:
        async with WebSocketClient(application, demo.alice) as client:
            await client.send("helpdesk.Ticket.subscribe#list", snapshot=True)
            await sync_to_async(sql)("UPDATE helpdesk_ticket SET title = 'From psql' WHERE id = %s", ticket.pk)
            frame = await client.receive()
            assert (frame.event, frame.data["title"]) == ("helpdesk.Ticket.retrieve#list", "From psql")
            columns = "title, body, status, priority, team_id, assignee_id, cost, due_on, created_at, updated_at"
            copy = f"INSERT INTO helpdesk_ticket ({columns}) SELECT {columns} FROM helpdesk_ticket WHERE id = %s"
            await sync_to_async(sql)(copy, ticket.pk)
            frame = await client.receive()
            assert (frame.data["title"], frame.meta["cause"]) == ("From psql", "create")
            made = frame.data["id"]
            assert made != ticket.pk
            await sync_to_async(sql)("DELETE FROM helpdesk_ticket WHERE id = %s", made)
            frame = await client.receive()
            assert (frame.event, frame.data["id"]) == ("helpdesk.Ticket.delete#list", made)
            # Rights: who leaves a team by SQL loses what it shows.
            mine = {item.pk for item in demo.of(demo.network)}
            await sync_to_async(sql)("DELETE FROM helpdesk_team_members WHERE user_id = %s", demo.alice.pk)
            assert {item.data["id"] for item in await frames(client, 1)} == mine
    finally:
        await sync_to_async(run)("--uninstall")


@on_postgresql
@override_settings(BINDING_SCHEMA={"LIVE_POLL_INTERVAL": 0.1})
async def test_djangos_own_writes_are_told_once(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    await sync_to_async(run)("--install")
    try:
        async with (
            WebSocketClient(application, demo.alice) as client,
            WebSocketClient(application, demo.carol) as carol,
        ):
            for each in (client, carol):
                await each.send("helpdesk.Ticket.subscribe#list", snapshot=True)

            def save() -> None:
                ticket.title = "Once"
                ticket.save()

            await sync_to_async(save)()
            assert [(item.data["title"], item.meta["cause"]) for item in await frames(client, 0.6)] == [
                ("Once", "update")
            ]
            await frames(carol, 0.1)
            reply = await client.send("helpdesk.Ticket.create", title="New", team=demo.network.pk)
            assert reply.ok, reply
            heard = await frames(carol, 0.6)
            assert [(item.data["id"], item.meta["cause"]) for item in heard] == [(reply.data["id"], "create")]
            # The log holds both entries, Django's with its origin: the one who wrote is told that it was her request.
            ours = await sync_to_async(
                lambda: list(Change.objects.filter(key=str(reply.data["id"])).values_list("origin"))
            )()
            assert len({origin for (origin,) in ours}) == 2
            mine = await frames(client, 0.1)
            assert len({item.event for item in mine}) == len(mine) > 0, mine
            refs = [item.meta.get("ref") for item in mine if item.event.endswith("#list")]
            assert [str(ref).partition("#")[0] for ref in refs] == ["helpdesk.Ticket.create"], mine
    finally:
        await sync_to_async(run)("--uninstall")

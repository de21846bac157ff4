from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, identify_hasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Exists, OuterRef
from django.utils import timezone

from helpdesk.demo.accounts import ACCOUNTS, quick_hash
from helpdesk.demo.build import COMMENTS, NOW, TICKETS
from helpdesk.models import Comment, Label, Team, Ticket

pytestmark = pytest.mark.django_db


def load(*arguments: str) -> str:
    output = StringIO()
    call_command("load_demo", *arguments, stdout=output)
    return output.getvalue()


def everything() -> dict[str, list[Any]]:
    """Each table of the helpdesk, whole, and what the demo says about its users."""
    models = (Team, Team.members.through, Label, Ticket, Ticket.labels.through, Comment)
    rows = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    for row in rows["Team_members"] + rows["Ticket_labels"]:
        del row["id"]  # the tables between have no keys that anyone names
    users = User.objects.order_by("pk").values("pk", "username", "email", "is_active", "is_staff", "is_superuser")
    return rows | {"User": list(users)}


def test_the_demo_has_the_promised_rows() -> None:
    load()
    assert Ticket.objects.count() == TICKETS == 2_000
    assert Comment.objects.count() == COMMENTS == 5_000
    members = {team.name: sorted(team.members.values_list("username", flat=True)) for team in Team.objects.all()}
    assert members == {"Network": ["alice", "carol"], "Billing": ["bob", "carol"], "Hardware": ["dave"]}
    first = Ticket.objects.order_by("pk").values_list("pk", "team__name")[:4]
    assert list(first) == [(1, "Network"), (2, "Billing"), (3, "Hardware"), (4, "Network")]
    assert set(Ticket.objects.values_list("status", flat=True)) == set(Ticket.Status.values)
    assert set(Ticket.objects.values_list("priority", flat=True)) == set(Ticket.Priority.values)
    assert not Label.objects.filter(tickets=None).exists()


def test_everyone_logs_in_with_the_username_and_only_admin_is_staff() -> None:
    load()
    for account in ACCOUNTS:
        user = authenticate(username=account.username, password=account.username)
        assert user is not None
        assert (user.is_staff, user.is_superuser) == (account.is_admin, account.is_admin)


def test_the_rows_fit_the_models_rules() -> None:
    load()
    for ticket in Ticket.objects.all():
        ticket.clean_fields(exclude=["team", "assignee"])
        ticket.clean()
        assert ticket.created_at <= ticket.updated_at <= NOW
    for comment in Comment.objects.select_related("ticket"):
        assert comment.ticket.created_at <= comment.created_at <= comment.ticket.updated_at
    member = Team.members.through.objects.filter(team=OuterRef("team"), user=OuterRef("assignee"))
    assert not Ticket.objects.exclude(assignee=None).exclude(Exists(member)).exists()
    assert set(Comment.objects.filter(internal=True).values_list("author__is_staff", flat=True)) == {True}


def test_a_second_run_changes_nothing() -> None:
    load()
    Ticket.objects.filter(pk=1).update(title="Changed by hand")
    Ticket.objects.filter(pk=2).delete()
    before = everything()
    assert "nothing was loaded" in load()
    assert load("--if-empty") == ""
    assert everything() == before


def test_reset_brings_back_every_row() -> None:
    load()
    before = everything()
    Ticket.objects.filter(pk__lte=50).delete()
    Ticket.objects.filter(pk=51).update(title="Changed by hand")
    Team.objects.create(name="Another")
    User.objects.filter(username="bob").update(email="bob@elsewhere.example", is_active=False, password="!")
    load("--reset")
    assert everything() == before
    assert authenticate(username="bob", password="bob") is not None


def test_the_rows_do_not_depend_on_the_process() -> None:
    """Sets and dictionaries of one Python process may have another order in the next."""
    script = (
        "import django, hashlib; django.setup()\n"
        "from django.contrib.auth.models import User\n"
        "from helpdesk.demo import accounts, build\n"
        "names = [account.username for account in accounts.ACCOUNTS]\n"
        "rows = build.build({name: User(pk=pk, username=name) for pk, name in enumerate(names, 1)})\n"
        "objects = rows.teams + rows.labels + rows.tickets + rows.comments\n"
        "values = [[getattr(each, f.attname) for f in each._meta.concrete_fields] for each in objects]\n"
        "print(hashlib.sha256(repr([values, rows.labels_of]).encode()).hexdigest())\n"
    )
    path = os.pathsep.join(sys.path)
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1


def test_the_load_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(200):
        load()


def test_what_is_added_afterwards_has_a_new_key_and_the_present_date() -> None:
    load()
    ticket = Ticket.objects.create(title="New", team=Team.objects.get(name="Network"))
    assert ticket.pk > TICKETS
    assert abs((timezone.now() - ticket.created_at).total_seconds()) < 60
    old = Ticket.objects.get(pk=1)
    old.save()
    assert old.updated_at > ticket.created_at


def test_a_user_who_was_there_before_keeps_password_and_rights() -> None:
    User.objects.create_user("admin", password="something else")
    load()
    user = authenticate(username="admin", password="something else")
    assert user is not None
    assert not user.is_superuser
    assert authenticate(username="admin", password="admin") is None


@pytest.mark.parametrize("hasher", ["PBKDF2PasswordHasher", "MD5PasswordHasher"])
def test_a_quick_hash_is_accepted(settings: Any, hasher: str) -> None:
    settings.PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{hasher}"]
    encoded = quick_hash("alice")
    assert check_password("alice", encoded)
    assert not check_password("bob", encoded)


def test_the_first_login_replaces_a_quick_hash_by_a_full_one(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = User.objects.create(username="alice", password=quick_hash("alice"))
    assert identify_hasher(user.password).must_update(user.password)
    assert authenticate(username="alice", password="alice") == user
    user.refresh_from_db()
    assert not identify_hasher(user.password).must_update(user.password)

"""What a class of AsyncBinding or SyncBinding serves: rows, lists and writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User

from apps.desk.models import Note, Place, Tag, Task, Visit
from binding_schema.errors import Forbidden, InvalidData, NotFound, Unauthenticated
from binding_schema.extend import call, schema

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "desk.Note"


@pytest.fixture
def notes(alice: User, root: User) -> list[Note]:
    """Three of alice's, and one of root's."""
    mine = [Note.objects.create(owner=alice, title=f"note {n}", slug=f"n{n}", secret="x") for n in range(3)]
    return [*mine, Note.objects.create(owner=root, title="of root", slug="root", status="done")]


def titles(answer: dict[str, Any]) -> list[str]:
    return [row["title"] for row in answer["rows"]]


def test_a_binding_that_names_only_a_model_has_all_fields_but_a_password() -> None:
    streams = schema().streams
    assert list(streams["your_app.MyModel"].fields) == ["id", "name", "made_at"]
    assert {"username", "email", "is_staff"} < streams["auth.User"].fields.keys()
    assert "password" not in streams["auth.User"].fields


def test_fields_page_size_and_the_querysets_order(alice: User, notes: list[Note]) -> None:
    answer = call(alice, f"{NOTE}.search")
    assert answer == {
        "page": 1,
        "limit": 2,
        "count": 3,
        "rows": [
            {"id": notes[n].pk, "title": f"note {n}", "slug": f"n{n}", "status": "open", "owner": alice.pk}
            for n in (2, 1)
        ],
    }


def test_get_queryset_says_what_a_user_may_see_at_all(alice: User, root: User, notes: list[Note]) -> None:
    assert call(alice, f"{NOTE}.list")["count"] == 3
    assert call(root, f"{NOTE}.list")["count"] == 4
    for verb in ("retrieve", "update", "delete"):
        with pytest.raises(NotFound):
            call(alice, f"{NOTE}.{verb}", {"id": notes[3].pk})
    assert call(root, f"{NOTE}.retrieve", {"id": notes[3].pk})["title"] == "of root"


def test_filter_queryset_gets_the_whole_data(alice: User, root: User, notes: list[Note]) -> None:
    assert titles(call(root, f"{NOTE}.list", {"status": "done"})) == ["of root"]
    assert titles(call(root, f"{NOTE}.list", {"status": ["done", "gone"]})) == ["of root"]
    assert len(titles(call(root, f"{NOTE}.list", {"status": []}))) == 4
    assert titles(call(alice, f"{NOTE}.search", {"contains": "E 1", "page": 1})) == ["note 1"]
    assert call(alice, f"{NOTE}.search", {"contains": "OF ROOT"})["count"] == 0


def test_without_it_a_key_that_is_not_known_is_refused(alice: User) -> None:
    with pytest.raises(InvalidData):
        call(alice, "desk.Tag.search", {"label": "x"})


def test_lookup_field(alice: User, notes: list[Note]) -> None:
    assert call(alice, f"{NOTE}.retrieve", {"slug": "n1"})["id"] == notes[1].pk
    assert call(alice, f"{NOTE}.update", {"slug": "n1", "title": "new"})["success"] is True
    with pytest.raises(NotFound):
        call(alice, f"{NOTE}.retrieve", {"slug": "root"})


def test_permission_classes(alice: User, root: User, notes: list[Note]) -> None:
    with pytest.raises(Forbidden):
        call(root, f"{NOTE}.update", {"id": notes[0].pk, "title": "of root now"})
    with pytest.raises(Unauthenticated):
        call(AnonymousUser(), f"{NOTE}.list")


def test_who_may_if_nobody_said_so(alice: User, root: User) -> None:
    """Reading: whoever is logged in. Writing: who has the model's permission."""
    assert call(alice, "your_app.MyModel.search")["count"] == 0
    with pytest.raises(Forbidden):
        call(alice, "your_app.MyModel.save", {"name": "x"})
    assert call(root, "your_app.MyModel.save", {"name": "x"})["success"] is True


def test_a_write_that_fails_says_which_fields(alice: User, notes: list[Note]) -> None:
    answer = call(alice, f"{NOTE}.save", {"title": "", "slug": "n1", "owner": alice.pk})
    assert answer["success"] is False
    assert set(answer["errors"]) == {"title", "slug"}
    with pytest.raises(InvalidData):
        call(alice, f"{NOTE}.update", {"id": notes[0].pk, "secret": "not among the fields"})


def test_rows_that_a_model_makes_of_itself(alice: User) -> None:
    tag, place = Tag.objects.create(name="red", weight="1.50"), Place.objects.create(name="here")
    assert call(alice, "desk.Tag.retrieve", {"id": tag.pk}) == {"id": tag.pk, "label": "RED", "weight": "1.50"}
    shown = {"id": place.pk, "where": "here", "seen_by": "alice", "stream": "desk.Place", "model": "Place"}
    assert call(alice, "desk.Place.list")["rows"] == [shown]
    assert call(alice, "desk.Tag.update", {"id": tag.pk, "name": "blue"})["success"] is True
    assert call(alice, "desk.Tag.retrieve", {"id": tag.pk})["label"] == "BLUE"


def test_fields_by_annotation_and_an_async_hook(alice: User) -> None:
    place = Place.objects.create(name="here")
    visits = [Visit.objects.create(place=place, count=n) for n in range(2)]
    rows = call(alice, "desk.Visit.list")["rows"]
    assert rows == [{"id": visits[n].pk, "place_id": place.pk, "count_": n} for n in range(2)]
    Visit.objects.create(place=place)
    assert call(alice, "desk.Visit.search")["count"] == 0


def test_serialize_may_show_related_objects(alice: User, django_assert_num_queries: Any) -> None:
    """With `serialize_needs` by a fixed number of queries; what is not asked for there costs one for each row."""
    for n in range(3):
        Visit.objects.create(place=Place.objects.create(name=f"place {n}"))
    with django_assert_num_queries(2):
        rows = call(alice, "desk.Shown.search", {"order": "id"})["rows"]
    assert [row["place"]["where"] for row in rows] == ["place 0", "place 1", "place 2"]
    assert (rows[0]["data"], rows[0]["count"], rows[0]["paper"]) == ({}, 0, None)
    assert rows[0]["at"].endswith("+00:00")


def test_a_binding_of_the_librarys_own_beside_them(alice: User) -> None:
    task = Task.objects.create(title="a")
    assert call(alice, "desk.Own.retrieve", {"id": task.pk}) == {"id": task.pk, "title": "a"}


def test_what_the_librarys_bindings_declare(alice: User, root: User) -> None:
    Task.objects.create(title="b", team="red")
    Task.objects.create(title="a", team="red", done=True)
    Task.objects.create(title="c", team="blue")
    assert titles(call(alice, "desk.Job.list", {"order": "title"})) == ["a", "b"]
    assert titles(call(alice, "desk.Job.list", {"filters": {"done": True}})) == ["a"]
    assert titles(call(alice, "desk.Job.search", {"query": "B"})) == ["b"]
    assert call(root, "desk.Job.list")["count"] == 3
    key = call(alice, "desk.Job.create", {"title": "d"})["id"]
    assert Task.objects.get(pk=key).title == "d by alice"

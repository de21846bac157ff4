"""Every kind of value: what is sent, what is stored, what comes back, and what is refused."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from binding_schema.testing import RestClient
from tests.app.models import Specimen

pytestmark = pytest.mark.django_db(transaction=True)

UTC = dt.UTC
BIG = 2**53 + 1

#: (field, what is sent, what comes back, what the model holds)
VALUES: list[tuple[str, Any, Any, Any]] = [
    ("nickname", "Ö 漢 😀 '\"\\", "Ö 漢 😀 '\"\\", "Ö 漢 😀 '\"\\"),
    ("nickname", None, None, None),
    ("nickname", "", "", ""),
    ("notes", "two\nlines\t", "two\nlines\t", "two\nlines\t"),
    ("code", "AB-12", "AB-12", "AB-12"),
    ("email", "a@example.org", "a@example.org", "a@example.org"),
    ("link", "https://example.org/?a=1", "https://example.org/?a=1", "https://example.org/?a=1"),
    ("address", "192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ("address", "2001:db8::1", "2001:db8::1", "2001:db8::1"),
    ("address", "2001:0DB8:0::1", "2001:db8::1", "2001:db8::1"),
    ("kind", "plant", "plant", "plant"),
    ("kind", "", "", ""),
    ("grade", 5, 5, 5),
    ("grade", "5", 5, 5),  # as numbers travel in a query string
    ("grade", None, None, None),
    ("shelf", "l2", "l2", "l2"),
    ("flag", True, True, True),
    ("answer", False, False, False),
    ("answer", None, None, None),
    ("small", -5, -5, -5),
    ("count_", 2**30 - 1, 2**30 - 1, 2**30 - 1),
    ("big", 2**53 - 1, 2**53 - 1, 2**53 - 1),
    ("big", BIG, str(BIG), BIG),
    ("big", str(BIG), str(BIG), BIG),
    ("big", str(2**63 - 1), str(2**63 - 1), 2**63 - 1),
    ("big", str(-(2**63)), str(-(2**63)), -(2**63)),
    ("ratio", 0.1, 0.1, 0.1),
    ("ratio", 3, 3.0, 3.0),
    ("ratio", -1e300, -1e300, -1e300),
    ("amount", "12.3400", "12.3400", Decimal("12.34")),
    ("amount", 5, "5.0000", Decimal(5)),
    ("amount", "-99999999999.9999", "-99999999999.9999", Decimal("-99999999999.9999")),
    ("length", "P1DT2H3M4.5S", "P1DT02H03M04.500000S", dt.timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ("length", "-PT1S", "-P0DT00H00M01S", dt.timedelta(seconds=-1)),
    ("raw", "AAEC/w==", "AAEC/w==", b"\x00\x01\x02\xff"),
    ("raw", "", "", b""),
    ("raw", None, None, None),
    ("payload", *[{"a": [1, None, {"b": "ü"}], "c": 1.5}] * 3),
    ("payload", [], [], []),
    ("payload", {"n": 2**60}, {"n": str(2**60)}, {"n": 2**60}),
    ("day", "2026-02-28", "2026-02-28", dt.date(2026, 2, 28)),
    ("day", "0001-01-01", "0001-01-01", dt.date(1, 1, 1)),
    ("day", "9999-12-31", "9999-12-31", dt.date(9999, 12, 31)),
    ("at", "23:59:59.000001", "23:59:59.000001", dt.time(23, 59, 59, 1)),
    ("at", "00:00:00", "00:00:00", dt.time(0)),
    ("moment", "2026-03-29T01:30:00+02:00", "2026-03-28T23:30:00+00:00", dt.datetime(2026, 3, 28, 23, 30, tzinfo=UTC)),
    ("moment", "2026-03-29T01:30:00.25Z", "2026-03-29T01:30:00.250000+00:00", dt.datetime(2026, 3, 29, 1, 30, 0, 250000, UTC)),
    ("moment", "2026-03-29T01:30:00", "2026-03-29T01:30:00+00:00", dt.datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
]  # fmt: skip


def attribute(name: str) -> str:
    return name.rstrip("_")


def held(item: Specimen, name: str) -> Any:
    value = getattr(item, attribute(name))
    return bytes(value) if isinstance(value, memoryview) else value


NAMES = sorted({name for name, *_ in VALUES})
UNFILTERED = {"notes", "code", "email", "link", "raw", "payload", "shelf"}


@pytest.mark.parametrize("name", NAMES)
async def test_a_value_goes_in_and_comes_back(api: RestClient, name: str) -> None:
    """By create, by update, and by a save of several rows, it is the same value, exactly."""
    for sent, shown, stored in [value for field, *value in VALUES if field == name]:
        await Specimen.objects.all().adelete()
        created = await api.send("app.Specimen.create", name="one", **{name: sent})
        assert created.ok, created.data
        two, three = [str((await Specimen.objects.acreate(name=text)).pk) for text in ("two", "three")]
        updated = await api.send("app.Specimen.update", id=two, **{name: sent})
        assert updated.ok, updated.data
        saved = await api.send("app.Specimen.save", rows=[{"id": three, name: sent}, {"name": "four", name: sent}])
        assert saved.ok, saved.data
        answer = await api.send("app.Specimen.retrieve", ids=[created.data["id"], two, *saved.data["ids"]])
        assert [row[name] for row in answer.data["rows"]] == [shown] * 4
        async for item in Specimen.objects.all():
            assert held(item, name) == stored
            assert type(held(item, name)) is type(stored)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNFILTERED])
async def test_a_value_is_found_by_a_filter(api: RestClient, name: str) -> None:
    """The form that was sent finds the row, and so does the form that came back; no other value does."""
    pairs = [(sent, shown) for field, sent, shown, _ in VALUES if field == name]
    keys = [(await api.send("app.Specimen.create", name="one", **{name: sent})).data["id"] for sent, _ in pairs]
    by_key = dict(zip(keys, (shown for _, shown in pairs), strict=True))
    for pair in pairs:
        for value in pair:
            reply = await api.send("app.Specimen.list", filters={name: value})
            expected = {key for key, shown in by_key.items() if shown == pair[1]}
            assert {row["id"] for row in reply.data.get("rows", [])} == expected, (value, reply.data)


WRONG: list[tuple[str, Any]] = [
    ("name", None),
    ("name", ""),
    ("name", 5),
    ("name", "a\x00b"),
    ("name", "x" * 51),
    ("name", ["a"]),
    ("notes", "a\x00b"),
    ("code", "nope"),
    ("slug", "no slug"),
    ("email", "no mail"),
    ("link", "javascript:alert(1)"),
    ("address", "300.1.1.1"),
    ("address", 16909060),
    ("kind", "animal"),
    ("kind", None),
    ("kind", 1),
    ("grade", 2),
    ("grade", True),
    ("shelf", "Left wall"),
    ("flag", None),
    ("flag", 2),
    ("flag", "maybe"),
    ("small", 6),
    ("small", 40000),
    ("count_", -1),
    ("count_", 2**31),
    ("count_", 1.5),
    ("count_", True),
    ("count_", "x"),
    ("big", str(2**63)),
    ("big", 2**63),
    ("big", str(-(2**63) - 1)),
    ("big", "9" * 5000),
    ("ratio", "NaN"),
    ("ratio", "Infinity"),
    ("ratio", "1e400"),
    ("ratio", True),
    ("amount", "NaN"),
    ("amount", "sNaN"),
    ("amount", "Infinity"),
    ("amount", "1.00001"),
    ("amount", "12345678901234567"),
    ("amount", "1e1000000"),
    ("amount", True),
    ("length", "a while"),
    ("length", "P999999999DT0S"),
    ("length", 60),
    ("raw", "not base64!"),
    ("raw", 5),
    ("payload", {"a": "b\x00"}),
    ("payload", {"a\x00": 1}),
    ("day", "2026-02-30"),
    ("day", "2026-02-28T00:00:00.5"),
    ("day", 20260228),
    ("at", "25:00"),
    ("at", "10:00+02:00"),
    ("moment", "0001-01-01T00:00:00+14:00"),
    ("moment", "9999-12-31T23:59:59-12:00"),
    ("moment", 1_700_000_000),
    ("moment", "yesterday"),
]


@pytest.mark.parametrize("name", sorted({name for name, _ in WRONG}))
async def test_a_wrong_value_is_an_error_of_its_field(api: RestClient, name: str) -> None:
    """On each way of writing, under the field's own name; and nothing is written."""
    item = await Specimen.objects.acreate(name="kept")
    good = {} if name == "name" else {"name": "new"}
    for sent in [value for field, value in WRONG if field == name]:
        created = await api.send("app.Specimen.create", **good, **{name: sent})
        updated = await api.send("app.Specimen.update", id=str(item.pk), **{name: sent})
        for reply in (created, updated):
            assert reply.data.get("success") is False, (sent, reply)
            assert list(reply.data["errors"]) == [name]
            assert all(error["code"] and error["message"] for error in reply.data["errors"][name])
        batch = await api.send("app.Specimen.save", rows=[{"name": "fine"}, {**good, name: sent}])
        assert batch.data.get("success") is False, (sent, batch)
        assert {index: list(errors) for index, errors in batch.data["errors"].items()} == {"1": [name]}
    assert [row.name async for row in Specimen.objects.all()] == ["kept"]


WRONG_FILTERS: list[dict[str, Any]] = [
    {"big": str(2**63)},
    {"count_": "1" * 30},
    {"amount": "NaN"},
    {"ratio": "Infinity"},
    {"moment": "0001-01-01T00:00:00+14:00"},
    {"name": "a\x00b"},
    {"name__icontains": "a\x00"},
    {"kind": "animal"},
    {"grade": True},
    {"day__range": ["2026-01-01"]},
    {"day__year": "x"},
    {"day__year": 10_000},
    {"moment__year__gte": -1},
    {"small__range": [1, None]},
    {"length": "soon"},
    {"payload": {}},
    {"document": "x"},
]


async def test_a_filter_with_a_wrong_value_is_refused(api: RestClient) -> None:
    for filters in WRONG_FILTERS:
        reply = await api.send("app.Specimen.search", filters=filters)
        assert (reply.status, reply.code) == (422, "invalid_filter"), (filters, reply)


async def test_lookups_compare_values_and_not_texts(api: RestClient) -> None:
    moments = [dt.datetime(2025, 12, 31, 23, 30, tzinfo=UTC), dt.datetime(2026, 1, 1, 0, 30, tzinfo=UTC)]
    for number, moment in enumerate(moments):
        amount, length = Decimal(9 + number), dt.timedelta(hours=9 + number)
        await Specimen.objects.acreate(
            name=f"s{number}", moment=moment, day=moment.date(), amount=amount, length=length, big=9 + number
        )
    for filters in (
        {"moment__gte": "2026-01-01T01:00:00+01:00"},
        {"moment__date": "2026-01-01"},
        {"moment__year__gte": 2026},
        {"day__year": 2026},
        {"day__range": ["2026-01-01", "2026-12-31"]},
        {"amount__gte": "10"},
        {"amount__gte": "9.5"},
        {"length__gte": "PT10H"},
        {"big__gte": "10"},
        {"big": ["10", 11]},
    ):
        reply = await api.send("app.Specimen.list", filters=filters)
        assert [row["name"] for row in reply.data.get("rows", [])] == ["s1"], (filters, reply.data)


CLOSE: dict[str, list[Any]] = {
    "big": [BIG, BIG + 1, BIG + 1, None],
    "ratio": [0.1, 0.1 + 2**-56, 0.3, None],
    "amount": [Decimal("0.0001"), Decimal("0.0002"), Decimal("0.0002"), None],
    "length": [dt.timedelta(microseconds=1), dt.timedelta(microseconds=2), dt.timedelta(days=3), None],
    "day": [dt.date(1, 1, 1), dt.date(2026, 1, 1), dt.date(2026, 1, 1), None],
    "at": [dt.time(0, 0, 0, 1), dt.time(0, 0, 0, 2), dt.time(23), None],
    "moment": [*(dt.datetime(2026, 1, 1, 0, 0, 0, n, tzinfo=UTC) for n in (1, 2, 2)), None],
    "nickname": ["", "a", "a", None],
    "count_": [1, 2, 2, 3],
}


async def test_pages_by_cursor_pass_every_kind_of_value(api: RestClient) -> None:
    """Values that differ in the last digit, equal values and nulls: each row is met once, in both directions."""
    for name, values in CLOSE.items():
        await Specimen.objects.all().adelete()
        await Specimen.objects.abulk_create(Specimen(name="s", **{attribute(name): value}) for value in values)
        for order in (name, f"-{name}", [f"-{name}", "name", "id"]):
            await check_pages(api, order)


async def check_pages(api: RestClient, order: Any) -> None:
    whole = [row["id"] for row in (await api.send("app.Specimen.list", order=order)).data["rows"]]
    after, previous = None, None
    seen, back = [], []
    for _ in whole:
        reply = await api.send("app.Specimen.search", after=after, limit=1, order=order)
        seen += [row["id"] for row in reply.data["rows"]]
        after, previous = reply.data["next"], reply.data["previous"]
    assert (seen, after) == (whole, None), order
    while previous is not None:
        reply = await api.send("app.Specimen.search", after=previous, limit=1, order=order)
        back += [row["id"] for row in reply.data["rows"]]
        previous = reply.data["previous"]
    assert back == whole[-2::-1], order


async def test_what_the_database_generates_is_read_only(api: RestClient) -> None:
    key = (await api.send("app.Specimen.create", name="one", count_=21)).data["id"]
    reply = await api.send("app.Specimen.update", id=key, count_=4)
    assert reply.ok, reply.data
    row = (await api.send("app.Specimen.retrieve", id=key)).data
    assert (row["count_"], row["doubled"]) == (4, 8)
    for data in ({"id": key, "doubled": 5}, {"name": "two", "doubled": 5}):
        reply = await api.send("app.Specimen.save", **data)
        assert reply.code == "invalid_data"
        assert reply.data["errors"] == {"doubled": [{"code": "read_only", "message": "This field is read-only."}]}


@pytest.mark.database("postgresql")
async def test_every_digit_of_a_decimal_is_kept(api: RestClient) -> None:
    """SQLite has no exact decimals: Django keeps fifteen digits there."""
    sent = "-9999999999999999.9999"
    key = (await api.send("app.Specimen.create", name="one", amount=sent)).data["id"]
    assert (await api.send("app.Specimen.retrieve", id=key)).data["amount"] == sent


async def test_left_out_differs_from_null(api: RestClient) -> None:
    key = (await api.send("app.Specimen.create", name="one", nickname="nick", big=5, payload={"a": 1})).data["id"]
    await api.send("app.Specimen.update", id=key, big=None)
    row = (await api.send("app.Specimen.retrieve", id=key)).data
    assert (row["nickname"], row["big"], row["payload"]) == ("nick", None, {"a": 1})
    only_id = await api.send("app.Specimen.update", id=key)
    assert only_id.data == {"success": True, "id": key}
    row = (await api.send("app.Specimen.retrieve", id=key)).data
    assert (row["name"], row["nickname"], row["big"]) == ("one", "nick", None)


async def test_what_create_leaves_out_gets_the_model_s_default(api: RestClient) -> None:
    key = (await api.send("app.Specimen.create", name="one")).data["id"]
    item = await Specimen.objects.aget()
    assert key == str(item.pk)
    assert (item.shelf, item.small, item.payload, item.nickname, item.code) == ("x", 0, {}, None, "")


async def test_a_key_that_is_no_uuid_is_invalid_data(api: RestClient) -> None:
    for key in ("nope", 5, "", None, [], "0" * 31, str(uuid.UUID(int=1)) + "\x00"):
        assert (await api.send("app.Specimen.retrieve", id=key)).code == "invalid_data", key
        assert (await api.send("app.Specimen.update", id=key, name="x")).code == "invalid_data", key


async def test_a_uuid_of_no_row_is_not_found(api: RestClient) -> None:
    assert (await api.send("app.Specimen.retrieve", id=str(uuid.uuid4()))).code == "not_found"


async def test_the_schema_tells_how_values_travel(api: RestClient) -> None:
    fields = (await api.send("app.Specimen.schema")).data["fields"]["properties"]

    def first(name: str) -> dict[str, Any]:
        shown = fields[name]
        return shown["anyOf"][0] if "anyOf" in shown and "format" not in shown else shown

    assert first("id")["format"] == "uuid"
    assert (first("amount")["type"], first("amount")["format"]) == ("string", "decimal")
    assert (first("moment")["format"], first("day")["format"], first("length")["format"]) == (
        "date-time",
        "date",
        "duration",
    )
    assert first("raw")["contentEncoding"] == "base64"
    assert {"value": "plant", "label": "Plant"} in fields["kind"]["x-choices"]
    assert {"value": "l1", "label": "Upper left"} in fields["shelf"]["x-choices"]
    assert fields["doubled"]["readOnly"] is True

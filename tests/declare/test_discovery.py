"""Bindings are found in each app's `bindings` module or package, and refer to each other across modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compile.project import SETTINGS, Project

MODELS = """
from django.db import models

class Crate(models.Model):
    name = models.CharField(max_length=20)
    sale = models.ForeignKey("shop.Order", on_delete=models.CASCADE, related_name="crates")
"""
ONE = """
from binding_schema import Binding, auto
from shop.models import {model}

class {model}{name}(Binding[{model}]):
    id: auto
    fields = '__all__'
"""
PRINT = """
from binding_schema.compile.current import problems, schema
for item in problems():
    print(item)
for key, item in sorted(schema().by_key.items()):
    print(key, item.name or "-", {name: found.target for name, found in item.fields.items() if found.target})
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_module(project: Project) -> None:
    project.write(
        shop__bindings="""
            from binding_schema import Binding, auto
            from .models import Order

            class OrderBinding(Binding[Order]):
                id: auto
                title: auto
        """
    )
    assert project.python(PRINT).text == "OrderBinding shop.Order {}\n"


def test_a_package_and_the_packages_within(project: Project) -> None:
    """Also where its `__init__` imports none of them; modules beside it are not looked for."""
    one = ONE
    project.write(
        shop__bindings__init="",
        shop__bindings__orders=one.format(model="Order", name="Binding"),
        shop__bindings__deep__init="",
        shop__bindings__deep__items=one.format(model="Item", name="Binding"),
        shop__more_bindings="raise RuntimeError('nobody asked for this module')\n",
    )
    assert project.python(PRINT).text == "ItemBinding shop.Item {}\nOrderBinding shop.Order {}\n"


def test_a_package_with_one_module_that_cannot_be_imported(project: Project) -> None:
    """The others are found all the same."""
    project.write(
        shop__bindings__init="",
        shop__bindings__broken="import no_such_module\n",
        shop__bindings__deep__init="1 / 0\n",
        shop__bindings__orders=ONE.format(model="Order", name="Binding").replace("fields = '__all__'", "titel: auto"),
    )
    text = project.check().text
    assert "shop.bindings.broken cannot be imported: ModuleNotFoundError" in text
    assert "shop.bindings.deep cannot be imported: ZeroDivisionError" in text
    assert "Order has no field 'titel'" in text


def test_a_package_that_is_no_apps(project: Project) -> None:
    """Another package may have its users put bindings beside their apps."""
    project.write(
        shop__init="from binding_schema.extend import also_in\nalso_in('bindings')\nalso_in('not_there')\n",
        bindings__init="",
        bindings__orders=ONE.format(model="Order", name="Binding"),
        bindings__broken="import no_such_module\n",
    )
    text = project.check().text
    assert "bindings.broken cannot be imported: ModuleNotFoundError" in text
    project.write(
        shop__init="from binding_schema.extend import also_in\nalso_in('bindings')\n", bindings__broken="",
    )  # fmt: skip
    assert project.python(PRINT).text == "OrderBinding shop.Order {}\n"


def test_an_app_without_bindings(project: Project) -> None:
    project.write()
    assert project.python(PRINT).text == ""
    assert project.check().code == 0


def test_modules_that_refer_to_each_other(project: Project) -> None:
    """Under TYPE_CHECKING a name is not there when the program runs, and an import both ways would be circular."""
    project.write(
        settings=SETTINGS + 'INSTALLED_APPS += ["store"]\n',
        store__init="",
        store__models=MODELS,
        store__bindings="""
            from __future__ import annotations
            from typing import TYPE_CHECKING
            from binding_schema import Binding, auto, field
            from .models import Crate
            if TYPE_CHECKING:
                from shop.bindings import OrderBinding

            class CrateBinding(Binding[Crate]):
                id: auto
                name: auto
                sale: OrderBinding = field(depth=1)
        """,
        shop__bindings="""
            from __future__ import annotations
            from typing import TYPE_CHECKING
            from binding_schema import Binding, auto, field
            from .models import Item, Order
            if TYPE_CHECKING:
                from store.bindings import CrateBinding

            class OrderBinding(Binding[Order]):
                id: auto
                title: auto
                crates: list[CrateBinding] = field(depth=1)
                items: list[ItemBinding]

            class ItemBinding(Binding[Item]):
                id: auto
                name: auto
                sale_id: auto
        """,
    )
    assert project.python(PRINT).text.splitlines() == [
        "CrateBinding store.Crate {'sale': 'OrderBinding'}",
        "ItemBinding shop.Item {}",
        "OrderBinding shop.Order {'crates': 'CrateBinding', 'items': 'ItemBinding'}",
    ]


def test_strings_name_later_bindings_without_the_future_import(project: Project) -> None:
    project.write(
        shop__bindings="""
            from typing import List, Optional
            from binding_schema import Binding, auto
            from .models import Item, Order

            class OrderBinding(Binding[Order]):
                id: auto
                title: auto
                items: "list[ItemBinding]"

            class ItemBinding(Binding[Item]):
                id: auto
                name: Optional["auto"]
                sale_id: auto
        """
    )
    text = project.python(PRINT).text
    assert "OrderBinding shop.Order {'items': 'ItemBinding'}" in text


def test_a_name_means_what_it_means_in_its_module(project: Project) -> None:
    """Two modules have a binding `Line`, and one has a binding with the name of the other's model."""
    project.write(
        settings=SETTINGS + 'INSTALLED_APPS += ["store"]\n',
        store__init="",
        store__models=MODELS,
        store__bindings="""
            from __future__ import annotations
            from binding_schema import Binding, Context, action, auto
            from shop import models as shop
            from .models import Crate

            class Line(Binding[shop.Item]):
                stream = None
                id: auto

            class Order(Binding[shop.Order]):
                stream = "store.Order"
                id: auto
                title: auto
                items: list[Line]
        """,
        shop__bindings="""
            from __future__ import annotations
            from binding_schema import Binding, Context, action, auto
            from .models import Item, Order

            class Line(Binding[Item]):
                stream = None
                id: auto
                name: auto

            class OrderBinding(Binding[Order]):
                id: auto
                title: auto
                items: list[Line]

                @action
                def close(self, ctx: Context, order: Order) -> Order: ...
        """,
    )
    done = project.python(
        """
        from binding_schema.compile.current import schema
        for name in ("shop.Order", "store.Order"):
            found = schema().streams[name]
            print(name, [item.name for item in next(f for f in found.shape.fields if f.name == "items").shape.fields])
        print(schema().streams["shop.Order"].actions["close"].on_object)
        """
    )
    assert done.text == "shop.Order ['id', 'name']\nstore.Order ['id']\nTrue\n"

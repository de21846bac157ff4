"""Mistakes in what makes rows, filters and throttles in the library's place, and in classes of other frameworks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from binding_schema import BaseThrottle, Binding, Context, CustomFilter, auto, computed, field
from binding_schema.extend import Adapter, Misdeclared, Serializer, SerializerField, register
from helpdesk.models import Label, Ticket

from . import mistake
from .fields import Plain


class Foreign:
    """A class of a framework that the adapter below knows. ``refused``: what it says of it."""

    refused = False


class Odd(Foreign):
    refused = True


class LabelSerializer(Serializer):
    fields: Sequence[SerializerField] = (SerializerField("name", str),)

    def dump(self, ctx: Context, objects: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        return [{"name": item.name} for item in objects]


class Astray(LabelSerializer):
    needs = ("owner",)


class Untypable(LabelSerializer):
    fields = (SerializerField("name", object()),)


class CaseAdapter(Adapter):
    def _known(self, item: Any) -> bool:
        if isinstance(item, type) and issubclass(item, Foreign):
            if item.refused:
                raise Misdeclared("it is odd.", "Write an even one.")
            return True
        return False

    def serializer(self, binding: type, item: Any) -> Serializer | None:
        if isinstance(item, Serializer):
            return item
        return LabelSerializer() if self._known(item) else None

    def permission(self, item: Any) -> Any:
        return self._known(item) or None

    def throttle(self, item: Any) -> BaseThrottle | None:
        return BaseThrottle() if self._known(item) else None

    def filters(self, binding: type, item: Any) -> Mapping[str, CustomFilter] | None:
        return {} if self._known(item) else None


register(f"{__name__}.CaseAdapter")


class Labels(Binding[Label]):
    abstract = True
    serializer_class: Any = Foreign


def yes(ctx: Context, value: Any) -> Q:
    return Q()


# Serializers ----------------------------------------------------------------------------------------------------------


class FromElsewhere:
    """Looks like a class of Django REST framework's."""


FromElsewhere.__module__ = "rest_framework.serializers"


@mistake("E111", '"binding_schema_drf" to INSTALLED_APPS')
def a_serializer_whose_package_is_not_installed() -> Any:
    class Wrong(Labels):
        serializer_class = FromElsewhere

    return [Wrong]


@mistake("E111", "an installed app has an adapter for")
def a_serializer_that_nothing_knows() -> Any:
    class Wrong(Labels):
        serializer_class = dict

    return [Wrong]


@mistake("E111", "Write an even one")
def a_serializer_that_its_adapter_refuses() -> Any:
    class Wrong(Labels):
        serializer_class = Odd

    return [Wrong]


@mistake("E111", "without a model there are only actions", also=["E071"])
def a_serializer_without_a_model() -> Any:
    class Wrong(Binding[Any]):
        stream = "shop.Wrong"
        serializer_class = Foreign

    return [Wrong]


@mistake("E110", "without one there are only actions", also=["E071"])
def filters_of_a_framework_without_a_model() -> Any:
    class Wrong(Binding[Any]):
        stream = "shop.Wrong"
        filterset_class = Foreign

    return [Wrong]


@mistake("E112", "Take `fields` and `serialize` away")
def a_serializer_beside_serialize() -> Any:
    class Wrong(Labels):
        def serialize(self, ctx: Context, obj: Label) -> Any:
            return {}

    return [Wrong]


@mistake("E112", "Take `fields` and `serialize` away", also=["E113"])
def a_serializer_beside_fields() -> Any:
    class Wrong(Labels):
        fields = ["color"]

    return [Wrong]


@mistake("E113", "Add it to the serializer, or use @computed")
def a_field_that_the_serializer_has_not() -> Any:
    class Wrong(Labels):
        color: auto = field(label="Colour")

        @computed(needs=[])
        def size(self, obj: Label) -> int:
            return 1

    return [Wrong]


@mistake("E113", "the serializer validates")
def validators_of_a_field_of_the_serializer() -> Any:
    class Wrong(Labels):
        name: auto = field(validators=[len])

    return [Wrong]


@mistake("E113", "Write `name: auto = field(...)`")
def a_type_for_a_field_of_the_serializer() -> Any:
    class Wrong(Labels):
        name: str

    return [Wrong]


@mistake("E020", "as filters name them")
def a_serializer_that_needs_what_is_not_there() -> Any:
    class Wrong(Labels):
        serializer_class = Astray()

    return [Wrong]


@mistake("E027", "a type that Pydantic can describe")
def a_serializer_s_field_without_a_type() -> Any:
    class Wrong(Labels):
        serializer_class = Untypable()

    return [Wrong]


@mistake("E020", "as filters name them")
def rows_that_need_what_is_not_there() -> Any:
    class Wrong(Plain):
        serialize_needs = ["nothing"]

        def serialize(self, ctx: Context, obj: Ticket) -> Any:
            return {}

    return [Wrong]


@mistake("E100", 'Write serialize_needs = ["team"]')
def needs_of_rows_that_are_no_list() -> Any:
    class Wrong(Plain):
        serialize_needs = "team"

        def serialize(self, ctx: Context, obj: Ticket) -> Any:
            return {}

    return [Wrong]


# Filters --------------------------------------------------------------------------------------------------------------


@mistake("E039", "def overdue(ctx, value)")
def a_condition_of_one_parameter() -> Any:
    class Wrong(Plain):
        filters = {"late": CustomFilter(bool, lambda value: Q())}  # type: ignore[misc, arg-type]

    return [Wrong]


@mistake("E039", "CustomFilter(bool, overdue)")
def a_filter_of_no_type() -> Any:
    class Wrong(Plain):
        filters = {"late": CustomFilter(object(), yes)}

    return [Wrong]


@mistake("E039", "CustomFilter(bool, overdue)")
def a_filter_with_the_name_of_a_combination() -> Any:
    class Wrong(Plain):
        filters = {"or": CustomFilter(bool, yes)}

    return [Wrong]


@mistake("E039", "CustomFilter(bool, overdue)")
def a_filter_of_a_field_that_is_not_there() -> Any:
    class Wrong(Plain):
        filters = {"late": CustomFilter(bool, yes, field="due")}

    return [Wrong]


@mistake("E115", "an installed app has an adapter for")
def filters_that_nothing_knows() -> Any:
    class Wrong(Plain):
        filterset_class = dict

    return [Wrong]


@mistake("E115", "Write an even one")
def filters_that_their_adapter_refuses() -> Any:
    class Wrong(Plain):
        filterset_class = Odd

    return [Wrong]


# Throttles and permissions --------------------------------------------------------------------------------------------


class PerMinute(BaseThrottle):
    def __init__(self, most: int) -> None:
        self.most = most


@mistake("E114", "Write throttles = [...]")
def throttles_that_are_no_list() -> Any:
    class Wrong(Plain):
        throttles: Any = PerMinute(3)

    return [Wrong]


@mistake("E114", "throttles = [PerMinute(60)]")
def a_throttle_that_needs_arguments() -> Any:
    class Wrong(Plain):
        throttles = [PerMinute]

    return [Wrong]


@mistake("E114", "subclasses of binding_schema.BaseThrottle")
def what_is_no_throttle() -> Any:
    class Wrong(Plain):
        throttles = ["10/min"]

    return [Wrong]


@mistake("E114", "Write an even one")
def a_throttle_that_its_adapter_refuses() -> Any:
    class Wrong(Plain):
        throttles = [Odd]

    return [Wrong]


@mistake("E052", "Write an even one")
def a_permission_that_its_adapter_refuses() -> Any:
    class Wrong(Plain):
        permissions = [Odd]

    return [Wrong]


@mistake("E050", '"binding_schema_drf" to INSTALLED_APPS')
def a_permission_whose_package_is_not_installed() -> Any:
    class Wrong(Plain):
        permissions = [FromElsewhere]

    return [Wrong]

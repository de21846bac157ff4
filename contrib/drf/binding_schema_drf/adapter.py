"""What Django REST framework's classes mean to a binding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import authentication, permissions, serializers, throttling

from binding_schema import Binding, extend

from .authentication import authentication_of
from .permissions import permission_of
from .serializers import RowSerializer
from .throttles import throttle_of


class RestFrameworkAdapter(extend.Adapter):
    def serializer(self, binding: type[Binding[Any]], item: Any) -> extend.Serializer | None:
        is_ours = isinstance(item, type) and issubclass(item, serializers.BaseSerializer)
        return RowSerializer(binding, item) if is_ours else None

    def permission(self, item: Any) -> Any:
        single = item if isinstance(item, type) else type(item)
        holders = (permissions.OperandHolder, permissions.SingleOperandHolder)
        if isinstance(item, holders) or issubclass(single, permissions.BasePermission):
            return permission_of(item)
        return None

    def throttle(self, item: Any) -> extend.BaseThrottle | None:
        is_ours = isinstance(item, type) and issubclass(item, throttling.BaseThrottle)
        return throttle_of(item) if is_ours else None

    def authentication(self, item: type) -> extend.BaseAuthentication | None:
        return authentication_of(item) if issubclass(item, authentication.BaseAuthentication) else None

    def filters(self, binding: type[Binding[Any]], item: Any) -> Mapping[str, extend.CustomFilter] | None:
        if not any(base.__module__.startswith("django_filters.") for base in getattr(item, "__mro__", ())):
            return None
        from .filters import filters_of  # noqa: PLC0415 - django-filter is an extra

        return filters_of(binding, item)

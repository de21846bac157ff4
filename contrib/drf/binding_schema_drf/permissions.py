"""Permission classes of Django REST framework, also combined by ``&``, ``|`` and ``~``."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import exceptions, permissions

from binding_schema import BasePermission, Context, errors, extend

from .errors import translated
from .requests import request_of
from .views import View


class Asked(BasePermission):
    """Asks a permission of the framework about a request. A new instance each time, as views make one."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def has_permission(self, ctx: Context) -> bool:
        permission = self._made()
        if ctx.model is None and isinstance(permission, permissions.DjangoModelPermissions):
            # It looks at the model, and there is none: as our own permission of that name.
            return bool(ctx.is_read and ctx.user.is_authenticated)
        request = request_of(ctx)
        with translated():
            return bool(permission.has_permission(request, View(ctx, request)))

    def _made(self) -> Any:
        return self.item() if isinstance(self.item, type) else self.item


class AskedOfObjects(Asked):
    """Asks about objects too: a class of its own, since each row that is read costs an instance then."""

    def has_object_permission(self, ctx: Context, obj: Any) -> bool:
        request = request_of(ctx)
        try:
            with translated():
                return bool(self._made().has_object_permission(request, View(ctx, request, obj), obj))
        except (Http404, errors.BindingError, exceptions.APIException):
            # "There is none" is told of one object; in a list, such a row is just not there.
            if ctx.is_read:
                return False
            raise


def permission_of(item: Any) -> Any:
    """Ours for a permission of the framework's, or for a combination, whose parts may be of either kind.

    Raises TypeError for a class that cannot be made without arguments.
    """
    if isinstance(item, permissions.SingleOperandHolder):
        return extend.Not(permission_of(item.op1_class))
    if isinstance(item, permissions.OperandHolder):
        kind = extend.And if item.operator_class is permissions.AND else extend.Or
        return kind((permission_of(item.op1_class), permission_of(item.op2_class)))
    single: Any = item if isinstance(item, type) else type(item)
    if not issubclass(single, permissions.BasePermission):
        return item
    if isinstance(item, type):
        item()
    own = single.has_object_permission is not permissions.BasePermission.has_object_permission
    return (AskedOfObjects if own else Asked)(item)

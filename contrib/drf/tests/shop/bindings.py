from __future__ import annotations

from typing import Any

from django.db.models import Count, Prefetch, Q
from rest_framework import permissions, throttling

from binding_schema import Binding, Context, IsAuthenticated, action, auto, computed, field, is_staff

from . import filters, serializers
from .models import Category, Letter, Order, Private, Product


class ProductBinding(Binding[Product]):
    """The core's own fields, with the framework's filters, permissions and throttles."""

    id: auto
    name: auto
    kind: auto
    size: auto
    price: auto
    sold: auto = field(readable=is_staff)
    tags: list[int]

    stream = "shop.Product"
    filterset_class = filters.ProductFilter
    ordering = ["price", "name"]
    search_fields = ["name"]
    permissions = [permissions.IsAuthenticated & (permissions.DjangoModelPermissions | permissions.IsAdminUser)]


class EveryColumnBinding(Binding[Product]):
    stream = "shop.EveryColumn"
    serializer_class = serializers.EveryColumnSerializer
    permissions = [IsAuthenticated]
    filters = {"kind": ["exact", "in"]}
    ordering = ["price"]
    search_fields = ["name"]


class SourceBinding(Binding[Product]):
    stream = "shop.Source"
    serializer_class = serializers.SourceSerializer
    serialize_needs = ["tags"]
    permissions = [IsAuthenticated]


class MethodBinding(Binding[Product]):
    stream = "shop.Method"
    serializer_class = serializers.MethodSerializer
    permissions = [IsAuthenticated]


class OrderBinding(Binding[Order]):
    stream = "shop.Order"
    serializer_class = serializers.OrderSerializer
    permissions = [IsAuthenticated]


class WritableOrderBinding(Binding[Order]):
    stream = "shop.WritableOrder"
    serializer_class = serializers.WritableOrderSerializer
    permissions = [IsAuthenticated]
    depends_on = ["lines"]


class PlainBinding(Binding[Product]):
    stream = "shop.Plain"
    serializer_class = serializers.PlainSerializer
    permissions = [IsAuthenticated]

    def get_queryset(self, ctx: Context) -> Any:
        return Product.objects.filter(code__startswith="PLAIN")

    def audience(self, ctx: Context) -> Any:
        return "everyone"


class RelatedBinding(Binding[Product]):
    stream = "shop.Related"
    serializer_class = serializers.RelatedSerializer
    serialize_needs = ["owner"]
    permissions = [IsAuthenticated]


class ValidatedBinding(Binding[Product]):
    stream = "shop.Validated"
    serializer_class = serializers.ValidatedSerializer
    permissions = [IsAuthenticated]


class OpenBinding(Binding[Product]):
    stream = "shop.Open"
    serializer_class = serializers.OpenSerializer
    permissions = [IsAuthenticated]


class FormattedBinding(Binding[Product]):
    stream = "shop.Formatted"
    serializer_class = serializers.FormattedSerializer
    permissions = [IsAuthenticated]


# Beside the ten.


class OwnObjects(permissions.BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(
            request.user.is_authenticated and request.method in ("GET", "PATCH", "POST") and view.action != "list"
        )

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return view.kwargs["pk"] == str(obj.pk) and obj.customer_id == request.user.pk


class OwnOrderBinding(Binding[Order]):
    """Permissions and throttles of the framework, object by object, and hooks with its serializer."""

    stream = "shop.OwnOrder"
    serializer_class = serializers.OrderSerializer
    permissions = [OwnObjects | permissions.IsAdminUser]

    def perform_create(self, ctx: Context, serializer: Any) -> None:
        serializer.save(remark=f"for {ctx.user.username}")

    async def perform_update(self, ctx: Context, serializer: Any) -> None:
        from asgiref.sync import sync_to_async  # noqa: PLC0415

        await sync_to_async(serializer.save)()

    @action
    def rename(self, ctx: Context, order: Order, number: str) -> Order:
        order.number = number
        order.save()
        return order

    @action(read=True)
    def count(self, ctx: Context) -> int:
        return Order.objects.count()


class Burst(throttling.UserRateThrottle):
    scope = "burst"


class ThrottledBinding(Binding[Category]):
    stream = "shop.Throttled"
    id: auto
    name: auto
    permissions = [permissions.AllowAny]
    throttles = [Burst]
    verbs = ["list"]


class ScopedBinding(Binding[Category]):
    stream = "shop.Scoped"
    id: auto
    permissions = [permissions.AllowAny]
    throttles = [throttling.ScopedRateThrottle]
    throttle_scope = "uploads"
    verbs = ["list"]


class CategoryBinding(Binding[Category]):
    """Rows that are the same for all, and that have a name."""

    stream = "shop.Category"
    serializer_class = serializers.CategorySerializer
    lookup_field = "slug"
    permissions = [IsAuthenticated]


class PrivateBinding(Binding[Private]):
    serializer_class = serializers.PrivateSerializer
    permissions = [IsAuthenticated]

    def visible_to(self, user: Any) -> Q:
        return Q(owner=user)


class LetterBinding(Binding[Letter]):
    serializer_class = serializers.LetterSerializer
    permissions = [IsAuthenticated]


class CountedBinding(Binding[Category]):
    stream = "shop.Counted"
    serializer_class = serializers.CountedSerializer
    permissions = [IsAuthenticated]
    verbs = ["retrieve", "list", "search"]

    def get_queryset(self, ctx: Context) -> Any:
        first = Prefetch("products", Product.objects.filter(rating=1), to_attr="first_products")
        return Category.objects.annotate(product_count=Count("products")).prefetch_related(first)


class SecretiveBinding(Binding[Product]):
    stream = "shop.Secretive"
    serializer_class = serializers.SecretiveSerializer
    permissions = [IsAuthenticated]


class FileBinding(Binding[Product]):
    stream = "shop.File"
    serializer_class = serializers.FileSerializer
    permissions = [IsAuthenticated]


class ListedBinding(Binding[Category]):
    stream = "shop.Listed"
    serializer_class = serializers.ListedSerializer
    permissions = [IsAuthenticated]


class BareBinding(Binding[Category]):
    stream = "shop.Bare"
    serializer_class = serializers.BareSerializer
    permissions = [IsAuthenticated]
    verbs = ["retrieve", "list", "search"]


class NestingBinding(Binding[Product]):
    """Nests a binding whose rows a serializer makes."""

    stream = "shop.Nesting"
    id: auto
    name: auto
    category: CategoryBinding | None
    permissions = [IsAuthenticated]
    verbs = ["retrieve", "list", "search"]


class GatedBinding(Binding[Product]):
    """A field of a serializer that not everyone may read, or write."""

    stream = "shop.Gated"
    serializer_class = serializers.EveryColumnSerializer
    sold: auto = field(readable=is_staff)
    rating: auto = field(writable=permissions.IsAdminUser)
    filters = {"sold": ["exact"]}
    permissions = [IsAuthenticated]

    @computed(needs=["rating"])
    def stars(self, product: Product) -> str:
        return "*" * product.rating

"""The views that the project had before: what our answers are compared with."""

from __future__ import annotations

from typing import Any

from rest_framework import permissions, viewsets
from rest_framework.routers import DefaultRouter

from binding_schema_drf.viewsets import BindingViewSet

from . import bindings, serializers
from .models import Category, Order, Product

#: name -> (serializer, rows)
COMPARED: dict[str, tuple[Any, Any]] = {
    "EveryColumn": (serializers.EveryColumnSerializer, Product.objects.all()),
    "Source": (serializers.SourceSerializer, Product.objects.all()),
    "Method": (serializers.MethodSerializer, Product.objects.all()),
    "Order": (serializers.OrderSerializer, Order.objects.all()),
    "WritableOrder": (serializers.WritableOrderSerializer, Order.objects.all()),
    "Plain": (serializers.PlainSerializer, Product.objects.filter(code__startswith="PLAIN")),
    "Related": (serializers.RelatedSerializer, Product.objects.all()),
    "Validated": (serializers.ValidatedSerializer, Product.objects.all()),
    "Open": (serializers.OpenSerializer, Product.objects.all()),
    "Formatted": (serializers.FormattedSerializer, Product.objects.all()),
}

router = DefaultRouter()
for name, (serializer, rows) in COMPARED.items():
    attributes = {"serializer_class": serializer, "queryset": rows, "permission_classes": [permissions.IsAuthenticated]}
    view = type(f"{name}ViewSet", (viewsets.ModelViewSet,), attributes)
    router.register(f"drf/{name}", view, basename=name.lower())


class CategoryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Category.objects.all()
    serializer_class = serializers.CategorySerializer


router.register("categories", CategoryViewSet, basename="category")

# Bindings on the same router.
router.register("products", BindingViewSet.of(bindings.ProductBinding), basename="binding-product")
router.register("orders", BindingViewSet.of(bindings.WritableOrderBinding), basename="binding-order")
router.register("own-orders", BindingViewSet.of(bindings.OwnOrderBinding), basename="own-order")
router.register("columns", BindingViewSet.of(bindings.EveryColumnBinding), basename="binding-column")
router.register("named", BindingViewSet.of(bindings.CategoryBinding), basename="named")
router.register("throttled", BindingViewSet.of(bindings.ThrottledBinding), basename="throttled")

"""Ten serializers, of every kind that a project has, and the ones that they nest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers
from rest_framework.validators import UniqueTogetherValidator, UniqueValidator

from .models import Category, Letter, Line, Order, Private, Product, Tag


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "email"]


# 1: all columns, as the framework maps them.
class EveryColumnSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = "__all__"


# 2: other names, paths, properties and methods of the model, and what is only written.
class SourceSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="name", min_length=2, max_length=40)
    category_name = serializers.CharField(source="category.name", read_only=True)
    parent_slug = serializers.SlugField(source="category.parent.slug", read_only=True, allow_null=True)
    owner_name = serializers.ReadOnlyField(source="owner.username")
    shown_name = serializers.ReadOnlyField()
    half = serializers.ReadOnlyField()
    tag_count = serializers.IntegerField(source="count_tags", read_only=True)
    remark = serializers.CharField(source="notes", write_only=True, required=False)

    class Meta:
        model = Product
        fields = [
            "id", "title", "code", "price", "category_name", "parent_slug", "owner_name", "shown_name", "half", "tag_count",
            "remark",
        ]  # fmt: skip

    def create(self, validated_data: dict[str, Any]) -> Product:
        return Product.objects.create(owner=self.context["request"].user, **validated_data)


# 3: values that methods make, with and without the request.
class MethodSerializer(serializers.ModelSerializer):
    loud = serializers.SerializerMethodField()
    numbers = serializers.SerializerMethodField(method_name="make_numbers")
    is_mine = serializers.SerializerMethodField()
    anything = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = ["id", "name", "loud", "numbers", "is_mine", "anything"]
        read_only_fields = ["name"]

    def get_loud(self, product: Product) -> str | None:
        return product.name.upper() if product.active else None

    def make_numbers(self, product: Product) -> dict[str, int]:
        return {"rating": product.rating, "sold": product.sold}

    def get_is_mine(self, product: Product) -> bool:
        return product.owner_id == self.context["request"].user.pk

    def get_anything(self, product: Product):  # type: ignore[no-untyped-def]
        return [product.price, product.made_at, product.released, product.reference, product.lasts, {1: product.kind}]


# 4: nested rows that are read.
class LineSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name", read_only=True)
    seller = serializers.SlugRelatedField(source="product", slug_field="owner__username", read_only=True)

    class Meta:
        model = Line
        fields = ["id", "product", "product_name", "seller", "quantity"]


class OrderSerializer(serializers.ModelSerializer):
    customer = UserSerializer(read_only=True)
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "number", "customer", "lines", "remark"]

    def create(self, validated_data: dict[str, Any]) -> Order:
        return Order.objects.create(customer=self.context["request"].user, **validated_data)


# 5: nested rows that are written.
class WritableOrderSerializer(OrderSerializer):
    lines = LineSerializer(many=True)

    def create(self, validated_data: dict[str, Any]) -> Order:
        lines = validated_data.pop("lines")
        order = super().create(validated_data)
        Line.objects.bulk_create(Line(order=order, **line) for line in lines)
        return order

    def update(self, instance: Order, validated_data: dict[str, Any]) -> Order:
        lines = validated_data.pop("lines", None)
        order: Order = super().update(instance, validated_data)
        if lines is not None:
            order.lines.all().delete()
            Line.objects.bulk_create(Line(order=order, **line) for line in lines)
        return order


# 6: a plain Serializer, with fields that no model has.
class PlainSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=40)
    code = serializers.RegexField(r"^[A-Z]+-\d+$", max_length=12)
    price = serializers.DecimalField(max_digits=8, decimal_places=2, min_value=0)
    kinds = serializers.MultipleChoiceField(choices=["new", "used"], source="data.kinds", default=["new"])
    mood = serializers.ChoiceField(choices=[("glad", "Glad"), ("sad", "Sad")], source="data.mood", allow_blank=True)
    words = serializers.ListField(child=serializers.CharField(max_length=5), source="data.words", max_length=3)
    counts = serializers.DictField(child=serializers.IntegerField(), source="data.counts", required=False)
    free = serializers.JSONField(source="data.free", required=False)

    def create(self, validated_data: dict[str, Any]) -> Product:
        return Product.objects.create(owner=self.context["request"].user, **validated_data)

    def update(self, instance: Product, validated_data: dict[str, Any]) -> Product:
        instance.data = {**instance.data, **validated_data.pop("data", {})}
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        return instance


# 7: relations, in each way that the framework shows them.
class RelatedSerializer(serializers.ModelSerializer):
    category = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all(), allow_null=True)
    owner = serializers.StringRelatedField()
    tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all())
    tag_names = serializers.StringRelatedField(source="tags", many=True, read_only=True)
    category_url = serializers.HyperlinkedRelatedField(
        source="category", view_name="category-detail", queryset=Category.objects.all(), required=False
    )
    url = serializers.HyperlinkedIdentityField(view_name="related-detail")

    class Meta:
        model = Product
        fields = ["id", "name", "code", "price", "category", "owner", "tags", "tag_names", "category_url", "url"]

    def create(self, validated_data: dict[str, Any]) -> Product:
        return super().create({**validated_data, "owner": self.context["request"].user})  # type: ignore[no-any-return]


# 8: validation in each place that there is for it.
def no_digits(value: str) -> None:
    if any(letter.isdigit() for letter in value):
        raise serializers.ValidationError("No digits here.", code="digits")


class ValidatedSerializer(serializers.ModelSerializer):
    owner = serializers.HiddenField(default=serializers.CurrentUserDefault())
    name = serializers.CharField(validators=[no_digits], max_length=10)
    code = serializers.CharField(
        max_length=12,
        validators=[UniqueValidator(Product.objects.all(), message="Taken: choose another.", lookup="iexact")],
    )

    class Meta:
        model = Product
        fields = ["id", "owner", "name", "code", "price", "rating", "released", "notes"]
        validators = [
            UniqueTogetherValidator(Product.objects.all(), ["owner", "name"], message="You have one already.")
        ]

    def validate_price(self, value: Any) -> Any:
        if value == 13:
            raise serializers.ValidationError(["Unlucky.", "Truly."], code="unlucky")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("notes") == "nothing":
            raise serializers.ValidationError("There must be something.", code="nothing")
        if attrs.get("notes") == "two":
            raise serializers.ValidationError({"notes": "Not two.", "rating": ["Nor a rating."]})
        return attrs


# 9: rows that code of one's own makes.
class OpenSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "name", "code", "price"]

    def to_representation(self, instance: Product) -> dict[str, Any]:
        row = super().to_representation(instance)
        row.pop("price")
        row[f"extra_{instance.kind}"] = instance.rating
        return row

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        return super().to_internal_value({"price": "1.00", **data})

    def create(self, validated_data: dict[str, Any]) -> Product:
        return Product.objects.create(owner=self.context["request"].user, **validated_data)


# 10: other formats, fields of one's own, and nesting by depth.
class Reversed(serializers.CharField):
    def to_representation(self, value: str) -> str:
        return value[::-1]

    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data))[::-1]


class FormattedSerializer(serializers.ModelSerializer):
    name = Reversed(max_length=40)
    price = serializers.DecimalField(max_digits=8, decimal_places=2, coerce_to_string=False)
    released = serializers.DateField(format="%d.%m.%Y", input_formats=["%d.%m.%Y"], allow_null=True, required=False)
    made_at = serializers.DateTimeField(format="%Y", read_only=True)
    checked_at = serializers.DateTimeField(allow_null=True, required=False)
    reference = serializers.UUIDField(format="hex", required=False)
    lasts = serializers.DurationField(required=False)

    class Meta:
        model = Product
        fields = [
            "id", "name", "code", "price", "released", "made_at", "checked_at", "reference", "lasts", "category", "tags",
        ]  # fmt: skip
        depth = 1

    def create(self, validated_data: dict[str, Any]) -> Product:
        return Product.objects.create(owner=self.context["request"].user, **validated_data)


# Beside the ten: what a write refers to, and what is shared.
class LetterSerializer(serializers.ModelSerializer):
    class Meta:
        model = Letter
        fields = ["id", "about", "others", "text"]
        extra_kwargs = {"about": {"required": False}}


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "slug", "name", "parent"]


class PrivateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Private
        fields = ["id", "title"]


class CountedSerializer(serializers.ModelSerializer):
    """Reads what the queryset adds."""

    product_count = serializers.IntegerField(read_only=True)
    names = serializers.SerializerMethodField()

    class Meta:
        model = Category
        fields = ["slug", "product_count", "names"]

    def get_names(self, category: Category) -> list[str]:
        return [product.name for product in category.first_products]  # type: ignore[attr-defined]


class SecretiveSerializer(serializers.ModelSerializer):
    """Shows each user something else."""

    class Meta:
        model = Product
        fields = ["id", "name", "notes"]

    def get_fields(self) -> Any:
        found = super().get_fields()
        if not self.context["request"].user.is_superuser:
            found.pop("notes")
        return found


class FileSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["name", "manual"]


class DoubledList(serializers.ListSerializer):
    def to_representation(self, data: Any) -> Any:
        return [*super().to_representation(data), {"total": len(data)}]


class ListedSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["name"]
        list_serializer_class = DoubledList


class BareSerializer(serializers.BaseSerializer):
    """No fields at all: a row is what the method says."""

    def to_representation(self, instance: Category) -> Any:
        return {"slug": instance.slug, "length": len(instance.name)}

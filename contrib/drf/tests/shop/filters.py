from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.models import User

from .models import Category, Product, Tag


class NumberInFilter(django_filters.BaseInFilter, django_filters.NumberFilter):
    pass


def users(request: Any) -> Any:
    return User.objects.all() if request.user.is_staff else User.objects.filter(pk=request.user.pk)


class ProductFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains")
    not_name = django_filters.CharFilter(field_name="name", exclude=True)
    price = django_filters.RangeFilter()
    rating__in = NumberInFilter(field_name="rating", lookup_expr="in")
    released = django_filters.DateFromToRangeFilter()
    made = django_filters.IsoDateTimeFilter(field_name="made_at", lookup_expr="gte")
    kinds = django_filters.MultipleChoiceFilter(field_name="kind", choices=Product.Kind)
    category = django_filters.ModelChoiceFilter(queryset=Category.objects.all(), null_label="none")
    category_slug = django_filters.ModelChoiceFilter(
        field_name="category", queryset=Category.objects.all(), to_field_name="slug"
    )
    tags = django_filters.ModelMultipleChoiceFilter(queryset=Tag.objects.all())
    tag_name = django_filters.CharFilter(field_name="tags__name")
    owner = django_filters.ModelChoiceFilter(queryset=users)
    mine = django_filters.BooleanFilter(method="filter_mine")
    code = django_filters.LookupChoiceFilter(lookup_choices=["exact", "startswith"])
    any_code = django_filters.AllValuesFilter(field_name="code")
    day = django_filters.DateRangeFilter(field_name="made_at")

    class Meta:
        model = Product
        fields = ["kind", "size", "active", "reference", "sold", "lasts", "opens"]

    def filter_mine(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(owner=self.request.user) if value else queryset.exclude(owner=self.request.user)

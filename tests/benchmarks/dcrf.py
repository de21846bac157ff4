"""The same model through djangochannelsrestframework, as its documentation has it."""

from djangochannelsrestframework.generics import GenericAsyncAPIConsumer
from djangochannelsrestframework.mixins import PaginatedModelListMixin, PatchModelMixin, RetrieveModelMixin
from djangochannelsrestframework.pagination import WebsocketLimitOffsetPagination
from djangochannelsrestframework.permissions import IsAuthenticated
from rest_framework.serializers import ModelSerializer

from .benchapp.models import FIELDS
from .benchapp.models import PlainItem as Item


class ItemSerializer(ModelSerializer):
    class Meta:
        model = Item
        fields = FIELDS


class ItemConsumer(RetrieveModelMixin, PaginatedModelListMixin, PatchModelMixin, GenericAsyncAPIConsumer):
    queryset = Item.objects.order_by("pk")
    serializer_class = ItemSerializer
    pagination_class = WebsocketLimitOffsetPagination
    permission_classes = (IsAuthenticated,)

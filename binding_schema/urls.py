"""The HTTP routes: ``path("api/", include("binding_schema.urls"))``, under ASGI and WSGI."""

from django.urls import path

from .export.views import schema_view
from .transports.console import root_view
from .transports.rest import resource_view
from .transports.sse import events

urlpatterns = [
    path("", root_view, name="binding_schema"),
    path("schema/", schema_view, name="binding_schema_export"),
    path("<str:stream>/", resource_view, name="binding_schema_stream"),
    path("<str:stream>/events/", events, name="binding_schema_events"),
    path("<str:stream>/<str:first>/", resource_view, name="binding_schema_object"),
    path("<str:stream>/<str:first>/<str:second>/", resource_view, name="binding_schema_object_action"),
]

__all__ = ["urlpatterns"]

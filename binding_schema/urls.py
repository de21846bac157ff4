"""REST routes: ``path("api/", include("binding_schema.urls"))``, under ASGI and WSGI."""

from .transports.rest import urlpatterns

__all__ = ["urlpatterns"]

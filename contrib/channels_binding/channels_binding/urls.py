"""The HTTP routes: ``path("api/", include("channels_binding.urls"))``."""

from binding_schema.urls import urlpatterns

__all__ = ["urlpatterns"]

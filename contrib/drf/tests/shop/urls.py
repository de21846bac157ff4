from django.urls import include, path

from .views import router

urlpatterns = [
    path("api/", include("binding_schema.urls")),
    path("", include(router.urls)),
]

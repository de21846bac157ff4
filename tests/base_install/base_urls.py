from django.urls import include, path

urlpatterns = [path("api/", include("binding_schema.urls"))]

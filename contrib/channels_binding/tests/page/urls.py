from django.urls import include, path

urlpatterns = [path("", include("channels_binding.urls"))]

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from binding_schema.transports.graphql import GraphQLView

from .graphql_schema import schema

urlpatterns = [
    path("api/", include("binding_schema.urls")),
    path("graphql/", GraphQLView.as_view(schema=schema)),
    path("admin/", admin.site.urls),
    path("accounts/login/", auth_views.LoginView.as_view(template_name="admin/login.html"), name="login"),
]

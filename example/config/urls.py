from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from binding_schema.transports.graphql import GraphQLView
from helpdesk.graphql import schema
from helpdesk.views import ConsoleView, PlacesView, StartView

urlpatterns = [
    path("", StartView.as_view(), name="start"),
    path("console/", ConsoleView.as_view(), name="console"),
    path("about/", PlacesView.as_view(), name="about"),
    path("api/", include("binding_schema.urls")),
    path("graphql/", GraphQLView.as_view(schema=schema)),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from binding_schema.transports.graphql import GraphQLView
from helpdesk.graphql import schema
from helpdesk.views import PlacesView, StartView

urlpatterns = [
    path("", StartView.as_view(), name="start"),
    path("console/", RedirectView.as_view(pattern_name="binding_schema")),
    path("about/", PlacesView.as_view(), name="about"),
    path("api/", include("binding_schema.urls")),
    path("graphql/", GraphQLView.as_view(schema=schema)),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

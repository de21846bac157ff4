"""The whole site: `uvicorn config.asgi:application`."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

# Only now are the apps loaded, and the bindings with them.
from binding_schema.consumers import AsyncConsumer  # noqa: E402
from binding_schema.transports.graphql import GraphQLConsumer  # noqa: E402
from helpdesk.graphql import schema  # noqa: E402

if settings.DEBUG:
    # What `runserver` does by itself; uvicorn does not know Django's static files.
    http = ASGIStaticFilesHandler(http)

application = ProtocolTypeRouter(
    {
        "http": http,
        # The consumers authenticate and check Origin by themselves: no middleware around them.
        "websocket": URLRouter(
            [path("ws/", AsyncConsumer.as_asgi()), path("graphql/", GraphQLConsumer.as_asgi(schema=schema))]
        ),
    }
)

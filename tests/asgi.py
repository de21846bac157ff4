import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
http = get_asgi_application()

# Only now are the apps loaded, and the bindings with them.
from binding_schema.consumers import AsyncConsumer  # noqa: E402
from binding_schema.transports.graphql import GraphQLConsumer  # noqa: E402

from .graphql_schema import schema  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(
            [path("ws/", AsyncConsumer.as_asgi()), path("graphql/", GraphQLConsumer.as_asgi(schema=schema))]
        ),
    }
)

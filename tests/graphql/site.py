"""The suite's site as a developer has it: DEBUG is on, and static files are served."""

from django.conf import settings

from tests.asgi import application as served

settings.DEBUG = True

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

inner = served.application_mapping
application = ProtocolTypeRouter({"http": ASGIStaticFilesHandler(inner["http"]), "websocket": inner["websocket"]})

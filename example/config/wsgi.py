"""HTTP only: pages and REST work under WSGI as they do under ASGI; the WebSocket needs `config.asgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

"""The same project over HTTP, as Django's startproject has it."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()

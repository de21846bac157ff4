"""The console: ``GET <root>`` in a browser is a page to explore the API with. Other clients get the streams' names, as ever."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.views import redirect_to_login
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.template import Context, Engine, Template
from django.templatetags.static import static
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from ..conf import settings
from ..errors import Unauthenticated
from ..resolve import threads
from ..resolve.authentication import Client
from .addresses import websocket_address
from .answer import error_answer
from .handshake import of_request
from .rest import Exchange, explained, frame_view, respond

TEMPLATES = Path(__file__).parent.parent / "templates"


@csrf_exempt
@transaction.non_atomic_requests
async def root_view(request: HttpRequest) -> HttpResponse:
    """``<root>``: the console for browsers, where it is switched on; frames and the names of the streams for all others."""
    if not wants_page(request):
        response: HttpResponse = await frame_view(request)
    else:
        try:
            response = await _page(request)
        except Exception as error:  # noqa: BLE001 - what is not foreseen is logged under an incident, as everywhere
            response = respond(request, error_answer(explained(error, request)))
    if request.method in ("GET", "HEAD"):
        patch_vary_headers(response, ("Accept",))
    return response


def wants_page(request: HttpRequest) -> bool:
    """Whether the client would rather have HTML than JSON. Who takes anything, as most programs say, gets JSON."""
    on = settings().CONSOLE
    if not (django_settings.DEBUG if on is None else on) or request.method not in ("GET", "HEAD"):
        return False
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"


async def _page(request: HttpRequest) -> HttpResponse:
    """The page. It names nothing but the user: what there is, its script asks the API for, with the user's rights."""
    exchange = Exchange(request, Client(of_request(request)))
    refused = False
    try:
        await exchange.enter()
    except Unauthenticated:
        refused = True
    run: Any = threads.run if isinstance(request, ASGIRequest) else _on_this_thread
    name = "" if refused else await run(lambda: _name(exchange.client.user))
    address = websocket_address()
    values = {"config": _config(request, address), "refused": refused, "user": name, "login": _login(request)}
    response = HttpResponse(_template().render(Context(values)), status=401 if refused else 200)
    if refused:
        response["WWW-Authenticate"] = "Bearer"
    patch_vary_headers(response, ("Cookie", "Authorization"))
    response["Content-Security-Policy"] = policy(request.get_host(), address)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "DENY"
    return response


async def _on_this_thread(function: Any) -> Any:
    return await sync_to_async(function, thread_sensitive=True)()


def _name(user: Any) -> str:
    return str(user.get_username()) if user.is_authenticated else ""


def _config(request: HttpRequest, address: str) -> dict[str, Any]:
    """What the page's script has to know."""
    host = urlsplit(address).netloc
    return {
        "root": request.path,
        "websocket": address,
        "hosts": [host] if host else [],
        "live": settings().LIVE,
        "csrf": get_token(request),
    }


def _login(request: HttpRequest) -> str:
    """Where to log in and come back from; empty where LOGIN_URL leads nowhere."""
    try:
        target = resolve_url(django_settings.LOGIN_URL)
        if not urlsplit(target).netloc:
            resolve("/" + urlsplit(target).path.removeprefix(get_script_prefix()))
    except (NoReverseMatch, Resolver404):
        return ""
    return redirect_to_login(request.get_full_path(), target).url


@lru_cache(maxsize=1)
def _template() -> Template:
    """By an engine of our own, since a project that is an API alone may have none."""
    engine = Engine(dirs=[str(TEMPLATES)], libraries={"static": "django.templatetags.static"})
    return engine.get_template("binding_schema/console.html")


def policy(host: str, websocket: str) -> str:
    """The Content-Security-Policy: files of our own, connections to this host and the WebSocket's, text and never markup."""
    files = urlsplit(static("binding_schema/console/main.js"))
    source = f"'self' {files.scheme or 'https'}://{files.netloc}" if files.netloc else "'self'"
    target = urlsplit(websocket)
    # Not every browser takes 'self' for WebSocket; an IPv6 address cannot be named here at all.
    hosts = {item for item in (host, target.netloc) if item and "[" not in item}
    sockets = " ".join(f"{scheme}://{item}" for item in sorted(hosts) for scheme in ("ws", "wss"))
    rules = {
        "default-src": "'none'",
        "script-src": source,
        "style-src": source,
        "img-src": source,
        "connect-src": f"'self' {sockets}".strip(),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())

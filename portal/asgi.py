"""
The ASGI application: static files, pages, sockets, and what is started and stopped with the process.

Loading it refuses unsafe settings, because an ASGI server runs no system checks of its own.
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from apps.api.door import ProgramsDoor  # noqa: E402
from apps.batch import routing as batch_routing  # noqa: E402
from apps.chat import routing as chat_routing  # noqa: E402
from apps.rag import routing as rag_routing  # noqa: E402
from apps.rag.body_limit import LimitedBody  # noqa: E402
from portal.checks import refuse_unsafe_settings  # noqa: E402
from portal.framing import OneLengthOnly  # noqa: E402
from portal.lifespan import Lifespan  # noqa: E402
from portal.origins import SameOriginOnly, allowed_origins, no_such_socket  # noqa: E402
from portal.pages import Pages  # noqa: E402
from portal.static_files import StaticFiles  # noqa: E402

refuse_unsafe_settings()

sockets = URLRouter(
    [
        *chat_routing.websocket_urlpatterns,
        *batch_routing.websocket_urlpatterns,
        *rag_routing.websocket_urlpatterns,
        re_path(r"", no_such_socket),  # type: ignore[arg-type]  # an ASGI application, as URLRouter wants
    ]
)
application = ProtocolTypeRouter(
    {
        "http": OneLengthOnly(ProgramsDoor(StaticFiles(LimitedBody(Pages())))),
        # Without a user: every socket asks who its session's person is, each time (`accounts.access.person_of_scope`).
        "websocket": SameOriginOnly(
            SessionMiddlewareStack(sockets), allowed_origins(settings.BASE_URL, settings.ALLOWED_HOSTS)
        ),
        "lifespan": Lifespan(),
    }
)

"""
Run the web process: `python -m portal.serve`, the same command in every shape.

Proxy headers are believed only from the addresses in PORTCULLIS_TRUSTED_PROXIES.
"""

from __future__ import annotations

import os

import uvicorn

from portal.front import BoundedHttp

SOCKET_MESSAGE_LIMIT_BYTES = 64 * 1024
GRACE_SECONDS = 12


def main() -> None:
    """Check the settings, then serve until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.conf import settings

    from portal.log_lines import tell_types_and_places

    tell_types_and_places()
    trusted = settings.TRUSTED_PROXIES
    uvicorn.run(
        "portal.asgi:application",
        host=settings.BIND_HOST,
        port=settings.BIND_PORT,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=trusted,
        lifespan="on",
        ws_max_size=SOCKET_MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        http=BoundedHttp,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main()

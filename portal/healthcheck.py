"""Ask the web process on this machine whether it is alive: `python -m portal.healthcheck`, for containers."""

from __future__ import annotations

import http.client
import os
import sys

SECONDS = 4


def main() -> int:
    """Return 0 if `/healthz` answers 200. Needs no Django, so it costs little."""
    port = int(os.environ.get("PORTCULLIS_BIND_PORT") or 8000)
    host = (os.environ.get("PORTCULLIS_ALLOWED_HOSTS") or "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return int(connection.getresponse().status != http.client.OK)
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

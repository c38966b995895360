"""The formats, by their codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apps.audit.stream import cef, ecs, ocsf
from apps.audit.stream.record import Record

WRITERS: Final[dict[str, Callable[[Record], str]]] = {"OCSF": ocsf.write, "ECS": ecs.write, "CEF": cef.write}

"""Keep people's words out of error reports, and the log short where nothing is broken."""

from __future__ import annotations

import logging
from collections.abc import ItemsView
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class RefusalsInOneLine(logging.Filter):
    """Leave out the traceback of a request that was refused (400 to 499): anybody can make thousands of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, those of refusals without their traceback."""
        if 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True


class NothingPersonal(SafeExceptionReporterFilter):
    """Drop every request parameter, cookie and local variable from exception reports: any of them may be a message."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: TracebackType
    ) -> ItemsView[str, Any]:
        nothing: dict[str, Any] = {}
        return nothing.items()

"""Keep pages out of every cache: the browser's, and those of proxies between."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class KeptNowhere(MiddlewareMixin):
    """
    Say `private, no-store` on every answer that does not say itself how long it may be kept.

    Pages show people's words; after signing out the Back button must not bring them back. Static files never come here.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header where there is none."""
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

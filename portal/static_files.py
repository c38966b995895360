"""Static files, served by this process: hashed names are cached for ever, all are sent compressed."""

from __future__ import annotations

from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from servestatic import ServeStaticASGI

UNHASHED_SECONDS = 60


class StaticFiles(ServeStaticASGI):  # type: ignore[misc]  # servestatic's call signature is untyped
    """
    Serve what `collectstatic` collected, in front of Django: such a request crosses no middleware and no thread.

    Immutable is exactly what the manifest names; every other file may be kept for a minute.
    """

    def __init__(self, application: Any) -> None:
        prefix = f"/{settings.STATIC_URL.strip('/')}/"
        self.immutable = frozenset(f"{prefix}{name}" for name in _hashed_names())
        super().__init__(
            application,
            root=settings.STATIC_ROOT if settings.STATIC_ROOT.is_dir() else None,
            prefix=prefix,
            max_age=UNHASHED_SECONDS,
            allow_all_origins=False,
            add_headers_function=_add_headers,
            immutable_file_test=self._is_immutable,
        )

    def _is_immutable(self, path: str, url: str) -> bool:
        return url in self.immutable


def _hashed_names() -> list[str]:
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return []
    return list(staticfiles_storage.hashed_files.values())


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"

"""Stop a file that is too large while it arrives, wherever in the product it is uploaded."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class LimitedUpload(FileUploadHandler):
    """
    Passes a file on until it is larger than a document may be, then drops it and reads on with the next one.

    The first of Django's upload handlers: what it drops was never kept whole, in memory or on disk.
    """

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Start counting for the next file."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """
        Count and pass on.

        :raises SkipFile: as soon as there is too much; the name of the file is noted on the request.
        """
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_LIMIT_MEGABYTES * 1024 * 1024:
            _noted(self.request).append(str(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the finished file to the next handler."""


def too_large(request: HttpRequest) -> list[str]:
    """Give the names of files that were dropped for their size. Reads the body if nobody has yet."""
    _ = request.FILES
    return list(_noted(request))


def _noted(request: HttpRequest | None) -> list[str]:
    if request is None:
        return []
    if not hasattr(request, "dropped_uploads"):
        request.dropped_uploads = []  # type: ignore[attr-defined]
    names: list[str] = request.dropped_uploads  # type: ignore[attr-defined]
    return names

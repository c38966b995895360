"""A file that a program uploads, read from a form in memory alone: on disk its words would lie in clear."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from apps.api.fields import wrong
from apps.batch import parsing

LARGEST_FORM: Final = parsing.MOST_BYTES + 64 * 1024
"""Bytes: the largest file, and what the form puts around it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file with its purpose."""

    name: str
    purpose: str
    content: bytes = field(repr=False)


class _InMemory(FileUploadHandler):
    """Collects the files of a form."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.content = bytearray()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with a file: the field it came in, and its name."""
        super().new_file(*args, **kwargs)
        self.found.append((str(self.field_name), str(self.file_name)))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take some of it."""
        self.content += raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing else of it."""


def read(headers: Mapping[bytes, str], body: bytes) -> Upload:
    """
    Read the form of an upload: the fields `purpose` and `file`, and no other.

    :raises ApiError: of kind BAD_REQUEST, naming the field.
    """
    collected = _InMemory()
    meta = {"CONTENT_TYPE": headers.get(b"content-type", ""), "CONTENT_LENGTH": str(len(body))}
    try:
        fields, _ = MultiPartParser(meta, io.BytesIO(body), [collected], "utf-8").parse()
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, ValueError):
        raise wrong(
            "The body must be a form (multipart/form-data) with `purpose` and `file`.", parameter="file"
        ) from None
    if set(fields) - {"purpose"}:
        raise wrong("Send `purpose` and `file` and no other field.", parameter="", code="unknown_parameter")
    if [where for where, _ in collected.found] != ["file"]:
        raise wrong("Send one file, in the field `file`.", parameter="file", code="missing_required_parameter")
    return Upload(collected.found[0][1], fields.get("purpose", ""), bytes(collected.content))

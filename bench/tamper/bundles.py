"""Exports as officers hand them out, and every way to change one afterwards."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

Files = dict[str, bytes]
BOMB = 1 << 27


def built(sequencer: Any, officer: Any) -> list[bytes]:
    """Let an officer export everything twice, as the product does, while `sequencer` signs in a thread of its own."""
    from django.utils import timezone

    from apps.audit.cases import exporting

    with signing(sequencer):
        return [_bundle(exporting, officer, timezone.now() + timedelta(seconds=number)) for number in range(2)]


@contextmanager
def signing(sequencer: Any) -> Iterator[None]:
    """Let `sequencer` sign all the while, in a thread of its own."""
    from django.utils import timezone

    done = threading.Event()

    def sign() -> None:
        while not done.wait(0.2):
            sequencer.round(now=timezone.now())

    thread = threading.Thread(target=sign)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _bundle(exporting: Any, officer: Any, now: Any) -> bytes:
    asked = exporting.ask(
        case=None, query="", variant="REDACTED", is_whole=False, why="To try the verifier", by=officer, now=now
    )
    exporting.work(asked.pk)
    asked.refresh_from_db()
    return b"".join(exporting.downloaded(asked, by=officer, now=now))


def forged(bundles: list[bytes]) -> list[bytes]:
    """Change the first bundle in every way; the second one lends its proof."""
    files, other = _files(bundles[0]), _files(bundles[1])
    twice = io.BytesIO(bundles[0])
    with zipfile.ZipFile(twice, "a") as bundle, warnings.catch_warnings(action="ignore"):
        bundle.writestr("exchanges.csv", files["exchanges.csv"])
    changed = [_zipped(change(dict(files))) for change in _CHANGES]
    replayed = _zipped(files | {"manifest.tlog-proof": other["manifest.tlog-proof"]})
    return [*changed, replayed, twice.getvalue(), bundles[0][:-30]]


def _files(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


def _with_manifest(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    """Change a file and write its new length and digest into the manifest, as a careful forger does."""

    def edit(files: Files) -> Files:
        files[name] = change(files[name])
        manifest = json.loads(files["manifest.json"])
        for each in manifest["files"]:
            if each["name"] == name:
                each |= {"bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        return files | {"manifest.json": json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()}

    return edit


def _changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: files | {name: change(files[name])}


_CHANGES: list[Callable[[Files], Files]] = [
    _changed("exchanges.html", lambda raw: raw.replace(b"Sales", b"Scale", 1)),
    _changed("exchanges.jsonl", lambda raw: raw.partition(b"\n")[2]),
    _changed("manifest.json", lambda raw: raw.replace(b"Grace", b"Grant")),
    _with_manifest("exchanges.jsonl", lambda raw: raw.partition(b"\n")[2]),
    _with_manifest("exchanges.csv", lambda raw: raw.replace(b"ANSWERED", b"REFUSED")),
    _changed("exchanges.csv", lambda raw: raw + b" " * BOMB),
    _changed("manifest.json", lambda raw: raw + b" " * BOMB),
    lambda files: files | {"../outside.txt": b"x"},
    lambda files: files | {"more.txt": b"x"},
    lambda files: {name: raw for name, raw in files.items() if name != "exchanges.csv"},
]

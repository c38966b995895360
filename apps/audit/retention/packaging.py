"""
Subject access packages: everything stored about a person as one ZIP, each part readable by people and by programs.

Made in the background by whoever claims the request; the claim is a lease, so a dead worker's package is begun again.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.approvals import asking
from apps.audit.approvals.deeds import Deed
from apps.audit.retention import own_parts, requests, storing
from apps.audit.retention.models import PACKAGE_KEPT, PersonRequest
from apps.ledger import clock
from apps.ledger.facts import Json
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, erasure
from apps.privacy.destruction import Order
from apps.privacy.erasure import Part
from apps.privacy.holds import KeyHeld

LEASE: Final = timedelta(minutes=2)
MOST_ATTEMPTS: Final = 3
IN_MEMORY: Final = 8 << 20
State = PersonRequest.State


class ClaimLost(Exception):
    """Another worker has taken the request over, or it was given up."""


@dataclass(frozen=True, slots=True)
class Line:
    """One part in the package's table of contents."""

    name: str
    heading: str
    count: int
    is_file: bool


def make(request_id: UUID, *, now: datetime) -> bool:
    """Make a package that waits; False if it is not there to be made, or somebody else makes it."""
    request = _claimed(request_id, now=now)
    if request is None:
        return False
    with suppress(ClaimLost):
        _make(request)
    return True


def give_up_lapsed(*, now: datetime) -> None:
    """Let packages whose worker died wait again, three times at most."""
    lapsed = PersonRequest.objects.filter(kind=PersonRequest.Kind.ACCESS, state=State.RUNNING, claimed_until__lt=now)
    lapsed.filter(attempts__gte=MOST_ATTEMPTS).update(state=State.FAILED, ended_at=now, claim=None, claimed_until=None)
    lapsed.update(state=State.QUEUED, claim=None, claimed_until=None)


def discard_expired(*, now: datetime) -> int:
    """Destroy the keys of packages whose time is over, and their files; return how many."""
    expired = PersonRequest.objects.filter(kind=PersonRequest.Kind.ACCESS, state=State.DONE, expires_at__lt=now)
    return sum(discard(request, by=None, now=now) for request in expired)


@transaction.atomic
def discard(request: PersonRequest, *, by: User | None, now: datetime) -> bool:
    """Destroy a package's key, and its file after the commit; False if it is gone already or held."""
    done = PersonRequest.objects.filter(pk=request.pk, kind=PersonRequest.Kind.ACCESS, state=State.DONE)
    if not done.update(state=State.DISCARDED, ended_at=now):
        return False
    order = Order(Action.KEY_DESTROYED, subject_kind="package", subject_id=str(request.pk))
    try:
        destruction.destroy([request.pk], order, now=now)
    except KeyHeld:
        transaction.set_rollback(True)
        return False
    requests.record(Action.PACKAGE_DISCARDED, request, by=by, now=now)
    transaction.on_commit(lambda: storing.discard(request.pk), robust=True)
    return True


@transaction.atomic
def download(request: PersonRequest, *, by: User, now: datetime) -> Iterator[bytes]:
    """
    Give a package's bytes; that it was taken is on the record before the first of them.

    :raises apps.privacy.keys.KeyDestroyed: if it is gone.
    """
    requests.record(Action.PACKAGE_DOWNLOADED, request, by=by, details={"bytes": request.size}, now=now)
    return storing.opened(request.pk)


@transaction.atomic
def download_for(request: PersonRequest, *, by: User, now: datetime) -> Iterator[bytes]:
    """
    Give an officer a package's bytes: it holds a person's own words, as showing and exporting them takes two officers.

    :raises apps.audit.approvals.asking.NotApproved: if it takes a second officer and none consented.
    :raises apps.privacy.keys.KeyDestroyed: if it is gone.
    """
    asking.spend(Deed.EXPORT, subject=requests.package_of(request), terms=requests.PACKAGE_TERMS, by=by, now=now)
    return download(request, by=by, now=now)


def _claimed(request_id: UUID, *, now: datetime) -> PersonRequest | None:
    claim = uuid4()
    waiting = PersonRequest.objects.filter(pk=request_id, kind=PersonRequest.Kind.ACCESS, state=State.QUEUED)
    taken = waiting.update(
        state=State.RUNNING, claim=claim, claimed_until=now + LEASE, attempts=F("attempts") + 1, done=0, total=0
    )
    return PersonRequest.objects.get(pk=request_id) if taken else None


def _make(request: PersonRequest) -> None:
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as scratch:
        _write(request, plain)
        plain.seek(0)
        size = storing.keep(request.pk, plain, scratch)
    _finish(request, size=size, now=timezone.now())


def _write(request: PersonRequest, plain: IO[bytes]) -> None:
    lines: list[Line] = []
    _renew(request, done=0)
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as package:
        for part in _parts(request.person_id):
            _add(package, part)
            lines.append(Line(_safe(part.name), part.heading, len(part.records), is_file=part.file is not None))
            _renew(request, done=len(lines))
        package.writestr("index.html", _page("index", {"lines": lines, "name": _name(request), "made": timezone.now()}))


def _parts(person_id: UUID) -> Iterator[Part]:
    yield from own_parts.parts(person_id)
    for room in erasure.rooms():
        yield from room.package(person_id)


def _add(package: zipfile.ZipFile, part: Part) -> None:
    name = _safe(part.name)
    if part.file is not None:
        with part.file as source, package.open(name, "w") as target:
            shutil.copyfileobj(source, target)
        return
    package.writestr(f"{name}.json", json.dumps(list(part.records), ensure_ascii=False, indent=1))
    records = [[(key.replace("_", " "), value) for key, value in record.items()] for record in part.records]
    depth = "../" * name.count("/")
    package.writestr(f"{name}.html", _page("part", {"heading": part.heading, "records": records, "up": depth}))


def _page(name: str, context: dict[str, object]) -> str:
    return render_to_string(f"audit/retention/package_{name}.html", context)


def _name(request: PersonRequest) -> str:
    return User.objects.get(pk=request.person_id).name


def _safe(name: str) -> str:
    """Make a name that every unpacker takes: no way up, no drive, nothing that a shell or a page reads otherwise."""
    parts = [re.sub(r"[^\w.\- ]", "_", part).strip(". ")[:120] or "_" for part in name.split("/")]
    return "/".join(parts)


def _renew(request: PersonRequest, *, done: int) -> None:
    """
    Renew the claim, and say how far it is.

    :raises ClaimLost: if it is somebody else's now.
    """
    mine = PersonRequest.objects.filter(Q(pk=request.pk, claim=request.claim, state=State.RUNNING))
    if not mine.update(claimed_until=clock.now() + LEASE, done=done):
        raise ClaimLost


@transaction.atomic
def _finish(request: PersonRequest, *, size: int, now: datetime) -> None:
    mine = PersonRequest.objects.filter(pk=request.pk, claim=request.claim, state=State.RUNNING)
    values: dict[str, Json] = {"parts": request.done}
    if not mine.update(
        state=State.DONE, size=size, expires_at=now + PACKAGE_KEPT, ended_at=now, total=F("done"), claim=None,
        claimed_until=None,
    ):  # fmt: skip
        raise ClaimLost
    requests.record(Action.PACKAGE_MADE, request, by=None, details={**values, "bytes": size}, now=now)

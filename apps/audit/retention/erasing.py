"""Erasing a person's data, step by step: keys first, under certificates, then what stands under no key."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.accounts import forgetting
from apps.audit.retention import requests
from apps.audit.retention.models import PersonRequest
from apps.ledger.vocabulary import Action
from apps.privacy import certificates, destruction, erasure, holds
from apps.privacy.destruction import Destroyed, Order
from apps.privacy.hold_models import Hold

KEYS_AT_ONCE = 200
State = PersonRequest.State


@transaction.atomic
def step(request_id: UUID, *, now: datetime) -> bool:
    """
    Do one step of an erasure; False once it has ended, waits for a hold, or another worker is at it.

    Up to 200 keys under one certificate; the last step deletes what stands under no key.
    """
    wanted = PersonRequest.objects.select_for_update(skip_locked=True).filter(pk=request_id)
    request = wanted.filter(
        kind=PersonRequest.Kind.ERASURE, state__in=[State.QUEUED, State.RUNNING, State.HELD]
    ).first()
    if request is None:
        return False
    holds.wait_for_holds()
    readable = destruction.readable(requests.keys_of(request.person_id))
    if not request.total:
        request.total = len(readable) + 1
    held = holds.covered(readable)
    free = sorted(readable - held)[:KEYS_AT_ONCE]
    if free:
        _count(request, _destroy(request, free, now=now))
        return True
    if held or Hold.objects.in_force().filter(person_id=request.person_id).exists():
        PersonRequest.objects.filter(pk=request.pk).update(state=State.HELD, total=request.total)
        return False
    _finish(request, now=now)
    return False


def _destroy(request: PersonRequest, keys: list[UUID], *, now: datetime) -> Destroyed:
    details = {"request": str(request.pk), "reason": request.reason}
    order = Order(Action.ERASURE_CERTIFIED, None, requests.PERSON, str(request.person_id), details)
    return destruction.destroy_all(keys, order, now=now)


def _count(request: PersonRequest, done: Destroyed) -> None:
    counts = Counter(request.counts) + Counter(keys=len(done.keys), texts=done.texts) + done.rows
    PersonRequest.objects.filter(pk=request.pk).update(
        state=State.RUNNING, total=request.total, done=F("done") + len(done.keys), counts=dict(counts),
        certificates=F("certificates") + 1,
    )  # fmt: skip


def _finish(request: PersonRequest, *, now: datetime) -> None:
    rows = forget_everything(request.person_id, closes_account=request.closes_account, now=now)
    counts = Counter(request.counts) + rows
    PersonRequest.objects.filter(pk=request.pk).update(
        state=State.DONE, total=request.total, done=request.total, ended_at=now, counts=dict(counts),
        certificates=F("certificates") + 1,
    )  # fmt: skip
    event_id = requests.record(
        Action.ERASURE_COMPLETED,
        request,
        by=None,
        details={
            "person": str(request.person_id),
            "closes_account": request.closes_account,
            "counts": dict(counts),
            certificates.KEYS: [],
        },
        now=now,
    )
    transaction.on_commit(lambda: certificates.keep_copy(event_id), robust=True)


def forget_everything(person_id: UUID, *, closes_account: bool, now: datetime) -> Counter[str]:
    """Delete a person's rows in every room, in the caller's transaction; their keys are destroyed by then."""
    rows = erasure.forget(erasure.keys_of(person_id)) + erasure.forget_person(person_id, now=now)
    if closes_account:
        forgetting.forget(person_id, now=now)
    return rows

"""Liveness and readiness for operators and load balancers."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone


def alive(request: HttpRequest) -> JsonResponse:
    """Say that the process answers; touches nothing else."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """
    Say whether this process may take traffic: the ledger can be written (no record, no call).

    How its signed tree stands is told beside it and does not decide: records are kept all the same, and stopping every
    web process would hide an attack rather than show it.
    """
    from apps.ledger.health import is_writable
    from apps.ledger.standing import standing

    if not is_writable():
        return JsonResponse({"ledger": "not writable"}, status=503)
    with connection.cursor() as cursor:
        stands = standing(cursor, now=timezone.now())
    return JsonResponse({"ledger": "writable", "tree": stands.state, "alarms": [each.kind for each in stands.alarms]})

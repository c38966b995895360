"""Liveness and readiness for operators and load balancers."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    """Say that the process answers; touches nothing else."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """Say whether this process may take traffic: the ledger can be written (no record, no call)."""
    from apps.ledger.health import is_writable

    is_ready = is_writable()
    return JsonResponse({"ledger": "writable" if is_ready else "not writable"}, status=200 if is_ready else 503)

"""Work in the background that belongs to no room."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task(name="portal.forget_ended_sessions")
def forget_ended_sessions() -> None:
    """Delete the rows of sessions that have ended. One statement."""
    call_command("clearsessions")

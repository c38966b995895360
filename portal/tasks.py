"""Work in the background that belongs to no room."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from portal import demo

ROUND_SECONDS = 5


@shared_task(name="portal.forget_ended_sessions")
def forget_ended_sessions() -> None:
    """Delete the rows of sessions that have ended. One statement."""
    call_command("clearsessions")


@shared_task(name="portal.play_demo_review")
def play_demo_review(record_id: str) -> None:
    """Have the demo's officers work, once the review queues were shown the past; until then look again."""
    if not demo.play_review(UUID(record_id), now=timezone.now()):
        play_demo_review.apply_async((record_id,), countdown=ROUND_SECONDS)

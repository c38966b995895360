"""Bring the demo company into an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts import demo as people
from apps.accounts.models import Team
from apps.gateway import demo as models
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import demo as dictionary
from apps.rag import demo as documents
from portal import demo as past
from portal.tasks import ROUND_SECONDS, play_demo_review


class Command(BaseCommand):
    help = "Seed the demo company: people, models, documents. Idempotent; refused outside the embedded shape."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_EMBEDDED:
            raise CommandError(
                "The demo company belongs to the embedded shape alone. Start it with `make run`, "
                "or import your own people through single sign-on."
            )
        record_event(Action.DEMO_SEEDED, who=None, subject_kind="portal", now=timezone.now())
        people.seed_demo(now=timezone.now())
        models.seed_demo(Team.objects.all(), now=timezone.now())
        dictionary.seed_demo(now=timezone.now())
        documents.seed_demo()
        if record_id := past.make_history(now=timezone.now()):
            play_demo_review.apply_async((str(record_id),), countdown=ROUND_SECONDS)

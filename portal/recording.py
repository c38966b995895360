"""What the portal itself puts on the record: its start with the settings it read, its end, and refused pages."""

from __future__ import annotations

import logging
import os
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.ledger import clocks
from apps.ledger.facts import Json
from apps.ledger.records import LedgerUnavailable, record_event
from apps.ledger.vocabulary import Action
from portal.environment import declared

PORTAL = "portal"
PLAIN_KINDS = ("yes or no", "whole number", "seconds")

logger = logging.getLogger(__name__)


def started(*, now: datetime) -> None:
    """
    Record that a web process starts, with the settings that somebody made and how its clock stands.

    Numbers and switches are named with their values; of texts, which may hold addresses and secrets, only that they
    are set. A ledger that is away keeps no process from starting: readiness says so, and nothing is sent until it is
    back.
    """
    details: dict[str, Json] = {
        "shape": "embedded" if settings.IS_EMBEDDED else "production", "settings": _settings(), "clocks": _clocks(),
    }  # fmt: skip
    _record(Action.PORTAL_STARTED, details=details, now=now)


def stopped(*, now: datetime) -> None:
    """Record that a web process ends in good order; one that dies leaves no such record."""
    _record(Action.PORTAL_STOPPED, details={}, now=now)


def denied(request: HttpRequest, action: Action) -> None:
    """
    Record that a signed-in person was refused a page, or a form.

    Somebody who is not signed in leaves no record here: anybody on the network could fill the ledger that way.
    """
    person = getattr(request, "user", None)
    if isinstance(person, User) and request.resolver_match is not None:
        details: dict[str, Json] = {"method": request.method or ""}
        page = request.resolver_match.view_name
        try:
            record_event(
                action, who=who(person), subject_kind="page", subject_label=page, details=details, now=timezone.now()
            )
        except LedgerUnavailable as away:
            logger.warning("A refused page could not be recorded: %s", away.code)


def _record(action: Action, *, details: dict[str, Json], now: datetime) -> None:
    try:
        record_event(action, who=None, subject_kind=PORTAL, details=details, now=now)
    except LedgerUnavailable as away:
        logger.warning("%s could not be recorded: database code %s", action, away.code)


def _clocks() -> Json:
    """Say how the database's clock stands to this host's; nothing where the database is away, as the record is then."""
    try:
        with connection.cursor() as cursor:
            return clocks.compare(cursor).on_record()
    except DatabaseError:
        return None


def _settings() -> dict[str, Json]:
    made = [each for each in declared if os.environ.get(each.name) or os.environ.get(f"{each.name}_FILE")]
    return {each.name: os.environ[each.name] if each.kind in PLAIN_KINDS else "set" for each in made}

"""Every act on cases, searches and exports is an event in the same transaction as the act."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.cases.models import Case, Export, SavedSearch
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

CASE, SEARCH, EXPORT = "case", "saved search", "export"
CONFIDENTIAL = "A confidential case"
NUMBER: Final = re.compile(r"case\W{0,3}(\d{4})\W{1,3}0{0,9}(\d{1,6})\b", re.IGNORECASE | re.ASCII)
"""A case's number as people write it."""


def about_case(action: Action, case: Case, *, by: User | None, now: datetime, **details: Json) -> None:
    """Record an act on a case. Its number is on the record, its words are not."""
    record_event(
        action, who=who(by) if by else None, subject_kind=CASE, subject_id=str(case.pk), subject_label=case.number,
        details=details, now=now,
    )  # fmt: skip


def about_search(action: Action, search: SavedSearch, *, by: User, now: datetime, **details: Json) -> None:
    """Record an act on a saved search."""
    record_event(
        action, who=who(by), subject_kind=SEARCH, subject_id=str(search.pk), subject_label=search.name,
        details=details, now=now,
    )  # fmt: skip


def about_export(action: Action, export: Export, *, by: User | None, now: datetime, **details: Json) -> None:
    """Record an act on an export, named by its case where it has one."""
    record_event(
        action, who=who(by) if by else None, subject_kind=EXPORT, subject_id=str(export.pk),
        subject_label=name_for_the_desk(export), details={"variant": export.variant, **details}, now=now,
    )  # fmt: skip


def name_for_the_desk(export: Export) -> str:
    """Name an export where the whole desk reads it: events and requests for consent tell no confidential case."""
    if export.case is None:
        return f"Search of {export.asked_at:%Y-%m-%d}"
    return CONFIDENTIAL if export.case.is_confidential else export.case.number


def told_in(text: str, writer: User) -> str:
    """Say what to change where words that the whole desk reads name a confidential case that the writer sees."""
    named = {(int(year), int(serial)) for year, serial in NUMBER.findall(text)}
    which = reduce(or_, (Q(year=year, serial=serial) for year, serial in named), Q(pk=None))
    if named and Case.objects.visible_to(writer).filter(which, is_confidential=True).exists():
        return "The whole desk reads this, and it names a confidential case. Say it without the number."
    return ""


def listed(action: Action, *, by: User, shown: int, now: datetime, **details: Json) -> None:
    """Record a look at a list of this room."""
    record_event(action, who=who(by), details={"shown": shown, **details}, now=now)


def kept_from(actor: User) -> Q | None:
    """Say which events `actor` may not read: those of cases that they do not see. One query."""
    seen = Case.objects.visible_to(actor).values("pk")
    unseen = [str(case_id) for case_id in Case.objects.exclude(pk__in=seen).values_list("pk", flat=True)]
    return Q(subject_kind=CASE, subject_id__in=unseen) if unseen else None


def digest(sealed: bytes | memoryview) -> str:
    """Commit to sealed bytes: the digest says nothing once their key is destroyed."""
    return hashlib.sha256(bytes(sealed)).hexdigest()

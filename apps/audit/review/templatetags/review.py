"""The review's part of an exchange's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role, User
from apps.audit.approvals import asking
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.forms import WhyForm
from apps.audit.review import notes, work
from apps.audit.review.forms import VerdictForm, WordsForm
from apps.audit.review.models import Decision, Item, Note, Recheck
from apps.audit.review.notes import Written
from apps.audit.review.vocabulary import Severity

register = template.Library()


@dataclass(frozen=True, slots=True)
class Panel:
    """One item of the exchange as this reader may see it. Whoever checks it again does not see what was found."""

    item: Item
    is_mine: bool
    is_waiting: bool
    takes_two: bool
    recheck: Recheck | None
    decisions: list[Decision]
    notes: list[Written]


@register.inclusion_tag("audit/review/_panel.html", takes_context=True)
def review_panel(context: Context, exchange: Any) -> dict[str, Any]:
    """Show the items of an exchange, the one that was opened first, with all that can be done with them."""
    request = context["request"]
    reader, now = person_of(request), timezone.now()
    exchange_id: UUID = exchange.intent.id
    items = list(Item.objects.visible_to(reader).filter(exchange_id=exchange_id).select_related("queue", "claimed_by"))
    items.sort(key=lambda item: (str(item.pk) != request.GET.get("item"), item.state != "OPEN", item.due_at))
    officers = User.objects.filter(is_active=True, role_assignments__role=Role.COMPLIANCE_OFFICER).order_by("name")
    return {
        "panels": [_panel(item, reader, now) for item in items],
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
        "officers": [officer for officer in officers if officer.pk != exchange.intent.person_id] if items else [],
        "verdict_form": VerdictForm(auto_id="verdict_%s"),
        "why_form": WhyForm(auto_id="second_%s"),
        "words_form": WordsForm(auto_id="words_%s"),
        "csrf_token": context.get("csrf_token"),
        "now": now,
    }


def _panel(item: Item, reader: User, now: Any) -> Panel:
    recheck = Recheck.objects.offered_to(reader).filter(item=item).first()
    is_high = item.severity == Severity.HIGH
    return Panel(
        item=item,
        is_mine=item.claimed_by_id == reader.pk,
        is_waiting=is_high and work.is_waiting(item, now),
        takes_two=is_high and asking.is_needed(Deed.CLOSE_HIGH_SEVERITY),
        recheck=recheck,
        decisions=[] if recheck else list(item.decisions.all()),
        notes=[] if recheck else notes.opened(Note.objects.filter(item=item), exchange_id=item.exchange_id),
    )

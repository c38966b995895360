"""What this room shows on the page of an exchange."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from apps.accounts.access import person_of
from apps.accounts.models import Role
from apps.audit.exchange import FullExchange
from apps.audit.notices import sending, words
from apps.audit.notices.forms import SendForm
from apps.audit.notices.models import Kind, Notice, NoticeTemplate, Objection

register = template.Library()


@register.inclusion_tag("audit/notices/_panel.html", takes_context=True)
def notices_panel(context: Context, exchange: FullExchange) -> dict[str, Any]:
    """Show what the person was told and objects to, and let officers tell them something."""
    reader, exchange_id = person_of(context["request"]), exchange.intent.pk
    told = Notice.objects.visible_to(reader).filter(exchange_id=exchange_id).exclude(kind=Kind.ANSWER)
    said = Objection.objects.visible_to(reader).filter(exchange_id=exchange_id).order_by("-raised_at")
    return {
        "intent": exchange.intent,
        "letters": words.letters(told.select_related("decision")),
        "complaints": words.complaints(said.select_related("answer")),
        "form": _form(exchange) if reader.has_role(Role.COMPLIANCE_OFFICER) else None,
        "has_templates": NoticeTemplate.objects.filter(is_on=True).exists(),
        "csrf_token": context.get("csrf_token"),
    }


def _form(exchange: FullExchange) -> SendForm:
    decision = sending.finding_on(exchange.intent.pk)
    form = SendForm(auto_id="notice_%s", finding=decision.get_tag_display() if decision else "")
    if decision is None:
        del form.fields["tells_finding"]
    return form

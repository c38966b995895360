"""What this room shows on pages of others: the cases of an exchange, and what can be made of a search."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context

from apps.accounts.models import Role, User
from apps.audit.cases import searches, words
from apps.audit.cases.forms import ChooseCaseForm, SearchForm
from apps.audit.cases.models import Case
from apps.audit.cases.searches import NotASearch
from apps.ledger.models import Intent

register = template.Library()


@register.inclusion_tag("audit/cases/_panel.html", takes_context=True)
def cases_panel(context: Context, intent: Intent) -> dict[str, Any]:
    """List the cases that hold an exchange, as far as the reader sees them, and offer officers to add it to one."""
    actor: User = context["request"].user
    held = list(Case.objects.visible_to(actor).filter(exchanges__exchange_id=intent.pk).order_by("-year", "-serial"))
    said = words.of_all(held)
    is_officer = actor.has_role(Role.COMPLIANCE_OFFICER)
    return {
        "intent": intent,
        "held": [(case, said[case.pk]) for case in held],
        "form": ChooseCaseForm(officer=actor, auto_id="case_%s") if is_officer else None,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("audit/cases/_of_search.html", takes_context=True)
def of_search(context: Context, asked: QueryDict) -> dict[str, Any]:
    """Offer officers to save a search, to put what it finds into a case, and to export it."""
    actor: User = context["request"].user
    is_officer = actor.has_role(Role.COMPLIANCE_OFFICER)
    try:
        query = searches.tidied(asked) if is_officer else ""
    except NotASearch:
        is_officer, query = False, ""
    form = SearchForm(auto_id="save_%s")
    return {"is_officer": is_officer, "query": query, "form": form, "csrf_token": context.get("csrf_token")}

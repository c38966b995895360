"""The page on which a person sees who looked at their messages."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import person_of, signed_in
from apps.chat.models import Conversation
from apps.ledger.looks import looks_at


@require_GET
@signed_in
def looks(request: HttpRequest) -> HttpResponse:
    """List the looks at the person's exchanges of every kind, newest first."""
    person = person_of(request)
    page = looks_at(person.pk, before=_place(request.GET.get("before", "")))
    wanted = {each.conversation_id for each in page.looks if each.conversation_id}
    mine = set(Conversation.objects.visible_to(person).filter(pk__in=wanted).values_list("pk", flat=True))
    context = {"page": page, "conversations": mine, "is_first_page": "before" not in request.GET}
    return render(request, "chat/looks.html", context)


def _place(code: str) -> UUID | None:
    try:
        return UUID(code) if code else None
    except ValueError:
        raise Http404 from None

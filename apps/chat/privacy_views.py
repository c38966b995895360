"""Doors of the chat to what is masked: see it, release it, confirm a warning, and preview a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.chat import reading, releasing
from apps.chat.forms import PreviewForm
from apps.chat.models import Conversation, Turn
from apps.chat.pace import Pace
from apps.chat.views import asked_again, find_conversation, find_turn, wants_piece
from apps.privacy import policies, preview, releases
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.keys import KeyDestroyed, KeyUnavailable, SealBroken
from apps.privacy.preview import Foreseen
from apps.privacy.releases import NotReleasable
from apps.privacy.vault import Vault
from apps.privacy.vocabulary import WORDS_FOR

PREVIEWS = Pace(at_once=20, a_second=4)
RELEASED = "It is sent as it stands from your next message in this conversation on."
MASKED_AGAIN = "It is masked again from your next message in this conversation on."


@require_GET
@roles_required(Role.EMPLOYEE)
def what_left(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Show exactly what was sent to the model for one turn, what was masked and why, and record who looked."""
    turn = find_turn(person_of(request), turn_id)
    releasing.note_look(turn, now=timezone.now())
    return _left(request, turn)


@require_POST
@roles_required(Role.EMPLOYEE)
def release(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Say of a masked value that it is not personal."""
    return _said(request, turn_id, releasing.release, RELEASED)


@require_POST
@roles_required(Role.EMPLOYEE)
def mask_again(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Take back that a value is not personal, or that it may be sent."""
    return _said(request, turn_id, releasing.mask_again, MASKED_AGAIN)


@require_POST
@roles_required(Role.EMPLOYEE)
def send_anyway(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Confirm what the policy warned about and send the question."""
    return asked_again(request, turn_id, releasing.send_anyway)


@require_POST
@roles_required(Role.EMPLOYEE)
def preview_message(request: HttpRequest, conversation_id: UUID | None = None) -> JsonResponse:
    """
    Say what would be masked or refused in a message that is being written. Keeps nothing, records nothing.

    ``{"sentence", "spans": [{"start", "end", "type", "action"}]}``, offsets in code points.
    """
    person = person_of(request)
    if not PREVIEWS.allows(person.pk, seconds=time.monotonic()):
        return JsonResponse({"sentence": "", "spans": []}, status=429, headers={"Retry-After": "1"})
    conversation = find_conversation(person, conversation_id) if conversation_id else None
    form = PreviewForm(request.POST, person=person, team=conversation.team if conversation else None)
    if not form.is_valid():
        return JsonResponse({"sentence": "", "spans": []}, status=422)
    try:
        foreseen = _foreseen(form, conversation)
    except (ScrubberUnavailable, KeyDestroyed, KeyUnavailable, SealBroken):
        return JsonResponse({"sentence": "", "spans": []}, status=503)
    spans = [_span(one) for one in foreseen if not one.leaves_in_clear]
    return JsonResponse({"sentence": preview.in_a_sentence(foreseen), "spans": spans})


def _foreseen(form: PreviewForm, conversation: Conversation | None) -> tuple[Foreseen, ...]:
    in_force = policies.in_force(team_id=form.team_id, egress_class=form.egress_class)
    if conversation:
        in_force = releases.applied(in_force, conversation_id=conversation.pk)
    vault = Vault.open(conversation.pk) if conversation else None
    return async_to_sync(preview.foresee)(form.cleaned_data["text"], policy=in_force, vault=vault)


def _span(one: Foreseen) -> dict[str, Any]:
    words = WORDS_FOR.get(one.finding.type, "value")
    return {"start": one.finding.start, "end": one.finding.end, "type": words, "action": one.treatment.value}


def _said(request: HttpRequest, turn_id: UUID, act: Callable[..., None], sentence: str) -> HttpResponse:
    turn, now = find_turn(person_of(request), turn_id), timezone.now()
    said, status = _outcome(act, turn, request.POST.get("placeholder", "")[:64], now, sentence)
    if wants_piece(request):
        return _left(request, turn, said=said, status=status)
    messages.info(request, said)
    return redirect("chat:what_left", turn.pk)


def _outcome(act: Callable[..., None], turn: Turn, placeholder: str, now: datetime, sentence: str) -> tuple[str, int]:
    try:
        act(turn, placeholder, now=now)
    except NotReleasable as refused:
        return refused.sentence, 409
    return sentence, 200


def _left(request: HttpRequest, turn: Turn, *, said: str = "", status: int = 200) -> HttpResponse:
    template = "chat/_left.html" if wants_piece(request) else "chat/left.html"
    left = reading.what_left(turn, policy=releasing.policy_of(turn))
    context = {"turn": turn, "left": left, "said": said, "title": reading.title_of(turn.conversation)}
    return render(request, template, context, status=status)

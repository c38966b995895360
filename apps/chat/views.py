"""Doors of the chat: find what the person may see, validate, one call, translate."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import person_of, roles_required, signed_in
from apps.accounts.models import Role, Team, User
from apps.chat import conversations, lifecycle, reading, turns
from apps.chat.forms import AnotherModelForm, NewConversationForm, QuestionForm, RenameForm, offered_to
from apps.chat.models import Conversation, Turn
from apps.chat.money_views import nearly_spent
from apps.chat.shown import rendered_turn
from apps.chat.texts import BadMessage
from apps.gateway import auto
from apps.gateway.models import LoopStop
from apps.gateway.refusals import PortalFull
from apps.ledger import clock
from apps.ledger.ids import new_id

CANNOT_ASK = (BadMessage, turns.AnotherTurnIsOpen, turns.NothingToRetry, PortalFull)


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show a new conversation; people who do not chat are sent to the desk they work at."""
    person = person_of(request)
    if not person.has_role(Role.EMPLOYEE):
        if person.may_read_records():
            return redirect("audit:exchanges")
        if person.has_role(Role.ADMIN):
            return redirect("console:models")
        raise PermissionDenied
    return _page(request, person, conversation=None)


@require_POST
@roles_required(Role.EMPLOYEE)
def begin(request: HttpRequest) -> HttpResponse:
    """Open a conversation with its first question."""
    person = person_of(request)
    form = NewConversationForm(request.POST, person=person)
    if not form.is_valid():
        return _page(request, person, conversation=None, form=form, status=422)
    now = clock.now()
    try:
        _require_room(person, form.cleaned_data["key"])
        turn = turns.begin_conversation(person, team=form.cleaned_data["team"], question=form.question(), now=now)
    except CANNOT_ASK as problem:
        form.add_error("text", problem.sentence)
        return _page(request, person, conversation=None, form=form, status=422)
    lifecycle.launch(turn.pk)
    return redirect("chat:conversation", turn.conversation_id)


@require_GET
@roles_required(Role.EMPLOYEE)
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Show one conversation."""
    person = person_of(request)
    return _page(request, person, conversation=find_conversation(person, conversation_id))


@require_POST
@roles_required(Role.EMPLOYEE)
def ask(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask the next question; a script gets the turn as a piece of page, a plain form goes back to the page."""
    person = person_of(request)
    found = find_conversation(person, conversation_id)
    form = QuestionForm(request.POST, person=person, team=found.team)
    if not form.is_valid():
        return _cannot_ask(request, person, found, form)
    try:
        _require_room(person, form.cleaned_data["key"])
        turn = turns.start_turn(found, form.question(), now=clock.now())
    except CANNOT_ASK as problem:
        form.add_error("text", problem.sentence)
        return _cannot_ask(request, person, found, form)
    lifecycle.launch(turn.pk)
    return turn_or_page(request, person, turn)


@require_POST
@roles_required(Role.EMPLOYEE)
def retry(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Ask the question of a turn that ended without an answer again."""
    return asked_again(request, turn_id, turns.retry_turn)


@require_POST
@roles_required(Role.EMPLOYEE)
def ask_another(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Ask the question of a turn whose model the portal chose again, of the model that the person names."""
    form = AnotherModelForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    return asked_again(request, turn_id, partial(turns.ask_another, model_id=form.cleaned_data["model"]))


def asked_again(request: HttpRequest, turn_id: UUID, ask: Callable[..., Turn]) -> HttpResponse:
    """Ask the question of one of the person's turns again by `ask`; where that cannot be, say why."""
    person = person_of(request)
    turn = find_turn(person, turn_id)
    try:
        lifecycle.require_room_for_a_page()
        again = ask(turn, now=clock.now())
    except CANNOT_ASK as problem:
        if wants_piece(request):
            return HttpResponse(problem.sentence, status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, problem.sentence)
        return redirect("chat:conversation", turn.conversation_id)
    lifecycle.launch(again.pk)
    return turn_or_page(request, person, again)


@require_POST
@roles_required(Role.EMPLOYEE)
def stop(request: HttpRequest, turn_id: UUID) -> HttpResponse:
    """Stop an answer; the upstream call is cancelled and what arrived is kept."""
    turn = find_turn(person_of(request), turn_id)
    turns.request_stop(turn, now=clock.now())
    lifecycle.nudge(turn.pk)
    return HttpResponse(status=204) if wants_piece(request) else redirect("chat:conversation", turn.conversation_id)


@require_POST
@roles_required(Role.EMPLOYEE)
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Give a conversation another title."""
    found = find_conversation(person_of(request), conversation_id)
    form = RenameForm(request.POST)
    if form.is_valid():
        conversations.rename(found, title=form.cleaned_data["title"], now=clock.now())
    else:
        messages.error(request, "The title was not changed: it must have 1 to 120 characters.")
    return redirect("chat:conversation", found.pk)


@require_POST
@roles_required(Role.EMPLOYEE)
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Take a conversation off the person's list; the record of its exchanges stays."""
    found = find_conversation(person_of(request), conversation_id)
    conversations.delete(found, now=clock.now())
    messages.success(request, "The conversation was deleted from your list. The company's record of it stays.")
    return redirect("chat:home")


def find_conversation(person: User, conversation_id: UUID) -> Conversation:
    """Find a conversation of the person's, or answer 404."""
    return get_object_or_404(
        Conversation.objects.visible_to(person).select_related("team", "model"), pk=conversation_id
    )


def find_turn(person: User, turn_id: UUID) -> Turn:
    """Find a turn of a conversation of the person's, or answer 404."""
    wanted = Turn.objects.visible_to(person)
    return get_object_or_404(wanted.select_related("conversation__team", "conversation__owner", "model"), pk=turn_id)


def wants_piece(request: HttpRequest) -> bool:
    """Say whether a script asks for a piece of page."""
    return request.headers.get("X-Requested-With") == "fetch"


def turn_or_page(request: HttpRequest, person: User, turn: Turn) -> HttpResponse:
    """Give a new turn as a piece to a script, and the conversation's page to a browser."""
    if wants_piece(request):
        return HttpResponse(
            rendered_turn(reading.turn_view(turn, person=person)), status=201, headers={"X-Next-Key": str(new_id())}
        )
    return redirect("chat:conversation", turn.conversation_id)


def _require_room(person: User, key: UUID) -> None:
    """
    Ask for room to answer one more question; one that came before with this key has its answer already.

    :raises PortalFull: if there is none; nothing is kept then, and the text stays in the form.
    """
    try:
        lifecycle.require_room_for_a_page()
    except PortalFull:
        if not Turn.objects.visible_to(person).filter(key=key).exists():
            raise


def _cannot_ask(request: HttpRequest, person: User, found: Conversation, form: QuestionForm) -> HttpResponse:
    """Say why the question cannot be asked; the text stays in the form."""
    if wants_piece(request):
        problems = json.loads(form.errors.as_json())
        sentence = " ".join(error["message"] for errors in problems.values() for error in errors)
        return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")
    return _page(request, person, conversation=found, form=form, status=422)


def _page(
    request: HttpRequest,
    person: User,
    *,
    conversation: Conversation | None,
    form: QuestionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    teams = list(Team.objects.filter(memberships__person=person))
    team = conversation.team if conversation else next(iter(teams), None)
    views = reading.turns_of(conversation, person=person) if conversation else []
    if form is None:
        form = _empty_form(person, conversation, team, text=reading.to_edit(views, request.GET.get("edit", "")))
    context: dict[str, Any] = {
        "conversation": conversation,
        "title": reading.title_of(conversation) if conversation else "",
        "views": views,
        "is_answering": any(view.turn.is_open for view in views),
        "conversations": reading.conversations_of(person),
        "form": form,
        "key": new_id(),
        "teams": teams,
        "has_models": offered_to(person, team).exists(),
        "limit": settings.MESSAGE_LIMIT_CHARACTERS,
        "nearly_spent": nearly_spent(person, team, now=now),
        "stops": LoopStop.objects.filter(person=person).in_force(now),
    }
    return render(request, "chat/conversation.html", context, status=status)


def _empty_form(person: User, conversation: Conversation | None, team: Team | None, *, text: str) -> QuestionForm:
    if conversation:
        wanted = auto.NAME if conversation.is_auto else conversation.model_id
        initial = {"text": text, "model": wanted, "uses_documents": conversation.uses_documents}
        return QuestionForm(person=person, team=conversation.team, initial=initial)
    return NewConversationForm(person=person, initial={"team": team.pk if team else None, "uses_documents": True})

"""Doors for receivers that pull: the record, the schema of its lines, its words. By GET alone, with a key alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from apps.audit.stream import pull_keys, pulling
from apps.audit.stream.delivering import AT_ONCE
from apps.audit.stream.models import PullKey, Sink
from apps.audit.stream.pulling import BEFORE_THE_FIRST, Question
from apps.audit.stream.refusals import BadQuestion, NoKey, NotFound, NotNow, PullRefused, WrongMethod
from apps.audit.stream.schemas import SCHEMAS
from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import Action, topic_of

View = Callable[[HttpRequest, PullKey], HttpResponse]
KINDS: Final = {
    "ASKED": "An exchange, before anything left", "ENDED": "How an exchange ended", "ACT": "An act",
    "GONE": "A record that somebody removed from the database",
}  # fmt: skip
NAMES: Final = ("after", "limit", "since", "until", "action", "kind")
MANY: Final = ("action", "kind")
PLACE: Final = re.compile(r"-1|[0-9]{1,18}")
LIMIT: Final = re.compile(r"[0-9]{1,3}")
NEXT, MORE = "Portcullis-Next", "Portcullis-More"
LINES: Final = {Sink.Format.CEF: "text/plain; charset=utf-8"}
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def by_key(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """
    Let a receiver with a key that works in, and say in JSON why anybody else is not.

    No session is read and no cookie counts, so there is no form for another site to send.
    """
    methods = ("GET",)

    @csrf_exempt
    @wraps(view)
    def door(request: HttpRequest) -> HttpResponse:
        try:
            if request.method not in methods:
                raise WrongMethod
            return view(request, pull_keys.holder_of(_secret(request), now=timezone.now()))
        except PullRefused as refused:
            return _refused(refused)
        except (LedgerUnavailable, OperationalError, InterfaceError):
            return _refused(NotNow())

    return door


@by_key
def logs(request: HttpRequest, key: PullKey) -> HttpResponse:
    """Give the records after a place, a line each, and the place to go on after."""
    page = pulling.read(key, _question(request), now=timezone.now())
    body = "".join(f"{line}\n" for line in page.lines)
    headers = {NEXT: str(page.next_after), MORE: "yes" if page.has_more else "no"}
    response = HttpResponse(body, LINES.get(Sink.Format(key.sink.format), "application/x-ndjson"), headers=headers)
    return _unkept(response)


@by_key
def schemas(request: HttpRequest, key: PullKey) -> HttpResponse:
    """Give the JSON Schema of the lines that the receiver gets; CEF has none."""
    schema = SCHEMAS.get(key.sink.format)
    said = {"$schema": DIALECT, **schema} if schema else None
    return _unkept(JsonResponse({"format": key.sink.format, "name": key.sink.get_format_display(), "schema": said}))


@by_key
def actions(request: HttpRequest, key: PullKey) -> HttpResponse:
    """Give every word that a record's action may be, and the kinds of records."""
    words = [{"action": one.value, "label": one.label, "topic": topic_of(one.value).value} for one in Action]
    kinds = [{"kind": kind, "label": label} for kind, label in KINDS.items()]
    return _unkept(JsonResponse({"actions": words, "kinds": kinds}))


@by_key
def nothing(request: HttpRequest, key: PullKey) -> HttpResponse:
    """Say that there is nothing here, to whoever has a key."""
    raise NotFound


def _secret(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NoKey
    return token.strip()


def _question(request: HttpRequest) -> Question:
    """
    Read what is asked for; a name or a value that is not understood is refused, for a slip must not widen an answer.

    :raises BadQuestion: with what to write instead.
    """
    try:
        asked = request.GET
    except SuspiciousOperation:
        raise BadQuestion("Ask for less at once.") from None
    if unknown := [name for name in asked if name not in NAMES]:
        raise BadQuestion(f"Not known: {len(unknown)} of the names. There are {', '.join(NAMES)}.")
    if any(len(asked.getlist(name)) > 1 for name in asked if name not in MANY):
        raise BadQuestion("Only action and kind may be there more than once.")
    return Question(
        after=_place(asked.get("after")), limit=_limit(asked.get("limit")),
        actions=_among(asked, "action", set(Action.values)), kinds=_among(asked, "kind", set(KINDS)),
        since=_moment(asked, "since"), until=_moment(asked, "until"),
    )  # fmt: skip


def _place(text: str | None) -> int | None:
    if text is None:
        return None
    if not PLACE.fullmatch(text):
        raise BadQuestion(f"What stands for after is a place: a whole number, {BEFORE_THE_FIRST} for before the first.")
    return int(text)


def _limit(text: str | None) -> int:
    if text is None:
        return AT_ONCE
    if not LIMIT.fullmatch(text) or not 1 <= int(text) <= AT_ONCE:
        raise BadQuestion(f"The limit is a whole number from 1 to {AT_ONCE}.")
    return int(text)


def _among(asked: QueryDict, name: str, known: set[str]) -> frozenset[str]:
    chosen = frozenset(asked.getlist(name))
    if chosen - known:
        raise BadQuestion(f"There is no such {name}. /audit/api/actions lists what there is.")
    return chosen


def _moment(asked: QueryDict, name: str) -> datetime | None:
    text = asked.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadQuestion(f"What stands for {name} is a moment with its zone, such as 2026-03-02T12:00:00Z.")
    return moment


def _refused(refused: PullRefused) -> HttpResponse:
    answer: dict[str, Any] = {"error": {"code": refused.code, "message": refused.sentence}}
    response = JsonResponse(answer, status=refused.status)
    if refused.status == NoKey.status:
        response["WWW-Authenticate"] = "Bearer"
    if refused.status == WrongMethod.status:
        response["Allow"] = "GET"
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return _unkept(response)


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response

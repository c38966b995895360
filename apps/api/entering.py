"""Who calls, and what they ask, in one crossing to the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from apps.api import callers
from apps.api.asking import asking_for_vectors, asking_of
from apps.api.callers import Caller, NotAuthenticated, OutOfScope
from apps.api.causes import as_api_error
from apps.api.embeddings_format import Ask
from apps.api.known import LONGEST_NAME, Known
from apps.api.models import ApiKey, Scope
from apps.api.neutral import Request
from apps.chat import exchange_rows
from apps.chat.exchange_rows import Asking, Named, Standing
from apps.gateway import auto
from apps.gateway.admission import Refused


def caller_of(headers: Mapping[str, str], scope: Scope, *, now: datetime) -> Caller:
    """
    Find who calls, with a key for this use.

    :raises ApiError: of kind UNAUTHENTICATED or FORBIDDEN.
    """
    with _refusals_in_words():
        caller = callers.authenticate(callers.secret_in(headers), now=now)
        caller.require(scope)
    return caller


class Entered(NamedTuple):
    """Who asks what, how far that is prepared, and what may be remembered of the caller once their call was let out."""

    asking: Asking
    prepared: Standing | Refused
    known: Known | None = None


def enter(headers: Mapping[str, str], request: Request, exchange_id: UUID, *, now: datetime) -> Entered:
    """
    Find who calls, and prepare the exchange they ask for. One query, and more where the model is chosen for them.

    :raises ApiError: if the caller is nobody, or may not ask this.
    """
    if request.model == auto.NAME:
        asking = asking_of(caller_of(headers, Scope.CHAT, now=now), request)
        return Entered(asking, exchange_rows.prepared(asking, exchange_id, now=now))
    with _refusals_in_words():
        found = callers.authenticate_for(request.model, callers.secret_in(headers), now=now)
        found.caller.require(Scope.CHAT)
    asking = asking_of(found.caller, request)
    prepared = exchange_rows.prepared(asking, exchange_id, named=Named(found.model), now=now)
    return Entered(asking, prepared, _as_known(request.model, found.key, prepared))


def _as_known(name: str, key: ApiKey, prepared: Standing | Refused) -> Known | None:
    """Say what of it may be remembered: only where the one model that was named may answer, and by a short name."""
    if isinstance(prepared, Refused) or not prepared.route.is_plain or key.edition is None or len(name) > LONGEST_NAME:
        return None
    return Known(name, key, prepared.route.chosen, prepared.policy, key.edition)


def recall(headers: Mapping[str, str], request: Request, exchange_id: UUID, *, now: datetime) -> Entered | None:
    """
    Do as `enter` for a caller whose last call was let out a moment ago; no query. None for everybody else.

    What comes of it rests on what is remembered: it is asked again before anything leaves or is told, see `Asking`.

    :raises ApiError: if no key was sent.
    """
    with _refusals_in_words():
        recalled = callers.recall(request.model, callers.secret_in(headers), Scope.CHAT, now=now)
    if recalled is None:
        return None
    caller, known = recalled
    asking = replace(asking_of(caller, request), edition=known.edition)
    prepared = exchange_rows.prepared(asking, exchange_id, named=Named(known.model, known.policy), now=now)
    return None if isinstance(prepared, Refused) else Entered(asking, prepared, known)


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    try:
        yield
    except (NotAuthenticated, OutOfScope) as refusal:
        raise as_api_error(refusal) from None


def enter_for_vectors(
    headers: Mapping[str, str], ask: Ask, exchange_id: UUID, *, now: datetime
) -> tuple[Asking, Standing | Refused]:
    """Do as `enter`, for the vectors of texts."""
    asking = asking_for_vectors(caller_of(headers, Scope.EMBEDDINGS, now=now), ask)
    return asking, exchange_rows.prepared(asking, exchange_id, now=now)

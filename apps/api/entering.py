"""Who calls, and what they ask, in one crossing to the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from apps.api import callers
from apps.api.asking import asking_for_vectors, asking_of
from apps.api.callers import Caller, NotAuthenticated, OutOfScope
from apps.api.causes import as_api_error
from apps.api.embeddings_format import Ask
from apps.api.models import Scope
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


def enter(
    headers: Mapping[str, str], request: Request, exchange_id: UUID, *, now: datetime
) -> tuple[Asking, Standing | Refused]:
    """
    Find who calls, and prepare the exchange they ask for. One query, and more where the model is chosen for them.

    :raises ApiError: if the caller is nobody, or may not ask this.
    """
    if request.model == auto.NAME:
        asking = asking_of(caller_of(headers, Scope.CHAT, now=now), request)
        return asking, exchange_rows.prepared(asking, exchange_id, now=now)
    with _refusals_in_words():
        caller, model = callers.authenticate_for(request.model, callers.secret_in(headers), now=now)
        caller.require(Scope.CHAT)
    asking = asking_of(caller, request)
    return asking, exchange_rows.prepared(asking, exchange_id, named=Named(model), now=now)


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

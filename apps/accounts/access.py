"""Who may pass a door: decorators for views and one question for sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode

from apps.accounts.models import User
from apps.accounts.sessions import SessionStore

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class PersonRequest(HttpRequest):
    """A request behind `signed_in` or `roles_required`: its user is an active person."""

    user: User


def signed_in(view: View[P]) -> View[P]:
    """Let active people in; send everybody else to the sign-in page, which brings them back."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not _is_person(request):
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    return door


def roles_required(*roles: str) -> Callable[[View[P]], View[P]]:
    """
    Let people in who hold any of `roles` now: signed out, the sign-in page; without the role, 403.

    The role is read from the database on each request, one query.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not _is_person(request):
                return _to_sign_in(request)
            if not person_of(request).has_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return door

    return decorate


def person_of(request: HttpRequest) -> User:
    """
    Return the person of a request that passed `signed_in` or `roles_required`.

    :raises PermissionDenied: if nobody is signed in.
    """
    if not _is_person(request):
        raise PermissionDenied
    return cast(User, request.user)


def person_of_scope(scope: Mapping[str, Any]) -> User | None:
    """
    Return the person behind a socket as the database knows them now, or None.

    The session row and the person are read afresh at each call (two queries, nothing kept): after a sign-out, an
    expiry or a deactivation the next frame finds nobody. Sync; call it through `database_sync_to_async`.
    """
    session = scope.get("session")
    session_key = getattr(session, "session_key", None)
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    person = get_user(request)
    return person if isinstance(person, User) and person.is_active else None


def is_session_of(person: User, session_data: str) -> bool:
    """
    Say whether a session, as its row keeps it, is one in which `person` as they are now is signed in. No query.

    It asks what `get_user` asks of a row that somebody has read already: whose session it is, by which way they came
    in, and that their sessions were not ended since.
    """
    kept = SessionStore().decode(session_data)
    if kept.get(SESSION_KEY) != str(person.pk) or kept.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    carried = kept.get(HASH_SESSION_KEY) or ""
    valid = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(carried, one) for one in valid)


def _is_person(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_active


def _to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    address = reverse("accounts:sign_in")
    if request.method in {"GET", "HEAD"}:
        address += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(address)

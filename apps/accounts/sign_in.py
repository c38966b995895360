"""The story of coming in, being turned away and leaving; each is on the record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from apps.accounts import fresh, groups, identities
from apps.accounts.actors import who
from apps.accounts.models import User
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

BACKEND = "apps.accounts.backends.PersonBackend"


class Refusal(StrEnum):
    """Why somebody was not let in, as the record and the address of the sign-in page carry it."""

    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    UNPROVEN = "UNPROVEN"
    UNREACHABLE = "UNREACHABLE"
    DEACTIVATED = "DEACTIVATED"


SENTENCES = {
    Refusal.EXPIRED: "This sign-in took too long or was begun in another browser. Start it again from here.",
    Refusal.CANCELLED: "The sign-in was cancelled. Start it again when you are ready.",
    Refusal.UNPROVEN: (
        "The company sign-in sent an answer that could not be verified, so nobody was signed in. "
        "Try again; if it happens again, tell an admin."
    ),
    Refusal.UNREACHABLE: "The company sign-in does not answer at the moment. Try again in a minute.",
    Refusal.DEACTIVATED: "Your account in this portal has been deactivated. Ask an admin to activate it again.",
}


class Deactivated(Exception):
    """This person may not sign in; an admin can activate them again."""

    def __init__(self, person: User) -> None:
        super().__init__("A deactivated person tried to sign in.")
        self.person = person


@transaction.atomic
def let_in(
    request: HttpRequest, person: User, *, action: Action, proved_at: datetime | None = None, now: datetime
) -> None:
    """
    Sign `person` in under a fresh session key and record it as `action` (how they came in): both or neither.

    `proved_at` is when they proved who they are, where that is known.

    Somebody else who is still signed in with this browser leaves first.

    :raises Deactivated: if the person is not active.
    """
    if not User.objects.filter(pk=person.pk, is_active=True).select_for_update().exists():
        raise Deactivated(person)
    if request.user.is_authenticated:
        leave(request, now=now)
    record_event(action, who=who(person), now=now)
    login(request, person, backend=BACKEND)
    fresh.keep(request, min(proved_at, now) if proved_at else None)


@transaction.atomic
def arrive(request: HttpRequest, identity: identities.Identity, *, now: datetime) -> None:
    """
    Let in the person whom the company's provider names, creating them on their first visit, with the roles that their
    groups bring.

    :raises Deactivated: if that person is not active.
    """
    person = identities.person_of(identity, now=now)
    groups.follow(person, identity.groups, now=now)
    let_in(request, person, action=Action.SIGNED_IN, proved_at=identity.proved_at, now=now)


@transaction.atomic
def leave(request: HttpRequest, *, now: datetime) -> None:
    """Destroy the session in the database and record who left. Nobody signed in: nothing happens."""
    if isinstance(request.user, User):
        record_event(Action.SIGNED_OUT, who=who(request.user), now=now)
    logout(request)


@transaction.atomic
def refuse(request: HttpRequest, refusal: Refusal, *, person: User | None, now: datetime) -> HttpResponseRedirect:
    """Record that a sign-in was refused and go back to the sign-in page, which says why."""
    record_event(
        Action.SIGN_IN_REFUSED, who=who(person) if person else None, details={"reason": refusal.value}, now=now
    )
    return turn_back(refusal)


def turn_back(refusal: Refusal) -> HttpResponseRedirect:
    """Go back to the sign-in page, which says why."""
    return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?{urlencode({'refused': refusal.value})}")


def farewell() -> HttpResponseRedirect:
    """Go to the sign-in page, which confirms that the person has left."""
    return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?left=yes")


def sentence_for(code: str) -> str:
    """Return the sentence for a refusal's code; nothing for any other text, whoever wrote it into the address."""
    return SENTENCES[Refusal(code)] if code in Refusal.__members__ else ""


def own_address(address: str | None) -> str:
    """Return `address` if it is a path of this portal, else the start page."""
    if address and address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return "/"


def onward(address: str | None) -> HttpResponseRedirect:
    """Go where the person wanted to go before signing in, within this portal."""
    return HttpResponseRedirect(own_address(address))

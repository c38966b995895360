"""What officers do with a case: open it, change it, share it, write in it, close it with a finding, open it again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.cases import confidence, words
from apps.audit.cases.models import Case, CaseMember, CaseNote
from apps.audit.cases.recording import about_case, digest
from apps.audit.cases.words import Words
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Action
from apps.privacy import keys

NUMBERING = 7_021_158  # the advisory lock under which case numbers are given


class NotNow(Exception):
    """The case stands otherwise by now."""

    sentence = "The case was changed meanwhile. Reload the page to see how it stands."


class IsAboutThem(NotNow):
    """The case holds an exchange of whoever was to work on it."""

    sentence = "An exchange of that person is in this case, and nobody handles their own. Choose somebody else."


class WordsErased(NotNow):
    """The key of the case's words was destroyed, with somebody whose exchange it held."""

    sentence = "The words of this case were erased, with a person whose exchanges it held. It takes no more of them."


@transaction.atomic
def open_case(*, title: str, why: str, is_confidential: bool, by: User, now: datetime) -> Case:
    """Open a case under the next number of the year, in the hands of `by`."""
    case = Case(
        id=new_id(), year=timezone.localtime(now).year, officer=by, is_confidential=is_confidential, opened_at=now,
        confidential_by_id=by.pk if is_confidential else None,
    )  # fmt: skip
    case.sealed_words = words.seal(case.pk, Words(title=title, why=why))
    case.serial = _next_serial(case.year)
    case.save(force_insert=True)
    about_case(Action.CASE_OPENED, case, by=by, now=now, confidential=is_confidential, words=digest(case.sealed_words))
    return case


@transaction.atomic
def reword(case: Case, *, title: str, why: str, by: User, now: datetime) -> None:
    """
    Change title and reason of an open case.

    :raises NotNow: if it was closed meanwhile.
    :raises WordsErased: if its words were erased.
    """
    locked = _locked(case, state=Case.State.OPEN)
    _must_take_words(case)
    locked.sealed_words = words.seal(case.pk, Words(title=title, why=why))
    locked.save(update_fields=["sealed_words"])
    about_case(Action.CASE_CHANGED, locked, by=by, now=now, words=digest(locked.sealed_words))


@transaction.atomic
def set_confidential(case: Case, *, is_confidential: bool, by: User, now: datetime) -> None:
    """
    Show an open case to its members alone, or to the whole desk.

    :raises NotNow: if it was closed, or stands so already.
    """
    changed = Case.objects.filter(pk=case.pk, state=Case.State.OPEN, is_confidential=not is_confidential)
    by_whom = by.pk if is_confidential else None
    if not changed.update(is_confidential=is_confidential, confidential_by_id=by_whom, kept_until=None):
        raise NotNow
    action = Action.CASE_MADE_CONFIDENTIAL if is_confidential else Action.CASE_CONFIDENCE_LIFTED
    about_case(action, case, by=by, now=now)
    confidence.keep(Case.objects.get(pk=case.pk), by=by, now=now)


@transaction.atomic
def hand_over(case: Case, *, to: User, by: User, now: datetime) -> None:
    """
    Put an open case into the hands of another officer; who had it stays a member.

    :raises NotNow: if it was closed or handed over meanwhile.
    :raises IsAboutThem: if one of its exchanges is theirs.
    """
    _must_not_be_about(case, to)
    held = Case.objects.filter(pk=case.pk, state=Case.State.OPEN, officer=case.officer_id).exclude(officer=to.pk)
    if not held.update(officer=to):
        raise NotNow
    CaseMember.objects.filter(case=case, person=to).delete()
    CaseMember.objects.get_or_create(case=case, person_id=case.officer_id, defaults={"added_at": now})
    about_case(Action.CASE_HANDED_OVER, case, by=by, now=now, to=to.name, to_id=str(to.pk))


@transaction.atomic
def add_member(case: Case, *, person: User, by: User, now: datetime) -> None:
    """
    Let somebody of the desk see and, as an officer, work on a case.

    :raises NotNow: if they are in it already.
    :raises IsAboutThem: if one of its exchanges is theirs.
    """
    _must_not_be_about(case, person)
    if person.pk == case.officer_id:
        raise NotNow
    _, is_new = CaseMember.objects.get_or_create(case=case, person=person, defaults={"added_at": now})
    if not is_new:
        raise NotNow
    about_case(Action.CASE_MEMBER_ADDED, case, by=by, now=now, member=person.name, member_id=str(person.pk))


@transaction.atomic
def remove_member(case: Case, *, person_id: UUID, by: User, now: datetime) -> None:
    """
    Take a member out of a case.

    :raises NotNow: if they are not in it.
    """
    member = CaseMember.objects.select_related("person").filter(case=case, person=person_id).first()
    if member is None or not CaseMember.objects.filter(pk=member.pk).delete()[0]:
        raise NotNow
    about_case(Action.CASE_MEMBER_REMOVED, case, by=by, now=now, member=member.person.name, member_id=str(person_id))


@transaction.atomic
def write_note(case: Case, *, text: str, by: User, now: datetime) -> CaseNote:
    """
    Write a note, for good. Its event commits to the sealed bytes, so that a changed note shows.

    :raises WordsErased: if the words of the case were erased.
    """
    _must_take_words(case)
    note = CaseNote(id=new_id(), case=case, author_id=by.pk, author_label=by.name, written_at=now)
    note.sealed_text = keys.open_key(case.pk).box(words.NOTE).seal(text.encode(), label=str(note.pk))
    note.save(force_insert=True)
    about_case(Action.CASE_NOTE_WRITTEN, case, by=by, now=now, note=str(note.pk), sealed=digest(note.sealed_text))
    return note


@transaction.atomic
def close(case: Case, *, finding: str, finding_words: str, by: User, now: datetime) -> None:
    """
    Close a case with a finding. Looks at its exchanges that were hidden are shown from then on.

    Where its words were erased, the finding is kept and what was written about it is not.

    :raises NotNow: if it was closed meanwhile.
    """
    locked = _locked(case, state=Case.State.OPEN)
    said = words.of(locked)
    if not words.are_erased(case.pk):
        locked.sealed_words = words.seal(case.pk, Words(title=said.title, why=said.why, finding=finding_words))
    locked.state, locked.finding, locked.closed_at = Case.State.CLOSED, finding, now
    locked.save(update_fields=["sealed_words", "state", "finding", "closed_at"])
    about_case(Action.CASE_CLOSED, locked, by=by, now=now, finding=finding, words=digest(locked.sealed_words))
    confidence.keep(locked, by=by, now=now)


@transaction.atomic
def reopen(case: Case, *, reason: str, by: User, now: datetime) -> None:
    """
    Open a closed case again. Its last finding stays in its words.

    :raises NotNow: if it is open.
    """
    locked = _locked(case, state=Case.State.CLOSED)
    locked.state, locked.finding, locked.closed_at = Case.State.OPEN, "", None
    locked.kept_until, locked.confidential_by_id = None, by.pk if locked.is_confidential else None
    locked.save(update_fields=["state", "finding", "closed_at", "kept_until", "confidential_by_id"])
    about_case(Action.CASE_REOPENED, locked, by=by, now=now, reason=reason)
    confidence.keep(locked, by=by, now=now)


def _must_not_be_about(case: Case, person: User) -> None:
    if case.exchanges.filter(person_id=person.pk).exists():
        raise IsAboutThem


def _must_take_words(case: Case) -> None:
    if words.are_erased(case.pk):
        raise WordsErased


def _locked(case: Case, *, state: Case.State) -> Case:
    locked = Case.objects.select_for_update().filter(pk=case.pk, state=state).first()
    if locked is None:
        raise NotNow
    return locked


def _next_serial(year: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING])
    return (Case.objects.filter(year=year).aggregate(newest=Max("serial"))["newest"] or 0) + 1

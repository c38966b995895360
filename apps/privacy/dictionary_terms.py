"""
What admins do to the company's dictionary. Each deed changes the rows and writes its event in one transaction.

An event names ids, kinds and counts, never a term: the ledger keeps its rows for ever, and customers' names are not
its business. `by` is the admin, or None when somebody with access to the server does it from the command line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import dictionary, dictionary_handover
from apps.privacy.dictionary_models import LONGEST_TERM, DictionaryEntry, DictionaryImport, DictionaryState

LONGEST_KEY = 3 * LONGEST_TERM
BATCH = 2_000


class TermRefused(Exception):
    """A term that cannot be in the dictionary; the sentence says why and what to do."""

    sentence = "This term cannot be in the dictionary."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class TermTooShort(TermRefused):
    sentence = "A term needs at least two letters or digits."


class TermTooLong(TermRefused):
    sentence = f"A term has at most {LONGEST_TERM} characters and {dictionary.MOST_WORDS} words."


class TermUnspeakable(TermRefused):
    sentence = "This has characters that are no text. Type it again."


class TermTaken(TermRefused):
    sentence = "This term is in the dictionary already, perhaps in another spelling. Change it there."


@dataclass(frozen=True, slots=True)
class NewTerm:
    """A term that may be in the dictionary: tidied, checked, with the key under which it is compared."""

    term: str
    key: str
    kind: str
    is_exact: bool
    note: str

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return str(DictionaryEntry.Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import did: how many terms are new, how many changed, how many stood there just so."""

    new: int
    changed: int
    same: int


def checked(term: str, *, kind: str, is_exact: bool, note: str = "") -> NewTerm:
    """
    Tidy a term and make its key. No query.

    :raises TermTooShort: if it has fewer than two letters and digits.
    :raises TermTooLong: if it has too many characters or words.
    :raises TermUnspeakable: if it or the note has control characters.
    """
    tidy, note = " ".join(term.split()), " ".join(note.split())
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in tidy + note):
        raise TermUnspeakable
    folded = dictionary.key_of(tidy)
    key = f"{folded}={dictionary.written_of(tidy)}" if is_exact else folded
    if sum(character.isalnum() for character in folded) < dictionary.FEWEST_CHARACTERS:
        raise TermTooShort
    is_long = len(tidy) > LONGEST_TERM or len(key) > LONGEST_KEY
    if is_long or dictionary.word_count(tidy) > dictionary.MOST_WORDS:
        raise TermTooLong
    return NewTerm(tidy, key, kind, is_exact, note)


@transaction.atomic
def add(new: NewTerm, *, by: User | None, now: datetime) -> DictionaryEntry:
    """
    Put a term into the dictionary; it counts from the next message on.

    :raises TermTaken: if it is there already.
    """
    entry = DictionaryEntry(created_at=now)
    _write(entry, new, now=now)
    _record(Action.DICTIONARY_TERM_ADDED, by, entry, {"kind": new.kind}, now)
    return entry


@transaction.atomic
def change(entry: DictionaryEntry, new: NewTerm, *, by: User | None, now: datetime) -> bool:
    """
    Change a term, its kind or its note; say whether anything is different.

    :raises TermTaken: if the new term stands there already.
    """
    before = DictionaryEntry.objects.select_for_update().get(pk=entry.pk)
    changed = [name for name in ("term", "kind", "is_exact", "note") if getattr(before, name) != getattr(new, name)]
    if not changed:
        return False
    _write(before, new, now=now)
    _record(
        Action.DICTIONARY_TERM_CHANGED, by, entry, {"kind": new.kind, "before": entry.kind, "changed": changed}, now
    )
    return True


@transaction.atomic
def remove(entry: DictionaryEntry, *, by: User | None, now: datetime) -> bool:
    """Take a term out; say whether it was still there. Conversations that masked it go on masking it."""
    if not DictionaryEntry.objects.filter(pk=entry.pk).delete()[0]:
        return False
    _record(Action.DICTIONARY_TERM_REMOVED, by, entry, {"kind": entry.kind}, now)
    return True


@transaction.atomic
def bring(terms: Iterable[NewTerm], *, by: User | None, now: datetime) -> Brought:
    """Add many terms at once and change those that are there; of a term given twice the last counts. One event."""
    wanted = {new.key: new for new in terms}
    new = changed = 0
    for batch in _batches(list(wanted.values())):
        there = _there(batch)
        additions = [each for each in batch if each.key not in there]
        changes = [each for each in batch if each.key in there and there[each.key] != each]
        new, changed = new + len(additions), changed + len(changes)
        DictionaryEntry.objects.bulk_create(
            [
                DictionaryEntry(
                    term=each.term, key=each.key, kind=each.kind, is_exact=each.is_exact, note=each.note,
                    created_at=now, changed_at=now,
                )
                for each in [*additions, *changes]
            ],
            update_conflicts=True, unique_fields=["key"], update_fields=["term", "kind", "note", "changed_at"],
        )  # fmt: skip
    brought = Brought(new, changed, len(wanted) - new - changed)
    _record(Action.DICTIONARY_IMPORTED, by, None, {"new": new, "changed": changed, "already_there": brought.same}, now)
    return brought


def foresee(terms: Iterable[NewTerm]) -> Brought:
    """Say what `bring` would do. One query for 2,000 terms."""
    wanted = {new.key: new for new in terms}
    new = changed = 0
    for batch in _batches(list(wanted.values())):
        there = _there(batch)
        new += sum(each.key not in there for each in batch)
        changed += sum(each.key in there and there[each.key] != each for each in batch)
    return Brought(new, changed, len(wanted) - new - changed)


@transaction.atomic
def include_staff(*, by: User | None, now: datetime) -> bool:
    """Let the names, user names and addresses of people in the directory belong to the dictionary."""
    return _set_directory(True, Action.DICTIONARY_STAFF_INCLUDED, by, now)


@transaction.atomic
def leave_staff_out(*, by: User | None, now: datetime) -> bool:
    """Mask people of the directory only where they are recognised otherwise."""
    return _set_directory(False, Action.DICTIONARY_STAFF_LEFT_OUT, by, now)


@transaction.atomic
def record_export(count: int, *, by: User | None, now: datetime) -> None:
    """Put on the record that somebody takes the dictionary away, before the first line leaves."""
    _record(Action.DICTIONARY_EXPORTED, by, None, {"terms": count}, now)


def record_lines(action: Action, draft: DictionaryImport, *, by: User, now: datetime) -> None:
    """Put on the record what somebody did with lines that are not in the dictionary yet; never what they say."""
    record_event(
        action, who=who(by), subject_kind="dictionary import", subject_id=str(draft.pk),
        details={"lines": draft.text.count("\n") + 1}, now=now,
    )  # fmt: skip


@transaction.atomic
def discard(draft: DictionaryImport, *, by: User, now: datetime) -> None:
    """Throw lines away that were handed in and not brought into the dictionary."""
    record_lines(Action.DICTIONARY_IMPORT_DISCARDED, draft, by=by, now=now)
    draft.delete()


def state() -> DictionaryState:
    """Give the dictionary's version and whether people belong to it. One query."""
    return DictionaryState.objects.first() or DictionaryState()


def _write(entry: DictionaryEntry, new: NewTerm, *, now: datetime) -> None:
    entry.term, entry.key, entry.kind, entry.is_exact, entry.note = (
        new.term,
        new.key,
        new.kind,
        new.is_exact,
        new.note,
    )
    entry.changed_at = now
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError:
        raise TermTaken from None  # the database's error quotes the term


def _set_directory(has_directory: bool, action: Action, by: User | None, now: datetime) -> bool:
    DictionaryState.objects.get_or_create(pk=1)
    changed = DictionaryState.objects.exclude(has_directory=has_directory).update(
        has_directory=has_directory, version=F("version") + 1, changed_at=now
    )
    if changed:
        _record(action, by, None, {}, now)
    return bool(changed)


def _there(batch: list[NewTerm]) -> dict[str, NewTerm]:
    rows = DictionaryEntry.objects.filter(key__in=[each.key for each in batch])
    return {
        key: NewTerm(term, key, kind, is_exact, note)
        for term, key, kind, is_exact, note in rows.values_list("term", "key", "kind", "is_exact", "note")
    }


def _batches(terms: list[NewTerm]) -> Iterator[list[NewTerm]]:
    for start in range(0, len(terms), BATCH):
        yield terms[start : start + BATCH]


def _record(
    action: Action, by: User | None, entry: DictionaryEntry | None, details: dict[str, Json], now: datetime
) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="dictionary term" if entry else "dictionary",
        subject_id=str(entry.pk) if entry else "",
        subject_label="",
        details=details,
        now=now,
    )
    transaction.on_commit(dictionary_handover.expire)

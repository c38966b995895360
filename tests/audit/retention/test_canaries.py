"""
Words of an erased person, planted wherever the desk keeps them: afterwards none is readable, in any table or file.

The short form of `make erasure-proof`, which does this to a whole installation and searches its disk. What is sealed is
searched by opening it, with every key that is left.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.accounts.actors import who
from apps.audit.cases import contents, exporting, sealed_file, work
from apps.audit.cases import words as case_words
from apps.audit.cases.exporting import FILE
from apps.audit.cases.models import Case, CaseNote, Export, Run
from apps.audit.retention import requests
from apps.audit.retention.models import PersonRequest
from apps.audit.review import notes
from apps.audit.review.definition import Conditions, Definition
from apps.audit.review.models import Item, Lexicon, Note, Queue, QueueVersion
from apps.ledger.ids import new_id
from apps.ledger.models import Intent
from apps.privacy import keys
from apps.privacy.holds import Scope
from bench.erasure_proof import needles
from tests.audit.retention.conftest import NOW, WHY, erase
from tests.audit.retention.test_requests import files  # noqa: F401

pytestmark = pytest.mark.django_db


def in_tables() -> dict[str, int]:
    """Search every row of every table, as text and in the encodings in which bytes may stand there."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" AS t")  # noqa: S608
            if hits := needles.found_in_bytes(cursor.fetchone()[0].encode()).total():
                found[table] = hits
    return found


def opened() -> dict[str, int]:
    """Open all that the desk seals with the keys that are left, and search that."""
    found = {
        "title, reason and finding": [repr(asdict(case_words.of(case))) for case in Case.objects.all()],
        "note of a case": [
            str(case_words.notes_of(note.case, [note])) for note in CaseNote.objects.select_related("case")
        ],
        "note of a review": [
            str([each.text for each in notes.opened([note], exchange_id=note.item.exchange_id)])
            for note in Note.objects.select_related("item")
        ],
        "export": [_bundle(export) for export in Export.objects.all()],
    }
    hits = {where: needles.found_in_bytes("".join(texts).encode()).total() for where, texts in found.items()}
    return {where: count for where, count in hits.items() if count}


def _bundle(export: Export) -> str:
    if not export.stored_as:
        return ""
    with default_storage.open(export.stored_as) as file:
        return b"".join(sealed_file.opened(file, keys.open_key(export.pk).box(FILE))).decode()


@pytest.fixture
def word():
    numbers = iter(range(100))
    return lambda: needles.canary(next(numbers))


@pytest.fixture
def planted(word, aged, maya, officer, second, files, make_person):  # noqa: F811
    """A canary in the text of an exchange, a lexicon's hit, a note of its review, a case about it and an export."""
    said = word()
    aged(40, text=f"Who is {said}?", answer=f"Nobody knows {word()}.")
    exchange = Intent.objects.get()
    item = _in_review(exchange, officer, said)
    notes.add(item.pk, text=f"She means {word()}.", by=officer, now=NOW)
    case = work.open_case(
        title=f"About {word()}", why=f"Said {word()} aloud.", is_confidential=False, by=officer, now=NOW
    )
    contents.add(case, [contents.chosen(exchange.pk, by=officer)], by=officer, how="by hand", now=NOW)
    work.write_note(case, text=f"It was {word()}.", by=officer, now=NOW)
    _export(case, officer, word())
    _export(None, officer, word())
    return case


def _in_review(exchange: Intent, officer, said: str) -> Item:
    definition = Definition("Words", "MEDIUM", 24, conditions=Conditions(has_lexicon=True))
    queue = Queue.objects.create(name="Words", severity="MEDIUM", hours=24)
    Lexicon.objects.create(name="Words")
    version = QueueVersion.objects.create(
        queue=queue, number=1, definition=definition.as_json(), seed="0" * 64, event_id=new_id(), made_by="Grace",
        made_at=NOW,
    )  # fmt: skip
    return Item.objects.create(
        queue=queue, version=version, exchange_id=exchange.pk, person_id=exchange.person_id, outcome="ANSWERED",
        why=["Door: Browser", f"Word: {said}"], ended_at=NOW, due_at=NOW, severity="MEDIUM",
    )  # fmt: skip


def _export(case, officer, said: str) -> Export:
    export = Export(id=new_id(), case=case, variant="FULL", by=officer, asked_at=NOW, state=Run.State.DONE)
    export.sealed_why = keys.seal(export.pk, b"why", purpose=case_words.WHY)
    path = default_storage.save(f"exports/{export.pk}.sealed", ContentFile(b""))
    with (
        default_storage.open(path, "wb") as file,
        sealed_file.SealedWriter(file, keys.open_key(export.pk).box(FILE)) as sealed,
    ):
        sealed.write(f"text: {said}".encode())
    export.stored_as, export.expires_at = path, NOW + timedelta(days=14)
    export.save(force_insert=True)
    return export


@pytest.fixture
def erased(maya, officer, consent):
    """Have Maya's data erased, as two officers do."""

    def run() -> PersonRequest:
        consent(requests.ask_for_erasure(maya, closes_account=True, why=WHY, by=officer, now=NOW))
        request = PersonRequest.objects.get(kind=PersonRequest.Kind.ERASURE)
        erase(request.pk)
        request.refresh_from_db()
        return request

    return run


def test_no_canary_is_left_in_any_table_or_under_any_key(planted, erased, files, django_capture_on_commit_callbacks):  # noqa: F811
    assert set(in_tables()) == {"ledger_searchrow", "review_item"}
    assert set(opened()) == {"title, reason and finding", "note of a case", "note of a review", "export"}

    with django_capture_on_commit_callbacks(execute=True):
        request = erased()

    assert request.state == "DONE"
    assert in_tables() == {}
    assert opened() == {}
    assert not list(files.rglob("*.sealed"))
    assert Item.objects.get().why == ["Door: Browser", "A word of the lexicon"]
    counts = {name: request.counts[name] for name in ("exports", "words_of_cases", "lexicon_words")}
    assert counts == {"exports": 2, "words_of_cases": 1, "lexicon_words": 1}


def test_an_export_under_way_is_ended_too(planted, erased, officer):
    waiting = exporting.ask(
        case=None, query="", variant="FULL", is_whole=False, why="Asked for by a court.", by=officer, now=NOW
    )

    erased()

    waiting.refresh_from_db()
    assert waiting.state == Run.State.CANCELLED
    assert keys.is_destroyed(waiting.pk)


def test_words_of_a_case_stay_while_a_hold_covers_somebody_elses_exchange_in_it(
    planted,
    erased,
    officer,
    make_person,
    make_exchange,
    hold,
):
    tom = make_person("tom")
    theirs = make_exchange(who=who(tom), now=NOW - timedelta(days=3))
    contents.add(planted, [contents.chosen(theirs, by=officer)], by=officer, how="by hand", now=NOW)
    hold(Scope("Tom", person_id=tom.pk))

    request = erased()

    assert set(opened()) == {"title, reason and finding", "note of a case"}
    assert request.counts["words_of_cases_held"] == 1


def test_a_case_without_words_is_closed_and_takes_no_more_of_them(planted, erased, officer):
    erased()

    for act in (
        lambda: work.write_note(planted, text="One more.", by=officer, now=NOW),
        lambda: work.reword(planted, title="New title", why="Another reason.", by=officer, now=NOW),
    ):
        with pytest.raises(work.WordsErased):
            act()
    work.close(planted, finding="UPHELD", finding_words="She said so.", by=officer, now=NOW)

    planted.refresh_from_db()
    assert (planted.state, planted.finding) == ("CLOSED", "UPHELD")
    assert case_words.of(planted).is_lost

"""The redacted export, word by word: whatever people wrote or are called stands in no file of the bundle."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from apps.audit.cases import contents, exporting, words, work
from apps.audit.cases.models import Case
from apps.ledger.facts import PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import OutcomeKind
from tests.audit.cases.conftest import downloaded, unzipped

pytestmark = pytest.mark.django_db(transaction=True)

PERSON = Who(id=new_id(), label="Zebulon Quartermain", team_id=new_id(), team_label="Sales")
ASKED = "Write Philippa Thistlewood at 17 Marzipan Crescent about the merger"
ANSWERED = "Dear Philippa, congratulations from Wolfgang"
HANDBOOK = "Severance of Cornelius Applegarth"
TITLE, WHY, NOTE, FINDING = (
    "Whistle of Bartholomew", "Hildegard complained about it", "Telephoned Ignatius yesterday", "Leopoldine knew of it",
)  # fmt: skip
EXPORT_WHY = "Subpoena of magistrate Ferdinand"
BROKEN_OFF = f"OVER_BUDGET: This message could cost up to 3 EUR, and {PERSON.label} has nothing left."
ORDINARY = {"about", "from", "with", "write"}


def planted(*texts: str) -> set[str]:
    """Every word of the texts that only a person could have put there."""
    return {word.lower() for text in texts for word in re.findall(r"\w{4,}", text)} - ORDINARY


PLANTED = planted(PERSON.label, ASKED, ANSWERED, HANDBOOK, TITLE, WHY, NOTE, FINDING, EXPORT_WHY)


def found_in(bundle: bytes) -> dict[str, set[str]]:
    """Say which planted words stand in which file of a bundle, names of files and the bundle itself included."""
    files = {**unzipped(bundle), "the bundle as it lies": bundle}
    return {name: hits for name, raw in files.items() if (hits := _words_in(name.encode() + b" " + raw))}


def _words_in(raw: bytes) -> set[str]:
    text = raw.decode(errors="replace").lower()
    return {word for word in PLANTED if word in text}


@pytest.fixture
def exchanges(make_exchange: Any) -> list[Any]:
    """One that was answered and one that was refused, of a person whose name stands in the reason."""
    passage = PassageFact(new_id(), new_id(), "Team Sales")
    answered = make_exchange(
        ASKED, answer=ANSWERED, who=PERSON, passages=(passage,), labels={passage.passage_id: HANDBOOK}
    )
    refused = make_exchange(ASKED, ends=OutcomeKind.REFUSED, reason=BROKEN_OFF, who=PERSON)
    return [answered, refused]


@pytest.fixture
def case(officer: Any, exchanges: list[Any]) -> Case:
    """A closed case with both, with words in every field."""
    now = timezone.now()
    held = work.open_case(title=TITLE, why=WHY, is_confidential=False, by=officer, now=now)
    chosen = [contents.chosen(each, by=officer) for each in exchanges]
    contents.add(held, chosen, by=officer, how="one by one", now=now)
    work.write_note(held, text=NOTE, by=officer, now=now)
    work.close(held, finding=Case.Finding.values[0], finding_words=FINDING, by=officer, now=now)
    held.refresh_from_db()
    return held


@pytest.mark.parametrize("query", ["", "q=Thistlewood", "reason=Quartermain", "answer=Wolfgang&q=merger"])
def test_a_redacted_export_of_a_search_holds_no_word_that_people_wrote_or_are_called(
    desk, officer, exchanges, build, query
):
    export = build(
        exporting.ask(
            case=None, query=query, variant="REDACTED", is_whole=False, why=EXPORT_WHY, by=officer, now=timezone.now()
        )
    )

    bundle = downloaded(desk, export)
    assert export.total > 0
    assert found_in(bundle) == {}


def test_a_redacted_export_of_a_case_holds_no_word_that_people_wrote_or_are_called(desk, officer, case, build):
    export = build(
        exporting.ask(
            case=case, query="", variant="REDACTED", is_whole=False, why=EXPORT_WHY, by=officer, now=timezone.now()
        )
    )

    bundle = downloaded(desk, export)
    assert export.total == 2
    assert words.of(case).finding == FINDING
    assert found_in(bundle) == {}
    assert b"OVER_BUDGET" in unzipped(bundle)["exchanges.jsonl"]

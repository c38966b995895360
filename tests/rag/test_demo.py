"""The demo company's documents: readable in all five formats, open to different people, and with answers in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.demo import seed_demo as seed_people
from apps.accounts.models import User
from apps.rag import demo, ingest
from apps.rag.models import Collection, Document
from apps.rag.search import search

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def company(django_db_blocker: Any) -> dict[str, User]:
    seed_people(now=timezone.now())
    demo.seed_demo()
    return {person.username: person for person in User.objects.all()}


def masked(person: User, question: str) -> list[str]:
    """What is masked in the passages that a question finds."""
    return [hit.text[finding.start : finding.end] for hit in search(person, question) for finding in hit.findings]


def test_the_demo_company_can_be_asked(company: dict[str, User]):
    documents = list(Document.objects.select_related("collection"))
    assert len(documents) == 14
    assert {document.status for document in documents} == {"READY"}
    assert len({document.content_type for document in documents}) == 5

    visible = {name: {row.name for row in Collection.objects.visible_to(person)} for name, person in company.items()}
    assert visible["maya.lindqvist"] == {"Handbook", "Sales"}
    assert visible["priya.raman"] == {"Handbook", "Engineering"}
    assert visible["elena.rossi"] == {"Handbook", "People & Finance"}
    assert visible["grace.oduya"] == {"Handbook"}

    question = "When does the contract with Marisol Quintero of Brightwater Clinics renew, and at which discount?"
    found = " ".join(hit.text for hit in search(company["maya.lindqvist"], question))
    assert "1 July 2027" in found
    assert "12 per cent" in found
    assert "Marisol Quintero" in masked(company["maya.lindqvist"], question)
    payment = "From which account, with which IBAN, does Brightwater Clinics pay its invoices?"
    assert "GB29 NWBK 6016 1331 9268 19" in masked(company["maya.lindqvist"], payment)
    assert not any("Quintero" in hit.text for hit in search(company["priya.raman"], question))

    demo.seed_demo()
    assert Document.objects.count() == 14


def test_a_seeding_that_was_interrupted_goes_on(monkeypatch: pytest.MonkeyPatch):
    seed_people(now=timezone.now())
    monkeypatch.setattr(demo, "COLLECTIONS", demo.COLLECTIONS[-1:])
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "ingest", lambda document_id: False)
        demo.seed_demo()
    assert {document.status for document in Document.objects.all()} == {"QUEUED"}

    demo.seed_demo()

    assert {document.status for document in Document.objects.all()} == {"READY"}
    assert Document.objects.count() == 3

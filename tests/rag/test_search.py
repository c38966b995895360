"""What a question finds, and what it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pgvector.django import CosineDistance

from apps.privacy import engine
from apps.privacy.findings import Finding
from apps.rag import embedding
from apps.rag import search as search_module
from apps.rag.models import Document, Passage
from apps.rag.search import SearchFailed, search
from portal.embedded.database import EmbeddedPostgres

pytestmark = pytest.mark.django_db
SMALL_TALK = (
    "hi", "hello, how are you?", "thanks!", "thank you very much", "good morning", "tell me a joke", "who are you?",
    "what can you do?", "how is the weather today?", "ok", "yes", "bye", "what is 2+2?", "write a poem about the sea",
    "translate good night into French", "please continue", "test", "",  "   ", "\0", "🙂", "???", "'; DROP TABLE x; --",
)  # fmt: skip
SHELF = (
    "The limit for one night in a hotel is 130 euros, in Paris and London 190 euros.",
    "Article LS-400 is the multi-parameter sensor and costs 1280 euros from one piece.",
    "Marisol Quintero of Brightwater Clinics receives a discount of 12 per cent until 30 June 2027.",
    "The calibration service failed because one host kept an old password file.",
    "Parental leave is 26 weeks on full pay for the parent who gives birth.",
)


@pytest.fixture
def maya(make_person: Any, make_collection: Any, make_document: Any) -> Any:
    collection = make_collection("Contracts", teams=("Sales",))
    for number, text in enumerate(SHELF):
        make_document(collection, text, title=f"Document {number}")
    return make_person(teams=("Sales",))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much may a hotel in Paris cost?", 0),
        ("What does the LS-400 cost?", 1),
        ("LS-400", 1),
        ("Until when does Marisol Quintero get her discount?", 2),
        ("Why did calibration break down?", 3),
        ("How long can a mother stay at home with pay?", 4),
    ],
)
def test_the_best_passage_comes_first(maya: Any, question: str, expected: int):
    hits = search(maya, question)

    assert hits[0].document_title == f"Document {expected}"
    assert hits[0].text == SHELF[expected]
    assert hits[0].permission == "granted to team Sales"


@pytest.mark.parametrize("said", SMALL_TALK)
def test_small_talk_finds_nothing(maya: Any, said: str):
    assert search(maya, said) == []


def test_no_more_than_asked_for(maya: Any):
    assert len(search(maya, "sensor discount hotel calibration leave euros", limit=2)) <= 2


@pytest.mark.parametrize("said", ["x" * 200_000, "hotel " * 50_000, "hotel\ud800 in Paris", "\\' | & ! <-> hotel :*"])
def test_no_question_breaks_the_search(maya: Any, said: str):
    assert isinstance(search(maya, said), list)


def test_company_wide_collections_say_so(make_person: Any, make_collection: Any, make_document: Any):
    make_document(make_collection("Handbook", company_wide=True), SHELF[0])

    assert search(make_person(), "hotel in Paris?")[0].permission == "company-wide collection Handbook"


def test_findings_are_offsets_into_the_text_that_is_given(maya: Any):
    passage = Passage.objects.get(text__contains="Marisol")
    start = passage.text.index("Marisol Quintero")
    kept = Finding("PERSON", start, start + len("Marisol Quintero"), 0.9, "a name")
    in_title = Finding("ID", 0, 4, 0.9, "in the context line")
    Passage.objects.filter(pk=passage.pk).update(findings=[in_title.to_json(), kept.to_json()])

    hit = search(maya, "Until when does Marisol Quintero get her discount?")[0]

    assert [hit.text[finding.start : finding.end] for finding in hit.findings] == ["Marisol Quintero"]


def test_findings_of_an_older_engine_are_made_anew(
    maya: Any, make_collection: Any, make_document: Any, monkeypatch: pytest.MonkeyPatch
):
    Passage.objects.get(text__contains="Marisol").document.delete()
    make_document(make_collection("Old", teams=("Sales",)), SHELF[2], version="older")
    monkeypatch.setattr(
        engine, "detect", lambda text: (Finding("PERSON", text.index("Marisol"), text.index(" of "), 1.0, "now"),)
    )

    hit = search(maya, "Until when does Marisol Quintero get her discount?")[0]

    assert [hit.text[finding.start : finding.end] for finding in hit.findings] == ["Marisol Quintero"]


def test_a_missing_model_is_said_and_not_taken_for_no_documents(maya: Any, monkeypatch: pytest.MonkeyPatch):
    def gone(text: str) -> Any:
        raise embedding.EmbeddingUnavailable

    monkeypatch.setattr(embedding, "embed", gone)

    with pytest.raises(SearchFailed):
        search(maya, "How much may a hotel cost?")


def test_every_statement_about_passages_carries_the_permission(maya: Any):
    with CaptureQueriesContext(
        connection,
    ) as statements:
        search(maya, "How much may a hotel in Paris cost?")

    about_passages = [each["sql"] for each in statements if 'FROM "rag_passage"' in each["sql"]]
    assert len(about_passages) >= 4
    assert all("accounts_membership" in sql and '"is_company_wide"' in sql for sql in about_passages)
    assert all('"is_active"' in sql for sql in about_passages)


def test_words_of_documents_one_may_not_see_do_not_change_what_one_finds(
    maya: Any, make_collection: Any, make_document: Any
):
    before = [(hit.passage_id, hit.score) for hit in search(maya, "hotel in Paris")]

    secret = make_collection("Secret", teams=("Engineering",))
    for number in range(5):
        make_document(secret, f"Hotel Paris hotel Paris {number}", title=f"Secret {number}")

    assert [(hit.passage_id, hit.score) for hit in search(maya, "hotel in Paris")] == before


def crowd(document: Document, vector: Any, *, count: int, spread: float) -> None:
    """Put many passages around a vector."""
    rng = np.random.default_rng(7)
    Passage.objects.bulk_create(
        Passage(
            document=document,
            ordinal=number,
            text=f"Secret\n{number}",
            embedding=(vector + rng.normal(0, spread, 384)).tolist(),
        )
        for number in range(1, count + 1)
    )


@pytest.mark.thorough
@pytest.mark.parametrize("spread", [0.0, 0.01])
def test_the_few_one_may_read_are_found_among_many_that_one_may_not(
    spread: float, make_person: Any, make_collection: Any, make_document: Any
):
    question = "Which hotel price is the limit in Paris?"
    crowd(
        make_document(make_collection("Secret", teams=("Engineering",)), "x"),
        embedding.embed(question),
        count=1_200,
        spread=spread,
    )
    allowed = make_document(make_collection("Handbook", company_wide=True), SHELF[3])
    readable = Passage.objects.visible_to(make_person(teams=("Sales",)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")

    search_module._use_the_indexes()
    found = search_module._by_meaning(readable, embedding.embed(question).tolist(), total=1)

    assert found == [allowed.passages.get().pk]


@pytest.fixture
def fresh_index(postgres: EmbeddedPostgres) -> None:
    """Take out of the index what other tests left: rows that were rolled back lie in its graph, and lead astray."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        superuser.execute("VACUUM rag_passage")


@pytest.mark.thorough
@pytest.mark.usefixtures("fresh_index")
def test_the_index_goes_on_past_what_one_may_not_read(make_person: Any, make_collection: Any, make_document: Any):
    vector = embedding.embed("Who repairs the gateway at night?")
    crowd(make_document(make_collection("Secret", teams=("Engineering",)), "x"), vector, count=600, spread=0.01)
    allowed = make_document(make_collection("Handbook", company_wide=True), "y")
    crowd(allowed, vector, count=30, spread=0.015)
    readable = Passage.objects.visible_to(make_person(teams=("Sales",)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    near = readable.order_by(CosineDistance("embedding", vector.tolist()))
    assert "rag_passage_embedding" in near[:40].explain()

    search_module._use_the_indexes()
    found = search_module._by_meaning(readable, vector.tolist(), total=search_module.COUNTED_UP_TO)

    assert len(found) > 20
    assert set(found) <= set(allowed.passages.values_list("pk", flat=True))

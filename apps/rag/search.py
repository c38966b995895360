"""
Find the passages that answer a question, among those the person may read now.

Two readings of the question are fused: by meaning (vectors) and by words, where a rare word counts more than a common
one. Every statement carries the permission; what a person may not see has no influence on what they get.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add, or_
from typing import Any, TypeAlias
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db import connection, transaction
from django.db.models import Case, ExpressionWrapper, FloatField, OuterRef, QuerySet, Subquery, Value, When
from pgvector.django import CosineDistance

from apps.accounts.models import User
from apps.privacy import engine
from apps.privacy.findings import Finding
from apps.rag import embedding
from apps.rag.models import TEXT_SEARCH, CollectionGrant, Passage, PassageQuerySet

CANDIDATES = 40
LONGEST_QUESTION = 2_000  # letters; more would not fit the embedding model
MOST_WORDS = 24
COUNTED_UP_TO = 1_000  # a word in more passages than this is common enough
# Reciprocal rank fusion; the two numbers and the floors below were measured, see docs/documents.md.
RANK_DAMPING = 10
WORDS_WEIGHT = 1.5
# Small talk comes near no passage: below the first floor a question is not about the documents at all.
QUESTION_FLOOR = 0.40
PASSAGE_FLOOR = 0.30

Ranking: TypeAlias = "Sequence[UUID]"
_CODE = re.compile(r"(?=.*\d).{3,}")  # a word with a digit in it, such as an article number


@dataclass(frozen=True, slots=True)
class Hit:
    """
    One passage that may serve as evidence. `text` is its body; title and headings stand beside it.

    `findings` are offsets into `text`, found by the engine's present version. `score` is the likeness in meaning (0 to
    1); `permission` says why this person may read it.
    """

    passage_id: UUID
    document_id: UUID
    document_title: str
    heading: str
    page: int | None
    text: str
    findings: tuple[Finding, ...]
    score: float
    permission: str


class SearchFailed(Exception):
    """The documents could not be searched; an answer without them would pretend that they hold nothing."""

    sentence = "The company documents could not be searched. Try again; if it stays so, tell an admin."


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage, its likeness to the question, and the person's team that lets it be read, if one does."""

    row: Passage
    likeness: float
    team: str


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question, what it weighs, and whether it is rare enough to look passages up by it."""

    lexeme: str
    weight: float
    is_rare: bool


def search(person: User, question: str, *, limit: int = 4) -> list[Hit]:
    """
    Return the best passages for `question` that `person` may read at this moment, best first; none for small talk.

    About 15 ms for the question's vector, then one statement for each of its words and four more.

    :raises SearchFailed: if the search model is missing or damaged.
    :raises ScrubberUnavailable: if findings of an older engine had to be made anew and could not be.
    """
    asked = question[:LONGEST_QUESTION].replace("\0", " ").encode("utf-8", "ignore").decode()
    if not asked.strip():
        return []
    try:
        vector = embedding.embed(asked).tolist()
    except embedding.EmbeddingUnavailable as missing:
        raise SearchFailed from missing
    with transaction.atomic():
        _use_the_indexes()
        readable = Passage.objects.visible_to(person)
        total = _count_up_to(readable)
        near = _by_meaning(readable, vector, total=total)
        words = _weigh(readable, _lexemes(asked), total=total)
        order = _fuse(near, _by_words(readable, words))
        candidates = {found.row.pk: found for found in _candidates(person, order[: 4 * limit], vector)}
    coded = [word.lexeme for word in words if _CODE.fullmatch(word.lexeme)]
    relevant = _relevant([candidates[pk] for pk in order if pk in candidates], coded)
    return [_hit(found) for found in relevant[:limit]]


def _use_the_indexes() -> None:
    """
    Let the vector index go on past passages that the permission filters out, instead of returning too few. And say
    that reading here and there costs little, as on a disk without moving parts: else words are looked for in all rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        cursor.execute("SET LOCAL hnsw.ef_search = 100")
        cursor.execute("SET LOCAL random_page_cost = 1.1")


def _by_meaning(readable: PassageQuerySet, vector: list[float], *, total: int) -> list[UUID]:
    """
    Rank by likeness. A person who may read little gets the exact order, because an index over everybody's passages can
    miss the few among the many; from 1,000 readable ones on the index is used.
    """
    distance = CosineDistance("embedding", vector)
    exact = ExpressionWrapper(distance + Value(0.0), output_field=FloatField())  # which no index knows
    near = readable.order_by(exact if total < COUNTED_UP_TO else distance)
    return list(near.values_list("pk", flat=True)[:CANDIDATES])


def _lexemes(question: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(to_tsvector(%s::regconfig, %s))", [TEXT_SEARCH, question])
        return list(cursor.fetchone()[0] or [])[:MOST_WORDS]


def _weigh(readable: PassageQuerySet, lexemes: Iterable[str], *, total: int) -> list[_Word]:
    """Weigh each word by how few readable passages have it (inverse document frequency). One bounded count a word."""
    weighed = []
    for lexeme in lexemes:
        seen = _count_up_to(readable.filter(search=_query(lexeme)))
        if seen:
            weight = math.log(1 + (total - seen + 0.5) / (seen + 0.5))
            weighed.append(_Word(lexeme, weight, is_rare=seen < COUNTED_UP_TO))
    return weighed


def _count_up_to(passages: QuerySet[Passage]) -> int:
    return passages.order_by()[:COUNTED_UP_TO].count()


def _by_words(readable: PassageQuerySet, words: Sequence[_Word]) -> list[UUID]:
    """Rank by the summed weight of the words that a passage has; the rare ones say which passages to look at."""
    rare = [_query(word.lexeme) for word in words if word.is_rare]
    if not rare:
        return []
    weights = [
        Case(When(search=_query(word.lexeme), then=Value(word.weight)), default=Value(0.0), output_field=FloatField())
        for word in words
    ]
    ranked = readable.filter(search=reduce(or_, rare)).annotate(words=reduce(add, weights)).order_by("-words", "pk")
    return list(ranked.values_list("pk", flat=True)[:CANDIDATES])


def _query(lexeme: str) -> SearchQuery:
    quoted = lexeme.replace("\\", "\\\\").replace("'", "''")
    return SearchQuery(f"'{quoted}'", config="simple", search_type="raw")


def _fuse(near: Ranking, worded: Ranking) -> list[UUID]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""
    scores: Counter[UUID] = Counter()
    for ranking, weight in ((near, 1.0), (worded, WORDS_WEIGHT)):
        for rank, pk in enumerate(ranking, 1):
            scores[pk] += weight / (RANK_DAMPING + rank)  # type: ignore[assignment]
    return [pk for pk, _ in scores.most_common()]


def _candidates(person: User, wanted: Ranking, vector: list[float]) -> Iterator[_Candidate]:
    """Read the chosen passages, again only those that `person` may see, with the team that lets them."""
    team = CollectionGrant.objects.filter(
        collection=OuterRef("document__collection"), team__memberships__person_id=person.pk
    ).order_by("team__name")
    rows: QuerySet[Any] = (
        Passage.objects.visible_to(person)
        .filter(pk__in=wanted)
        .select_related("document__collection")
        .defer("embedding", "search")
        .annotate(distance=CosineDistance("embedding", vector), team=Subquery(team.values("team__name")[:1]))
    )
    for row in rows:
        yield _Candidate(row, round(1 - float(row.distance), 4), row.team or "")


def _hit(found: _Candidate) -> Hit:
    row, collection = found.row, found.row.document.collection
    return Hit(
        passage_id=row.pk,
        document_id=row.document_id,
        document_title=row.document.title,
        heading=row.heading,
        page=row.page,
        text=row.body,
        findings=_findings_of_body(row),
        score=found.likeness,
        permission=why(collection.name, is_company_wide=collection.is_company_wide, team=found.team),
    )


def _findings_of_body(row: Passage) -> tuple[Finding, ...]:
    """What was found at ingest, moved from the whole text to its body; found anew if the engine has changed since."""
    findings: Iterable[Finding]
    if row.document.policy_version == engine.version():
        findings = (Finding.from_json(raw) for raw in row.findings)
    else:
        findings = engine.detect(row.text)
    start = len(row.context) + 1
    return tuple(
        replace(finding, start=max(finding.start - start, 0), end=finding.end - start)
        for finding in findings
        if finding.end > start
    )


def why(collection: str, *, is_company_wide: bool, team: str) -> str:
    """Say in a few words why somebody may read a collection."""
    return f"company-wide collection {collection}" if is_company_wide else f"granted to team {team}"


def _relevant(found: Sequence[_Candidate], coded: Sequence[str]) -> list[_Candidate]:
    """Drop what is not about the question. A passage with the question's own article number or code always stays."""
    named = {each.row.pk for each in found if any(code in each.row.text.lower() for code in coded)}
    if not named and not any(each.likeness >= QUESTION_FLOOR for each in found):
        return []
    return [each for each in found if each.likeness >= PASSAGE_FLOOR or each.row.pk in named]

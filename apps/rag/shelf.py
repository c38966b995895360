"""What the pages of this room show, read in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from apps.accounts.models import Team, User
from apps.rag.models import Collection, CollectionGrant, Document, Passage
from apps.rag.search import why
from apps.rag.splitting import HEADING_MARK

NEIGHBOURS = 2
PASSAGES_A_PAGE = 25
DOCUMENTS_A_PAGE = 50
LONGEST_COLUMN = 60


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """One collection in the list: how much it holds and who may read it."""

    collection: Collection
    documents: int
    in_progress: int
    failed: int
    readers: str
    may_add: bool


def shelves(person: User) -> list[ShelfRow]:
    """List the collections that `person` may see. Three queries."""
    in_progress = ~Q(documents__status__in=[Document.Status.READY, Document.Status.FAILED])
    rows: QuerySet[Any] = (
        Collection.objects.visible_to(person)
        .annotate(
            held=Count("documents"),
            reading=Count("documents", filter=Q(documents__isnull=False) & in_progress),
            failed=Count("documents", filter=Q(documents__status=Document.Status.FAILED)),
        )
        .prefetch_related(_grants())
    )
    writable = set(Collection.objects.writable_by(person).values_list("pk", flat=True))
    return [
        ShelfRow(row, row.held, row.reading, row.failed, readers_of(row), may_add=row.pk in writable) for row in rows
    ]


def managed(person: User) -> QuerySet[Collection]:
    """Collections whose access an admin manages, also those they may not read: names and teams only."""
    return Collection.objects.managed_by(person).prefetch_related(_grants())


def _grants() -> Prefetch[str, QuerySet[CollectionGrant], str]:
    return Prefetch("grants", CollectionGrant.objects.select_related("team").order_by("team__name"))


def readers_of(collection: Collection) -> str:
    """Say who may read a collection."""
    teams = [grant.team.name for grant in collection.grants.all()]
    if collection.is_company_wide:
        return "Everybody"
    return ", ".join(teams) if teams else "Nobody yet"


def why_visible(collection: Collection, person: User) -> str:
    """Say why `person` may read `collection`, which they may."""
    team = Team.objects.filter(memberships__person=person, collection_grants__collection=collection).first()
    return why(collection.name, is_company_wide=collection.is_company_wide, team=team.name if team else "")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a passage as a page shows it: a heading, words, or a table with its columns and rows of cells."""

    words: str = ""
    heading: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()


def parts_of(passage: Passage) -> list[Part]:
    """Cut a passage's body into what a page shows of it; rows that follow each other become one table."""
    parts: list[Part] = []
    for text in filter(None, passage.body.split("\n")):
        cells = _cells(text)
        columns = tuple(name for name, _ in cells)
        if cells and parts and parts[-1].columns == columns:
            parts[-1] = replace(parts[-1], rows=(*parts[-1].rows, cells))
        elif cells:
            parts.append(Part(columns=columns, rows=(cells,)))
        elif text.startswith(HEADING_MARK):
            parts.append(Part(heading=text.removeprefix(HEADING_MARK)))
        else:
            parts.append(Part(words=text))
    return parts


def _cells(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``Column: cell | Column: cell`` as pairs; any other line gives none."""
    cells = [cell.partition(": ") for cell in text.split(" | ")]
    if len(cells) < 2 or not all(colon and len(name) < LONGEST_COLUMN for name, colon, _ in cells):
        return ()
    return tuple((name, value) for name, _, value in cells)


def neighbours(passage: Passage) -> list[Passage]:
    """Give the passage with up to two before and two after it. The caller has checked that it may be read."""
    around = Passage.objects.filter(
        document_id=passage.document_id,
        ordinal__gte=passage.ordinal - NEIGHBOURS,
        ordinal__lte=passage.ordinal + NEIGHBOURS,
    )
    return list(around.defer("embedding", "search"))


@dataclass(frozen=True, slots=True)
class Progress:
    """What a page shows of a document that is being read."""

    id: str
    status: str
    label: str
    tone: str
    progress: int
    failure: str
    is_finished: bool


TONES = {Document.Status.READY: "success", Document.Status.FAILED: "danger"}


def progress_of(documents: Iterable[Document]) -> list[Progress]:
    """Describe how far documents are."""
    return [
        Progress(
            id=str(document.pk),
            status=document.status,
            label=document.get_status_display(),
            tone=TONES.get(Document.Status(document.status), "info"),
            progress=document.progress,
            failure=document.failure,
            is_finished=document.is_finished,
        )
        for document in documents
    ]


def page_of(items: QuerySet[Passage], number: str, *, size: int) -> tuple[Sequence[Passage], int, int]:
    """Cut one page out of `items`: what is on it, its number from 1, and how many pages there are."""
    total = max(-(-items.count() // size), 1)
    wanted = int(number) if number.isdecimal() and len(number) < 7 else 1
    page = min(max(wanted, 1), total)
    return list(items[(page - 1) * size : page * size]), page, total

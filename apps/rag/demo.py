"""The demo company's documents: four collections with readers that differ, fourteen documents in all five formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.rag import ingest, library
from apps.rag.models import Collection, Document

HOME = Path(__file__).parent / "demo_documents"
ADMIN = "david.kim"


@dataclass(frozen=True, slots=True)
class DemoCollection:
    """One shelf of the demo company: its readers (a team's slug; none means everybody) and its files."""

    name: str
    description: str
    team: str
    uploader: str
    files: tuple[str, ...]


COLLECTIONS = (
    DemoCollection(
        "Handbook",
        "The rules that hold for everybody: travel, expenses, security, the first weeks.",
        "",
        ADMIN,
        ("Travel policy.md", "Expense rules.html", "Security handbook.pdf", "Onboarding guide.docx"),
    ),
    DemoCollection(
        "Sales",
        "Prices, contracts with customers, and how we sell.",
        "sales",
        "tom.okafor",
        (
            "Price list 2027.docx",
            "Contract Brightwater Clinics.pdf",
            "Contract Halden Water Works.docx",
            "Sales playbook.md",
        ),
    ),
    DemoCollection(
        "Engineering",
        "How our services are built and run, and what we learned when they failed.",
        "engineering",
        "jonas.weber",
        ("Architecture notes.html", "Incident report calibration service.md", "Runbook telemetry gateway.txt"),
    ),
    DemoCollection(
        "People & Finance",
        "Salary bands, leave and procedures: for People & Finance alone.",
        "people-finance",
        "elena.rossi",
        ("Salary bands.docx", "Parental leave policy.pdf", "Disciplinary procedure.txt"),
    ),
)


def seed_demo() -> None:
    """
    Create the demo collections and read their documents in, one after the other. About 10 s the first time.

    Idempotent: a collection that exists keeps its name and readers as an admin left them, and is not filled again; only
    documents that were interrupted are read on. The people and teams of the demo company must exist.
    """
    for document_id in [*_add_missing(), *_interrupted()]:
        ingest.ingest(document_id)


def _add_missing() -> list[UUID]:
    added = []
    for entry in COLLECTIONS:
        if not Collection.objects.filter(name=entry.name).exists():
            added += list(_create(entry))
    return added


def _interrupted() -> list[UUID]:
    names = [entry.name for entry in COLLECTIONS]
    waiting = Document.objects.in_progress().filter(collection__name__in=names, status=Document.Status.QUEUED)
    return list(waiting.values_list("pk", flat=True))


def _create(entry: DemoCollection) -> Iterator[UUID]:
    people = {person.username: person for person in User.objects.filter(username__in=[ADMIN, entry.uploader])}
    made = library.create_collection(
        name=entry.name,
        description=entry.description,
        is_company_wide=not entry.team,
        teams=list(Team.objects.filter(slug=entry.team)),
        person=people[ADMIN],
        now=timezone.now(),
    )
    for name in entry.files:
        file = ContentFile((HOME / name).read_bytes(), name=name)
        yield library.add_document(
            made, file=file, file_name=name, person=people[entry.uploader], now=timezone.now()
        ).pk

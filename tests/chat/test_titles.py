"""A document's title is a person's words: nowhere in the rows that nobody can erase, and yet on the officer's page."""

from __future__ import annotations

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import Role
from apps.ledger.models import Intent
from apps.privacy import destruction
from apps.rag import ingest, library
from apps.rag.models import Collection, Document

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Warning to Marisol Quintero.md"
TEXT = b"# Warning\n\nThe reactor valve was left open on Tuesday, which is against the handbook of the plant."


def ledger_rows(postgres) -> str:
    """Everything in the three append-only tables, as text."""
    with psycopg.connect(postgres.url("postgres")) as connection:
        return "\n".join(
            row[0]
            for table in ("ledger_intent", "ledger_outcome", "ledger_event")
            for row in connection.execute(f"SELECT row_to_json(t)::text FROM {table} t").fetchall()  # noqa: S608
        )


def test_a_title_is_in_no_row_that_cannot_be_erased(maya, provider, postgres, make_person, sign_in):
    collection = Collection.objects.create(name="Plant", is_company_wide=True)
    upload = {"person": maya.person, "now": timezone.now()}
    document = library.add_document(collection, file=ContentFile(TEXT, name=NAME), file_name=NAME, **upload)
    document_id = document.pk
    ingest.ingest(document_id)
    library.record_refused_upload(collection, file_name=NAME.replace(".md", ".exe"), why="No such kind.", **upload)
    provider.will_answer("It was left open [1].")

    maya.begin("Who left the reactor valve open on Tuesday?", uses_documents="on")
    turn = maya.closed(maya.newest(), seconds=60)  # the engine's process may only be starting

    assert turn.citations.count() == 1, Document.objects.get().failure
    assert "Quintero" not in "".join(provider.received)
    assert "Quintero" not in ledger_rows(postgres)
    library.delete_document(document, **upload)
    assert "Quintero" not in ledger_rows(postgres)
    officer = sign_in(make_person("grace", roles=(Role.COMPLIANCE_OFFICER,)))
    exchange = Intent.objects.get(turn_id=turn.pk)
    page = officer.get(f"/audit/exchanges/{exchange.pk}").content.decode()
    assert "Warning to " in page
    assert "Quintero" not in page
    assert "company-wide collection Plant" in page
    assert str(document_id) in officer.get("/audit/events").content.decode()
    destruction.destroy_one(turn.conversation_id)
    assert "Its name cannot be shown" in officer.get(f"/audit/exchanges/{exchange.pk}").content.decode()

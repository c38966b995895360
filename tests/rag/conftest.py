"""What the tests of this room share: shelves with documents that are searchable without being read in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.privacy import engine
from apps.rag import embedding
from apps.rag.models import Collection, CollectionGrant, Document, Passage


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Keep uploads of each test apart."""
    from django.core.files.storage import storages

    before = settings.STORAGES
    options = {**before["default"].get("OPTIONS", {}), "location": str(tmp_path / "files")}
    settings.STORAGES = {**before, "default": {**before["default"], "OPTIONS": options}}
    yield
    storages._storages.clear()


@pytest.fixture
def make_collection(make_team: Callable[..., Team]) -> Callable[..., Collection]:
    """Make a collection that `teams` (by name) may read."""

    def make(name: str = "Contracts", *, teams: tuple[str, ...] = (), company_wide: bool = False) -> Collection:
        made = Collection.objects.create(name=name, is_company_wide=company_wide)
        CollectionGrant.objects.bulk_create(CollectionGrant(collection=made, team=make_team(team)) for team in teams)
        return made

    return make


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """Make a document that is ready, with a passage for each text."""

    def make(
        collection: Collection, *texts: str, title: str = "Terms", by: User | None = None, version: str = ""
    ) -> Document:
        document = Document.objects.create(
            collection=collection,
            title=title,
            file="documents/none",
            file_name=f"{title}.md",
            content_type="text/markdown",
            size=1,
            sha256=f"{Document.objects.count():064d}",
            status=Document.Status.READY,
            progress=100,
            ready_at=timezone.now(),
            uploaded_by=by,
            policy_version=version or engine.version(),
        )
        for ordinal, text in enumerate(texts):
            whole = f"{title}\n{text}"
            Passage.objects.create(
                document=document,
                ordinal=ordinal,
                heading=title,
                text=whole,
                embedding=embedding.embed(whole).tolist(),
            )
        return document

    return make


@pytest.fixture
def signed_in(client: Any) -> Callable[[User], Any]:
    """Sign a person in and give their browser."""

    def sign_in(person: User) -> Any:
        client.force_login(person)
        return client

    return sign_in

"""Doors to the documents: the shelf, one collection, one document, one cited passage, and what is done to them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, signed_in
from apps.accounts.models import Role, User
from apps.ledger.vocabulary import Action
from apps.rag import library, shelf, uploads
from apps.rag.models import Collection, Document, Passage
from apps.rag.parsing.kinds import EXTENSIONS

ACCEPTED = ",".join(EXTENSIONS)
logger = logging.getLogger(__name__)


@signed_in
@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    """List the collections that the person may see."""
    person = person_of(request)
    is_admin = person.has_role(Role.ADMIN)
    context = {"shelves": shelf.shelves(person), "is_admin": is_admin}
    return render(request, "rag/documents.html", context)


@signed_in
@require_safe
def collection(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Show one collection: its documents, who may read it, and the way to add to it."""
    return _collection_page(request, _readable_collection(request, collection_id), refused=[], status=200)


def _collection_page(
    request: HttpRequest, shown: Collection, *, refused: list[dict[str, str]], status: int
) -> HttpResponse:
    person = person_of(request)
    found = shown.documents.select_related("uploaded_by").order_by("-created_at")
    title = request.GET.get("title", "").replace("\0", "").strip()[:100]
    rows = list((found.filter(title__icontains=title) if title else found)[: shelf.DOCUMENTS_A_PAGE + 1])
    context = {
        "collection": shown,
        "documents": rows[: shelf.DOCUMENTS_A_PAGE],
        "has_more": len(rows) > shelf.DOCUMENTS_A_PAGE,
        "title": title,
        "is_in_progress": any(not row.is_finished for row in rows),
        "readers": shelf.readers_of(shown),
        "why": shelf.why_visible(shown, person),
        "may_add": Collection.objects.writable_by(person).filter(pk=shown.pk).exists(),
        "is_admin": person.has_role(Role.ADMIN),
        "refused": refused,
        "accepted": ACCEPTED,
        "limit_megabytes": settings.UPLOAD_LIMIT_MEGABYTES,
    }
    return render(request, "rag/collection.html", context, status=status)


@signed_in
@require_POST
def upload(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Take files into a collection; each is kept or refused by itself, and a refused one gets its sentence."""
    person, now = person_of(request), timezone.now()
    target = _readable_collection(request, collection_id)
    if not Collection.objects.writable_by(person).filter(pk=target.pk).exists():
        raise PermissionDenied
    refused = [(name, library.TooLarge().sentence) for name in uploads.too_large(request)]
    kept = 0
    for file in request.FILES.getlist("files"):
        name = file.name or "Untitled"
        try:
            library.add_document(target, file=file, file_name=name, person=person, now=now)
            kept += 1
        except library.UploadRefused as refusal:
            refused.append((name, refusal.sentence))
    for name, why in refused:
        library.record_refused_upload(target, file_name=name, why=why, person=person, now=now)
    if not kept and not refused:
        refused.append(("", "No file was chosen. Choose one or more files, then upload."))
    if kept:
        noun = "document was" if kept == 1 else "documents were"
        messages.success(request, f"{kept} {noun} uploaded and will be ready to ask about in a moment.")
    if refused:
        told = [{"name": name, "why": why} for name, why in refused]
        return _collection_page(request, target, refused=told, status=422)
    return redirect("rag:collection", collection_id=target.pk)


@signed_in
@require_safe
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Show one document: its passages, its state, who may see it. The look is recorded."""
    person = person_of(request)
    shown = _readable_document(request, document_id)
    passages, page, pages = shelf.page_of(
        shown.passages.defer("embedding", "search"), request.GET.get("page", "1"), size=shelf.PASSAGES_A_PAGE
    )
    library.record_look(shown, Action.DOCUMENT_OPENED, person=person, now=timezone.now())
    context = {**_about(shown, person), "passages": _with_parts(passages), "page": page, "pages": pages}
    return render(request, "rag/document.html", context)


@signed_in
@require_safe
def passage(request: HttpRequest, passage_id: UUID) -> HttpResponse:
    """Open a citation: the passage in its document, with its neighbours. The look is recorded."""
    person = person_of(request)
    readable = Passage.objects.visible_to(person).select_related("document__collection", "document__uploaded_by")
    shown = get_object_or_404(readable.defer("embedding", "search"), pk=passage_id)
    library.record_look(shown.document, Action.PASSAGE_OPENED, person=person, now=timezone.now(), passage=shown.ordinal)
    context = {
        **_about(shown.document, person),
        "passage": shown,
        "passages": _with_parts(shelf.neighbours(shown)),
        "page_of_passage": shown.ordinal // shelf.PASSAGES_A_PAGE + 1,
    }
    return render(request, "rag/passage.html", context)


def _with_parts(passages: Iterable[Passage]) -> list[tuple[Passage, list[shelf.Part]]]:
    return [(each, shelf.parts_of(each)) for each in passages]


def _about(shown: Document, person: User) -> dict[str, object]:
    return {
        "document": shown,
        "collection": shown.collection,
        "readers": shelf.readers_of(shown.collection),
        "why": shelf.why_visible(shown.collection, person),
        "may_delete": Document.objects.deletable_by(person).filter(pk=shown.pk).exists(),
        "passage_count": shown.passages.count(),
        "masked_count": sum(len(found) for found in shown.passages.values_list("findings", flat=True)),
    }


@signed_in
@require_safe
def original(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Give the uploaded file itself, always as a download and never to be rendered. Recorded."""
    shown = _readable_document(request, document_id)
    try:
        file = shown.file.open("rb")
    except FileNotFoundError:
        logger.warning("The file of document %s is missing in the storage", shown.pk)
        raise Http404 from None
    library.record_look(shown, Action.DOCUMENT_DOWNLOADED, person=person_of(request), now=timezone.now())
    response = FileResponse(file, as_attachment=True, filename=shown.file_name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, response)  # it streams, and is a response in every other way


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Ask, then delete a document with its passages and its file."""
    person = person_of(request)
    shown = _readable_document(request, document_id)
    if not Document.objects.deletable_by(person).filter(pk=shown.pk).exists():
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "rag/delete.html", _about(shown, person))
    library.delete_document(shown, person=person, now=timezone.now())
    messages.success(request, f"“{shown.title}” was deleted. Answers can no longer draw on it.")
    return redirect("rag:collection", collection_id=shown.collection_id)


@signed_in
@require_POST
def retry(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Read a failed document again."""
    person = person_of(request)
    shown = _readable_document(request, document_id)
    may = Collection.objects.writable_by(person).filter(pk=shown.collection_id).exists()
    if not may and not Document.objects.deletable_by(person).filter(pk=shown.pk).exists():
        raise PermissionDenied
    if not library.retry_document(shown, person=person, now=timezone.now()):
        messages.info(request, "This document is not waiting for a retry.")
    return redirect("rag:document", document_id=shown.pk)


def _readable_collection(request: HttpRequest, collection_id: UUID) -> Collection:
    return get_object_or_404(Collection.objects.visible_to(person_of(request)), pk=collection_id)


def _readable_document(request: HttpRequest, document_id: UUID) -> Document:
    readable = Document.objects.visible_to(person_of(request))
    return get_object_or_404(readable.select_related("collection", "uploaded_by"), pk=document_id)

"""Doors for admins: which collections there are and which teams may read them. They show no document."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.rag import library, shelf
from apps.rag.forms import CollectionForm
from apps.rag.models import Collection

NAME_TAKEN = "A collection with this name exists already. Choose another name."


@roles_required(Role.ADMIN)
@require_safe
def access(request: HttpRequest) -> HttpResponse:
    """List all collections by name with who may read them, also those the admin may not read."""
    admin = person_of(request)
    rows = [(row, shelf.readers_of(row)) for row in shelf.managed(admin)]
    return render(request, "rag/access.html", {"rows": rows})


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a collection and say who may read it."""
    admin = person_of(request)
    form = CollectionForm(request.POST or None, teams=Team.objects.visible_to(admin))
    if request.method == "POST" and form.is_valid():
        try:
            made = library.create_collection(**_wanted(form), person=admin, now=timezone.now())
        except IntegrityError:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, f"The collection “{made.name}” was created.")
            return redirect("rag:access")
    return _form_page(request, form, None)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Change a collection's name and who may read it; it holds from the next query on."""
    admin = person_of(request)
    managed = get_object_or_404(Collection.objects.managed_by(admin), pk=collection_id)
    form = CollectionForm(request.POST or None, instance=managed, teams=Team.objects.visible_to(admin))
    if request.method == "POST" and form.is_valid():
        try:
            library.change_collection(managed, **_wanted(form), person=admin, now=timezone.now())
        except IntegrityError:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, f"The access to “{managed.name}” was saved. It holds from now on.")
            return redirect("rag:access")
    return _form_page(request, form, get_object_or_404(Collection.objects.managed_by(admin), pk=collection_id))


@roles_required(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Delete an empty collection."""
    admin = person_of(request)
    managed = get_object_or_404(Collection.objects.managed_by(admin), pk=collection_id)
    try:
        library.delete_collection(managed, person=admin, now=timezone.now())
    except library.NotEmpty as refusal:
        messages.error(request, refusal.sentence)
        return redirect("rag:change", collection_id=managed.pk)
    messages.success(request, f"The collection “{managed.name}” was deleted.")
    return redirect("rag:access")


def _wanted(form: CollectionForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "description", "is_company_wide", "teams")}


def _form_page(request: HttpRequest, form: CollectionForm, managed: Collection | None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "rag/collection_form.html", {"form": form, "collection": managed}, status=status)

"""Doors for admins: the company's dictionary, one term, whether people belong to it, and taking it away as a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, User
from apps.console.dictionary_forms import DictionaryFilter, TermForm
from apps.privacy import dictionary_lines, dictionary_terms
from apps.privacy.dictionary import is_everyday, key_of
from apps.privacy.dictionary_models import DictionaryEntry

PAGE = 50
EVERYDAY = "“{}” is an everyday word: from now on it counts wherever it stands. “Only exactly as written” narrows it."


@roles_required(Role.ADMIN)
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """List terms in the order of their letters, fifty a page, filtered."""
    admin = person_of(request)
    form = DictionaryFilter(request.GET)
    everything = DictionaryEntry.objects.visible_to(admin)
    page = list(_after(_filtered(everything, form), request.GET.get("after", ""), among=everything)[: PAGE + 1])
    context = {
        "form": form,
        "entries": page[:PAGE],
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "is_first_page": "after" not in request.GET,
        "first_page": _address(request, after=None),
        "next_page": _address(request, after=page[PAGE - 1].pk) if len(page) > PAGE else "",
        "total": everything.count(),
        "state": dictionary_terms.state(),
        "people": User.objects.visible_to(admin).count(),
    }
    return render(request, "console/dictionary.html", context)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Put one term into the dictionary."""
    form = TermForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dictionary_terms.add(form.new_term, by=person_of(request), now=timezone.now())
        except dictionary_terms.TermTaken as refused:
            form.add_error("term", refused.sentence)
        else:
            _say(request, form.new_term, "is in the dictionary now")
            return redirect("console:dictionary")
    return _form(request, form, None)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def term(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one term and change it."""
    entry = _find(request, entry_id)
    initial = {"term": entry.term, "kind": entry.kind, "is_exact": entry.is_exact, "note": entry.note}
    form = TermForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            is_new = dictionary_terms.change(entry, form.new_term, by=person_of(request), now=timezone.now())
        except dictionary_terms.TermTaken as refused:
            form.add_error("term", refused.sentence)
        else:
            _say(request, form.new_term, "is changed" if is_new else "was so already")
            return redirect("console:dictionary")
    return _form(request, form, entry)


@roles_required(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Take a term out."""
    entry = _find(request, entry_id)
    dictionary_terms.remove(entry, by=person_of(request), now=timezone.now())
    messages.success(request, f"“{entry.term}” is out of the dictionary.")
    return redirect("console:dictionary")


@roles_required(Role.ADMIN)
@require_POST
def include_staff(request: HttpRequest) -> HttpResponse:
    """Let people's names belong to the dictionary."""
    dictionary_terms.include_staff(by=person_of(request), now=timezone.now())
    messages.success(request, "The names of people in the directory are masked from the next message on.")
    return redirect("console:dictionary")


@roles_required(Role.ADMIN)
@require_POST
def leave_staff_out(request: HttpRequest) -> HttpResponse:
    """Leave people's names to the other recognisers."""
    dictionary_terms.leave_staff_out(by=person_of(request), now=timezone.now())
    messages.success(request, "The directory is left out: people are masked where they are recognised otherwise.")
    return redirect("console:dictionary")


@roles_required(Role.ADMIN)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Give all terms as a table; the record says so before the first line leaves."""
    admin = person_of(request)
    rows = list(
        DictionaryEntry.objects.visible_to(admin).order_by("key").values_list("term", "kind", "is_exact", "note")
    )
    dictionary_terms.record_export(len(rows), by=admin, now=timezone.now())
    body = "\ufeff" + "".join(dictionary_lines.write(rows))
    name = f"dictionary-{timezone.now():%Y-%m-%d}.csv"
    return HttpResponse(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _form(request: HttpRequest, form: TermForm, entry: DictionaryEntry | None) -> HttpResponse:
    context = {"form": form, "entry": entry}
    return render(request, "console/dictionary_term.html", context, status=422 if form.errors else 200)


def _say(request: HttpRequest, new: dictionary_terms.NewTerm, what: str) -> None:
    messages.success(request, f"“{new.term}” {what}. It counts from the next message on.")
    if not new.is_exact and is_everyday(new.term):
        messages.warning(request, EVERYDAY.format(new.term))


def _find(request: HttpRequest, entry_id: UUID) -> DictionaryEntry:
    found: DictionaryEntry = get_object_or_404(DictionaryEntry.objects.visible_to(person_of(request)), pk=entry_id)
    return found


def _filtered(everything: QuerySet[DictionaryEntry], form: DictionaryFilter) -> QuerySet[DictionaryEntry]:
    if not form.is_valid():
        return everything.none()
    wanted = form.cleaned_data
    if wanted["q"]:
        folded = key_of(wanted["q"])
        alike = Q(term__icontains=wanted["q"]) | (Q(key__contains=folded) if folded else Q())
        everything = everything.filter(alike)
    if wanted["kind"]:
        everything = everything.filter(kind=wanted["kind"])
    return everything.order_by("key")


def _after(
    found: QuerySet[DictionaryEntry], last_seen: str, *, among: QuerySet[DictionaryEntry]
) -> QuerySet[DictionaryEntry]:
    """Go on behind the term the previous page ended with: by key, which no two terms share."""
    if not last_seen:
        return found
    try:
        key = among.filter(pk=UUID(last_seen)).values_list("key", flat=True).first()
    except ValueError:
        raise Http404 from None
    if key is None:
        raise Http404
    return found.filter(key__gt=key)


def _address(request: HttpRequest, *, after: UUID | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after:
        query["after"] = str(after)
    return f"?{query.urlencode()}"

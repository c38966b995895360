"""The admin's pages of the dictionary: who may, what they change, and that a mistake in a line loses nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role
from apps.ledger.models import Event
from apps.privacy import dictionary_terms
from apps.privacy.dictionary_models import DictionaryEntry, DictionaryImport, DictionaryState

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN,))


@pytest.fixture
def desk(admin):
    """The admin's browser."""
    browser = Client()
    browser.force_login(admin)
    return browser


@pytest.fixture
def entry():
    new = dictionary_terms.checked("Corvine Lathe", kind="CUSTOMER", is_exact=False)
    return dictionary_terms.add(new, by=None, now=timezone.now())


@pytest.fixture
def draft(admin):
    text = "term;kind\nBorealis;Project\nMars;planet\n"
    return DictionaryImport.objects.create(text=text, kind="CUSTOMER", created_by=admin.pk)


def address(name, *ids):
    return reverse(f"console:{name}", args=ids)


def said(response):
    return [str(message) for message in response.context["messages"]]


def terms():
    return list(DictionaryEntry.objects.order_by("key").values_list("term", "kind"))


@pytest.fixture
def pages(entry, draft):
    """Every address of these pages: name, arguments, methods that it does not answer to."""
    return [
        ("dictionary", (), ["post"]),
        ("dictionary_add", (), ["put"]),
        ("dictionary_term", (entry.pk,), ["put"]),
        ("dictionary_remove", (entry.pk,), ["get"]),
        ("dictionary_export", (), ["get"]),
        ("dictionary_include_staff", (), ["get"]),
        ("dictionary_leave_staff_out", (), ["get"]),
        ("dictionary_import_begin", (), ["put"]),
        ("dictionary_import", (draft.pk,), ["post"]),
        ("dictionary_import_correct", (draft.pk,), ["get"]),
        ("dictionary_import_bring", (draft.pk,), ["get"]),
        ("dictionary_import_discard", (draft.pk,), ["get"]),
    ]


@pytest.mark.thorough
def test_the_pages_open_to_admins_alone_and_each_to_its_own_method(client, desk, pages, make_person):
    others = [make_person(f"p{role}", roles=(role,)) for role in Role if role != Role.ADMIN]
    for name, ids, wrong in pages:
        ask = "post" if wrong == ["get"] else "get"
        client.logout()
        signed_out = getattr(client, ask)(address(name, *ids))
        assert (signed_out.status_code, signed_out["Location"].startswith(reverse("accounts:sign_in"))) == (302, True)
        for person in others:
            client.force_login(person)
            assert getattr(client, ask)(address(name, *ids)).status_code == 403
        assert getattr(desk, wrong[0])(address(name, *ids)).status_code == 405
        if ids:
            assert getattr(desk, ask)(address(name, uuid4())).status_code == 404
    assert not Event.objects.exclude(action__in=["DICTIONARY_TERM_ADDED", "ACCESS_DENIED"]).exists()


def test_every_deed_needs_a_csrf_token(admin, pages):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)

    for name, ids, wrong in pages:
        if wrong != ["post"]:
            assert browser.post(address(name, *ids)).status_code == 403


def test_an_admin_adds_changes_and_removes_a_term(desk):
    added = desk.post(address("dictionary_add"), {"term": " Corvine  Lathe ", "kind": "CUSTOMER"}, follow=True)
    assert said(added) == ["“Corvine Lathe” is in the dictionary now. It counts from the next message on."]
    entry = DictionaryEntry.objects.get()

    changed = {"term": "Corvine Lathe Ltd", "kind": "ALLOWED", "is_exact": "on", "note": "public"}
    desk.post(address("dictionary_term", entry.pk), changed)
    entry.refresh_from_db()
    assert (entry.term, entry.kind, entry.is_exact, entry.note) == ("Corvine Lathe Ltd", "ALLOWED", True, "public")

    desk.post(address("dictionary_remove", entry.pk))
    assert terms() == []
    assert [event.actor_label for event in Event.objects.all()] == ["David"] * 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"term": "", "kind": "CUSTOMER"}, "Type the term."),
        ({"term": "C", "kind": "CUSTOMER"}, "at least two letters or digits"),
        ({"term": "Acme", "kind": ""}, "Choose what this is."),
        ({"term": "CORVINE-LATHE", "kind": "PROJECT"}, "in the dictionary already"),
        ({"term": "Acme\x00", "kind": "PROJECT"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_explained_beside_the_field(desk, entry, data, sentence):
    other = dictionary_terms.checked("Other", kind="PROJECT", is_exact=False)
    other = dictionary_terms.add(other, by=None, now=timezone.now())

    for where in (address("dictionary_add"), address("dictionary_term", other.pk)):
        response = desk.post(where, data)
        assert response.status_code == 422
        assert sentence in response.content.decode()
    assert terms() == [("Corvine Lathe", "CUSTOMER"), ("Other", "PROJECT")]


def test_an_everyday_word_is_taken_with_a_warning(desk):
    added = desk.post(address("dictionary_add"), {"term": "Table", "kind": "CODE_NAME"}, follow=True)

    assert "everyday word" in said(added)[1]


def test_the_list_is_searched_filtered_and_paged_by_key(desk):
    many = [dictionary_terms.checked(f"Client {n:03}", kind="CUSTOMER", is_exact=False) for n in range(120)]
    odd = dictionary_terms.checked("Crédit Agricole", kind="ALLOWED", is_exact=False)
    dictionary_terms.bring([*many, odd], by=None, now=timezone.now())

    def shown(query):
        return [each.term for each in desk.get(address("dictionary") + query).context["entries"]]

    assert shown("?q=credit") == shown("?kind=ALLOWED") == ["Crédit Agricole"]
    assert shown("?q=nobody") == []
    assert shown("?kind=PLANET") == []
    listed, query = [], ""
    while True:
        page = desk.get(address("dictionary") + query)
        listed += [each.term for each in page.context["entries"]]
        query = page.context["next_page"]
        if not query:
            break
    assert listed == sorted(listed, key=str.lower)
    assert len(listed) == 121
    for nonsense in ("?after=x", f"?after={uuid4()}"):
        assert desk.get(address("dictionary") + nonsense).status_code == 404


def test_an_import_shows_what_it_would_do_and_keeps_the_lines_that_fail(desk, entry):
    pasted = "term,kind\nCorvine Lathe,Project\nBorealis,Project\nborealis,Code name\nMars,planet\n"
    begun = desk.post(address("dictionary_import_begin"), {"text": pasted, "kind": "CUSTOMER"}, follow=True)
    text = begun.content.decode()
    assert begun.context["foreseen"] == dictionary_terms.Brought(1, 1, 0)
    assert "There is no kind “planet”" in text
    assert terms() == [("Corvine Lathe", "CUSTOMER")]
    here = DictionaryImport.objects.get().pk

    brought = desk.post(address("dictionary_import_bring", here), follow=True)
    assert terms() == [("borealis", "CODE_NAME"), ("Corvine Lathe", "PROJECT")]
    assert "1 lines still wait" in said(brought)[1]

    desk.post(address("dictionary_import_correct", here), {"text": "Mars Base,project"})
    done = desk.post(address("dictionary_import_bring", here))
    assert done["Location"] == address("dictionary")
    assert ("Mars Base", "PROJECT") in terms()
    assert not DictionaryImport.objects.exists()
    assert [event.details for event in Event.objects.filter(action="DICTIONARY_IMPORTED").order_by("id")] == [
        {"new": 1, "changed": 1, "already_there": 0},
        {"new": 1, "changed": 0, "already_there": 0},
    ]


def test_a_file_is_read_or_refused_with_a_sentence_and_thrown_away_when_asked(desk, draft):
    begin = address("dictionary_import_begin")
    for content, sentence in [
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"\n \n", "Paste at least one term"),
        (b"a\n" * 200_001, "at most 200,000 lines"),
    ]:
        refused = desk.post(begin, {"file": SimpleUploadedFile("t.csv", content), "kind": "CUSTOMER"})
        assert refused.status_code == 422
        assert sentence in refused.content.decode()

    read = desk.post(begin, {"file": SimpleUploadedFile("t.csv", b"\xef\xbb\xbfAcme Corp\n"), "kind": "PRODUCT"})
    assert [new.kind for new in desk.get(read["Location"]).context["sample"]] == ["PRODUCT"]

    desk.post(address("dictionary_import_discard", draft.pk))
    assert not DictionaryImport.objects.filter(pk=draft.pk).exists()
    assert terms() == []


def test_an_export_is_recorded_and_markup_in_a_term_stays_text(desk):
    for term in ("<script>alert(1)</script>", "=cmd|' /C calc'!A0"):
        desk.post(address("dictionary_add"), {"term": term, "kind": "OTHER"})

    response = desk.post(address("dictionary_export"))

    assert response["Content-Disposition"].startswith("attachment;")
    assert "\n'=cmd" in response.content.decode().replace('"', "")
    assert Event.objects.filter(action="DICTIONARY_EXPORTED", details={"terms": 2}).exists()
    assert "<script>alert" not in desk.get(address("dictionary")).content.decode()


def test_people_of_the_directory_are_left_out_and_taken_in_again(desk):
    desk.post(address("dictionary_leave_staff_out"))
    assert not DictionaryState.objects.get().has_directory
    assert "Left out" in desk.get(address("dictionary")).content.decode()

    desk.post(address("dictionary_include_staff"))
    desk.post(address("dictionary_include_staff"))

    assert DictionaryState.objects.get().has_directory
    actions = Event.objects.filter(action__startswith="DICTIONARY_STAFF").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["DICTIONARY_STAFF_LEFT_OUT", "DICTIONARY_STAFF_INCLUDED"]

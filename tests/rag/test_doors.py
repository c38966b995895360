"""Every door of the documents, on the same ladder: signed out, stranger, reader, writer, wrong method, bad input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.accounts.models import Membership, Role, Team
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action
from apps.rag import library
from apps.rag.models import Collection, CollectionGrant, Document
from tests.rag import files

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def shelf(make_collection: Any) -> Collection:
    return make_collection("Contracts", teams=("Sales",))


@pytest.fixture
def maya(make_person: Any) -> Any:
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def stranger(make_person: Any) -> Any:
    return make_person("priya", teams=("Engineering",))


@pytest.fixture
def document(shelf: Collection, maya: Any, make_document: Any) -> Document:
    return make_document(shelf, *(f"Paragraph {n} about the discount." for n in range(7)), title="Brightwater", by=maya)


def addresses(document: Document) -> dict[str, tuple[str, str]]:
    """Every address about this document or its collection, with its method."""
    on_document = {"document_id": document.pk}
    on_shelf = {"collection_id": document.collection_id}
    return {
        "collection": ("get", reverse("rag:collection", kwargs=on_shelf)),
        "upload": ("post", reverse("rag:upload", kwargs=on_shelf)),
        "document": ("get", reverse("rag:document", kwargs=on_document)),
        "original": ("get", reverse("rag:original", kwargs=on_document)),
        "delete": ("get", reverse("rag:delete", kwargs=on_document)),
        "delete now": ("post", reverse("rag:delete", kwargs=on_document)),
        "retry": ("post", reverse("rag:retry", kwargs=on_document)),
        "passage": ("get", reverse("rag:passage", args=[document.passages.all()[0].pk])),
    }


def test_signed_out_people_are_sent_to_the_sign_in_page(client: Any, document: Document):
    for method, address in [*addresses(document).values(), ("get", reverse("rag:documents"))]:
        response = getattr(client, method)(address)

        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign_in"))


def test_a_stranger_finds_none_of_it(signed_in: Any, stranger: Any, document: Document):
    browser = signed_in(stranger)

    for name, (method, address) in addresses(document).items():
        assert getattr(browser, method)(address).status_code == 404, name
    assert b"Contracts" not in browser.get(reverse("rag:documents")).content
    assert Document.objects.filter(pk=document.pk).exists()


@pytest.mark.thorough
def test_a_reader_reads_and_may_not_write(signed_in: Any, make_person: Any, document: Document):
    browser = signed_in(make_person("reader", roles=(Role.AUDITOR,), teams=("Sales",)))
    expected = {"collection": 200, "document": 200, "passage": 200, "upload": 403, "delete": 403, "delete now": 403}

    for name, status in {**expected, "retry": 403}.items():
        method, address = addresses(document)[name]
        assert getattr(browser, method)(address).status_code == status, name
    assert Document.objects.filter(pk=document.pk).exists()


def test_wrong_methods_are_refused(signed_in: Any, maya: Any, document: Document):
    browser = signed_in(maya)

    for name, (method, address) in addresses(document).items():
        if not name.startswith("delete"):
            other = "post" if method == "get" else "get"
            assert getattr(browser, other)(address).status_code == 405, name


@pytest.mark.parametrize(
    "name", ["collection", "upload", "document", "original", "delete", "retry", "passage", "change"]
)
def test_an_id_that_nobody_has_is_not_found(name: str, signed_in: Any, make_person: Any):
    browser = signed_in(make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE)))
    method = "post" if name in {"upload", "retry"} else "get"

    assert getattr(browser, method)(reverse(f"rag:{name}", args=[uuid4()])).status_code == 404


def test_the_shelf_shows_what_is_open_and_how_much_is_there(signed_in: Any, maya: Any, document: Document):
    page = signed_in(maya).get(reverse("rag:documents")).content.decode()

    assert "Contracts" in page
    assert "1 document" in page
    assert "you may add to it" in page


def test_an_empty_shelf_says_so(signed_in: Any, make_person: Any):
    page = signed_in(make_person()).get(reverse("rag:documents")).content.decode()

    assert "No documents are open to you yet" in page


def test_a_document_page_shows_its_passages_and_who_may_see_it(signed_in: Any, maya: Any, document: Document):
    page = signed_in(maya).get(reverse("rag:document", args=[document.pk])).content.decode()

    assert "Paragraph 3 about the discount." in page
    assert "Granted to team Sales" in page
    assert Event.objects.get(action=Action.DOCUMENT_OPENED).subject_id == str(document.pk)


@pytest.mark.thorough
def test_a_long_document_is_paged_and_wrong_page_numbers_do_no_harm(
    signed_in: Any, maya: Any, shelf: Collection, make_document: Any
):
    document = make_document(shelf, *(f"Number {n}." for n in range(30)), title="Long")
    browser = signed_in(maya)

    for wanted, first in {
        "2": "Number 25.",
        "9": "Number 25.",
        "-1": "Number 0.",
        "x": "Number 0.",
        "٣": "Number 25.",
    }.items():
        page = browser.get(reverse("rag:document", args=[document.pk]), {"page": wanted})
        assert first in page.content.decode()


def test_a_citation_opens_the_passage_between_its_neighbours(signed_in: Any, maya: Any, document: Document):
    cited = document.passages.get(ordinal=3)

    page = signed_in(maya).get(reverse("rag:passage", args=[cited.pk])).content.decode()

    shown = [n for n in range(7) if f"Paragraph {n} about" in page]
    assert shown == [1, 2, 3, 4, 5]
    assert page.index("is-cited") < page.index("Paragraph 3 about") < page.index("Paragraph 4 about")
    event = Event.objects.get(action=Action.PASSAGE_OPENED)
    assert event.details == {"passage": 3}


def test_a_citation_is_gone_right_after_its_grant_was_taken_away(signed_in: Any, maya: Any, document: Document):
    browser, address = signed_in(maya), reverse("rag:passage", args=[document.passages.get(ordinal=3).pk])
    assert browser.get(address).status_code == 200

    CollectionGrant.objects.all().delete()

    assert browser.get(address).status_code == 404
    assert browser.get(reverse("rag:document", args=[document.pk])).status_code == 404


def test_text_of_a_document_is_shown_as_text(signed_in: Any, maya: Any, shelf: Collection, make_document: Any):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"
    document = make_document(shelf, hostile, title="<b>Title</b>")
    browser = signed_in(maya)

    for address in (
        reverse("rag:document", args=[document.pk]),
        reverse("rag:passage", args=[document.passages.get().pk]),
        reverse("rag:collection", args=[shelf.pk]),
        reverse("rag:delete", args=[document.pk]),
    ):
        page = browser.get(address).content.decode()
        for markup in ("<script>alert", "<img src=x", "<b>Title", 'href="javascript'):
            assert markup not in page, address


# Uploading


def send(browser: Any, shelf: Collection, *sent: SimpleUploadedFile, **more: Any) -> Any:
    return browser.post(reverse("rag:upload", args=[shelf.pk]), {"files": list(sent), **more})


def file(name: str = "Terms.md", data: bytes = b"# Terms\n\nThe discount is 12 per cent.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_several_files_are_taken_at_once(signed_in: Any, maya: Any, shelf: Collection):
    response = send(signed_in(maya), shelf, file(), file("Scan.pdf", files.pdf()), file("Word.docx", files.word()))

    assert response.status_code == 302
    assert {each.title for each in shelf.documents.all()} == {"Terms", "Scan", "Word"}
    assert {each.status for each in shelf.documents.all()} == {"QUEUED"}
    assert Event.objects.filter(action=Action.DOCUMENT_UPLOADED).count() == 3


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("Empty.md", b"", "The file is empty"),
        ("Picture.png", files.PNG, "This kind of file is not read"),
        ("Program.exe", b"MZ" + b"\0" * 99, "This kind of file is not read"),
        ("Nothing", b"words", "This kind of file is not read"),
        ("Old.doc", files.old_word(), "old Word format"),
        ("Picture.pdf", files.PNG, "does not fit the name"),
        ("Words.pdf", b"just words", "does not fit the name"),
        ("Really.txt", files.pdf(), "does not fit the name"),
        ("Binary.md", bytes(range(256)), "does not fit the name"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence_and_kept_nowhere(
    name: str, data: bytes, sentence: str, signed_in: Any, maya: Any, shelf: Collection
):
    response = send(signed_in(maya), shelf, file(name, data))

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert name in response.content.decode()
    assert not shelf.documents.exists()
    refused = Event.objects.get(action=Action.DOCUMENT_UPLOAD_REFUSED)
    assert refused.details["why"]
    assert name.partition(".")[0] not in f"{refused.details} {refused.subject_label}"


def test_good_files_beside_a_bad_one_are_kept(signed_in: Any, maya: Any, shelf: Collection):
    response = send(signed_in(maya), shelf, file(), file("Bad.exe"))

    assert response.status_code == 422
    assert [each.title for each in shelf.documents.all()] == ["Terms"]


def test_the_same_file_is_not_kept_twice(signed_in: Any, maya: Any, shelf: Collection, make_collection: Any):
    browser = signed_in(maya)
    send(browser, shelf, file())

    response = send(browser, shelf, file("Other name.md"))

    assert "already in the collection" in response.content.decode()
    assert shelf.documents.count() == 1
    other = make_collection("Second", teams=("Sales",))
    assert send(browser, other, file()).status_code == 302


def test_an_upload_without_a_file_says_so(signed_in: Any, maya: Any, shelf: Collection):
    assert "No file was chosen" in send(signed_in(maya), shelf).content.decode()


def test_a_file_that_is_too_large_is_dropped_while_it_arrives(
    signed_in: Any, maya: Any, shelf: Collection, settings: Any
):
    settings.UPLOAD_LIMIT_MEGABYTES = 1

    response = send(signed_in(maya), shelf, file("Big.md", b"a" * (1024 * 1024 + 1)), file())

    assert response.status_code == 422
    assert "larger than 1 MB" in response.content.decode()
    assert "Big.md" in response.content.decode()
    assert [each.title for each in shelf.documents.all()] == ["Terms"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.md", "..\\..\\x.md", "a\u202egnp.md", "<script>.md", "x" * 300 + ".md"]
)
def test_a_files_name_never_becomes_a_path(name: str, signed_in: Any, maya: Any, shelf: Collection):
    response = send(signed_in(maya), shelf, file(name))

    assert response.status_code == 302
    kept = shelf.documents.get()
    assert kept.file.name == f"documents/{kept.pk.hex[-2:]}/{kept.pk}"
    assert "\u202e" not in kept.title


def test_a_member_adds_to_a_collection_of_the_team_and_an_admin_to_a_company_wide_one(
    signed_in: Any, maya: Any, make_person: Any, make_collection: Any
):
    wide = make_collection("Handbook", company_wide=True)

    assert send(signed_in(maya), wide, file()).status_code == 403
    assert send(signed_in(make_person("david", roles=(Role.ADMIN,))), wide, file()).status_code == 302


# The original, deleting, retrying


def test_the_original_is_only_ever_a_download(signed_in: Any, maya: Any, shelf: Collection):
    browser = signed_in(maya)
    data = b"<html><body><script>alert(1)</script>Words</body></html>"
    send(browser, shelf, file("Page.html", data))

    response = browser.get(reverse("rag:original", args=[shelf.documents.get().pk]))

    assert b"".join(response.streaming_content) == data
    assert response["Content-Disposition"] == 'attachment; filename="Page.html"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert Event.objects.filter(action=Action.DOCUMENT_DOWNLOADED).count() == 1


def test_an_original_that_is_missing_is_not_found(signed_in: Any, maya: Any, document: Document):
    assert signed_in(maya).get(reverse("rag:original", args=[document.pk])).status_code == 404


def test_deleting_asks_first_and_then_takes_passages_and_file_along(
    signed_in: Any, maya: Any, shelf: Collection, django_capture_on_commit_callbacks: Any
):
    browser = signed_in(maya)
    send(browser, shelf, file())
    document = shelf.documents.get()
    address = reverse("rag:delete", args=[document.pk])

    assert "go for good" in browser.get(address).content.decode()
    assert shelf.documents.exists()
    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(address)

    assert response["Location"] == reverse("rag:collection", args=[shelf.pk])
    assert not shelf.documents.exists()
    assert not document.file.storage.exists(document.file.name)
    event = Event.objects.get(action=Action.DOCUMENT_DELETED)
    assert (event.subject_label, event.subject_id, event.actor_label) == ("", str(document.pk), "Maya")


def test_a_colleague_may_not_delete_and_the_lead_may(signed_in: Any, make_person: Any, document: Document):
    colleague, lead = make_person("c", teams=("Sales",)), make_person("l", teams=("Sales",))
    Membership.objects.filter(person=lead).update(standing=Membership.Standing.LEAD)
    address = reverse("rag:delete", args=[document.pk])

    assert signed_in(colleague).post(address).status_code == 403
    assert signed_in(lead).post(address).status_code == 302


def test_a_failed_document_offers_a_retry(signed_in: Any, maya: Any, document: Document):
    Document.objects.filter(pk=document.pk).update(status="FAILED", failure="The file is damaged.", ready_at=None)
    browser = signed_in(maya)

    assert "Read it again" in browser.get(reverse("rag:document", args=[document.pk])).content.decode()
    browser.post(reverse("rag:retry", args=[document.pk]))

    document.refresh_from_db()
    assert document.status == "QUEUED"


# Who may read what


@pytest.fixture
def david(make_person: Any) -> Any:
    return make_person("david", roles=(Role.ADMIN,))


def test_only_admins_reach_the_access_pages(signed_in: Any, maya: Any, shelf: Collection):
    browser = signed_in(maya)

    for address in ("rag:access", "rag:create"):
        assert browser.get(reverse(address)).status_code == 403
    for address in ("rag:change", "rag:remove"):
        assert browser.post(reverse(address, args=[shelf.pk])).status_code == 403


def test_an_admin_manages_what_they_may_not_read(signed_in: Any, david: Any, document: Document):
    browser = signed_in(david)

    assert "Contracts" in browser.get(reverse("rag:access")).content.decode()
    assert browser.get(reverse("rag:change", args=[document.collection_id])).status_code == 200
    assert browser.get(reverse("rag:collection", args=[document.collection_id])).status_code == 404
    assert browser.get(reverse("rag:document", args=[document.pk])).status_code == 404


def test_an_admin_makes_a_collection_and_each_grant_is_recorded(signed_in: Any, david: Any, make_team: Any):
    sales, engineering = make_team("Sales"), make_team("Engineering")

    signed_in(david).post(
        reverse("rag:create"), {"name": "Prices", "description": "Lists.", "teams": [sales.pk, engineering.pk]}
    )

    made = Collection.objects.get(name="Prices")
    assert set(made.teams.all()) == {sales, engineering}
    assert Event.objects.filter(action=Action.COLLECTION_CREATED).count() == 1
    given = Event.objects.filter(action=Action.COLLECTION_GRANT_GIVEN)
    assert {event.details["team"] for event in given} == {"Sales", "Engineering"}


def test_access_that_is_taken_away_is_recorded_and_holds_at_once(
    signed_in: Any, david: Any, maya: Any, shelf: Collection, make_team: Any
):
    engineering = make_team("Engineering")

    signed_in(david).post(
        reverse("rag:change", args=[shelf.pk]), {"name": "Agreements", "description": "", "teams": [engineering.pk]}
    )

    assert [team.name for team in Team.objects.filter(collections=shelf)] == ["Engineering"]
    assert Event.objects.get(action=Action.COLLECTION_GRANT_TAKEN).details["team"] == "Sales"
    assert Event.objects.get(action=Action.COLLECTION_GRANT_GIVEN).details["team"] == "Engineering"
    assert Event.objects.get(action=Action.COLLECTION_CHANGED).details == {"name": "Agreements"}
    assert not Collection.objects.visible_to(maya).exists()


def test_saving_without_a_change_records_nothing(signed_in: Any, david: Any, shelf: Collection):
    teams = list(shelf.teams.values_list("pk", flat=True))

    signed_in(david).post(
        reverse("rag:change", args=[shelf.pk]), {"name": "Contracts", "description": "", "teams": teams}
    )

    assert not Event.objects.filter(subject_kind="collection").exists()


@pytest.mark.parametrize(
    "sent", [{"name": ""}, {"name": "x" * 121}, {"name": "Contracts"}, {"name": "A", "teams": ["not-an-id"]}]
)
def test_a_wrong_form_comes_back_with_what_was_typed(
    sent: dict[str, Any], signed_in: Any, david: Any, shelf: Collection
):
    response = signed_in(david).post(reverse("rag:create"), {"description": "Typed in vain?", **sent})

    assert response.status_code == 422
    assert "Typed in vain?" in response.content.decode()
    assert Collection.objects.count() == 1


def test_only_an_empty_collection_is_deleted(signed_in: Any, david: Any, document: Document):
    browser, shelf = signed_in(david), document.collection

    browser.post(reverse("rag:remove", args=[shelf.pk]))
    assert Collection.objects.filter(pk=shelf.pk).exists()
    library.delete_document(document, person=david, now=NOW)
    browser.post(reverse("rag:remove", args=[shelf.pk]))

    assert not Collection.objects.filter(pk=shelf.pk).exists()
    assert Event.objects.filter(action=Action.COLLECTION_DELETED).count() == 1


@pytest.mark.parametrize("title", ["\0", "a\0b", "\ud800", "%", "x" * 5000])
def test_no_search_for_a_title_breaks_the_page(signed_in: Any, maya: Any, shelf: Collection, title: str):
    address = f"/documents/in/{shelf.pk}?{urlencode({'title': title}, errors='surrogatepass')}"

    assert signed_in(maya).get(address).status_code == 200

"""A person's copy holds all that is stored about them; an erased person's words are nowhere; both are on the record."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.api.models import ApiKey
from apps.audit import looks
from apps.audit.approvals.deeds import CannotBeCarriedOut
from apps.audit.retention import packaging, reapplying, requests, storing
from apps.audit.retention.models import PersonRequest
from apps.chat import texts
from apps.chat.models import Conversation, Message, Turn
from apps.ledger.ids import new_id
from apps.ledger.models import Event, HiddenLook, Intent, SearchRow
from apps.ledger.vocabulary import Action
from apps.privacy import certificates, destruction, holds, keys
from apps.privacy.holds import Scope
from apps.rag.models import Collection, Document
from tests.audit.retention.conftest import NOW, WHY, disagreements, erase, is_readable

pytestmark = pytest.mark.django_db

State = PersonRequest.State


@pytest.fixture
def files(tmp_path, settings):
    """A file store of the test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }
    return tmp_path


@pytest.fixture
def talked(maya):
    """A conversation of Maya's as the chat keeps it."""
    conversation = Conversation.objects.create(owner=maya, team=maya.teams.get())
    key = keys.open_key(conversation.pk)
    Conversation.objects.filter(pk=conversation.pk).update(
        sealed_title=texts.seal_text(key, "The heron dossier", purpose=texts.TITLE)
    )
    first = None
    for question in ("Who is Grace Hopper?", "And her <b>rank</b>?"):
        first = turn = Turn.objects.create(
            conversation=conversation, key=new_id(), retry_of=first, outcome="ANSWERED", lease_until=NOW, closed_at=NOW
        )
        for author, text, purpose in (("PERSON", question, texts.QUESTION), ("MODEL", "An admiral.", texts.ANSWER)):
            Message.objects.create(turn=turn, author=author, sealed_text=texts.seal_text(key, text, purpose=purpose))
    return conversation


@pytest.fixture
def uploaded(maya, files):
    shelf = Collection.objects.create(name="Sales files")
    document = Document(
        collection=shelf, title="Offer to Heron", file_name="../offer.txt", content_type="text/plain", size=5,
        sha256="0" * 64, uploaded_by=maya,
    )  # fmt: skip
    document.file.save("offer.txt", ContentFile(b"heron"), save=False)
    document.save(force_insert=True)
    return document


def package_of(request):
    packaging.make(request.pk, now=NOW)
    return zipfile.ZipFile(io.BytesIO(b"".join(storing.opened(request.pk))))


def asked_erasure(maya, officer, consent, *, closes_account=False):
    consent(requests.ask_for_erasure(maya, closes_account=closes_account, why=WHY, by=officer, now=NOW))
    return PersonRequest.objects.get(kind=PersonRequest.Kind.ERASURE)


def test_a_package_holds_the_persons_own_words_and_what_went_out_for_them(talked, uploaded, aged, maya, officer):
    aged(3)
    request = requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)

    package = package_of(request)

    said = json.loads(package.read(f"conversations/{talked.pk}.json"))
    assert said[0]["title"] == "The heron dossier"
    assert [turn["question"] for turn in said[1:]] == ["Who is Grace Hopper?", "And her <b>rank</b>?"]
    assert "&lt;b&gt;rank" in package.read(f"conversations/{talked.pk}.html").decode()
    assert "Please greet <PERSON_1>" in package.read("exchanges/0001.json").decode()
    assert json.loads(package.read("profile.json"))[0]["user_name"] == "maya"
    assert package.read(f"documents/{uploaded.pk}-offer.txt") == b"heron"
    assert f'href="conversations/{talked.pk}.html"' in package.read("index.html").decode()


def test_no_name_in_a_package_leads_out_of_its_folder(uploaded, maya, officer):
    package = package_of(requests.ask_for_package(maya, why=WHY, by=officer, now=NOW))

    assert not [name for name in package.namelist() if ".." in name or name.startswith("/") or "\\" in name]


def test_a_package_lies_sealed_and_one_that_was_altered_does_not_open(talked, maya, officer, files):
    request = requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)
    package_of(request)
    path = files / "packages" / str(request.pk)
    raw = path.read_bytes()

    assert b"PK" not in raw[:8]
    for altered in (raw[:-1], raw + raw, raw[:200] + bytes([raw[200] ^ 1]) + raw[201:]):
        path.write_bytes(altered)
        with pytest.raises(keys.SealBroken):
            b"".join(storing.opened(request.pk))


def test_a_package_is_gone_when_its_time_is_over(talked, maya, officer, files):
    request = requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)
    package_of(request)

    request.refresh_from_db()
    assert packaging.discard_expired(now=request.expires_at) == 0
    assert packaging.discard_expired(now=request.expires_at + timedelta(seconds=1)) == 1

    with pytest.raises(keys.KeyDestroyed):
        b"".join(storing.opened(request.pk))
    assert disagreements() == []


def test_a_package_whose_worker_died_is_begun_again_and_given_up_after_three_times(maya, officer, files):
    request = requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)
    for attempt in range(3):
        assert packaging._claimed(request.pk, now=NOW) is not None
        assert packaging._claimed(request.pk, now=NOW) is None
        packaging.give_up_lapsed(now=NOW + timedelta(minutes=3))
        request.refresh_from_db()
        assert request.state == (State.QUEUED if attempt < 2 else State.FAILED)


def test_one_package_of_a_person_is_made_at_a_time(maya, officer, db):
    requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)

    with pytest.raises(requests.AlreadyAsked):
        requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)


@pytest.mark.parametrize("ask", ["package", "erasure"])
def test_nobody_asks_about_their_own_data_or_without_the_office(officer, maya, make_person, ask):
    def asks(person: User, by: User):
        if ask == "package":
            return requests.ask_for_package(person, why=WHY, by=by, now=NOW)
        return requests.ask_for_erasure(person, closes_account=False, why=WHY, by=by, now=NOW)

    for person, by in ((officer, officer), (maya, make_person("ruth", roles=("AUDITOR",)))):
        with pytest.raises(PermissionDenied):
            asks(person, by)


def test_nothing_is_erased_before_a_second_officer_consents(talked, aged, maya, officer):
    key = aged(1)
    requests.ask_for_erasure(maya, closes_account=False, why=WHY, by=officer, now=NOW)

    assert not PersonRequest.objects.exists()
    assert is_readable(key)
    assert is_readable(talked.pk)


def test_an_erased_person_leaves_no_readable_word(talked, uploaded, aged, maya, officer, consent, make_person, files):
    mine = [aged(1), aged(400), talked.pk]
    others = aged(1, by=make_person("tom", teams=("Sales",)))
    package = requests.ask_for_package(maya, why=WHY, by=officer, now=NOW)
    package_of(package)

    request = asked_erasure(maya, officer, consent)
    erase(request.pk)

    request.refresh_from_db()
    assert request.state == State.DONE
    assert not any(is_readable(key) for key in [*mine, package.pk])
    assert is_readable(others)
    assert not Conversation.objects.filter(owner=maya).exists()
    assert not Document.objects.exists()
    assert list(SearchRow.objects.values_list("conversation_id", flat=True)) == [others]
    assert Intent.objects.count() == 3
    assert disagreements() == []


def test_closing_the_account_removes_what_names_the_person(maya, officer, consent, files):
    request = asked_erasure(maya, officer, consent, closes_account=True)
    erase(request.pk)

    maya.refresh_from_db()
    assert (maya.name, maya.email, maya.is_active) == ("Erased person", "", False)
    assert "maya" not in maya.username
    assert not maya.memberships.exists()


def test_an_open_account_keeps_its_name(maya, officer, consent, files):
    erase(asked_erasure(maya, officer, consent).pk)

    maya.refresh_from_db()
    assert (maya.name, maya.is_active) == ("Maya", True)


def test_a_held_persons_erasure_is_refused_with_a_sentence(aged, maya, officer, hold):
    key = aged(1)
    hold(Scope("greet", query="q=greet"))

    with pytest.raises(requests.PersonHeld) as refused:
        requests.ask_for_erasure(maya, closes_account=False, why=WHY, by=officer, now=NOW)

    assert "legal hold" in refused.value.sentence
    assert is_readable(key)


def test_a_hold_placed_before_the_consent_keeps_it_from_being_carried_out(aged, maya, officer, hold, consent):
    key = aged(1)
    asked = requests.ask_for_erasure(maya, closes_account=False, why=WHY, by=officer, now=NOW)
    hold(Scope("Maya", person_id=maya.pk))

    with pytest.raises(CannotBeCarriedOut, match="legal hold"), transaction.atomic():
        consent(asked)

    assert is_readable(key)


def test_an_erasure_waits_for_a_hold_placed_meanwhile_and_goes_on_after_it(aged, maya, officer, hold, consent, files):
    held, free = aged(1), aged(1, text="Nothing of interest")
    request = asked_erasure(maya, officer, consent)
    placed = hold(Scope("greet", query="q=greet"))

    erase(request.pk)
    request.refresh_from_db()
    assert (request.state, is_readable(held), is_readable(free)) == (State.HELD, True, False)

    holds.lift(placed.pk, reason=WHY, by=who(officer), consent="Samir", now=NOW)
    erase(request.pk)
    request.refresh_from_db()
    assert (request.state, is_readable(held)) == (State.DONE, False)


def test_the_record_says_who_asked_who_consented_and_what_was_destroyed(aged, maya, officer, consent, files):
    key = aged(1)
    erase(asked_erasure(maya, officer, consent).pk)

    (asked,) = Event.objects.filter(action=Action.ERASURE_REQUESTED)
    (certified,) = Event.objects.filter(action=Action.ERASURE_CERTIFIED)
    (completed,) = Event.objects.filter(action=Action.ERASURE_COMPLETED)
    assert (asked.actor_id, asked.details["consent"]) == (officer.pk, "Samir")
    assert certified.details["keys"] == [key.hex]
    assert completed.details["counts"]["keys"] == 1


def test_keys_of_programs_are_revoked_and_lose_their_names(maya, officer, consent, files):
    key = ApiKey.objects.create(
        kind="PERSONAL", name="Heron script", person=maya, team=maya.teams.get(), digest=b"d" * 32, ending="abcd",
        scopes=["CHAT"], created_at=NOW, expires_at=NOW + timedelta(days=9),
    )  # fmt: skip

    erase(asked_erasure(maya, officer, consent).pk)

    key.refresh_from_db()
    assert (key.name, key.revoked_at is not None) == ("Erased", True)


def test_every_certificate_has_a_copy_outside_the_database(
    aged, maya, officer, consent, files, django_capture_on_commit_callbacks
):
    key = aged(1)
    request = asked_erasure(maya, officer, consent, closes_account=True)
    with django_capture_on_commit_callbacks(execute=True):
        erase(request.pk)

    copies = list(certificates.outside())

    assert {key for copy in copies for key in copy.keys} == {key}
    assert [copy.person_id for copy in copies if copy.closes_account] == [maya.pk]


def test_a_copy_that_could_not_be_written_is_written_later(aged, files):
    certificate = destruction.destroy_one(aged(1))

    assert certificates.keep_missing_copies(now=timezone.now()) == 1
    assert [copy.event_id for copy in certificates.outside()] == [str(certificate.event_id)]


def test_after_a_restore_the_copies_say_what_is_destroyed_again(aged, maya, talked, hold, files, make_person):
    """The restored database knows nothing of the certificates; the file store does."""
    back, held = aged(1), aged(1, by=make_person("tom", teams=("Legal",)))
    hold(Scope("Legal", team_id=Intent.objects.get(conversation_id=held).team_id))
    said = {"event": str(new_id()), "action": "ERASURE_CERTIFIED", "at": "", "person": "", "closes_account": False}
    copies = [
        {**said, "keys": [back.hex, held.hex, talked.pk.hex]},
        {**said, "event": str(new_id()), "keys": [], "person": str(maya.pk), "closes_account": True},
    ]
    for number, copy in enumerate(copies):
        default_storage.save(f"certificates/2027-06/{number}.json", ContentFile(json.dumps(copy).encode()))

    done = reapplying.reapply(now=NOW)

    assert (done.certificates, done.keys, done.held, done.people) == (2, 2, 1, 1)
    assert (is_readable(back), is_readable(held)) == (False, True)
    assert not Conversation.objects.exists()
    maya.refresh_from_db()
    assert maya.name == "Erased person"
    assert disagreements() == []
    assert reapplying.reapply(now=NOW).keys == 0


def test_a_copy_that_cannot_be_read_stops_the_whole_thing_with_a_sentence(aged, files):
    key = aged(1)
    default_storage.save("certificates/2027-06/1.json", ContentFile(b"{"))

    with pytest.raises(certificates.CopyBroken) as broken:
        reapplying.reapply(now=NOW)

    assert "cannot be read" in broken.value.sentence
    assert is_readable(key)


def test_a_look_that_a_confidential_case_hides_is_not_in_the_package(aged, maya, officer, files):
    aged(1)
    exchange = Intent.objects.get()
    looks.opened(officer, exchange_id=exchange.pk, label="", now=NOW)
    HiddenLook.objects.create(exchange_id=exchange.pk, case_id=new_id(), hidden_at=NOW)

    package = package_of(requests.ask_for_package(maya, why=WHY, by=officer, now=NOW))

    assert json.loads(package.read("looks.json")) == []

"""Acts that are easily forgotten, driven at their doors: each leaves its event, and no word of anybody's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Role
from apps.batch.models import Batch
from apps.chat import abandoned
from apps.ledger.models import Event
from apps.privacy.dictionary_models import DictionaryImport
from apps.rag.models import Collection, Document
from portal.lifespan import Lifespan


def recorded(action: str) -> list[Event]:
    return list(Event.objects.filter(action=action).order_by("id"))


@pytest.mark.django_db
def test_a_page_refused_for_lack_of_a_role_names_who_was_refused_which_page(make_person, sign_in):
    person = make_person("maya")

    page = sign_in(person).get("/console/people/")

    (event,) = recorded("ACCESS_DENIED")
    assert page.status_code == 403
    assert (event.actor_id, event.subject_label) == (person.pk, "console:people")


@pytest.mark.django_db
def test_a_form_of_another_site_is_refused_on_the_record_and_strangers_fill_no_ledger(make_person):
    person, client = make_person("maya"), Client(enforce_csrf_checks=True)
    client.post("/accounts/sign-out/")
    client.force_login(person)

    page = client.post("/c/", {"text": "Hello"})

    (event,) = recorded("FORM_REFUSED")
    assert page.status_code == 403
    assert (event.actor_id, event.subject_label) == (person.pk, "chat:begin")


@pytest.mark.django_db(transaction=True)
def test_a_person_who_looks_at_what_left_is_on_the_record(maya, provider):
    provider.will_answer("Dear <PERSON_1>.")
    turn = maya.ask("Please greet Grace Hopper")

    maya.client.get(f"/turns/{turn.pk}/left", headers={"X-Requested-With": "fetch"})

    (event,) = recorded("LEFT_TEXT_SHOWN")
    assert (event.subject_kind, event.subject_id, event.details) == ("turn", str(turn.pk), {})


@pytest.mark.django_db(transaction=True)
def test_a_file_of_prompts_is_recorded_from_its_upload_to_its_end(doors):
    file = SimpleUploadedFile("Layoffs.jsonl", b'{"id": "one", "prompt": "Secret words"}')
    doors.asker.client.post("/batches/?team=sales", {"file": file, "model": str(doors.asker.model.pk)})
    batch = Batch.objects.get()

    doors.asker.client.post(f"/batches/{batch.pk}/discard/")

    assert [one.subject_id for one in recorded("BATCH_UPLOADED") + recorded("BATCH_DISCARDED")] == [str(batch.pk)] * 2
    assert "Layoffs" not in "".join(map(str, Event.objects.values_list("details", "subject_label")))


@pytest.mark.django_db
def test_lines_for_the_dictionary_are_recorded_before_they_are_in_it_by_their_number_alone(make_person, sign_in):
    admin = sign_in(make_person("ada", roles=(Role.ADMIN,)))
    admin.post("/console/dictionary/import/", {"text": "Project Falcon\nProject Heron", "kind": "PROJECT"})
    draft = DictionaryImport.objects.get()

    admin.post(f"/console/dictionary/import/{draft.pk}/discard/")

    events = recorded("DICTIONARY_IMPORT_PREPARED") + recorded("DICTIONARY_IMPORT_DISCARDED")
    assert [event.details for event in events] == [{"lines": 2}] * 2


@pytest.mark.django_db
def test_a_document_read_again_is_on_the_record(make_person, sign_in):
    person = make_person("ada", roles=(Role.ADMIN, Role.EMPLOYEE))
    collection = Collection.objects.create(name="Handbook", is_company_wide=True)
    document = Document.objects.create(
        collection=collection, title="Plan", size=1, status="FAILED", failure="Damaged", uploaded_by=person
    )

    sign_in(person).post(f"/documents/{document.pk}/retry")

    assert [event.subject_id for event in recorded("DOCUMENT_RETRIED")] == [str(document.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_portals_start_names_its_settings_and_no_secret(monkeypatch):
    monkeypatch.setenv("PORTCULLIS_SCRUB_SECONDS", "31")
    monkeypatch.setattr("portal.lifespan.WARM_UPS", {})
    monkeypatch.setattr("portal.lifespan.lifecycle.start", _nothing)
    monkeypatch.setattr("portal.lifespan.lifecycle.stop", _nothing)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    asyncio.run(Lifespan()({}, receive, _nothing))

    (started,), (stopped,) = recorded("PORTAL_STARTED"), recorded("PORTAL_STOPPED")
    assert started.details["settings"]["PORTCULLIS_SCRUB_SECONDS"] == "31"
    assert started.details["settings"]["PORTCULLIS_SECRET_KEY"] == "set"
    assert stopped.details == {}


async def _nothing(*_: object) -> None:
    return None


@pytest.mark.django_db(transaction=True)
def test_what_was_swept_up_after_a_dead_process_is_on_the_record_once(doors, provider):
    provider.will_hang_before_headers()
    doors.begin("Hello")
    provider.wait_for_requests()

    for _ in range(2):
        abandoned.conclude_forgotten(now=timezone.now() + timedelta(minutes=10))

    assert [event.details for event in recorded("EXCHANGES_SWEPT")] == [{"exchanges": 1}]


@pytest.mark.django_db
def test_checking_and_exporting_the_ledger_by_command_is_on_the_record_of_what_was_taken():
    with pytest.raises(CommandError, match="does not fit"):  # nothing has introduced a key yet
        call_command("ledger", "verify", stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="Nothing is signed"):
        call_command("ledger", "export", "--to", "5", stdout=StringIO())

    (checked,), (exported,) = recorded("LEDGER_CHECKED"), recorded("LEDGER_EXPORTED")
    assert checked.details["findings"] > 0
    assert exported.details == {"first": 0, "beyond": 5}

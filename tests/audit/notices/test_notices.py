"""What officers tell people: from templates in versions, read and acknowledged by them, and by nobody else."""

import re

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.notices.models import Notice, NoticeTemplate
from apps.ledger import looks
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.privacy import erasure
from tests.audit.conftest import NOON, sign_in
from tests.audit.notices.conftest import TEXT

pytestmark = pytest.mark.django_db

EDITED = re.compile(r"<textarea.*?</textarea>", re.DOTALL)
HOSTILE = "<script>alert(1)</script>\u202egnp.exe =cmd()"


def send(desk, exchange, template, **more):
    return desk.post(f"/audit/notices/exchanges/{exchange}/send", {"template": template.pk, **more})


def test_a_person_reads_a_notice_learns_the_role_and_not_the_name_and_acknowledges_it(
    desk, browser, exchange, make_template, officer, events_of
):
    assert send(desk, exchange, make_template(), added="Ask the lawyers first.").status_code == 302

    home, page = browser.get("/accounts/profile/").content.decode(), browser.get("/record/notices").content.decode()

    assert '1<span class="visually-hidden"> not read' in home
    assert TEXT in page
    assert "Ask the lawyers first." in page
    assert "A compliance officer" in page
    assert officer.name not in page

    browser.post(f"/record/notices/{Notice.objects.get().pk}/read")

    assert "You read it" in browser.get("/record/notices").content.decode()
    assert "not read" not in browser.get("/accounts/profile/").content.decode()
    [read] = events_of("NOTICE_ACKNOWLEDGED")
    assert read.subject_id == str(exchange)
    assert '<span class="badge badge-success">Read</span>' in desk.get(f"/audit/exchanges/{exchange}").content.decode()


def test_no_word_of_a_notice_is_on_the_record_or_readable_at_rest(desk, browser, exchange, make_template):
    template = make_template("QUESTION")
    send(desk, exchange, template, added="Sesame opens it.")
    notice = Notice.objects.get()
    browser.post(f"/record/notices/{notice.pk}/read", {"reply": "Pomegranate was the customer."})

    notice.refresh_from_db()
    events = " ".join(str(each.details) for each in Event.objects.exclude(action="NOTICE_TEMPLATE_WRITTEN"))

    for word in ("Sesame", "Pomegranate"):
        assert word not in events
        assert word.encode() not in bytes(notice.sealed) + bytes(notice.sealed_reply)


def test_a_question_is_answered_in_writing_and_the_desk_reads_the_answer(desk, browser, exchange, make_template):
    send(desk, exchange, make_template("QUESTION"))
    notice = Notice.objects.get()

    empty = browser.post(f"/record/notices/{notice.pk}/read", {"reply": " "})
    assert empty.status_code == 422
    assert "write your answer" in empty.content.decode()
    browser.post(f"/record/notices/{notice.pk}/read", {"reply": "It was for the audit."})

    assert "It was for the audit." in desk.get(f"/audit/exchanges/{exchange}").content.decode()


def test_what_was_sent_stays_when_the_template_gets_a_new_version(desk, browser, exchange, make_template):
    template = make_template()
    send(desk, exchange, template)

    desk.post(f"/audit/notices/templates/{template.pk}/write", {"title": "New title", "text": "Other words."})

    assert TEXT in browser.get("/record/notices").content.decode()
    assert template.versions.count() == 2
    send(desk, exchange, template)
    assert "Other words." in browser.get("/record/notices").content.decode()


def test_versions_of_templates_are_append_only(make_template):
    make_template()

    for statement in ("UPDATE notices_templateversion SET text = 'x'", "DELETE FROM notices_templateversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_template_that_is_off_is_not_sent(desk, exchange, make_template):
    template = make_template()
    desk.post(f"/audit/notices/templates/{template.pk}/off")

    assert send(desk, exchange, template).status_code == 422
    assert not Notice.objects.exists()


def test_nothing_is_told_of_an_exchange_in_a_confidential_case(desk, exchange, make_template, officer):
    looks.hide_looks([exchange], case_id=new_id(), who=who(officer), now=NOON)

    refused = send(desk, exchange, make_template())

    assert refused.status_code == 409
    assert not Notice.objects.exists()


def test_an_officer_tells_themselves_nothing_and_does_not_see_what_they_were_told(
    make_exchange, officer, desk, second, make_template
):
    own, template = make_exchange(who=who(officer)), make_template()

    assert send(desk, own, template).status_code == 404
    assert send(sign_in(second), own, template).status_code == 302
    assert not Notice.objects.visible_to(officer).exists()
    assert not Event.objects.filter(action="NOTICE_SENT", subject_id=str(own)).filter(actor_id=officer.pk).exists()
    assert TEXT in desk.get("/record/notices").content.decode()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.EMPLOYEE])
def test_nobody_but_officers_writes_or_sends(make_person, exchange, make_template, role):
    other, template = sign_in(make_person("other", roles=(role,))), make_template()

    assert send(other, exchange, template).status_code == 403
    assert other.post("/audit/notices/write", {"name": "x"}).status_code == 403
    assert not Notice.objects.exists()


def test_a_notice_is_its_persons_alone(desk, exchange, make_template, make_person):
    send(desk, exchange, make_template())
    stranger, notice = sign_in(make_person("tom")), Notice.objects.get()

    assert stranger.post(f"/record/notices/{notice.pk}/read").status_code == 404
    assert desk.post(f"/record/notices/{notice.pk}/read").status_code == 404
    assert TEXT not in stranger.get("/record/notices").content.decode()
    assert Notice.objects.get().acknowledged_at is None


def test_hostile_words_are_shown_as_text_everywhere(desk, browser, exchange, make_template):
    template = make_template("QUESTION", name=HOSTILE[:25], text=HOSTILE)
    send(desk, exchange, template, added=HOSTILE)
    browser.post(f"/record/notices/{Notice.objects.get().pk}/read", {"reply": HOSTILE})

    pages = [
        desk.get("/audit/notices/"), desk.get(f"/audit/notices/templates/{template.pk}"),
        desk.get(f"/audit/exchanges/{exchange}"), browser.get("/record/notices"), browser.get(f"/record/{exchange}"),
    ]  # fmt: skip

    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "\u202e" not in EDITED.sub("", page.content.decode())


@pytest.mark.parametrize("text", ["", "ab", "x" * 4_001, "a\x00bcd"])
def test_words_that_will_not_do_come_back_with_a_sentence(desk, text):
    typed = {"name": "N", "kind": "REMINDER", "title": "T", "text": text}

    assert desk.post("/audit/notices/write", typed).status_code == 422
    assert not NoticeTemplate.objects.exists()


def test_a_name_of_characters_that_nobody_sees_is_refused(desk):
    typed = {"kind": "REMINDER", "name": "a\u202eb", "title": "T", "text": "Some words."}

    assert desk.post("/audit/notices/write", typed).status_code == 422
    assert desk.post("/audit/notices/write", typed | {"name": "N", "title": "\u2066T"}).status_code == 422


def test_two_templates_do_not_share_a_name(desk, make_template):
    make_template()

    typed = {"name": "Contracts", "kind": "REMINDER", "title": "T", "text": "Some words."}
    assert desk.post("/audit/notices/write", typed).status_code == 409


def test_what_was_told_goes_with_the_key_of_its_exchange(desk, exchange, make_template, maya):
    send(desk, exchange, make_template())
    notice = Notice.objects.get()
    assert [part.name for room in erasure.rooms() for part in room.package(maya.pk) if part.name == "notices"]

    gone = erasure.forget({notice.key_id})

    assert gone["notices"] == 1
    assert not Notice.objects.exists()
    assert Event.objects.filter(action="NOTICE_SENT").exists()

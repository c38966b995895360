"""A person sees their own record and objects; an officer who had no part in it answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.notices import objecting
from apps.audit.notices.models import Notice, Objection
from apps.ledger.models import Event
from tests.audit.conftest import NOON, sign_in

pytestmark = pytest.mark.django_db

WRONG = "The customer had agreed to it."
HOSTILE = "<img src=x onerror=alert(1)>\u202e=HYPERLINK()"


def object_to(browser, exchange, *, about="record", text=WRONG):
    return browser.post(f"/record/{exchange}/object", {"about": about, "text": text})


def answer(desk, objection, *, verdict="UPHELD", text="You are right."):
    return desk.post(f"/audit/notices/objections/{objection.pk}/answer", {"verdict": verdict, "text": text})


def told(desk, exchange, template, *, tells=True):
    typed = {"template": template.pk} | ({"tells_finding": "on"} if tells else {})
    assert desk.post(f"/audit/notices/exchanges/{exchange}/send", typed).status_code == 302
    return Notice.objects.exclude(kind="ANSWER").latest("sent_at")


def test_a_person_sees_what_was_recorded_of_them(browser, exchange, events_of):
    page = browser.get(f"/record/{exchange}").content.decode()

    for fact in ("PERSON", "name model", "SmolLM2 135M", "0.0021", "BLOCKED_WORD", "Please greet", "policy-7"):
        assert fact in page
    [shown] = events_of("RECORD_SHOWN")
    assert shown.subject_id == str(exchange)
    assert str(exchange) in browser.get("/record/").content.decode()


def test_nobody_elses_record_is_there(make_person, desk, exchange):
    tom = sign_in(make_person("tom"))

    for browser in (tom, desk):
        assert browser.get(f"/record/{exchange}").status_code == 404
        assert object_to(browser, exchange).status_code == 404
        assert str(exchange) not in browser.get("/record/").content.decode()
        assert browser.get(f"/record/?before={exchange}").status_code == 404
    assert not Objection.objects.exists()


def test_the_own_list_goes_on_where_it_ended(browser, make_exchange, maya, monkeypatch):
    from apps.accounts.actors import who
    from apps.audit.notices import own

    monkeypatch.setattr(own, "PAGE_SIZE", 2)
    made = [make_exchange(who=who(maya), now=NOON + timedelta(minutes=each // 2)) for each in range(5)]

    seen, before = [], None
    while True:
        page = own.listed(maya, before=before)
        seen += [row.pk for row in page.rows]
        before = page.older
        if before is None:
            break

    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))


def test_a_finding_is_unknown_to_the_person_until_a_notice_tells_it(desk, browser, decided, make_template):
    before = browser.get(f"/record/{decided}").content.decode()
    notice = told(desk, decided, make_template(), tells=False)
    quiet = browser.get(f"/record/{decided}").content.decode()
    assert "Non-compliant" not in before + quiet
    assert object_to(browser, decided, about=str(notice.pk)).status_code == 422

    told(desk, decided, make_template(name="Second"), tells=True)

    assert "Non-compliant" in browser.get(f"/record/{decided}").content.decode()


def test_whoever_decided_does_not_answer_and_another_officer_does(
    desk, browser, decided, make_template, second, officer, events_of
):
    notice = told(desk, decided, make_template())
    object_to(browser, decided, about=str(notice.pk))
    objection = Objection.objects.get()

    page = desk.get("/audit/notices/objections").content.decode()
    assert WRONG in page
    assert "another officer answers" in page
    assert answer(desk, objection).status_code == 302
    objection.refresh_from_db()
    assert objection.state == "OPEN"

    assert answer(sign_in(second), objection).status_code == 302

    objection.refresh_from_db()
    assert (objection.state, objection.verdict) == ("ANSWERED", "UPHELD")
    page = browser.get("/record/notices").content.decode()
    assert "You are right." in page
    assert second.name not in page
    assert [each.actor_id for each in events_of("OBJECTION_ANSWERED")] == [second.pk]


def test_an_officer_who_decides_while_the_objection_waits_may_not_answer_any_more(second, browser, exchange, desk):
    object_to(browser, exchange)
    objection = Objection.objects.get()
    assert objecting.had_a_part(exchange) == set()

    from apps.audit.notices import drafting, sending

    template = drafting.write_new("T", kind="REMINDER", title="T", text="Some words.", by=second, now=NOON)
    sending.send(exchange, template, tells_finding=False, by=second, now=NOON)

    with pytest.raises(objecting.HadAPart):
        objecting.answer(objection.pk, verdict="REJECTED", text="No, it is right.", by=second, now=NOON)


def test_an_officer_does_not_see_or_answer_their_own_objection(make_exchange, officer, desk):
    from apps.accounts.actors import who

    own = make_exchange(who=who(officer))
    object_to(desk, own)
    objection = Objection.objects.get()

    assert WRONG not in desk.get("/audit/notices/objections").content.decode()
    assert answer(desk, objection).status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.EMPLOYEE])
def test_nobody_but_officers_answers(make_person, browser, exchange, role):
    object_to(browser, exchange)

    assert answer(sign_in(make_person("other", roles=(role,))), Objection.objects.get()).status_code == 403
    assert Objection.objects.get().state == "OPEN"


def test_one_objection_of_an_exchange_waits_at_a_time(browser, exchange, desk):
    object_to(browser, exchange)

    again = object_to(browser, exchange)
    assert again.status_code == 409
    assert "waits for its answer" in again.content.decode()
    answer(desk, Objection.objects.get())

    assert object_to(browser, exchange).status_code == 302
    assert Objection.objects.count() == 2


def test_an_objection_is_answered_once(browser, exchange, desk, second):
    object_to(browser, exchange)
    objection = Objection.objects.get()
    answer(desk, objection)

    answer(sign_in(second), objection, verdict="REJECTED", text="No.")

    objection.refresh_from_db()
    assert objection.verdict == "UPHELD"
    assert Notice.objects.filter(kind="ANSWER").count() == 1


def test_what_nobody_answered_in_time_is_overdue(browser, exchange, desk):
    object_to(browser, exchange)
    Objection.objects.update(due_at=timezone.now() - timedelta(days=1))

    assert "Overdue" in desk.get("/audit/notices/objections").content.decode()


def test_words_of_an_objection_are_sealed_and_shown_as_text(browser, exchange, desk):
    object_to(browser, exchange, text=HOSTILE)
    objection = Objection.objects.get()

    pages = [
        desk.get("/audit/notices/objections"),
        desk.get(f"/audit/exchanges/{exchange}"),
        browser.get(f"/record/{exchange}"),
    ]
    answer(desk, objection, text=HOSTILE)
    pages += [desk.get("/audit/notices/objections"), browser.get("/record/notices")]

    assert b"onerror" not in bytes(objection.sealed)
    assert "onerror" not in " ".join(str(each.details) for each in Event.objects.all())
    for page in pages:
        main = page.content.decode().split("<main", 1)[1]
        assert "<img src=x" not in main
        assert "\u202e" not in main
        assert "&lt;img" in main


@pytest.mark.parametrize("text", ["", "no", "x" * 4_001, "a\x00bcd"])
def test_an_objection_that_says_too_little_or_too_much_comes_back(browser, exchange, text):
    assert object_to(browser, exchange, text=text).status_code == 422
    assert not Objection.objects.exists()

"""The doors of review, each on the same ladder: officer, auditor, admin, employee, signed out, wrong method, own."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.review import deciding, trying, work
from apps.audit.review.models import Decision, Item, Lexicon, Queue, Recheck
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Severity, State, Tag
from apps.ledger import records
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import LATER, look_at

pytestmark = pytest.mark.django_db

READ_BY_THE_DESK = ["queues", "queue", "edit", "sample", "figures", "drift", "lexicons", "lexicon"]
READ_BY_OFFICERS = ["new", "mine", "trial"]
ACTS = [
    "define", "try", "change", "switch_on", "switch_off", "close_many", "next", "claim", "release", "assign",
    "escalate", "note", "close", "ask_to_close", "reopen", "recheck", "new_lexicon", "write_lexicon", "compare_lexicon",
    "bring_into_force", "try_on_history", "stop_trial",
]  # fmt: skip
ON_AN_ITEM = ["claim", "release", "assign", "escalate", "note", "close", "ask_to_close", "reopen"]
FINDING = {"tag": Tag.COMPLIANT, "is_read": "on"}


@pytest.fixture
def address(make_queue, make_item, officer, second_officer):
    """Give the address of each door, with something behind it."""
    queue = make_queue(recheck_share=10_000)
    closed, item = make_item(queue), make_item(queue)
    work.claim(closed.pk, by=second_officer, now=NOON)
    deciding.close_many([closed.pk], verdict=Verdict(Tag.COMPLIANT), by=second_officer, now=NOON)
    lexicon = Lexicon(name="Insider")
    version = trying.write_lexicon(lexicon, "insider", by=officer, now=NOON)
    trial = trying.begin_trial(version, wanted=10, by=officer, now=NOON)
    keys = {
        "queue_id": queue.pk, "item_id": item.pk, "recheck_id": Recheck.objects.get().pk, "lexicon_id": lexicon.pk,
        "version_id": version.pk, "trial_id": trial.pk,
    }  # fmt: skip

    def of(name: str) -> str:
        from apps.audit.review.urls import urlpatterns

        route = next(str(pattern.pattern) for pattern in urlpatterns if pattern.name == name)
        return reverse(f"review:{name}", kwargs={key: value for key, value in keys.items() if f":{key}>" in route})

    return of


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Trials are begun; the test's own process does not go on with them."""
    from apps.audit.review import tasks

    monkeypatch.setattr(tasks.try_lexicon, "delay", lambda trial_id: None)


def test_the_ladder_has_every_door():
    from apps.audit.review.urls import urlpatterns

    assert {pattern.name for pattern in urlpatterns} == {*READ_BY_THE_DESK, *READ_BY_OFFICERS, *ACTS}


@pytest.mark.parametrize("name", [*READ_BY_THE_DESK, *READ_BY_OFFICERS])
def test_who_reads_a_page(make_person, address, desk, name):
    auditor = sign_in(make_person("ruth", roles=(Role.AUDITOR,)))
    admin, employee = sign_in(make_person("david", roles=(Role.ADMIN,))), sign_in(make_person("maya"))

    answers = [client.get(address(name)).status_code for client in (desk, auditor, admin, employee, Client())]

    assert answers == [200, 200 if name in READ_BY_THE_DESK else 403, 403, 403, 302]
    assert desk.post(address(name)).status_code == 405


@pytest.mark.parametrize("name", ACTS)
def test_who_acts(make_person, address, desk, name):
    others = [sign_in(make_person(f"p{role}", roles=(role,))) for role in (Role.AUDITOR, Role.ADMIN, Role.EMPLOYEE)]
    before = (Decision.objects.count(), Event.objects.filter(action__startswith="REVIEW").count())

    answers = [client.post(address(name)).status_code for client in (*others, Client())]

    assert answers == [403, 403, 403, 302]
    assert (Decision.objects.count(), Event.objects.filter(action__startswith="REVIEW").count()) == before
    assert desk.get(address(name)).status_code == 405
    assert desk.post(address(name)).status_code in {200, 302, 409, 422}


@pytest.mark.parametrize("name", ON_AN_ITEM)
def test_an_item_of_ones_own_is_not_there(make_item, officer, desk, name):
    own = make_item(who=who(officer))

    response = desk.post(reverse(f"review:{name}", args=[own.pk]), FINDING | {"text": "A reason", "why": "x" * 20})

    assert response.status_code == 404
    assert not Decision.objects.exists()


def test_a_list_leaves_out_ones_own(make_item, make_queue, officer, second_officer, desk):
    queue = make_queue()
    own, other = make_item(queue, who=who(officer)), make_item(queue)

    page = desk.get(reverse("review:queue", args=[queue.pk])).content.decode()
    theirs = sign_in(second_officer).get(reverse("review:queue", args=[queue.pk])).content.decode()

    assert str(other.pk) in page
    assert str(own.pk) not in page
    assert str(own.pk) in theirs


def test_no_page_shows_what_cannot_be_recorded(address, desk, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise records.LedgerUnavailable("08006")

    monkeypatch.setattr("apps.audit.review.looks.record_event", refuse)
    monkeypatch.setattr("apps.audit.review.reproducing.record_event", refuse)

    for name in ("queues", "queue", "mine", "figures", "lexicons", "lexicon", "sample"):
        assert desk.get(address(name)).status_code == 503, name


def test_an_officer_works_from_the_queue_to_the_decision(make_queue, make_item, officer, desk):
    item = make_item(make_queue())

    taken = desk.post(reverse("review:next"), {"queue": item.queue_id}, follow=True)

    assert taken.redirect_chain[-1][0] == f"/audit/exchanges/{item.exchange_id}?item={item.pk}"
    assert "I have read it" in taken.content.decode()
    decided = desk.post(
        reverse("review:close", args=[item.pk]), FINDING | {"note": "Fine", "own_tags": "a, b"}, follow=True
    )
    assert "Decided, and on the record." in decided.content.decode()
    item.refresh_from_db()
    assert (item.state, item.decisions.get().own_tags) == (State.CLOSED, ["a", "b"])


def test_high_severity_asks_a_second_officer_who_sees_the_terms(make_item, officer, second_officer, desk):
    item = make_item(severity=Severity.HIGH)
    taken = desk.post(reverse("review:claim", args=[item.pk]), follow=True)
    assert "I have read it" in taken.content.decode()

    asked = desk.post(
        reverse("review:ask_to_close", args=[item.pk]), FINDING | {"why": "It is all public knowledge."}, follow=True
    )

    assert "second officer" in asked.content.decode()
    waiting = sign_in(second_officer).get("/audit/approvals/").content.decode()
    assert "It is all public knowledge." in waiting
    assert "Compliant" in waiting


TYPED = {
    "note": ({"text": "ab"}, "ab"),
    "escalate": ({"text": "x" * 4001}, "xxxx"),
    "close": ({"tag": "NONSENSE", "note": "Long thoughts"}, "Long thoughts"),
    "ask_to_close": ({"tag": "COMPLIANT", "own_tags": "keep me", "why": "short"}, "keep me"),
}


@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_is_never_lost(address, desk, name):
    typed, kept = TYPED[name]

    response = desk.post(address(name), typed)

    assert response.status_code == 422
    assert kept in response.content.decode()


def test_a_finding_on_an_item_of_somebody_else_keeps_what_was_typed(make_item, second_officer, desk):
    item = make_item()
    work.claim(item.pk, by=second_officer, now=NOON)

    response = desk.post(reverse("review:close", args=[item.pk]), FINDING | {"note": "Long thoughts"})

    assert response.status_code == 409
    assert "Another officer holds this item" in response.content.decode()
    assert "Long thoughts" in response.content.decode()


FAULTY = {
    "no name": {"name": ""},
    "a share beyond the whole": {"share": "101"},
    "no hours": {"hours": "0"},
    "a team that nobody knows": {"team_shares": "Moon: 5"},
    "a share that is no number": {"team_shares": "Sales: many"},
    "verdicts that are no codes": {"verdicts": "<script>"},
    "a lexicon of another installation": {"lexicon": str(new_id())},
    "a door that is none": {"doors": ["WINDOW"]},
}
GOOD = {"name": "Payments", "severity": "LOW", "hours": "8", "share": "100", "recheck_share": "0"}


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize("door", ["define", "try"])
def test_a_queue_that_cannot_be_is_refused_where_it_was_typed(make_exchange, desk, door, fault):
    make_exchange()

    response = desk.post(reverse(f"review:{door}"), GOOD | {"cost_from": "0.25"} | FAULTY[fault])

    assert response.status_code == 422
    assert 'value="0.25"' in response.content.decode()
    assert not Queue.objects.exists()


def test_a_queue_is_tried_then_defined_then_changed(make_exchange, desk, officer):
    for masked in (("IBAN",), ()):
        make_exchange(masked=masked, now=timezone.now())
    described = GOOD | {"masked_types": ["IBAN"], "team_shares": "Sales: 20", "second_level": [str(officer.pk)]}

    tried = desk.post(reverse("review:try"), described).content.decode()
    desk.post(reverse("review:define"), described)

    assert "of 2 (" in tried
    queue = Queue.objects.get()
    page = desk.get(reverse("review:edit", args=[queue.pk])).content.decode()
    assert "Sales: 20" in page
    again = desk.post(reverse("review:change", args=[queue.pk]), described | {"hours": "9", "seen_number": "1"})
    late = desk.post(reverse("review:change", args=[queue.pk]), described | {"hours": "10", "seen_number": "1"})
    twin = desk.post(reverse("review:define"), described)
    assert (again.status_code, late.status_code, twin.status_code) == (302, 409, 422)
    queue.refresh_from_db()
    assert (queue.number, queue.hours) == (2, 9)


@pytest.mark.parametrize(
    "query", ["after=nonsense", "after=9999999999999999999999-x", "state=HALF", "level=9", "held=x"]
)
def test_a_damaged_address_of_a_list_is_refused_with_a_sentence(make_queue, desk, query):
    response = desk.get(f"{reverse('review:queue', args=[make_queue().pk])}?{query}")

    assert response.status_code == 400
    assert "That did not work" in response.content.decode()


@pytest.mark.parametrize("day", ["nonsense", "2026-13-01", "9999-12-31"])
def test_a_day_that_cannot_be_recomputed_is_refused_with_a_sentence(make_queue, desk, day):
    response = desk.get(f"{reverse('review:sample', args=[make_queue().pk])}?day={day}")

    assert response.status_code == 400
    assert "Write a day such as" in response.content.decode()


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"state": "CLOSED"},
        {"due": "overdue"},
        {"held": "mine"},
        {"held": "nobodys"},
        {"tag": "COMPLIANT"},
        {"level": "2"},
    ],
)
def test_lists_are_filtered(address, desk, state):
    assert desk.get(address("queue"), state).status_code == 200


def test_a_list_goes_on_where_its_page_ended(make_queue, make_exchange, place, desk, monkeypatch):
    monkeypatch.setattr("apps.audit.review.listing.PAGE_SIZE", 2)
    queue = make_queue()
    for _ in range(5):
        make_exchange()
    place()

    seen: list[str] = []
    address = reverse("review:queue", args=[queue.pk])
    after = ""
    while True:
        listed = desk.get(address, {"after": after} if after else {}).context["list"]
        seen += [str(item.pk) for item in listed.items]
        after = listed.after
        if not after:
            break

    assert len(seen) == len(set(seen)) == 5


def test_many_are_decided_from_the_list_and_nothing_ticked_is_said(address, make_item, desk):
    item = Item.objects.get(state=State.OPEN)

    none = desk.post(address("close_many"), {"tag": "COMPLIANT", "own_tags": "keep me"})
    many = desk.post(address("close_many"), {"tag": "COMPLIANT", "items": [str(item.pk)]})
    again = desk.post(address("close_many"), {"tag": "COMPLIANT", "items": [str(item.pk)]})

    assert (none.status_code, many.status_code, again.status_code) == (422, 200, 409)
    assert "keep me" in none.content.decode()
    assert "1 decided" in many.content.decode()
    assert "closed already" in again.content.decode()


def test_whoever_checks_again_does_not_see_what_was_found(make_queue, make_item, read, officer, second_officer):
    item = read(make_item(make_queue(recheck_share=10_000)))
    deciding.close(item.pk, verdict=Verdict(Tag.NON_COMPLIANT, is_read=True), by=officer, now=LATER)
    other = sign_in(second_officer)
    page = other.get(f"/audit/exchanges/{item.exchange_id}").content.decode()

    assert "without their finding" in page
    assert 'badge badge-dot badge-danger">Non-compliant' not in page
    response = other.post(reverse("review:recheck", args=[Recheck.objects.get().pk]), FINDING)
    assert response.status_code == 302
    assert Recheck.objects.get().second.tag == "COMPLIANT"


@pytest.mark.thorough
def test_hostile_names_and_words_are_shown_as_text(make_queue, make_exchange, place, officer, desk):
    hostile = "<img src=x onerror=alert(1)>"
    lexicon = Lexicon(name=hostile)
    trying.write_lexicon(lexicon, hostile, by=officer, now=NOON)
    queue = make_queue(hostile, lexicon=lexicon)
    make_exchange(model_label=hostile)
    place()
    item = Item.objects.get()
    work.claim(item.pk, by=officer, now=NOON)
    look_at(item, officer, now=NOON)
    deciding.close(
        item.pk, verdict=Verdict(Tag.COMPLIANT, (hostile,), is_read=True), note=hostile, by=officer, now=NOON
    )

    pages = [reverse("review:queues"), reverse("review:figures"), reverse("review:lexicons")]
    pages += [reverse(f"review:{name}", args=[queue.pk]) for name in ("queue", "edit", "sample")]
    pages += [f"/audit/exchanges/{item.exchange_id}?item={item.pk}", reverse("review:lexicon", args=[lexicon.pk])]
    for page in pages:
        assert "<img src=x" not in desk.get(page).content.decode(), page


def test_a_lexicon_is_written_compared_and_brought_into_force(desk, make_queue):
    desk.post(reverse("review:new_lexicon"), {"name": "Insider", "entries": "insider"})
    lexicon = Lexicon.objects.get()
    refused = desk.post(reverse("review:write_lexicon", args=[lexicon.pk]), {"entries": "fine\n***"})
    desk.post(reverse("review:write_lexicon", args=[lexicon.pk]), {"entries": "insider\nleak"})

    compared = desk.post(reverse("review:compare_lexicon", args=[lexicon.pk]), {"texts": "+ a leak\n- rain"})

    newest = lexicon.versions.first()
    assert refused.status_code == 422
    assert "***" in refused.content.decode()
    assert [(version.number, score.recall) for version, score in compared.context["scores"]] == [(2, 100), (1, 0)]
    desk.post(reverse("review:bring_into_force", args=[newest.pk]))
    lexicon.refresh_from_db()
    assert lexicon.in_force == newest
    assert "a leak" not in str(list(Event.objects.values_list("details", flat=True)))


def test_a_trial_goes_over_history_in_steps_and_can_be_stopped(make_exchange, officer, desk, monkeypatch):
    monkeypatch.setattr(trying, "STEP", 2)
    for text in ("an insider", "nothing", "the insider", "rain", "sun"):
        make_exchange(text, now=NOON)
    version = trying.write_lexicon(Lexicon(name="Insider"), "insider", by=officer, now=NOON)
    whole, stopped = (trying.begin_trial(version, wanted=100, by=officer, now=timezone.now()) for _ in range(2))

    trying.go_on(stopped.pk, now=NOON)
    desk.post(reverse("review:stop_trial", args=[stopped.pk]))
    while trying.go_on(whole.pk, now=NOON):
        pass

    whole.refresh_from_db()
    stopped.refresh_from_db()
    assert (whole.state, whole.looked_at, whole.found, whole.by_entry) == ("DONE", 5, 2, {"insider": 2})
    assert (stopped.state, stopped.looked_at) == ("STOPPED", 2)
    assert not trying.go_on(stopped.pk, now=NOON)


def test_what_is_switched_off_takes_nothing_more(make_queue, make_exchange, place, desk):
    queue = make_queue()
    desk.post(reverse("review:switch_off", args=[queue.pk]))
    make_exchange()

    assert place() == 0
    desk.post(reverse("review:switch_on", args=[queue.pk]))
    make_exchange()
    assert place() == 1
    assert [version.number for version in Queue.objects.get().versions.all()] == [3, 2, 1]

"""Receivers that ask for the record with a key: who gets in, what they get, and that nothing is missed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import key_texts
from apps.accounts.actors import who
from apps.accounts.models import Role, Team
from apps.api import callers
from apps.api import keys as api_keys
from apps.api.models import Scope
from apps.audit import pseudonyms
from apps.audit.approvals import asking
from apps.audit.approvals.models import Approval
from apps.audit.council import closing
from apps.audit.pseudonyms import pseudonym
from apps.audit.stream import delivering, files, keeping, pulling
from apps.audit.stream.keeping import Wish
from apps.audit.stream.models import PullKey, Sink
from apps.ledger import records
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action
from apps.privacy import keys as data_keys
from tests.audit.conftest import MAYA, NOON, sign_in
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"name": "Puller", "kind": "PULL", "format": "OCSF", "begin": "now", "days": "30"}
ADDRESSES = ("logs", "schemas", "actions")


class Reader:
    """A program with a key: no cookie, no session."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def get(self, address: str = "logs", *, method: str = "get", **asked: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        ask = getattr(Client(enforce_csrf_checks=True), method)
        return ask(f"/audit/api/{address}", asked or None, headers=headers)

    def events(self, **asked: Any) -> list[dict[str, Any]]:
        response = self.get(**asked)
        assert response.status_code == 200, response.content
        return [json.loads(line) for line in response.content.decode().splitlines()]

    def places(self, **asked: Any) -> list[int]:
        return [event["metadata"]["sequence"] for event in self.events(**asked)]


def refusal(response: Any) -> tuple[int, str]:
    said = json.loads(response.content)["error"]
    assert re.fullmatch(r"[A-Z].*\.", said["message"])
    assert "no-store" in response["Cache-Control"]
    return response.status_code, said["code"]


@pytest.fixture
def make_reader(admin) -> Callable[..., tuple[Reader, Sink]]:
    """A receiver that may read from the first record on, as if an officer had consented to that."""

    def make(name: str = "Puller", *, first: int = 0, form: str = "OCSF", days: int = 90, **reach: bool):
        wish = Wish(name=name, kind="PULL", format=form, address="", days=days)
        sink, secret = keeping.add(wish, by=admin, now=timezone.now())
        Sink.objects.filter(pk=sink.pk).update(first_place=first, cursor=first, **reach)
        sink.refresh_from_db()
        return Reader(secret), sink

    return make


def test_going_on_where_the_last_page_ended_gives_every_record_once(make_reader, grow):
    reader, _ = make_reader()
    size = grow(7)
    after, seen = "-1", []

    while True:
        page = reader.get(after=after, limit="3")
        lines = page.content.decode().splitlines()
        seen += [json.loads(line)["metadata"]["sequence"] for line in lines]
        after = page["Portcullis-Next"]
        if page["Portcullis-More"] == "no":
            break

    assert seen == list(range(size))
    assert after == str(size - 1)
    assert Sink.objects.get().cursor == size
    assert page["Content-Type"] == "application/x-ndjson"
    assert "no-store" in page["Cache-Control"]
    grown = grow(2)
    assert reader.places(after=after) == list(range(size, grown))


def test_asked_for_nothing_in_particular_it_begins_with_the_first_place_that_it_may_have(make_reader, grow):
    size = grow(3)
    reader, _ = make_reader(first=size)
    assert reader.places() == []
    assert reader.get()["Portcullis-Next"] == str(size - 1)

    grown = grow(2)

    assert reader.places() == list(range(size, grown))


def test_what_was_recorded_before_is_not_read_without_consent(make_reader, grow):
    size = grow(3)
    reader, _ = make_reader(first=size)

    assert refusal(reader.get(after=str(size - 2))) == (403, "before_its_reach")
    assert refusal(reader.get(after="-1")) == (403, "before_its_reach")
    assert reader.get(after=str(size - 1)).status_code == 200


def test_an_officers_consent_opens_the_past_and_the_names_to_a_receiver_that_asks(admin, officer, make_exchange, grow):
    make_exchange("Please greet <PERSON_1>", reason="")
    grow(1)
    wide = FORM | {"begin": "first", "has_names": "on", "has_text": "on", "why": "The SOC correlates by name."}
    page = sign_in(admin).post("/audit/stream/add", wide).content.decode()
    reader = Reader(re.search(r"portcullis_[0-9A-Za-z]{49}", page).group())
    grow(1)
    assert "Maya" not in reader.get().content.decode()
    assert refusal(reader.get(after="-1"))[0] == 403
    asked = Approval.objects.get(deed="STREAM_WIDENED")
    sign_in(officer).post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""})

    said = reader.get(after="-1").content.decode()

    assert "Maya Lindqvist" in said
    assert "Please greet <PERSON_1>" in said
    assert json.loads(said.splitlines()[0])["metadata"]["sequence"] == 0


def test_a_narrow_receiver_gets_no_name_no_id_and_no_word(make_reader, make_exchange, grow):
    make_exchange("Please greet <PERSON_1>", reason="")
    grow(1)
    reader, _ = make_reader()

    said = reader.get(after="-1").content.decode()

    assert pseudonym(MAYA.id) in said
    for secret in ("Maya", str(MAYA.id), "Please greet", "Dear <PERSON_1>"):
        assert secret not in said


def test_of_a_closed_team_it_gets_what_every_other_receiver_gets(
    make_reader, make_sink, make_exchange, make_person, make_team, officer, grow
):
    sales, maya = make_team("Sales"), make_person("maya", teams=("Sales",))
    second = make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))
    closing.ask(sales, close=True, why="The agreement with the works council.", by=officer, now=timezone.now())
    asking.grant(Approval.objects.get().pk, by=second, now=timezone.now())
    exchange = make_exchange("a word of Sales", who=who(maya, sales), reason="")
    grow(1)
    reader, _ = make_reader()
    file = make_sink()

    pulled = reader.get(after="-1").content.decode()

    delivering.deliver(file.pk, clock=timezone.now)
    assert pulled == (files.folder_of(file.pk) / files.CURRENT).read_text()
    assert str(exchange) in pulled
    assert "a word of Sales" not in pulled
    assert maya.name not in pulled


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "missing_key"), ("", "missing_key"), ("Basic YTpi", "missing_key"), ("Bearer", "missing_key"),
        ("Bearer  ", "missing_key"), ("Bearer portcullis_", "invalid_key"), ("Bearer \u00e9", "invalid_key"),
        (f"Bearer {key_texts.make()}", "invalid_key"), (f"Bearer {'x' * 5000}", "invalid_key"),
        ("Bearer ' OR 1=1 --", "invalid_key"),
    ],
    ids=range(10),
)  # fmt: skip
def test_whoever_has_no_key_that_works_is_told_so_and_leaves_no_record(make_reader, address, header, code):
    make_reader()
    before = Event.objects.count()

    response = Client().get(f"/audit/api/{address}", headers={"Authorization": header} if header is not None else {})

    assert refusal(response) == (401, code)
    assert response["WWW-Authenticate"] == "Bearer"
    assert Event.objects.count() == before


def test_neither_a_session_nor_a_key_in_the_address_or_another_header_counts(make_reader, admin):
    reader, _ = make_reader()

    assert refusal(sign_in(admin).get("/audit/api/logs"))[0] == 401
    assert refusal(Client().get("/audit/api/logs", {"key": reader.secret}))[0] == 401
    assert refusal(Client().get("/audit/api/logs", headers={"X-Api-Key": reader.secret}))[0] == 401


def test_a_programs_key_reads_no_record_and_a_receivers_key_asks_no_model(make_reader, make_person):
    maya = make_person("maya", roles=(Role.EMPLOYEE,), teams=("Sales",))
    wish = api_keys.Wish("Laptop", Team.objects.get(name="Sales"), list(Scope), ())
    other = api_keys.make_personal(maya, wish, now=timezone.now())
    reader, _ = make_reader()

    assert refusal(Reader(other.secret).get()) == (401, "invalid_key")
    with pytest.raises(callers.UnknownKey):
        callers.authenticate(reader.secret, now=timezone.now())


def test_each_key_reads_as_its_own_receiver(make_reader, grow, make_exchange):
    make_exchange("Please greet <PERSON_1>", reason="")
    size = grow(1)
    narrow, _ = make_reader("Narrow", first=size)
    wide, sink = make_reader("Wide", has_names=True, has_text=True)

    assert "Maya Lindqvist" in wide.get().content.decode()
    assert narrow.places() == []
    assert refusal(narrow.get(after="-1"))[0] == 403
    assert Sink.objects.get(pk=sink.pk).cursor == size
    assert Sink.objects.get(name="Narrow").cursor == size


@pytest.mark.parametrize("how", ["paused", "removed", "replaced", "expired"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_key_is_dead_at_once(make_reader, grow, admin, how, address):
    reader, sink = make_reader()
    grow()
    assert reader.get(address).status_code == 200
    if how == "paused":
        keeping.pause(sink, by=admin, now=NOON)
    if how == "removed":
        keeping.remove(sink, by=admin, now=NOON)
    if how == "replaced":
        fresh = Reader(keeping.replace_secret(sink, by=admin, now=timezone.now()))
    if how == "expired":
        past = timezone.now() - timedelta(days=1)
        PullKey.objects.update(created_at=past - timedelta(days=1), expires_at=past)

    refused = refusal(reader.get(address))

    expected = {"paused": (403, "receiver_paused"), "expired": (401, "expired_key")}
    assert refused == expected.get(how, (401, "invalid_key"))
    if how == "paused":
        keeping.resume(sink, by=admin, now=NOON)
        assert reader.get(address).status_code == 200
    if how == "replaced":
        assert fresh.get(address).status_code == 200


@pytest.mark.parametrize("how", ["paused", "removed", "replaced"])
def test_a_key_that_dies_while_a_page_is_read_hands_nothing_out(make_reader, grow, admin, monkeypatch, how):
    reader, sink = make_reader()
    grow()
    really = pulling.records_from

    def meanwhile(*arguments: Any, **named: Any):
        found = really(*arguments, **named)
        deed = {"paused": keeping.pause, "removed": keeping.remove, "replaced": keeping.replace_secret}[how]
        deed(sink, by=admin, now=timezone.now())
        return found

    monkeypatch.setattr(pulling, "records_from", meanwhile)

    assert refusal(reader.get())[0] == 401
    assert not Event.objects.filter(action="STREAM_PULLED").exists()


def test_a_receiver_that_asks_in_vain_is_on_the_record_once_an_hour(make_reader, admin):
    reader, sink = make_reader()
    keeping.pause(sink, by=admin, now=NOON)

    for _ in range(5):
        assert reader.get().status_code == 403

    (event,) = Event.objects.filter(action="STREAM_REFUSED")
    assert (event.subject_id, event.details) == (str(sink.pk), {"reason": "RECEIVER_PAUSED"})


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "x"}, {"after": "-2"}, {"after": "1.5"}, {"after": "9" * 40}, {"after": ""}, {"after": "\u0661"},
        {"after": "1 OR 1=1"}, {"limit": "0"}, {"limit": "501"}, {"limit": "-1"}, {"limit": "1e2"}, {"limit": "\u0665"},
        {"action": "NO_SUCH"}, {"action": "\x00"}, {"kind": "act"}, {"since": "yesterday"}, {"since": "2026-03-02"},
        {"until": "2026-03-02T12:00:00"}, {"since": "9" * 5000}, {"names": "on"}, {"has_text": "1"},
        {"after": ["1", "2"]}, {"f" + str(number): "" for number in range(1100)},
    ],
    ids=range(23),
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_a_sentence_and_quotes_nothing(make_reader, grow, asked):
    reader, _ = make_reader()
    grow()

    assert refusal(reader.get(**asked)) == (400, "bad_request")


def test_a_place_far_beyond_the_last_finds_nothing_and_moves_nothing(make_reader, grow):
    reader, _ = make_reader()
    grow()

    page = reader.get(after="9" * 18)

    assert (page.status_code, page.content, page["Portcullis-Next"]) == (200, b"", "9" * 18)
    assert Sink.objects.get().cursor == 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "head", "options"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_but_get_is_answered(make_reader, address, method):
    reader, _ = make_reader()

    response = reader.get(address, method=method)

    assert (response.status_code, response["Allow"]) == (405, "GET")
    if method != "head":
        assert refusal(response) == (405, "method_not_allowed")


@pytest.mark.parametrize("address", ["", "log", "logs/", "logs/1", "../stream/", "exchanges"])
def test_there_is_nothing_else_here(make_reader, address):
    reader, _ = make_reader()

    assert refusal(reader.get(address)) == (404, "not_found")
    assert refusal(Client().get(f"/audit/api/{address}"))[0] == 401


def test_sixty_calls_a_minute_and_the_next_is_told_when(make_reader, monkeypatch):
    reader, sink = make_reader()
    other, _ = make_reader("Other")
    for _ in range(60):
        assert reader.get("actions").status_code == 200

    refused = reader.get("actions")

    assert refusal(refused) == (429, "too_many_calls")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refusal(reader.get())[0] == 429
    assert other.get("actions").status_code == 200
    key = PullKey.objects.get(sink=sink)
    PullKey.objects.filter(sink=sink).update(calls=[at - timedelta(seconds=61) for at in key.calls])
    assert reader.get("actions").status_code == 200


def test_a_call_waits_for_the_one_before_it_and_finds_no_room_for_the_sixty_first(make_reader):
    reader, sink = make_reader()
    now = timezone.now()
    PullKey.objects.filter(sink=sink).update(calls=[now] * 59)

    def ask() -> int:
        try:
            return reader.get("actions").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():  # the sixtieth is being counted
            PullKey.objects.select_for_update(of=("self",)).get(sink=sink)
            answer = pool.submit(ask)
            time.sleep(1)
            assert not answer.done()
            PullKey.objects.filter(sink=sink).update(calls=[now] * 60)

        assert answer.result(PATIENCE_SECONDS) == 429


def test_each_page_is_an_event_with_its_places_and_no_word(make_reader, make_exchange, grow):
    make_exchange("Please greet <PERSON_1>", reason="")
    reader, sink = make_reader(has_names=True, has_text=True)
    size = grow(2)

    reader.get(after="1")

    (event,) = Event.objects.filter(action="STREAM_PULLED")
    assert event.details == {"first": 2, "last": size - 1, "records": size - 2}
    assert (event.actor_id, event.subject_id, event.subject_label) == (None, str(sink.pk), "Puller")


def test_readers_that_look_again_and_again_do_not_fill_the_record_with_their_own_looks(make_reader, grow):
    one, _ = make_reader("One")
    two, _ = make_reader("Two")
    grow()
    places = {one: "-1", two: "-1"}

    for _ in range(8):
        for reader in (one, two):
            places[reader] = reader.get(after=places[reader])["Portcullis-Next"]
        size = grow(0)

    assert Event.objects.filter(action="STREAM_PULLED").count() == 2
    assert places == {one: str(size - 1), two: str(size - 1)}


def test_if_the_look_cannot_be_recorded_nothing_is_handed_out(make_reader, grow, monkeypatch):
    reader, _ = make_reader()
    grow()

    def away(*_: Any, **__: Any) -> None:
        raise records.LedgerUnavailable("57P01")

    monkeypatch.setattr(pulling, "record_event", away)

    assert refusal(reader.get()) == (503, "not_now")
    assert Sink.objects.get().cursor == 0


def test_where_pseudonyms_cannot_be_read_nothing_is_handed_out(make_reader, make_exchange, grow, monkeypatch):
    make_exchange("Please greet <PERSON_1>", reason="")
    grow(1)
    reader, _ = make_reader()
    pseudonyms._remembered.clear()
    monkeypatch.setattr(data_keys, "open_key", _no_key)

    response = reader.get(after="-1")

    assert refusal(response) == (503, "not_now")
    assert "Pseudonyms cannot be read" in response.json()["error"]["message"]
    assert not Event.objects.filter(action="STREAM_PULLED").exists()


def _no_key(*_: object) -> object:
    raise data_keys.KeyUnavailable("gone")


def test_filters_choose_among_the_places_of_a_page(make_reader, make_exchange, grow):
    exchange = make_exchange("Please greet <PERSON_1>", reason="")
    reader, _ = make_reader()
    size = grow(2)

    asked = reader.events(kind="ASKED", after="-1")
    acts = reader.events(action="TEAM_CREATED", after="-1")
    early = reader.events(until=NOON.isoformat().replace("+00:00", "Z"), after="-1")
    late = reader.get(since=(NOON + timedelta(days=36500)).isoformat().replace("+00:00", "Z"), after="-1")

    assert [event["message_context"]["uid"] for event in asked] == [str(exchange)]
    assert {event["metadata"]["event_code"] for event in acts} == {"TEAM_CREATED"}
    assert len(acts) == 2
    assert early == []
    assert (late.content, late["Portcullis-Next"]) == (b"", str(size - 1))


@pytest.mark.parametrize("form", ["OCSF", "ECS"])
def test_every_line_is_valid_by_the_schema_that_is_given(make_reader, make_exchange, grow, form):
    make_exchange("Please greet <PERSON_1>", reason="")
    grow(2)
    reader, _ = make_reader(form=form, has_names=True, has_text=True)

    given = reader.get("schemas").json()

    assert given["format"] == form
    lines = reader.events(after="-1")
    assert len(lines) > 3
    for line in lines:
        jsonschema.validate(line, given["schema"], cls=jsonschema.Draft202012Validator)


def test_cef_has_no_schema_and_comes_as_plain_lines(make_reader, grow):
    grow()
    reader, _ = make_reader(form="CEF")

    page = reader.get(after="-1")

    assert reader.get("schemas").json()["schema"] is None
    assert page["Content-Type"] == "text/plain; charset=utf-8"
    assert all(line.startswith("CEF:0|") for line in page.content.decode().splitlines())


def test_the_vocabulary_is_given_with_its_words(make_reader):
    reader, _ = make_reader()

    given = reader.get("actions").json()

    assert {one["action"] for one in given["actions"]} == set(Action.values)
    assert {"action": "TEAM_CREATED", "label": "Team created", "topic": "PEOPLE"} in given["actions"]
    assert [one["kind"] for one in given["kinds"]] == ["ASKED", "ENDED", "ACT", "GONE"]


def test_a_key_is_shown_once_kept_as_a_digest_and_its_end_and_use_are_on_the_page(admin, grow):
    browser = sign_in(admin)
    made = browser.post("/audit/stream/add", FORM)
    secret = re.search(r"portcullis_[0-9A-Za-z]{49}", made.content.decode()).group()
    assert "no-store" in made["Cache-Control"]
    key = PullKey.objects.get()
    assert bytes(key.digest) == key_texts.digest_of(secret)
    assert (key.expires_at - key.created_at).days == 30
    assert "never used" in browser.get("/audit/stream/").content.decode()
    grow()
    Reader(secret).get()

    page = browser.get("/audit/stream/").content.decode()

    assert secret not in page
    assert f"<code>{secret[-4:]}</code>" in page
    assert "last used" in page
    assert "/audit/api/logs" in page
    for event in Event.objects.all():
        assert secret not in str(event.details)


def test_a_receiver_that_asks_is_sent_nothing_and_no_test_line(admin, make_reader, grow):
    _, sink = make_reader()
    grow()

    assert delivering.deliver(sink.pk, clock=timezone.now).records == 0
    assert Sink.objects.due(timezone.now()).count() == 0
    assert sign_in(admin).post(f"/audit/stream/{sink.pk}/test").status_code == 404


def test_a_new_key_from_the_page_lives_as_long_as_the_last_one_was_given(admin, make_reader):
    reader, sink = make_reader(days=7)

    page = sign_in(admin).post(f"/audit/stream/{sink.pk}/secret").content.decode()

    fresh = Reader(re.search(r"portcullis_[0-9A-Za-z]{49}", page).group())
    assert fresh.secret != reader.secret
    assert fresh.get("actions").status_code == 200
    key = PullKey.objects.get()
    assert (key.expires_at - key.created_at).days == 7
    assert Event.objects.filter(action="STREAM_SECRET_CHANGED").count() == 1


@pytest.mark.parametrize("days", ["0", "366", "-1", "x"])
def test_a_key_without_an_end_within_a_year_cannot_be_had(admin, days):
    assert sign_in(admin).post("/audit/stream/add", FORM | {"days": days}).status_code == 422
    assert not Sink.objects.exists()


def test_two_receivers_of_one_name_at_once_are_told_so(admin, make_sink, monkeypatch):
    make_sink(name="puller")
    monkeypatch.setattr("apps.audit.stream.forms.SinkForm.clean_name", lambda form: form.cleaned_data["name"])

    page = sign_in(admin).post("/audit/stream/add", FORM)

    assert page.status_code == 422
    assert "Another receiver has this name" in page.content.decode()
    assert Sink.objects.count() == 1
    assert not PullKey.objects.exists()

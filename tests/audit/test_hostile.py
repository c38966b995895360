"""
Hostile text in every field of every door of the desk: never an error page, and on no page anything but text.

`HOSTILE_STRINGS=blns.json pytest tests/audit/test_hostile.py` sends the strings of a JSON list instead of these.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.cases import contents, searches, work
from apps.audit.cases.models import Case
from apps.audit.review import deciding, trying
from apps.audit.review import work as reviewing
from apps.audit.review.models import Lexicon, Recheck
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Severity, Tag
from apps.audit.stream import reading
from apps.audit.stream.formats import WRITERS
from apps.ledger.models import Event
from apps.privacy import holds
from tests.audit.cases.conftest import make_case, nothing_queued  # noqa: F401
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import look_at, make_item, make_queue, place, tree  # noqa: F401
from tests.audit.stream.conftest import admin, make_sink  # noqa: F401
from tests.audit.test_every_door import DOORS

pytestmark = pytest.mark.django_db

OWN = {
    "short enough for a name": "=<script>alert(1)</script>\u202e\u0007\u2066|",
    "markup and patterns": "<script>alert(1)</script><img src=x>{{ 7|add:7 }}{% debug %}</title>"
    "%s%n%(x)s {0} ' OR 1=1 --",
    "order, controls and a second line": "=cmd|' /C calc'!A0 left\u202e\u200b\u001b[31m\u0085\r\n"
    '{"event_code":"FORGED"}\nCEF:0|Evil|Evil|1|FORGED|x|10|act=FORGED\u2028\u2029x',
    "a NUL": "before\x00after and more",
    "half a character": b"half \xed\xa0\x80 of \xff\xfe one, and more",
    "a megabyte": "x" * 1_000_000,
}
STRINGS = (
    {f"{number}": each for number, each in enumerate(json.loads(Path(given).read_text()))}
    if (given := os.environ.get("HOSTILE_STRINGS"))
    else OWN
)
FIELD = re.compile(r"<textarea.*?</textarea>", re.DOTALL)
"""What can be edited stands in its field as it was written."""
WHY = "A customer complained about it."
RAW = re.compile("<script>alert|<img src=x|[\u202e\u2066\u200b\u0007\u001b\u0085\u2028\u2029\x00]")
QUEUE = {"name": "A queue", "severity": "MEDIUM", "hours": "24", "share": "100", "recheck_share": "5", "verdicts": "X"}
SINK = {"name": "A sink", "kind": "FILE", "format": "CEF", "begin": "first", "has_names": "on", "why": WHY}
FOUND = {"tag": "COMPLIANT", "is_read": "on", "own_tags": "a tag", "note": "A note of ours."}
NOTICE = {"name": "A template", "kind": "TRAINING", "title": "A title", "text": "Some words."}
HOLD = {"name": "A hold", "kind": "QUERY", "query": "outcome=REFUSED", "why": WHY}

DOORS_WITH_WORDS: dict[str, tuple[str, dict[str, str], str]] = {
    "approvals:ask_for_one": ("deed", {"why": WHY}, "why"),
    "approvals:refuse": ("refused", {"answer": WHY}, "answer"),
    "approvals:grant": ("granted", {"answer": ""}, "answer"),
    "audit:reveal": ("", {"pseudonym": "Heron 4-71", "reason": WHY, "back": "/"}, "pseudonym reason back"),
    "audit:find": ("", {"name": "Nobody", "reason": WHY}, "name reason"),
    "audit:hide": ("", {"pseudonym": "Heron 4-71", "back": "/"}, "pseudonym back"),
    "audit:ask_original": ("exchange", {"reason": WHY}, "reason"),
    "audit:original": ("exchange", {"reason": WHY}, "reason"),
    "audit:ledger_acknowledge": ("", {"kind": "GAP", "since": "", "reason": WHY}, "kind since reason"),
    "council:close": ("", {"team": "", "why": WHY}, "team why"),
    "council:open": ("", {"what": "Heron 4-71", "days": "3", "why": WHY}, "what days why"),
    "notices:write_new": ("", NOTICE, "name kind title text"),
    "notices:send": ("exchange", {"template": "", "added": "Read this."}, "template added"),
    "retention:change": ("", {"kept": "DAYS", "days": "200", "why": WHY}, "team kept days why"),
    "retention:hold_place": ("", HOLD, "name kind query why team"),
    "retention:hold_lift": ("hold", {"why": WHY}, "why"),
    "retention:package": ("", {"person": "nobody", "why": WHY}, "person why"),
    "retention:erasure": ("", {"person": "nobody", "why": WHY}, "person why closes_account"),
    "cases:open": ("", {"title": "A case", "why": WHY}, "title why is_confidential"),
    "cases:reword": ("case", {"title": "A case", "why": WHY}, "title why"),
    "cases:note": ("case", {"text": "A note of ours."}, "text"),
    "cases:confidential": ("case", {"is_confidential": "no"}, "is_confidential"),
    "cases:hand_over": ("case", {"person": ""}, "person"),
    "cases:add_member": ("case", {"person": ""}, "person"),
    "cases:keep_hidden": ("case", {"reason": WHY}, "reason"),
    "cases:add_exchange": ("exchange", {"case": ""}, "case"),
    "cases:remove_exchange": ("held", {"reason": WHY}, "reason"),
    "cases:save_search": ("", {"name": "A search", "query": "outcome=REFUSED"}, "name query"),
    "cases:share_search": ("search", {"is_shared": "yes"}, "is_shared"),
    "cases:snapshot": ("", {"query": "outcome=REFUSED", "case": ""}, "query case"),
    "cases:ask_export": ("", {"of": "outcome=REFUSED", "variant": "REDACTED", "why": WHY}, "of variant why"),
    "cases:close": ("case", {"finding": "UPHELD", "words": "It was so."}, "finding words"),
    "cases:reopen": ("closed case", {"reason": WHY}, "reason"),
    "reports:make": ("", {"month": "2026-02"}, "month"),
    "review:define": ("", QUEUE, "name severity hours share team_shares verdicts cost_from lexicon models"),
    "review:try": ("", QUEUE, "name team_shares verdicts queue"),
    "review:change": ("queue", QUEUE | {"seen_number": "1"}, "name team_shares verdicts seen_number"),
    "review:next": ("", {"queue": ""}, "queue"),
    "review:assign": ("item", {"officer": ""}, "officer"),
    "review:note": ("item", {"text": "A note of ours."}, "text"),
    "review:new_lexicon": ("", {"name": "A lexicon", "entries": "word"}, "name entries"),
    "review:write_lexicon": ("lexicon", {"entries": "word"}, "entries"),
    "review:compare_lexicon": ("lexicon", {"texts": "+ word"}, "texts"),
    "review:recheck": ("recheck", FOUND, "tag own_tags note"),
    "review:close_many": ("queue", FOUND | {"items": ""}, "items own_tags note"),
    "review:ask_to_close": ("grave item", FOUND | {"why": WHY}, "own_tags note why"),
    "review:escalate": ("item", {"text": "It is grave."}, "text"),
    "review:close": ("item", FOUND, "own_tags note tag"),
    "review:reopen": ("closed item", {"text": "There is more."}, "text"),
    "stream:add": ("", SINK, "name kind address format begin why"),
    "stream:widen": ("sink", {"begin": "first", "why": WHY}, "begin why"),
}
WITHOUT_WORDS = {
    "approvals:ask_for_two", "approvals:withdraw", "audit:ledger_check", "retention:discard", "retention:download",
    "retention:purge_pause", "retention:purge_resume", "retention:purge_start", "cases:cancel_export",
    "cases:cancel_snapshot", "cases:delete_export", "cases:delete_search", "cases:remove_member", "cases:start_export",
    "review:bring_into_force", "review:claim", "review:release", "review:stop_trial", "review:switch_off",
    "review:switch_on", "review:try_on_history", "stream:new_secret", "stream:pause", "stream:remove", "stream:resume",
    "stream:test", "notices:switch_on", "notices:switch_off",
}  # fmt: skip

IN_TESTS_OF_THEIR_ROOMS = {"notices:answer", "notices:write_version", "council:reopen"}
"""They need rows of their own: tests/audit/notices and tests/audit/test_council.py send hostile words there."""


@dataclass(frozen=True)
class Desk:
    """The browser of an officer, and the addresses of what there is."""

    browser: object
    things: dict[str, list[object]]

    def address(self, door: str) -> str:
        return reverse(door, args=self.things[DOORS_WITH_WORDS[door][0]])

    def send(self, door: str, field: str, value: str | bytes):
        _, data, _ = DOORS_WITH_WORDS[door]
        body = urlencode(data | {field: value})
        return self.browser.post(self.address(door), body, content_type="application/x-www-form-urlencoded")


@pytest.fixture
def full_desk(request, make_person, officer, monkeypatch):
    """A desk with one of everything, at which somebody is both officer and admin."""
    makers = ("make_queue", "make_item", "make_case", "make_sink", "nothing_queued")
    queue_of, item_of, case_of, sink_of, _ = (request.getfixturevalue(name) for name in makers)
    monkeypatch.setattr("apps.audit.review.tasks.try_lexicon.delay", lambda _: None)
    officer.role_assignments.create(role=Role.ADMIN)
    second = make_person("omar", roles=(Role.COMPLIANCE_OFFICER,))
    queue = queue_of(recheck_share=10_000)
    item, again, closed = item_of(queue), item_of(queue), item_of(queue)
    grave = item_of(severity=Severity.HIGH)
    for each, by in ((again, second), (closed, second)):
        reviewing.claim(each.pk, by=by, now=NOON)
        deciding.close_many([each.pk], verdict=Verdict(Tag.COMPLIANT), by=by, now=NOON)
    case, ended = case_of(title="Open"), case_of(title="Closed")
    picked = contents.chosen(item.exchange_id, by=officer)
    contents.add(case, [picked], by=officer, how="by hand", now=NOON)
    work.close(ended, finding=Case.Finding.UPHELD, finding_words="So it was.", by=officer, now=NOON)
    lexicon = Lexicon(name="Words")
    trying.write_lexicon(lexicon, "word", by=officer, now=NOON)
    search = searches.save(
        name="Kept", query=searches.tidied(QueryDict("outcome=REFUSED")), is_shared=False, by=officer, now=NOON
    )
    asked = [
        asking.ask(
            Deed.UNMASK, subject=Subject("thing", str(n), "A thing"), terms={}, why=WHY, by=second, now=timezone.now()
        )
        for n in range(2)
    ]
    scope = holds.Scope("Search", query="outcome=REFUSED")
    hold = holds.place(scope, name="Hold", reason=WHY, remembered=set(), by=who(officer), now=NOON)
    for each in (item, grave):
        reviewing.claim(each.pk, by=officer, now=timezone.now())
        look_at(each, officer, now=timezone.now())
    things = {
        "": [], "deed": [Deed.UNMASK.value], "refused": [asked[0].pk], "granted": [asked[1].pk],
        "exchange": [item.exchange_id], "hold": [hold.pk], "case": [case.pk], "closed case": [ended.pk],
        "held": [case.pk, item.exchange_id], "search": [search.pk], "queue": [queue.pk], "item": [item.pk],
        "grave item": [grave.pk], "closed item": [closed.pk], "lexicon": [lexicon.pk],
        "recheck": [Recheck.objects.get(item=again).pk], "sink": [sink_of().pk],
    }  # fmt: skip
    return Desk(sign_in(officer), things)


def pages(desk: Desk) -> Iterator[tuple[str, str]]:
    """Give every page of the desk that shows something, as it stands now."""
    shown = [path for name, method, path in DOORS if method == "GET" and not re.search(r"[0-9a-f]{8}-", path)]
    known = {
        "cases:case": "case", "cases:custody": "case", "cases:search": "search", "review:queue": "queue",
        "review:edit": "queue", "review:sample": "queue", "review:lexicon": "lexicon", "audit:exchange": "exchange",
    }  # fmt: skip
    item = desk.things["item"][0]
    shown += [reverse(name, args=desk.things[thing]) for name, thing in known.items()]
    shown += [f"{reverse('audit:exchange', args=desk.things['exchange'])}?item={item}"]
    for path in shown:
        response = desk.browser.get(path)
        assert response.status_code < 500, path
        if not response.streaming:
            yield path, FIELD.sub("", response.content.decode())


def test_every_door_of_the_desk_that_takes_words_is_in_the_table():
    posted = {name for name, method, _ in DOORS if method == "POST"}

    assert posted == set(DOORS_WITH_WORDS) | WITHOUT_WORDS | IN_TESTS_OF_THEIR_ROOMS


@pytest.mark.thorough
def test_the_table_reaches_its_doors(full_desk):
    answers = {door: full_desk.send(door, "nothing", "").status_code for door in DOORS_WITH_WORDS}

    assert [(door, status) for door, status in answers.items() if status >= 500 or status in {403, 405}] == []
    not_there = {door for door, status in answers.items() if status == 404}
    assert not_there == {"audit:find", "review:close_many"}  # nobody is called so, and nothing is ticked


@pytest.mark.thorough
@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS)
def test_hostile_text_is_stored_or_refused_and_shown_as_text(full_desk, text):
    failed = [
        (door, field, status)
        for door, (_, _, fields) in DOORS_WITH_WORDS.items()
        for field in fields.split()
        for status in [full_desk.send(door, field, text).status_code]
        if status >= 500
    ]

    assert failed == []
    assert [(path, RAW.findall(page)) for path, page in pages(full_desk) if RAW.search(page)] == []
    for event in Event.objects.all():
        record = reading._act(0, event)
        for write in WRITERS.values():
            line = write(record)
            assert len(line.splitlines()) == 1
            assert not RAW.search(line) or "alert" in line

"""
Tamper through the pages: every address of the portal, as an officer and as an admin, with ids and fields of others.

Whoever has pages and no database can only send requests. So all of them are sent: each address of the URLconf, with
each method, with the ids of what the installation holds, and with a body that has every field a forger would like
to be taken. What that leaves must verify, and every record that was there must be what it was.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bench.tamper.scene import Copy
from portal.embedded.database import APP

PART = re.compile(r"<(?:(\w+):)?(\w+)>")
RARE = ("PUT", "PATCH", "DELETE")
LONG = "A reason that is long enough to be taken"
MOST = 3
FILLED = {"int": "1", "slug": "organisation", "str": "UNMASK", "path": "x", "": "x"}
KINDS = {
    "exchange_id": "ledger.Intent", "case_id": "cases.Case", "export_id": "cases.Export", "item_id": "review.Item",
    "queue_id": "review.Queue", "approval_id": "approvals.Approval", "hold_id": "privacy.Hold", "sink_id": "stream.Sink",
    "person_id": "accounts.User", "team_id": "accounts.Team", "model_id": "gateway.LanguageModel",
    "provider_id": "gateway.Provider", "version_id": "review.QueueVersion",
}  # fmt: skip
HOSTILE = {
    "id": "00000000-0000-0000-0000-000000000000", "pk": "1", "form": "1", "kind": "PERSON", "state": "GRANTED",
    "action": "ROLE_GRANTED", "actor_id": "00000000-0000-0000-0000-000000000000", "actor_label": "Another",
    "happened_at": "2020-01-01T00:00:00Z", "recorded_at": "2020-01-01T00:00:00Z", "decided_at": "2020-01-01",
    "decided_by": "1", "sealed_payload": "\\x00", "person_label": "Another", "outcome": "ANSWERED", "leaf": "00",
    "root": "00", "index": "0", "size": "0", "note": "'; DELETE FROM ledger_event; --", "text": LONG, "title": LONG,
    "name": "x'); UPDATE ledger_event SET actor_label = 'Another'; --", "reason": LONG, "why": LONG, "answer": LONG,
    "details": "{}", "terms": "{}", "spent_at": "", "is_needed": "", "is_on": "on", "role": "COMPLIANCE_OFFICER",
    "roles": "ADMIN", "tag": "NON_COMPLIANT", "own_tags": "x", "is_read": "on", "seen": "1", "number": "1", "days": "183",
    "variant": "FULL", "query": "q=x", "q": "' OR true; TRUNCATE ledger_outcome; --", "since": "2020-01-01",
    "until": "2020-01-02", "from": "0", "to": "1", "cursor": "0", "lifted_at": "2020-01-01", "hard_limit": "1",
    "currency": "USD", "window": "MONTH", "scope": "ORGANISATION", "label": "x", "confirm": "on", "finding": "UPHELD",
    "back": "//elsewhere.example/", "older": "x", "newer": "x", "standing": "LEAD", "effect": "ALLOW",
}  # fmt: skip


class Drive:
    """What came of one actor's requests: how many, how they were answered, and what a verification finds."""

    def __init__(self, copy: Copy, username: str) -> None:
        self.answers: Counter[str] = Counter()
        before = _records(copy)
        with AsThePortal(copy):
            for requests in _requests():
                self._send(username, requests)
        copy.sequence()
        self.found = copy.findings(with_witness=True)
        self.changed = before - _records(copy)

    @property
    def letter(self) -> str:
        """P where nothing of the record changed and everything verifies."""
        if self.found:
            return "D"
        return "C" if self.changed else "P"

    def _send(self, username: str, requests: list[tuple[str, str]]) -> None:
        """Send what there is to one address in a session of its own: some addresses end it."""
        from django.test import Client

        from apps.accounts.models import User

        browser = Client(raise_request_exception=False)
        browser.force_login(User.objects.get(username=username))
        for method, path in requests:
            body = {"data": HOSTILE} if method == "POST" else {}
            answer: Any = (
                browser.generic(method, path) if method in RARE else getattr(browser, method.lower())(path, **body)
            )
            answer.close()
            self.answers[f"{answer.status_code // 100}xx"] += 1


def _requests() -> Iterator[list[tuple[str, str]]]:
    """Give for each address what is sent to it: each method, with the ids of what it is about and of something else."""
    from django.urls import get_resolver

    for pattern in sorted(set(_patterns(get_resolver(), ""))):
        paths = [f"/{path}" for path in dict.fromkeys(_filled(pattern))]
        often = [(method, path) for path in paths for method in ("GET", "POST")]
        yield [*often, *((method, paths[0]) for method in RARE)]


def _patterns(resolver: Any, above: str) -> Iterator[str]:
    from django.urls import URLPattern

    for one in resolver.url_patterns:
        path = above + str(one.pattern).lstrip("^").rstrip("$")
        if isinstance(one, URLPattern):
            yield path
        else:
            yield from _patterns(one, path)


def _filled(pattern: str) -> Iterator[str]:
    """Fill the places of an address: with each id that is its own kind's, then with a record's."""
    from django.apps import apps

    names = {name for kind, name in PART.findall(pattern) if kind == "uuid"}
    ids = {name: _keys(apps.get_model(KINDS[name])) for name in names if name in KINDS}
    record = _keys(apps.get_model("ledger.Event"))[0]
    for turn in range(max(map(len, ids.values()), default=0) + 1):
        own = {name: keys[turn] for name, keys in ids.items() if turn < len(keys)}
        values = {name: own.get(name, FILLED.get(kind or "", record)) for kind, name in PART.findall(pattern)}
        yield PART.sub(lambda part: "{" + part[2] + "}", pattern).format(**values)


def _keys(model: Any) -> list[str]:
    return [str(key) for key in model.objects.order_by("pk").values_list("pk", flat=True)[:MOST]]


def _records(copy: Copy) -> set[tuple[str, str]]:
    """Give a digest of each record and leaf that is there."""
    tables = ("ledger_intent", "ledger_outcome", "ledger_event", "ledger_entry", "ledger_checkpoint")
    with copy.connect("postgres") as connection:
        return {
            (table, digest)
            for table in tables
            for (digest,) in connection.execute(f"SELECT md5(r::text) FROM {table} AS r").fetchall()
        }


class AsThePortal:
    """Have this process's own connections lead to a copy, in the role that the portal runs as."""

    def __init__(self, copy: Copy) -> None:
        self._name = copy.name

    def __enter__(self) -> None:
        from django.conf import settings
        from django.db import connection

        self._settings, self._before = connection.settings_dict, connection.settings_dict["NAME"]
        assert connection.settings_dict["USER"] == APP
        self._close()
        connection.settings_dict["NAME"] = self._name
        settings.ALLOWED_HOSTS = ["*"]
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        logging.disable(logging.NOTSET)
        self._close()
        self._settings["NAME"] = self._before

    @staticmethod
    def _close() -> None:
        from django.db import connections

        for each in connections.all():
            each.close()
            each.close_pool()  # type: ignore[attr-defined]

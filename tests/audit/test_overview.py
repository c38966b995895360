"""The overview: sums that follow the ledger, each exchange counted once, and nobody's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.overview import counting, drawing, figures
from apps.audit.overview.figures import Span
from apps.audit.overview.models import Facet, Grain, Place, Tally
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Outcome
from apps.ledger.vocabulary import OutcomeKind
from tests.audit.conftest import sign_in
from tests.audit.review.conftest import make_item, make_queue, place, tree  # noqa: F401
from tests.ledger.conftest import as_sequencer, evidence, sequencer  # noqa: F401

SALES, LAB = (Who(id=new_id(), label="Maya", team_id=new_id(), team_label=name) for name in ("Sales", "Lab"))
LATE = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


def count_all() -> None:
    while counting.go_on():
        pass


def tally(day: date, facet: Facet, key: str, kind: str, number: int, **more: Any) -> Tally:
    return Tally(
        grain=more.pop("grain", "D"),
        day=day,
        facet=facet,
        key=key,
        kind=kind,
        label=more.pop("label", key),
        exchanges=number,
        **more,
    )


@pytest.mark.django_db(transaction=True)
def test_every_ended_exchange_is_counted_once_whatever_dies_in_between(
    make_exchange: Callable[..., Any], sequencer: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    for number in range(12):
        make_exchange(
            ends=[OutcomeKind.ANSWERED, OutcomeKind.REFUSED, OutcomeKind.FAILED, None][number % 4],
            who=LAB if number % 3 else SALES, now=LATE + timedelta(seconds=number % 2),
            masked=("PERSON", "SECRET") if number % 2 else (), cost=Decimal("0.5"),
        )  # fmt: skip
    sequencer.round(now=timezone.now())
    monkeypatch.setattr(counting, "LEAVES_AT_ONCE", 5)
    with monkeypatch.context() as dying:
        dying.setattr(Place.objects.__class__, "filter", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            counting.go_on()

    with ThreadPoolExecutor(4) as pool:
        for _ in range(6):
            list(pool.map(lambda _: (counting.go_on(), connection.close()), range(4)))
    count_all()

    assert Outcome.objects.count() == 9
    for facet in (Facet.HOUR, Facet.TEAM, Facet.MODEL, Facet.DOOR):
        assert sum(row.exchanges for row in Tally.objects.filter(facet=facet, grain="D")) == 9
    assert {row.day for row in Tally.objects.filter(grain="D")} == {date(2026, 3, 2), date(2026, 3, 3)}
    assert {row.label for row in Tally.objects.filter(facet=Facet.TEAM)} == {"Sales", "Lab"}
    total = figures.total(MARCH)
    assert (total.exchanges, total.refused, total.not_finished, total.secrets) == (9, 3, 3, 3)
    assert total.money == [(Decimal(3), "EUR")]
    assert figures.masked_types(MARCH) == [("PERSON", 3), ("SECRET", 3)]
    assert figures.total(Span(date(2026, 3, 1), date(2026, 3, 1), Grain.MONTH)) == total
    assert counting.go_on() == 0


@pytest.mark.django_db
def test_a_team_stands_out_where_its_share_is_twice_that_of_everybody() -> None:
    day = date(2026, 3, 2)
    Tally.objects.bulk_create(
        [
            tally(day, Facet.DOOR, "BROWSER", "ANSWERED", 925, secrets=12),
            tally(day, Facet.DOOR, "BROWSER", "REFUSED", 75),
            tally(day, Facet.TEAM, "a", "ANSWERED", 880, secrets=2, label="Calm"),
            tally(day, Facet.TEAM, "a", "REFUSED", 60, label="Calm"),
            tally(day, Facet.TEAM, "b", "ANSWERED", 30, secrets=10, label="Careless"),
            tally(day, Facet.TEAM, "b", "REFUSED", 6, label="Careless"),
            tally(day, Facet.TEAM, "c", "REFUSED", 9, label="Too few to tell"),
            tally(day - timedelta(days=31), Facet.TEAM, "a", "ANSWERED", 470, label="Calm"),
        ]
    )

    calm, careless, few = figures.lines(Facet.TEAM, MARCH, figures.total(MARCH))

    assert (calm.label, calm.change_percent, calm.stands_out) == ("Calm", 100, ())
    assert (careless.change_percent, careless.stands_out) == (None, ("refused", "secrets masked"))
    assert few.stands_out == ()


def test_bars_are_stacked_to_the_height_of_the_highest() -> None:
    bars = drawing.stacked(["a", "b"], {"ANSWERED": [3, 0], "REFUSED": [1, 2], "STOPPED": [0, 0]})

    assert bars.kinds == ("ANSWERED", "REFUSED")
    assert bars.highest == 4
    assert [(part.top, part.height) for part in bars.bars[0].parts] == [(40, 120), (0, 40)]
    assert [(part.kind, part.top, part.height) for part in bars.bars[1].parts] == [("REFUSED", 80, 80)]
    assert drawing.stacked([], {}).bars == ()


@pytest.mark.django_db
@pytest.mark.parametrize("days", ["1", "7", "30", "90", "365"])
def test_the_page_shows_each_span_and_says_so_on_the_record(
    desk: Client, events_of: Callable[..., Any], days: str
) -> None:
    today = timezone.localtime().date()
    Tally.objects.bulk_create(
        tally(day, facet, key, "ANSWERED", 1234, label=label, cost=Decimal("7.5"), currency="EUR", grain=grain)
        for day, grain in ((today, "D"), (today.replace(day=1), "M"))
        for facet, key, label in (
            (Facet.HOUR, "09", "09"), (Facet.TEAM, str(new_id()), "<b>Sales</b>"), (Facet.MODEL, "m", "m"),
            (Facet.DOOR, "API", "API"), (Facet.MASKED, "SECRET", "SECRET"),
        )
    )  # fmt: skip

    page = desk.get(reverse("overview:overview"), {"days": days}).content.decode()

    assert "1,234" in page
    assert "&lt;b&gt;Sales&lt;/b&gt;" in page
    assert "Password or key" in page
    assert page.count("<rect") == 1
    assert [event.details for event in events_of("AUDIT_OVERVIEW_READ")] == [{"days": days}]


@pytest.mark.django_db
def test_the_page_says_so_where_nothing_was_asked_yet(desk: Client) -> None:
    page = desk.get(reverse("overview:overview")).content.decode()

    assert "No exchange has ended in this time." in page


@pytest.mark.django_db
@pytest.mark.parametrize("days", ["0", "-1", "x", "99999", ""])
def test_a_span_that_does_not_exist_shows_nothing_and_says_what_to_do(desk: Client, days: str) -> None:
    response = desk.get(reverse("overview:overview"), {"days": days})

    assert response.status_code == 400
    assert "Nothing is shown" in response.content.decode()


@pytest.mark.parametrize(("roles", "status"), [
    ((Role.AUDITOR,), 200), ((Role.ADMIN,), 403), ((Role.EMPLOYEE,), 403), (None, 302),
])  # fmt: skip
def test_only_officers_and_auditors_read_it(
    client: Client, make_person: Callable[..., User], roles: Any, status: int
) -> None:
    browser = sign_in(make_person("somebody", roles=roles)) if roles else client

    assert browser.get(reverse("overview:overview")).status_code == status
    assert browser.post(reverse("overview:overview")).status_code == (
        302 if status == 302 else 405 if status == 200 else 403
    )


@pytest.mark.django_db
def test_the_page_shows_what_waits_and_for_whom(
    desk: Client, make_item: Callable[..., Any], officer: User  # noqa: F811
) -> None:  # fmt: skip
    item = make_item()
    make_item(item.queue)
    make_item(item.queue, who=Who(id=officer.pk, label=officer.name))

    page = desk.get(reverse("overview:overview")).content.decode()

    work = page.split("What waits")[1].split("</table>")[0]
    assert item.queue.name in work
    assert work.count("<rect") == 1
    numbers = [int(number) for number in re.findall(r'<td class="is-number" data-label="[^"]*">(\d+)</td>', work)]
    assert sum(numbers) == 2  # not what the officer wrote


def test_a_lying_bar_is_as_long_as_its_share_of_the_longest() -> None:
    stretches = drawing.lying({"overdue": 1, "soon": 0, "later": 3}, longest=8)

    assert [(part.kind, part.left, part.length) for part in stretches] == [("overdue", 0, 12.5), ("later", 12.5, 37.5)]
    assert drawing.lying({"overdue": 0}, longest=0) == ()

"""No figure of review holds the reader's own exchanges, and no preview or trial reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.review import deciding, figures, quality, reproducing, trying, work
from apps.audit.review.definition import Definition
from apps.audit.review.models import DayOfQueue, Follower, Item, Lexicon, Recheck, Trial
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Severity, Tag
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import LATER, look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_and_other(make_queue, make_exchange, place, tree, monkeypatch, officer, second_officer):
    """A queue that took an exchange of Maya's and one of the second officer's; both are followed and closed."""
    queue = make_queue(recheck_share=10_000)
    make_exchange("a word")
    make_exchange("a word", who=who(second_officer))
    place()
    places = {row_id: index for index, _, row_id in tree}  # the runtime role may not write leaves
    monkeypatch.setattr(reproducing, "places_of", lambda ids, reached: {each: places[each] for each in ids})
    Follower.objects.update(next_index=len(tree))
    for item in Item.objects.all():
        work.claim(item.pk, by=officer, now=LATER)
        look_at(item, officer, now=LATER)
        deciding.close(item.pk, verdict=Verdict(tag=Tag.FALSE_POSITIVE, is_read=True), by=officer, now=LATER)
    return queue


def test_rates_leave_out_the_readers_own(own_and_other, officer, second_officer):
    now = LATER + timedelta(days=1)

    (everybody,), (theirs,) = (figures.rates(reader, now=now) for reader in (officer, second_officer))

    assert (everybody.seen, everybody.placed, everybody.closed, everybody.by_tag[Tag.FALSE_POSITIVE]) == (2, 2, 2, 2)
    assert (theirs.seen, theirs.placed, theirs.closed, theirs.by_tag[Tag.FALSE_POSITIVE]) == (1, 1, 1, 1)
    assert DayOfQueue.objects.get().seen == 2


def test_loads_and_agreement_leave_out_what_is_about_the_reader(own_and_other, officer, second_officer, make_person):
    third = make_person("ines", roles=(Role.COMPLIANCE_OFFICER,))
    for waiting in Recheck.objects.all():
        look_at(waiting.item, third, now=LATER)
        quality.recheck(waiting.pk, verdict=Verdict(tag=Tag.COMPLIANT, is_read=True), by=third, now=LATER)
    now = LATER + timedelta(days=1)

    closed = {
        reader.username: {load.officer.username: load.closed for load in figures.loads(reader, now=now)}
        for reader in (officer, second_officer)
    }

    assert (closed["grace"]["grace"], closed["helena"]["grace"]) == (2, 1)
    assert quality.agreement(officer, now=now).pairs == 2
    assert quality.agreement(second_officer, now=now).pairs == 1


def test_a_load_does_not_count_an_item_about_the_reader(make_item, officer, second_officer):
    item = make_item(who=who(second_officer))
    work.claim(item.pk, by=officer, now=LATER)

    held = [figures.loads(reader, now=LATER)[0].outstanding for reader in (officer, second_officer)]

    assert held == [1, 0]


def test_a_preview_does_not_read_the_readers_own(make_exchange, officer, second_officer):
    make_exchange("a word")
    make_exchange("a word", who=who(second_officer))
    definition = Definition("Trial", Severity.MEDIUM, 24)

    seen = [
        trying.preview(definition, None, by=reader, now=NOON + timedelta(days=1))
        for reader in (officer, second_officer)
    ]

    assert [(each.looked_at, each.caught) for each in seen] == [(2, 2), (1, 1)]


def test_a_trial_leaves_out_the_askers_own_and_is_read_by_the_asker_alone(make_exchange, officer, second_officer):
    make_exchange("an insider", now=NOON)
    make_exchange("an insider", now=NOON, who=who(second_officer))
    version = trying.write_lexicon(Lexicon(name="Insider"), "insider", by=officer, now=NOON)
    trials = [trying.begin_trial(version, wanted=10, by=each, now=LATER) for each in (officer, second_officer)]

    for trial in trials:
        while trying.go_on(trial.pk, now=LATER):
            pass

    assert [Trial.objects.get(pk=trial.pk).found for trial in trials] == [2, 1]
    browser = sign_in(second_officer)
    assert browser.get(reverse("review:trial", args=[trials[0].pk])).status_code == 404
    assert browser.post(reverse("review:stop_trial", args=[trials[0].pk])).status_code == 404
    page = browser.get(reverse("review:lexicon", args=[version.lexicon_id]))
    assert [trial.pk for trial in page.context["trials"]] == [trials[1].pk]


def test_a_day_is_recomputed_without_the_readers_own(own_and_other, officer, second_officer):
    compared = [
        reproducing.recompute(own_and_other, NOON.date(), by=reader) for reader in (None, officer, second_officer)
    ]

    assert [(each.exchanges, each.expected, each.is_equal) for each in compared] == [
        (2, 2, True), (2, 2, True), (1, 1, True),
    ]  # fmt: skip

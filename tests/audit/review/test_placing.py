"""Which exchanges come into which queue, from the moment its definition is in the tree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.accounts.models import Role
from apps.audit.review import queues, trying
from apps.audit.review.definition import Conditions, Definition
from apps.audit.review.models import DayOfQueue, Item, Lexicon, QueueVersion
from apps.audit.review.sampling import Share, is_drawn
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose
from tests.audit.conftest import NOON

pytestmark = pytest.mark.django_db

CASES = {
    "a masked type": (Conditions(masked_types=("IBAN",)), {"masked": ("IBAN", "PERSON")}, {"masked": ("PERSON",)}),
    "an outcome": (Conditions(outcomes=("FAILED",)), {"ends": OutcomeKind.FAILED}, {}),
    "a stop": (Conditions(outcomes=("STOPPED",)), {"ends": OutcomeKind.STOPPED}, {}),
    "a verdict": (
        Conditions(verdicts=("BLOCKED_BY_POLICY",)),
        {"ends": OutcomeKind.REFUSED, "reason": "BLOCKED_BY_POLICY: This holds a key. Take it out."},
        {"ends": OutcomeKind.REFUSED, "reason": "OVER_BUDGET: The budget is spent."},
    ),
    "a model": (Conditions(models=("GPT",)), {"model_label": "GPT"}, {"model_label": "SmolLM2 135M"}),
    "where it runs": (Conditions(egress_classes=("OUTSIDE",)), {"egress_class": EgressClass.OUTSIDE}, {}),
    "a door": (Conditions(doors=("API",)), {"door": Door.API}, {}),
    "a purpose": (Conditions(purposes=("TITLE",)), {"purpose": Purpose.TITLE}, {}),
    "a cost": (Conditions(cost_from="0.50"), {"cost": Decimal("0.5")}, {"cost": Decimal("0.49")}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_queue_takes_what_meets_its_condition_and_nothing_else(make_queue, make_exchange, place, case):
    conditions, met, unmet = CASES[case]
    make_queue(conditions=conditions)
    taken = make_exchange(**met)
    make_exchange(**unmet)

    place()

    assert list(Item.objects.values_list("exchange_id", flat=True)) == [taken]


def test_a_queue_takes_by_the_persons_team_and_role(make_queue, make_exchange, make_person, place):
    admin, team_id = make_person("david", roles=(Role.ADMIN,)), new_id()
    make_queue("Admins", conditions=Conditions(roles=(Role.ADMIN,)))
    make_queue("Legal", conditions=Conditions(teams=(str(team_id),)))
    by_admin = make_exchange(who=Who(admin.pk, "David"))
    by_legal = make_exchange(who=Who(new_id(), "Lea", team_id, "Legal"))

    place()

    placed = set(Item.objects.values_list("queue__name", "exchange_id"))
    assert placed == {("Admins", by_admin), ("Legal", by_legal)}


def test_all_conditions_of_a_queue_must_hold(make_queue, make_exchange, place):
    make_queue(conditions=Conditions(masked_types=("IBAN",), outcomes=("FAILED",)))
    make_exchange(masked=("IBAN",))
    both = make_exchange(masked=("IBAN",), ends=OutcomeKind.FAILED)

    place()

    item = Item.objects.get()
    assert item.exchange_id == both
    assert item.why == ["Outcome: The model did not finish", "Masked: bank account number (IBAN)"]
    assert item.due_at == NOON + timedelta(seconds=2, hours=24)


def test_a_lexicon_finds_its_words_in_what_left_and_in_what_came(make_queue, make_exchange, officer, place):
    lexicon = Lexicon(name="Insider")
    trying.write_lexicon(lexicon, "before the announcement\nblackout*", by=officer, now=NOON)
    make_queue(lexicon=lexicon, conditions=Conditions(has_lexicon=True))
    asked = make_exchange("Shall we buy Before  the\nannouncement?")
    told = make_exchange("Hello", answer="In blackouts you may not trade.")
    make_exchange("The announcement is before us")

    place()

    assert set(Item.objects.values_list("exchange_id", flat=True)) == {asked, told}
    assert Item.objects.get(exchange_id=asked).why == ["Word: before the announcement"]


def test_a_definition_counts_for_what_has_its_place_after_it(make_queue, make_exchange, officer, place):
    make_exchange()
    queue = make_queue()
    second = make_exchange()
    place()
    queues.switch(queue.pk, is_on=False, by=officer, now=NOON)
    make_exchange()

    place()

    assert list(Item.objects.values_list("exchange_id", flat=True)) == [second]


def test_an_exchange_that_is_still_answered_comes_when_it_has_ended(make_queue, make_exchange, place):
    make_queue()
    make_exchange(ends=None)

    assert place() == 0


def test_a_sample_is_what_its_published_seed_says(make_queue, make_exchange, place, events_of):
    legal = new_id()
    make_queue(share=Share(3_000, {str(legal): 10_000}))
    ids = [make_exchange() for _ in range(30)]
    from_legal = make_exchange(who=Who(new_id(), "Lea", legal, "Legal"))

    place()

    published = events_of("REVIEW_QUEUE_DEFINED")[0].details
    drawn = {
        each for each in ids if is_drawn(published["seed"], each, share=published["definition"]["share"]["general"])
    }
    assert set(Item.objects.values_list("exchange_id", flat=True)) == drawn | {from_legal}
    assert 0 < len(drawn) < 30


def test_placing_the_same_leaves_again_doubles_nothing(make_queue, make_exchange, place, tree):
    from apps.audit.review import placing

    make_queue()
    make_exchange()
    place()

    placing.place(tree)

    assert Item.objects.count() == 1


def test_days_say_how_much_a_queue_was_shown_and_took(make_queue, make_exchange, place):
    queue = make_queue(conditions=Conditions(masked_types=("IBAN",)))
    for masked in (("IBAN",), ("PERSON",), ()):
        make_exchange(masked=masked)
        place()

    day = DayOfQueue.objects.get(queue=queue)

    assert (day.seen, day.placed, day.day) == (3, 1, NOON.date())


def test_each_change_is_a_version_and_an_event_with_a_fresh_seed(make_queue, officer, second_officer, events_of):
    queue = make_queue(share=Share(500))
    changed = Definition("Everything", "HIGH", 4, share=Share(500))

    queues.change(queue.pk, changed, lexicon=None, seen_number=1, by=second_officer, now=NOON)

    versions = list(QueueVersion.objects.filter(queue=queue).order_by("number"))
    assert [version.number for version in versions] == [1, 2]
    assert versions[0].seed != versions[1].seed
    assert events_of("REVIEW_QUEUE_CHANGED")[0].details["seed"] == versions[1].seed
    with pytest.raises(queues.ChangedMeanwhile):
        queues.change(queue.pk, changed, lexicon=None, seen_number=1, by=officer, now=NOON)


def test_a_new_version_of_a_lexicon_is_used_when_it_is_brought_into_force(make_queue, make_exchange, officer, place):
    lexicon = Lexicon(name="Insider")
    trying.write_lexicon(lexicon, "blackout", by=officer, now=NOON)
    make_queue(lexicon=lexicon, conditions=Conditions(has_lexicon=True))
    newer = trying.write_lexicon(lexicon, "quiet period", by=officer, now=NOON)
    make_exchange("We are in the quiet period")
    place()
    assert not Item.objects.exists()

    queues.bring_into_force(newer, by=officer, now=NOON)

    found = make_exchange("Still in the quiet period")
    place()
    assert Item.objects.get().exchange_id == found


def test_versions_are_append_only_for_everybody(make_queue):
    from django.db import DatabaseError, transaction

    make_queue()

    with pytest.raises(DatabaseError), transaction.atomic():
        QueueVersion.objects.update(seed="0" * 64)

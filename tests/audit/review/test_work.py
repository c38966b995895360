"""Who takes what, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.approvals import asking
from apps.audit.approvals.deeds import CannotBeCarriedOut
from apps.audit.review import acts, deciding, evidence, notes, quality, reproducing, work
from apps.audit.review.models import Decision, Follower, Item, Recheck
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Severity, State, Tag
from apps.ledger.models import Intent
from apps.privacy import destruction
from tests.audit.conftest import NOON
from tests.audit.review.conftest import LATER, look_at

pytestmark = pytest.mark.django_db

READ = Verdict(Tag.COMPLIANT, is_read=True)
WHY = "The name was in a contract that is public."


def test_an_item_has_one_officer_at_a_time(make_item, officer, second_officer):
    item = make_item()
    work.claim(item.pk, by=officer, now=LATER)

    with pytest.raises(acts.HeldByAnother):
        work.claim(item.pk, by=second_officer, now=LATER)

    work.claim(item.pk, by=second_officer, now=LATER + work.HOLD + timedelta(seconds=1))
    item.refresh_from_db()
    assert item.claimed_by == second_officer


def test_the_next_item_is_the_one_that_is_due_first(make_item, make_queue, officer, second_officer):
    slow, quick = make_queue("Slow", hours=100), make_queue("Quick", hours=1)
    make_item(slow)
    urgent = Item.objects.get(queue=quick)

    assert work.take_next(by=officer, now=LATER) == urgent
    assert work.take_next(by=second_officer, now=LATER).queue == slow
    assert work.take_next(by=second_officer, now=LATER) is None


def test_what_was_assigned_comes_first_and_to_nobody_else(make_item, make_queue, officer, second_officer):
    make_item(make_queue("Quick", hours=1))
    later = make_item(make_queue("Slow", hours=100))
    work.assign(later.pk, to=second_officer, by=officer, now=LATER)

    with pytest.raises(acts.HeldByAnother):
        work.claim(later.pk, by=officer, now=LATER)
    assert work.take_next(by=second_officer, now=LATER) == later


def test_an_officer_never_gets_an_exchange_of_their_own(make_item, officer, second_officer):
    own = make_item(who=who(officer))

    assert not Item.objects.visible_to(officer).exists()
    assert work.take_next(by=officer, now=LATER) is None
    with pytest.raises(acts.NoSuchItem):
        work.claim(own.pk, by=officer, now=LATER)
    with pytest.raises(acts.CannotBeDone):
        work.assign(own.pk, to=officer, by=second_officer, now=LATER)
    with pytest.raises(DatabaseError), transaction.atomic():
        Item.objects.filter(pk=own.pk).update(claimed_by=officer)


def test_only_officers_work(make_item, make_person):
    item, auditor = make_item(), make_person("ruth", roles=(Role.AUDITOR,))

    with pytest.raises(PermissionDenied):
        work.claim(item.pk, by=auditor, now=LATER)
    assert Item.objects.visible_to(auditor).exists()
    assert not Item.objects.visible_to(make_person("maya")).exists()


def test_what_was_escalated_goes_to_another_officer(make_item, officer, second_officer, events_of):
    item = make_item()
    work.claim(item.pk, by=officer, now=LATER)

    work.escalate(item.pk, reason="A question for the lawyers", by=officer, now=LATER)

    with pytest.raises(acts.CannotBeDone, match="level 2"):
        work.claim(item.pk, by=officer, now=LATER)
    assert work.take_next(by=second_officer, now=LATER) == item
    assert "lawyers" not in str(events_of("REVIEW_ESCALATED")[0].details)
    assert "lawyers" not in str(events_of("REVIEW_NOTED")[0].details)


def test_a_decision_is_a_row_and_an_event_and_says_how_long_it_took(make_item, read, officer, events_of):
    item = read(make_item())

    verdict = Verdict(Tag.FALSE_POSITIVE, ("public name",), is_read=True)
    deciding.close(item.pk, verdict=verdict, note=WHY, by=officer, now=LATER + timedelta(seconds=40))

    decision = Decision.objects.get()
    event = events_of("REVIEW_DECIDED")[0]
    assert (decision.tag, decision.own_tags, decision.seconds) == ("FALSE_POSITIVE", ["public name"], 40)
    assert event.details["tag"] == "FALSE_POSITIVE"
    assert event.subject_id == str(item.exchange_id)
    item.refresh_from_db()
    assert (item.state, item.tag, item.claimed_by) == (State.CLOSED, "FALSE_POSITIVE", None)
    with connection.cursor() as cursor:
        assert list(evidence.review_agrees(cursor)) == []


def test_nobody_decides_what_they_did_not_open_and_read(make_item, officer):
    item = make_item()
    with pytest.raises(acts.CannotBeDone, match="Nobody holds"):
        deciding.close(item.pk, verdict=READ, by=officer, now=LATER)
    work.claim(item.pk, by=officer, now=LATER)

    with pytest.raises(deciding.NotRead):
        deciding.close(item.pk, verdict=READ, by=officer, now=LATER)
    look_at(item, officer, now=LATER)
    with pytest.raises(deciding.NotRead):
        deciding.close(item.pk, verdict=Verdict(Tag.COMPLIANT), by=officer, now=LATER)
    assert not Decision.objects.exists()


def test_deciding_twice_decides_once(make_item, read, officer):
    item = read(make_item())
    deciding.close(item.pk, verdict=READ, by=officer, now=LATER)

    with pytest.raises(acts.ClosedAlready):
        deciding.close(item.pk, verdict=READ, by=officer, now=LATER)

    assert Decision.objects.count() == 1


def test_a_claim_that_lapsed_still_decides_while_nobody_took_the_item(make_item, read, officer, second_officer):
    kept, taken = read(make_item()), read(make_item())
    late = LATER + work.HOLD + timedelta(minutes=1)
    work.claim(taken.pk, by=second_officer, now=late)

    deciding.close(kept.pk, verdict=READ, by=officer, now=late)
    with pytest.raises(acts.HeldByAnother):
        deciding.close(taken.pk, verdict=READ, by=officer, now=late)


def test_high_severity_closes_when_a_second_officer_consents(make_item, read, officer, second_officer, events_of):
    item = read(make_item(severity=Severity.HIGH))
    with pytest.raises(deciding.TakesTwo):
        deciding.close(item.pk, verdict=READ, by=officer, now=LATER)
    asked = deciding.ask_to_close(item.pk, verdict=READ, why=WHY, by=officer, now=LATER)
    item.refresh_from_db()
    assert item.state == State.OPEN
    assert work.take_next(by=officer, now=LATER) is None
    with pytest.raises(PermissionDenied):
        asking.grant(asked.pk, by=officer, now=LATER)

    asking.grant(asked.pk, by=second_officer, now=LATER)

    item.refresh_from_db()
    decision = Decision.objects.get()
    assert (item.state, item.tag) == (State.CLOSED, "COMPLIANT")
    assert (decision.officer_id, decision.second_officer_id) == (officer.pk, second_officer.pk)
    assert events_of("REVIEW_DECIDED")[0].details["second_officer"] == str(second_officer.pk)


def test_a_refused_request_gives_the_item_back_to_whoever_asked(make_item, read, officer, second_officer):
    item = read(make_item(severity=Severity.HIGH))
    asked = deciding.ask_to_close(item.pk, verdict=READ, why=WHY, by=officer, now=LATER)

    asking.refuse(asked.pk, by=second_officer, answer="Look at the second passage", now=LATER)

    assert work.take_next(by=second_officer, now=LATER) is None
    assert work.take_next(by=officer, now=LATER) == item


def test_consent_to_what_was_closed_meanwhile_changes_nothing(make_item, read, officer, second_officer):
    item = read(make_item(severity=Severity.HIGH))
    asked = deciding.ask_to_close(item.pk, verdict=READ, why=WHY, by=officer, now=LATER)
    again = deciding.close_with_consent
    again(asked, second_officer, LATER)

    with pytest.raises(CannotBeCarriedOut), transaction.atomic():
        asking.grant(asked.pk, by=second_officer, now=LATER)

    assert Decision.objects.count() == 1


def test_many_are_decided_with_a_record_each_and_say_that_they_were_not_opened(
    make_item, officer, second_officer, events_of
):
    items = [make_item() for _ in range(3)]
    work.claim(items[1].pk, by=second_officer, now=LATER)
    grave = make_item(severity=Severity.HIGH)

    done, left = deciding.close_many([*(item.pk for item in items), grave.pk], verdict=READ, by=officer, now=LATER)

    assert {decision.item_id for decision in done} == {items[0].pk, items[2].pk}
    assert [each.item_id for each in left] == [items[1].pk, grave.pk]
    assert len(events_of("REVIEW_DECIDED")) == 2
    assert all(decision.is_one_of_many and not decision.is_read for decision in done)


def test_a_closed_item_is_opened_again_with_a_reason(make_item, read, officer, second_officer):
    item = read(make_item())
    deciding.close(item.pk, verdict=READ, by=officer, now=LATER)

    deciding.reopen(item.pk, reason="New facts in case 7", by=second_officer, now=LATER + timedelta(days=1))

    item.refresh_from_db()
    assert (item.state, item.tag) == (State.OPEN, "")
    assert item.due_at == LATER + timedelta(days=1, hours=24)
    assert [decision.step for decision in item.decisions.all()] == ["CLOSED", "REOPENED"]


def test_a_note_goes_dark_with_the_exchange_and_no_record_holds_its_words(make_item, officer, events_of):
    item = make_item()
    note = notes.add(item.pk, text="Lunch with Zebulon", by=officer, now=LATER)
    assert [each.text for each in notes.opened([note], exchange_id=item.exchange_id)] == ["Lunch with Zebulon"]
    assert b"Zebulon" not in bytes(note.sealed)
    assert "Zebulon" not in str(events_of("REVIEW_NOTED")[0].details)

    destruction.destroy_one(Intent.objects.get(pk=item.exchange_id).conversation_id)

    assert [each.text for each in notes.opened([note], exchange_id=item.exchange_id)] == [None]
    with pytest.raises(notes.NoteUnusable, match="erased"):
        notes.add(item.pk, text="Another word", by=officer, now=LATER)


@pytest.mark.parametrize("text", ["", "  ", "ab", "x" * 4001])
def test_a_note_says_something_and_not_too_much(make_item, officer, text):
    with pytest.raises(notes.NoteUnusable):
        notes.add(make_item().pk, text=text, by=officer, now=LATER)


def test_a_part_of_what_was_closed_is_judged_again_by_another_officer(
    make_queue, make_item, read, officer, second_officer
):
    item = read(make_item(make_queue(recheck_share=10_000)))
    deciding.close(item.pk, verdict=READ, by=officer, now=LATER)
    drawn = Recheck.objects.get()
    assert not Recheck.objects.offered_to(officer).exists()
    with pytest.raises(acts.NoSuchItem):
        quality.recheck(drawn.pk, verdict=READ, by=officer, now=LATER)
    look_at(item, second_officer, now=LATER)

    quality.recheck(drawn.pk, verdict=Verdict(Tag.QUESTIONABLE, is_read=True), by=second_officer, now=LATER)

    agreed = quality.agreement(officer, now=LATER)
    assert (agreed.pairs, agreed.same) == (1, 0)
    item.refresh_from_db()
    assert item.tag == "COMPLIANT"
    with pytest.raises(acts.NoSuchItem):
        quality.recheck(drawn.pk, verdict=READ, by=second_officer, now=LATER)


def test_the_person_of_an_exchange_does_not_judge_it_again(make_queue, make_item, read, officer, second_officer):
    item = read(make_item(make_queue(recheck_share=10_000), who=who(second_officer)))

    deciding.close(item.pk, verdict=READ, by=officer, now=LATER)

    assert not Recheck.objects.offered_to(second_officer).exists()


def test_a_day_recomputed_is_equal_and_shows_what_is_missing_or_too_much(make_queue, make_item, tree, monkeypatch):
    queue = make_queue()
    items = [make_item(queue) for _ in range(4)]
    stand_in_for_the_tree(monkeypatch, tree)
    Follower.objects.update(next_index=len(tree))
    assert reproducing.recompute(queue, NOON.date(), by=None).is_equal

    Item.objects.filter(pk=items[0].pk).delete()

    compared = reproducing.recompute(queue, NOON.date(), by=None)
    assert (compared.missing, compared.extra, compared.expected) == ((items[0].exchange_id,), (), 4)


def stand_in_for_the_tree(monkeypatch, tree):
    """The runtime role may not write leaves: read them from the list instead."""
    places = {row_id: index for index, _, row_id in tree}
    monkeypatch.setattr(reproducing, "places_of", lambda ids, reached: {each: places[each] for each in ids})

"""Whoever changes a row of review behind the portal's back is found by comparing it with its event."""

from __future__ import annotations

import psycopg
import pytest

from apps.audit.review import deciding, evidence
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Tag
from tests.audit.review.conftest import LATER
from tests.environment import POSTGRES

pytestmark = pytest.mark.django_db(transaction=True)

TAMPERED = {
    "a decision edited": "UPDATE review_decision SET tag = 'NON_COMPLIANT'",
    "a decision given to another": "UPDATE review_decision SET officer_label = 'Somebody else'",
    "a decision removed": "DELETE FROM review_decision",
    "an item closed with another finding": "UPDATE review_item SET tag = 'QUESTIONABLE'",
    "an item opened by hand": "UPDATE review_item SET state = 'OPEN', closed_at = NULL, tag = ''",
    "a note's commitment": "UPDATE review_note SET digest = repeat('0', 64)",
    "a definition": "UPDATE review_queueversion SET seed = repeat('0', 64)",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_change_behind_the_portals_back_shows(make_item, read, officer, how):
    item = read(make_item())
    deciding.close(item.pk, verdict=Verdict(Tag.COMPLIANT, is_read=True), note="A word", by=officer, now=LATER)
    assert list(evidence.check()) == []

    with psycopg.connect(POSTGRES.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(TAMPERED[how])

    assert list(evidence.check())

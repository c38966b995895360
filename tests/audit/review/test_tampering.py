"""Whoever changes a row of review behind the portal's back is found by comparing it with its event."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection
from psycopg.sql import SQL, Identifier

from apps.audit.review import deciding, evidence
from apps.audit.review.models import Lexicon
from apps.audit.review.recording import Verdict
from apps.audit.review.trying import write_lexicon
from apps.audit.review.vocabulary import Tag
from portal.embedded.database import APP
from tests.audit.review.conftest import LATER
from tests.environment import POSTGRES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def words(officer):
    return write_lexicon(Lexicon(name="Insults"), "blockhead", by=officer, now=LATER)


def found():
    with connection.cursor() as cursor:
        return list(evidence.review_agrees(cursor))


TAMPERED = {
    "a finding edited": "UPDATE review_decision SET tag = 'NON_COMPLIANT'",
    "a decision made look read": "UPDATE review_decision SET is_read = NOT is_read",
    "a decision given to another": "UPDATE review_decision SET officer_label = 'Somebody else'",
    "a decision removed": "DELETE FROM review_decision",
    "an item closed with another finding": "UPDATE review_item SET tag = 'QUESTIONABLE'",
    "an item opened by hand": "UPDATE review_item SET state = 'OPEN', closed_at = NULL, tag = ''",
    "a note's commitment": "UPDATE review_note SET digest = repeat('0', 64)",
    "words of a lexicon": "UPDATE review_lexiconversion SET entries = 'another word'",
    "a decision whose item is gone": "DELETE FROM review_item",
    "a definition": "UPDATE review_queueversion SET seed = repeat('0', 64)",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_change_behind_the_portals_back_shows(make_item, read, words, officer, how):
    item = read(make_item())
    deciding.close(item.pk, verdict=Verdict(Tag.COMPLIANT, is_read=True), note="A word", by=officer, now=LATER)
    assert found() == []

    with psycopg.connect(POSTGRES.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(TAMPERED[how])

    assert found()


@pytest.mark.parametrize("table", ["review_decision", "review_note", "review_queueversion", "review_lexiconversion"])
def test_what_officers_decided_is_append_only_for_the_superuser_too(table):
    with psycopg.connect(POSTGRES.url("postgres"), autocommit=True) as superuser:
        for statement in ("DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET id = id"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                superuser.execute(SQL(statement).format(Identifier(table)))


@pytest.mark.parametrize("table", ["review_decision", "review_note", "review_queueversion", "review_lexiconversion"])
def test_the_runtime_role_has_no_right_to_change_what_officers_decided(table):
    with psycopg.connect(POSTGRES.url(APP), autocommit=True) as portal:
        for statement in ("DELETE FROM {}", "UPDATE {} SET id = id"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                portal.execute(SQL(statement).format(Identifier(table)))

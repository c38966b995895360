"""What officers write where the whole desk reads it names no confidential case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from apps.audit import telling
from apps.audit.approvals.models import Approval
from apps.audit.cases import recording, work
from apps.audit.forms import FindForm
from apps.audit.pseudonyms import pseudonym
from apps.privacy.hold_models import Hold
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db
TOLD = "The whole desk reads this, and it names a confidential case"


@pytest.fixture
def case(make_case):
    return make_case(is_confidential=True)


def fields(form: str, words: str, person: Any) -> tuple[str, dict[str, Any]]:
    """Give the address and the fields of a form whose words the desk reads."""
    forms: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {
        "the name of a hold": lambda: (
            "/audit/retention/holds/place",
            {"name": words, "kind": "PERSON", "person": pseudonym(person.pk), "why": "Counsel asked for it"},
        ),
        "the reason of a hold": lambda: (
            "/audit/retention/holds/place",
            {"name": "Counsel", "kind": "PERSON", "person": pseudonym(person.pk), "why": words},
        ),
        "why a name is shown": lambda: ("/audit/people/reveal", {"pseudonym": pseudonym(person.pk), "reason": words}),
        "why somebody is looked for": lambda: ("/audit/people/find", {"name": "maya", "reason": words}),
        "why a rule is left to one": lambda: ("/audit/approvals/rules/EXPORT/one", {"why": words}),
    }
    return forms[form]()


FORMS = (
    "the name of a hold", "the reason of a hold", "why a name is shown", "why somebody is looked for",
    "why a rule is left to one",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_no_form_that_the_desk_reads_takes_the_number_of_a_confidential_case(form, case, officer, make_person):
    address, typed = fields(form, f"Needed for {case.number}, of course", make_person("maya"))

    answer = sign_in(officer).post(address, typed)

    assert answer.status_code in {400, 422}
    assert TOLD in answer.text
    assert not Hold.objects.exists()
    assert not Approval.objects.exists()


@pytest.mark.parametrize("form", FORMS)
def test_the_number_of_a_case_that_the_desk_sees_is_taken(form, case, officer, make_person):
    work.set_confidential(case, is_confidential=False, by=officer, now=timezone.now())
    address, typed = fields(form, f"Needed for {case.number}, of course", make_person("maya"))

    answer = sign_in(officer).post(address, typed, follow=True)

    assert answer.status_code == 200
    assert TOLD not in answer.text


def test_the_reason_of_an_export_of_a_confidential_case_does_not_name_it(case, officer, nothing_queued):
    typed = {"of": f"case={case.pk}", "variant": "REDACTED", "why": f"For the council, {case.number.lower()}"}

    answer = sign_in(officer).post("/audit/cases/exports/ask", typed)

    assert answer.status_code == 422
    assert TOLD in answer.text


@pytest.mark.parametrize("form", ["{}", "case {0[1]}/{0[2]}", "Case-{0[1]}-{0[2]:>06}", "see CASE {0[1]}-{0[2]}."])
def test_a_number_is_known_as_people_write_it(form, case, officer):
    written = form.format(case.number) if form == "{}" else form.format(["", case.year, str(case.serial)])

    assert recording.told_in(f"For {written}", officer)


def test_an_officer_who_does_not_see_the_case_learns_nothing_by_trying_numbers(case, colleague):
    assert recording.told_in(f"Needed for {case.number}", colleague) == ""
    assert recording.told_in("Needed for CASE-2026-9999", colleague) == ""


def test_words_without_a_number_cost_no_query(officer, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert recording.told_in("To find out who asked for it in May 2026", officer) == ""


def test_a_door_that_does_not_say_who_wrote_is_a_fault_and_not_a_way_around():
    with pytest.raises(telling.WriterUnknown):
        FindForm(QueryDict("name=maya&reason=To find out who asked")).is_valid()

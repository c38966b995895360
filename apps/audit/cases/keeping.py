"""What cases keep of people: exports, which hold the texts of many, and what officers wrote about a matter."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.audit.cases import exporting
from apps.audit.cases.models import Case, CaseExchange, Export, Run
from apps.ledger.models import Intent
from apps.privacy import destruction, holds
from apps.privacy.erasure import Room


class CasesRoom(Room):
    """
    Neither exports nor words are listed by person: what may hold a person's texts goes.

    Exports can be made again without them. The words of a case cannot, so a matter that is needed still takes a hold.
    """

    name = "cases"

    def forget_person(self, person_id: UUID, *, now: datetime) -> Counter[str]:
        """
        End exports of cases with the person's exchanges, and all exports of searches; erase the words of those cases.

        A case with an exchange of somebody else that a hold covers keeps its words, and is counted as such.
        """
        return _exports_ended(person_id, now=now) + _words_erased(person_id)


def _exports_ended(person_id: UUID, *, now: datetime) -> Counter[str]:
    may_hold = Q(case__exchanges__person_id=person_id) | Q(case=None)
    found = Export.objects.filter(may_hold).select_related("case").distinct()
    done = [exporting.delete(export, by=None, now=now) for export in found.filter(state=Run.State.DONE)]
    begun = found.filter(state__in=[Run.State.ASKED, Run.State.QUEUED, Run.State.RUNNING])
    return Counter(exports=sum([*done, *(exporting.cancel(export, by=None, now=now) for export in begun)]))


def _words_erased(person_id: UUID) -> Counter[str]:
    cases = Case.objects.filter(exchanges__person_id=person_id).distinct().values_list("pk", flat=True)
    alive = destruction.readable(cases)
    held = {case_id for case_id in alive if holds.covered(_keys_in(case_id))}
    for case_id in sorted(alive - held):
        destruction.destroy_one(case_id)
    return Counter(words_of_cases=len(alive - held), words_of_cases_held=len(held))


def _keys_in(case_id: UUID) -> set[UUID]:
    """The keys of the exchanges in a case that can still be read."""
    exchanges = Intent.objects.filter(pk__in=CaseExchange.objects.filter(case=case_id).values("exchange_id"))
    return destruction.readable(exchanges.values_list(Coalesce("conversation_id", "pk"), flat=True))

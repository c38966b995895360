"""What cases keep of people: exports, whose files hold the texts of many, until they are a few days old."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.audit.cases import exporting
from apps.audit.cases.models import Export, Run
from apps.privacy.erasure import Room


class CasesRoom(Room):
    """Exports are not listed by person: what may hold a person's texts goes, and can be made again without them."""

    name = "cases"

    def forget_person(self, person_id: UUID, *, now: datetime) -> Counter[str]:
        """Delete exports of cases with the person's exchanges, and all exports of searches."""
        may_hold = Q(case__exchanges__person_id=person_id) | Q(case=None)
        found = Export.objects.filter(may_hold, state=Run.State.DONE).select_related("case").distinct()
        return Counter(exports=sum(exporting.delete(export, by=None, now=now) for export in found))

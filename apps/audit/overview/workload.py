"""What waits for the officers: in each queue by how late it is, with whom, and for a second officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.audit.approvals.models import Approval
from apps.audit.overview.drawing import Stretch, lying
from apps.audit.review import figures
from apps.audit.review.figures import Load, Waiting

OVERDUE, SOON, LATER = "overdue", "soon", "later"


@dataclass(frozen=True, slots=True)
class Workload:
    """Queues with their bars, officers with what they hold, and how many requests wait for this officer's consent."""

    queues: list[tuple[Waiting, tuple[Stretch, ...]]]
    officers: list[Load]
    approvals: int
    is_behind: bool


def workload(actor: User, *, now: datetime) -> Workload:
    """Count what waits, each queue up to 10,000. Four short statements a queue, seven more."""
    waiting = [queue for queue in figures.waiting(actor, now=now) if queue.total]
    longest = max((queue.total for queue in waiting), default=0)
    return Workload(
        queues=[(queue, lying(_parts(queue), longest)) for queue in waiting],
        officers=figures.loads(actor, now=now),
        approvals=Approval.objects.waiting_for(actor, now).count(),
        is_behind=figures.is_behind(now=now),
    )


def _parts(queue: Waiting) -> dict[str, int]:
    return {OVERDUE: queue.overdue, SOON: queue.soon, LATER: queue.later}

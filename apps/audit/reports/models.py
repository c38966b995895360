"""Reports of whole months: who asked for which, how far it is, where it lies."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import Role, User
from apps.audit.cases.models import Run, RunQuerySet


class ReportQuerySet(RunQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """A report holds sums of everybody alone, so that the whole desk may read each."""
        if not actor.is_active or not actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR):
            return self.none()
        return self.all()


class Report(Run):
    """The report of one month, named by its first day. Without `by` the portal made it itself."""

    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    month = models.DateField()
    stored_as = models.CharField(max_length=120, blank=True)
    bytes = models.BigIntegerField(default=0)
    manifest = models.CharField(max_length=64, blank=True)

    objects: ClassVar[models.Manager[Any]] = ReportQuerySet.as_manager()

    class Meta(Run.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="RUNNING", claim__isnull=False, claimed_until__isnull=False)
                | (~Q(state="RUNNING") & Q(claim=None, claimed_until=None)),
                name="reports_report_is_claimed_iff_running",
            ),
            models.CheckConstraint(
                condition=(Q(state="DONE") & ~Q(stored_as="") & ~Q(manifest="")) | (~Q(state="DONE") & Q(stored_as="")),
                name="reports_report_has_a_file_iff_done",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="reports_month_is_its_first_day"),
            models.UniqueConstraint(
                fields=["month"], condition=Q(state__in=["QUEUED", "RUNNING"]), name="reports_one_of_a_month_at_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-asked_at"], name="reports_newest")]

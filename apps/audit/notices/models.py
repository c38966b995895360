"""
What officers tell people about their exchanges, and what people object to.

Words to and from a person are sealed under the exchange's own key and go with it. Each digest is an HMAC under the same
key, which the event carries too, so that other words would show.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import Role, User
from apps.audit.review.models import Decision
from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH

NAME_LENGTH = 80
TITLE_LENGTH = 120
ANSWERED_WITHIN = timedelta(days=30)
Row = TypeVar("Row", bound=models.Model)


class Kind(models.TextChoices):
    """What a notice is. An answer belongs to an objection and comes from no template."""

    TRAINING = "TRAINING", "Training"
    REMINDER = "REMINDER", "Reminder"
    QUESTION = "QUESTION", "Question"
    ANSWER = "ANSWER", "Answer to an objection"


class NoticeTemplate(models.Model):
    """Words that officers keep for notices; its newest version is the one that is sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    kind = models.CharField(max_length=16, choices=[each for each in Kind.choices if each[0] != "ANSWER"])
    is_on = models.BooleanField(default=True)
    number = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def newest(self) -> TemplateVersion:
        """The version that is sent now. One query."""
        return self.versions.get(number=self.number)


class TemplateVersion(models.Model):
    """The words of a template at one time."""

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(NoticeTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_LENGTH)
    text = models.TextField()
    event_id = models.UUIDField(unique=True)
    written_by = models.CharField(max_length=LABEL_LENGTH)
    written_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["template", "number"], name="notices_template_has_one_of_each_number")
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.number}"


class AboutQuerySet(models.QuerySet[Row]):
    def visible_to(self, actor: User) -> Self:
        """Officers and auditors see all but what is about themselves; others none."""
        if not actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR):
            return self.none()
        return self.exclude(person_id=actor.pk)

    def of_person(self, person: User) -> Self:
        """What went to this person, or came from them."""
        return self.filter(person_id=person.pk)


class NoticeQuerySet(AboutQuerySet["Notice"]):
    def unread(self) -> Self:
        """Notices whose person has not said that they read them."""
        return self.filter(acknowledged_at=None)


class Notice(models.Model):
    """
    What an officer told the person of an exchange. With a decision, the person learns that finding and no other.

    Title and text are sealed as they were sent; so is what the person answered to a question.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    exchange_id = models.UUIDField()
    person_id = models.UUIDField()
    key_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=Kind)
    version = models.ForeignKey(TemplateVersion, models.PROTECT, null=True, related_name="+")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="+")
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    officer_id = models.UUIDField()
    officer_label = models.CharField(max_length=LABEL_LENGTH)
    event_id = models.UUIDField(unique=True)
    sent_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    sealed_reply = models.BinaryField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(officer_id=F("person_id")), name="notices_nobody_writes_to_themselves"),
            models.CheckConstraint(
                condition=Q(kind="ANSWER", version=None, decision=None)
                | (~Q(kind="ANSWER") & Q(version__isnull=False)),
                name="notices_come_from_a_template",
            ),
            models.CheckConstraint(
                condition=Q(sealed_reply=None) | Q(kind="QUESTION", acknowledged_at__isnull=False),
                name="notices_questions_are_replied_to",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person_id", "-sent_at", "-id"], name="notices_of_person"),
            models.Index(fields=["person_id"], condition=Q(acknowledged_at=None), name="notices_unread"),
            models.Index(fields=["exchange_id"], name="notices_of_exchange"),
            models.Index(fields=["key_id"], name="notices_of_key"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ObjectionQuerySet(AboutQuerySet["Objection"]):
    def open(self) -> Self:
        """Objections that nobody has answered."""
        return self.filter(state=Objection.State.OPEN)


class Objection(models.Model):
    """
    What a person objects to: what was recorded of their exchange, or the finding that a notice told them.

    Of one exchange one is open at a time. Another officer than those who decided answers it.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Waits for an answer"
        ANSWERED = "ANSWERED", "Answered"

    class Verdict(models.TextChoices):
        UPHELD = "UPHELD", "The objection is right"
        PARTLY = "PARTLY", "The objection is right in part"
        REJECTED = "REJECTED", "The objection is not right"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    exchange_id = models.UUIDField()
    person_id = models.UUIDField()
    key_id = models.UUIDField()
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="objections")
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    event_id = models.UUIDField(unique=True)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    verdict = models.CharField(max_length=16, choices=Verdict, blank=True)
    answer = models.OneToOneField(Notice, models.PROTECT, null=True, related_name="answers")
    answered_at = models.DateTimeField(null=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["exchange_id"], condition=Q(state="OPEN"), name="notices_one_open_objection"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", verdict="", answer=None, answered_at=None)
                | (Q(state="ANSWERED", answer__isnull=False, answered_at__isnull=False) & ~Q(verdict="")),
                name="notices_objection_is_open_or_answered",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at", "id"], condition=Q(state="OPEN"), name="notices_objection_due"),
            models.Index(fields=["-answered_at"], condition=Q(state="ANSWERED"), name="notices_objection_answered"),
            models.Index(fields=["exchange_id"], name="notices_objection_exchange"),
            models.Index(fields=["key_id"], name="notices_objection_key"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it should have been answered by now."""
        return self.state == self.State.OPEN and self.due_at < now

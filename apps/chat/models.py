"""The story's rows: conversations, turns, messages, and the frames of an answer that is still arriving."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Role, RoleAssignment, Team, User
from apps.gateway.models import LanguageModel
from apps.ledger import clock
from apps.ledger.ids import new_id


def _may_read(person_id: UUID, session_key: str) -> tuple[Exists, Exists]:
    """The conditions that a session is alive and that the person may chat, for the statements that read for a page."""
    is_signed_in = Session.objects.filter(session_key=session_key, expire_date__gt=Now())
    may_chat = RoleAssignment.objects.filter(person_id=person_id, role=Role.EMPLOYEE)
    return Exists(is_signed_in), Exists(may_chat)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, person: Any) -> Self:
        """Conversations of `person` that they have not deleted. Only the owner reads a conversation here."""
        if not getattr(person, "is_active", False):
            return self.none()
        return self.owned_by(person.pk)

    def owned_by(self, person_id: UUID) -> Self:
        """Conversations of an active person that they have not deleted, for those who know the person's id alone."""
        return self.filter(owner_id=person_id, owner__is_active=True, deleted_at=None)

    def watched_by(self, person_id: UUID, *, session_key: str) -> Self:
        """
        Conversations that a page of this very session of their owner may go on showing: the session is alive, the owner
        active and may chat. Whether the session is still the owner's says `accounts.access.is_session_of`.
        """
        return self.owned_by(person_id).filter(*_may_read(person_id, session_key))


class Conversation(models.Model):
    """A person's exchanges about one thing. Its text is encrypted under the conversation's own data key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="conversations")
    team = models.ForeignKey(Team, models.PROTECT, related_name="conversations")
    model = models.ForeignKey(LanguageModel, models.SET_NULL, null=True, related_name="+")
    sealed_title = models.BinaryField(default=b"")
    is_auto = models.BooleanField(default=False)
    uses_documents = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="chat_newest_of_owner", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class TurnQuerySet(models.QuerySet["Turn"]):
    def visible_to(self, person: Any) -> Self:
        """Turns of conversations that `person` may read."""
        return self.filter(conversation__in=Conversation.objects.visible_to(person))

    def open(self) -> Self:
        """Turns whose answer is still awaited."""
        return self.filter(outcome=Turn.Outcome.OPEN)

    def abandoned(self, now: datetime, *, set_back: datetime | None = None) -> Self:
        """
        Open turns whose process no longer renews its lease.

        A lease beyond `set_back` was given before the clock was set back; it is `now` and :data:`clock.FUTURE`.
        """
        beyond = set_back or now + clock.FUTURE
        return self.open().filter(Q(lease_until__lt=now) | Q(lease_until__gt=beyond))


class Turn(models.Model):
    """One question and the answer to it. A turn closes exactly once."""

    class Outcome(models.TextChoices):
        OPEN = "OPEN", "Waiting for the answer"
        ANSWERED = "ANSWERED", "Answered"
        REFUSED = "REFUSED", "Refused before anything was sent"
        STOPPED = "STOPPED", "Stopped by you"
        FAILED = "FAILED", "The model did not finish"

    class Step(models.TextChoices):
        WAITING = "WAITING", "Starting"
        SEARCHING = "SEARCHING", "Searching the documents you may read"
        SCRUBBING = "SCRUBBING", "Masking personal data and secrets"
        ASKING = "ASKING", "Waiting for the model"
        ANSWERING = "ANSWERING", "Answering"
        NOT_SENT = (
            "NOT_SENT",
            "Nothing was sent: the audit record cannot be written at the moment. This ends by itself once it can",
        )
        NOT_CLOSED = (
            "NOT_CLOSED",
            "The audit record cannot be written at the moment. This ends by itself once it can",
        )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="turns")
    key = models.UUIDField(help_text="Made by the browser; a question sent twice is one turn.")
    retry_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="retries")
    model = models.ForeignKey(LanguageModel, models.SET_NULL, null=True, related_name="+")
    model_label = models.CharField(max_length=200, blank=True)
    is_auto = models.BooleanField(default=False, help_text="The portal chooses the model.")
    route_note = models.CharField(max_length=300, blank=True, help_text="Why this model, where not simply chosen.")
    is_outside = models.BooleanField(default=False)
    uses_documents = models.BooleanField(default=True)
    step = models.CharField(max_length=16, choices=Step, default=Step.WAITING)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.OPEN)
    reason = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    masked = models.PositiveIntegerField(default=0)
    checked_percent = models.PositiveSmallIntegerField(default=0)
    held = ArrayField(models.CharField(max_length=64), default=list)
    last_frame = models.PositiveIntegerField(default=0)
    intent_id = models.UUIDField(null=True)
    reservation_id = models.UUIDField(null=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=24, decimal_places=12, default=0)
    currency = models.CharField(max_length=3, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField()
    stop_requested_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="chat_turn_is_open_xor_has_end",
                condition=Q(outcome="OPEN", closed_at__isnull=True) | (~Q(outcome="OPEN") & Q(closed_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["conversation", "key"], name="chat_question_sent_twice_is_one_turn"),
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(outcome="OPEN"), name="chat_one_open_turn_each_conversation"
            ),
        ]
        indexes = [models.Index(fields=["lease_until"], name="chat_open_turn_lease", condition=Q(outcome="OPEN"))]

    def __str__(self) -> str:
        return f"turn {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.outcome == Turn.Outcome.OPEN

    @property
    def may_retry(self) -> bool:
        """A turn that did not end in an answer may be asked again."""
        return self.outcome in {Turn.Outcome.REFUSED, Turn.Outcome.STOPPED, Turn.Outcome.FAILED}


class Message(models.Model):
    """What the person or the model said, encrypted under the conversation's data key."""

    class Author(models.TextChoices):
        PERSON = "PERSON", "You"
        MODEL = "MODEL", "Model"

    turn = models.ForeignKey(Turn, models.PROTECT, related_name="messages")
    author = models.CharField(max_length=8, choices=Author)
    sealed_text = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["turn", "author"], name="chat_one_question_and_one_answer"),
            models.CheckConstraint(condition=Q(author__in=["PERSON", "MODEL"]), name="chat_author_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.author} in {self.turn_id}"


class FrameQuerySet(models.QuerySet["Frame"]):
    def growing(self, turn_id: UUID, *, after: int, person_id: UUID, session_key: str) -> Self:
        """
        Frames of an open turn beyond number `after`, if this very session of `person_id` may still read them.

        One query asks it all: owner, active, may chat, not deleted, session alive. Nothing found gives no reason.
        """
        return self.filter(
            *_may_read(person_id, session_key),
            turn_id=turn_id,
            number__gt=after,
            turn__outcome=Turn.Outcome.OPEN,
            turn__conversation__deleted_at=None,
            turn__conversation__owner_id=person_id,
            turn__conversation__owner__is_active=True,
        )


class Frame(models.Model):
    """A numbered piece of an answer that is still arriving; gone once the turn closes and the message holds it all."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="frames")
    number = models.PositiveIntegerField()
    sealed_text = models.BinaryField()

    objects = FrameQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["turn", "number"], name="chat_frame_numbers_are_unique")]

    def __str__(self) -> str:
        return f"frame {self.number} of {self.turn_id}"


class Citation(models.Model):
    """A passage that went into the question, under the number the model was given for it."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="citations")
    number = models.PositiveSmallIntegerField()
    passage_id = models.UUIDField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["turn", "number"], name="chat_citation_numbers_are_unique")]

    def __str__(self) -> str:
        return f"[{self.number}] in {self.turn_id}"


def may_chat(person: User) -> bool:
    """Say whether `person` may ask anything at all."""
    return person.has_role(Role.EMPLOYEE)

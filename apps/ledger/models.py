"""
The rows of the ledger. It knows nobody: ids and labels, never a foreign key into another room.

`Intent`, `Outcome` and `Event` are append-only: the runtime role holds no right to change them, and triggers refuse
UPDATE, DELETE and TRUNCATE to everybody. What is erased lives elsewhere: readable text in `SearchRow`, the key that
opens the sealed columns in the privacy room. Each row carries both clocks, the caller's (``…_at``) and the database's
(``recorded_at``), and the number of the form it was written in, so that a row can be hashed and checked years later.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

FORM = 1
INTENT_FORM = 2


class Intent(models.Model):
    """
    What is about to leave, committed before it leaves. With its `Outcome` it is one exchange.

    ``sealed_payload`` is what leaves and ``sealed_typed`` what was typed, each encrypted under the conversation's data
    key. Person, team and model are as they were then; ``circumstances`` are :class:`~apps.ledger.facts.Circumstances`.
    Records of form 1 have neither circumstances nor what was typed.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    form = models.PositiveSmallIntegerField(default=INTENT_FORM)
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    door = models.CharField(max_length=16, choices=Door)
    purpose = models.CharField(max_length=32, choices=Purpose)
    person_id = models.UUIDField()
    person_label = models.CharField(max_length=LABEL_LENGTH)
    team_id = models.UUIDField(null=True)
    team_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    conversation_id = models.UUIDField(null=True)
    turn_id = models.UUIDField(null=True)
    model_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    provider_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    egress_class = models.CharField(max_length=16, choices=EgressClass, blank=True)
    sealed_payload = models.BinaryField(default=b"")
    masked = models.JSONField(default=list)
    masked_types = ArrayField(models.CharField(max_length=LABEL_LENGTH), default=list)
    masked_count = models.PositiveIntegerField(default=0)
    passages = models.JSONField(default=list)
    policy_version = models.CharField(max_length=LABEL_LENGTH, blank=True)
    prompt_version = models.CharField(max_length=LABEL_LENGTH, blank=True)
    circumstances = models.JSONField(null=True)
    sealed_typed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(door__in=Door.values), name="ledger_intent_door_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="ledger_intent_purpose_is_known"),
            models.CheckConstraint(
                condition=Q(egress_class__in=["", *EgressClass.values]), name="ledger_intent_egress_is_known"
            ),
            models.CheckConstraint(condition=~Q(person_label=""), name="ledger_intent_has_a_person"),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], include=["masked_count"], name="ledger_intent_time"),
            models.Index(fields=["person_id", "-started_at", "-id"], name="ledger_intent_person"),
            models.Index(fields=["team_id", "-started_at", "-id"], name="ledger_intent_team"),
            models.Index(fields=["model_label", "-started_at", "-id"], name="ledger_intent_model"),
            models.Index(fields=["conversation_id", "started_at"], name="ledger_intent_conversation"),
            GinIndex(fields=["masked_types"], name="ledger_intent_masked"),
            models.Index(fields=["egress_class", "-started_at", "-id"], name="ledger_intent_egress"),
            models.Index(
                fields=["door", "-started_at", "-id"], condition=~Q(door=Door.BROWSER), name="ledger_intent_door"
            ),
            models.Index(
                fields=["purpose", "-started_at", "-id"],
                condition=~Q(purpose=Purpose.CHAT),
                name="ledger_intent_purpose",
            ),
            GinIndex(
                fields=["passages"],
                opclasses=["jsonb_path_ops"],
                condition=~Q(passages=[]),
                name="ledger_intent_passages",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Outcome(models.Model):
    """How an exchange ended: exactly one row for each intent. ``started_at`` repeats the intent's, for its index."""

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    form = models.PositiveSmallIntegerField(default=FORM)
    intent = models.OneToOneField(Intent, models.DO_NOTHING, related_name="outcome")
    started_at = models.DateTimeField()
    concluded_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=16, choices=OutcomeKind)
    reason = models.TextField(blank=True)
    sealed_answer = models.BinaryField(default=b"")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=10, default=0)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OutcomeKind.values), name="ledger_outcome_kind_is_known"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="ledger_outcome_cost_is_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$") | Q(currency="", cost=0),
                name="ledger_outcome_cost_has_a_currency",
            ),
            models.CheckConstraint(
                condition=~Q(kind=OutcomeKind.REFUSED) | Q(input_tokens=0, output_tokens=0, cost=0),
                name="ledger_outcome_refused_means_nothing_was_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-started_at", "-intent"], name="ledger_outcome_kind"),
            models.Index(fields=["started_at"], include=["kind", "cost", "currency"], name="ledger_outcome_time"),
            models.Index(fields=["cost"], condition=Q(cost__gt=0), name="ledger_outcome_cost"),
            GinIndex(
                OpClass(Upper("reason"), name="gin_trgm_ops"), condition=~Q(reason=""), name="ledger_outcome_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.intent_id}: {self.kind}"


class Event(models.Model):
    """
    One act of an admin, an officer, an employee or the product itself. ``actor_id`` is empty when nobody is known.

    `action` is a word of ``vocabulary.Action``; the column holds any such word, so that old rows outlive the code.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    form = models.PositiveSmallIntegerField(default=FORM)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=64)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    team_id = models.UUIDField(null=True)
    team_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    subject_kind = models.CharField(max_length=LABEL_LENGTH, blank=True)
    subject_id = models.CharField(max_length=LABEL_LENGTH, blank=True)
    subject_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action__regex=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$"), name="ledger_event_action_is_a_code"
            ),
            models.CheckConstraint(
                condition=Q(actor_id__isnull=True, actor_label="") | (Q(actor_id__isnull=False) & ~Q(actor_label="")),
                name="ledger_event_actor_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["-happened_at", "-id"], name="ledger_event_time"),
            models.Index(fields=["action", "-happened_at", "-id"], name="ledger_event_action"),
            models.Index(fields=["actor_id", "-happened_at", "-id"], name="ledger_event_actor"),
            models.Index(fields=["subject_kind", "subject_id", "-happened_at"], name="ledger_event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.action}"


class Departure(models.Model):
    """
    A request that went out to a provider, counted at the network and not by whoever wrote the intent.

    ``call_id`` is what the intent's circumstances call it; None if the sender did not know, which nothing explains.
    """

    is_append_only: ClassVar[bool] = True

    call_id = models.UUIDField(null=True)
    way = models.CharField(max_length=16)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], include=["call_id"], name="ledger_departure_time")]

    def __str__(self) -> str:
        return f"{self.way} at {self.at}: {self.call_id}"


class OpenIntent(models.Model):
    """
    The list of exchanges still in progress, for the sweeper: a row from the intent to its outcome.

    A hint, not a record: whether an exchange is open is decided by the missing `Outcome`. Whoever answers an exchange
    renews `lease_until`. `reservation_id` is the money held for it, which the sweeper pays with.
    """

    intent = models.OneToOneField(Intent, models.DO_NOTHING, primary_key=True, related_name="open_row")
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    reservation_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="ledger_open_time")]

    def __str__(self) -> str:
        return str(self.intent_id)


class HiddenLook(models.Model):
    """
    An exchange whose person does not see yet who looked at it, because a confidential case would be told by it.

    Each look appears by itself after some days, unless ``kept_until``, to which a second officer agreed, is later.
    """

    exchange_id = models.UUIDField()
    case_id = models.UUIDField()
    hidden_at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exchange_id", "case_id"], name="ledger_hidden_once_by_a_case")]
        indexes = [models.Index(fields=["case_id"], name="ledger_hidden_case")]

    def __str__(self) -> str:
        return f"{self.exchange_id}: {self.case_id}"


class SearchRow(models.Model):
    """
    The readable, scrubbed text of one exchange, for the officer's search. Erasure deletes it; the exchange remains.

    ``answer_text`` has no index, so that concluding rewrites none (the row has room on its page for that).
    """

    intent = models.OneToOneField(Intent, models.DO_NOTHING, primary_key=True, related_name="search")
    conversation_id = models.UUIDField(null=True)
    left_text = models.TextField(blank=True)
    answer_text = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation_id"], name="ledger_search_conversation"),
            GinIndex(OpClass(Upper("left_text"), name="gin_trgm_ops"), name="ledger_search_left_text"),
        ]

    def __str__(self) -> str:
        return str(self.intent_id)


class RowKind(models.IntegerChoices):
    """Which table a leaf of the tree stands for."""

    INTENT = 1, "Intent"
    OUTCOME = 2, "Outcome"
    EVENT = 3, "Event"


class Pending(models.Model):
    """
    A committed record that has no place in the tree yet. A trigger writes it with the record; the sequencer removes it.

    The runtime role may only read it, so nobody who writes records can keep one out of the tree.
    """

    is_the_sequencers: ClassVar[bool] = True

    kind = models.PositiveSmallIntegerField(choices=RowKind)
    row_id = models.UUIDField()
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.row_id)


class Entry(models.Model):
    """A leaf of the tree: its place, counted from 0 without a gap, the record it stands for, and its hash."""

    is_append_only: ClassVar[bool] = True
    is_the_sequencers: ClassVar[bool] = True

    index = models.BigIntegerField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=RowKind)
    row_id = models.UUIDField(unique=True)
    leaf = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.index}: {self.row_id}"


class Node(models.Model):
    """The root over 256 neighbours: leaves at level 1, nodes of the level below at the others."""

    is_append_only: ClassVar[bool] = True
    is_the_sequencers: ClassVar[bool] = True

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_node_has_one_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Checkpoint(models.Model):
    """The signed head of the tree at one size; ``token`` is the leader's that signed it."""

    is_append_only: ClassVar[bool] = True
    is_the_sequencers: ClassVar[bool] = True

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    token = models.BigIntegerField()
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.size)


class Cosignature(models.Model):
    """A witness's signature line for the checkpoint of one size."""

    is_append_only: ClassVar[bool] = True
    is_the_sequencers: ClassVar[bool] = True

    size = models.BigIntegerField()
    witness = models.CharField(max_length=LABEL_LENGTH)
    line = models.TextField()
    cosigned_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["witness", "-size"], name="ledger_cosignature_witness"),
            models.Index(fields=["-size"], name="ledger_cosignature_size"),
        ]

    def __str__(self) -> str:
        return f"{self.witness}: {self.size}"


class Timestamp(models.Model):
    """What an authority (RFC 3161) said about the checkpoint of one size, as it came."""

    is_append_only: ClassVar[bool] = True
    is_the_sequencers: ClassVar[bool] = True

    size = models.BigIntegerField()
    authority = models.CharField(max_length=LABEL_LENGTH)
    token = models.BinaryField()
    stamped_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["authority", "-size"], name="ledger_timestamp_authority"),
            models.Index(fields=["size"], name="ledger_timestamp_size"),
        ]

    def __str__(self) -> str:
        return f"{self.authority}: {self.size}"


class Leader(models.Model):
    """One row: the fencing token of the sequencer that leads. A batch by any other token is refused."""

    is_the_sequencers: ClassVar[bool] = True

    token = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.token)

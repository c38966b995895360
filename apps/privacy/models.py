"""What privacy keeps: data keys of conversations, the sealed values behind placeholders, and the policy."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.ledger.ids import new_id
from apps.ledger.vocabulary import EgressClass
from apps.privacy.dictionary_models import DictionaryEntry as DictionaryEntry
from apps.privacy.dictionary_models import DictionaryImport as DictionaryImport
from apps.privacy.dictionary_models import DictionaryState as DictionaryState
from apps.privacy.hold_models import AwaitedDestruction as AwaitedDestruction
from apps.privacy.hold_models import HeldKey as HeldKey
from apps.privacy.hold_models import Hold as Hold
from apps.privacy.policy import CONFIRMED_ONLY, HIGHEST_THRESHOLD, NEVER_RELEASED, Treatment


class DataKey(models.Model):
    """
    A conversation's data key, wrapped by the master key. Destroying it makes everything sealed under it unreadable.

    A destroyed key keeps its row, so that no second key can be made for a conversation that was erased.
    """

    conversation_id = models.UUIDField(primary_key=True, editable=False)
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="privacy_destroyed_key_is_empty",
                condition=models.Q(destroyed_at__isnull=True) ^ models.Q(wrapped_key=b""),
            )
        ]

    def __str__(self) -> str:
        return f"Data key of conversation {self.conversation_id}"


class VaultEntry(models.Model):
    """
    One placeholder of one conversation and its sealed value.

    `created_at` is the database's, as `recorded_at` of the exchange is. `digest` is an HMAC of the value under a subkey
    of the data key: equal values meet in it, and it tells nobody anything without the key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_id = models.UUIDField()
    placeholder = models.CharField(max_length=64)
    type = models.CharField(max_length=32)
    digest = models.BinaryField(max_length=32)
    sealed_value = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation_id", "placeholder"], name="privacy_one_value_for_each_placeholder"
            ),
            models.UniqueConstraint(
                fields=["conversation_id", "digest"], name="privacy_one_placeholder_for_each_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placeholder} in conversation {self.conversation_id}"


class PolicyVersion(models.Model):
    """
    One change of the policy: who made it, when, and for which team and egress class. Numbers have no gaps.

    Ids and labels, as in the ledger: the history outlives the team and the admin.
    """

    is_append_only: ClassVar[bool] = True

    number = models.PositiveIntegerField(primary_key=True)
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    made_by_label = models.CharField(max_length=200)
    team_id = models.UUIDField(null=True)
    team_label = models.CharField(max_length=200, blank=True)
    egress_class = models.CharField(max_length=8, choices=EgressClass)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="privacy_policy_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=Q(egress_class__in=EgressClass.values), name="privacy_policy_egress_is_known"
            ),
            models.CheckConstraint(
                condition=Q(team_id=None, team_label="") | (Q(team_id__isnull=False) & ~Q(team_label="")),
                name="privacy_policy_team_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["team_id", "egress_class", "-number"], name="privacy_policy_of_a_team")]

    def __str__(self) -> str:
        return f"Policy {self.number}"


class PolicyRule(models.Model):
    """
    What one version says of one kind of value; in force until a later version says something else of it.

    An empty `treatment` takes a team's rule back: the company's counts again. `before` is the rule that was in force.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="rules")
    team_id = models.UUIDField(null=True)
    egress_class = models.CharField(max_length=8, choices=EgressClass)
    type = models.CharField(max_length=32)
    treatment = models.CharField(max_length=8, choices=Treatment, blank=True)
    threshold = models.FloatField(default=0)
    may_release = models.BooleanField(default=False)
    is_confirmed = models.BooleanField(default=False)
    before = models.JSONField()

    class Meta:
        ordering = ["type"]
        constraints = [
            models.UniqueConstraint(fields=["version", "type"], name="privacy_one_rule_each_version_and_type"),
            models.CheckConstraint(
                condition=Q(treatment__in=Treatment.values)
                | Q(treatment="", team_id__isnull=False, threshold=0, may_release=False),
                name="privacy_rule_treatment_is_known",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=HIGHEST_THRESHOLD), name="privacy_rule_threshold_is_usable"
            ),
            models.CheckConstraint(condition=~Q(type="LITERAL"), name="privacy_rule_never_for_literals"),
            models.CheckConstraint(
                condition=Q(may_release=False) | (Q(treatment="MASK") & ~Q(type__in=sorted(NEVER_RELEASED))),
                name="privacy_rule_releases_only_what_may_be",
            ),
            models.CheckConstraint(
                condition=~Q(type__in=sorted(CONFIRMED_ONLY), egress_class=EgressClass.OUTSIDE)
                | Q(treatment="")
                | Q(treatment__in=["MASK", "BLOCK"], threshold=0)
                | Q(is_confirmed=True),
                name="privacy_secrets_leave_only_when_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["egress_class", "team_id", "type", "-version"], name="privacy_rule_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.type} in {self.version_id}"


class Release(models.Model):
    """
    A masked value that its conversation's owner lets leave in clear. It names the placeholder; the vault has the value.

    `NOT_PERSONAL` counts for every model, `SENT_ANYWAY` (a warning that was confirmed) only for its egress class.
    """

    class Kind(models.TextChoices):
        NOT_PERSONAL = "NOT_PERSONAL", "Not personal"
        SENT_ANYWAY = "SENT_ANYWAY", "Sent despite the warning"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_id = models.UUIDField()
    placeholder = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind)
    egress_class = models.CharField(max_length=8, choices=EgressClass, blank=True)
    released_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["released_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="NOT_PERSONAL", egress_class="")
                | Q(kind="SENT_ANYWAY", egress_class__in=EgressClass.values),
                name="privacy_release_says_where_it_counts",
            ),
            models.UniqueConstraint(
                fields=["conversation_id", "placeholder", "egress_class"],
                condition=Q(taken_back_at=None),
                name="privacy_released_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placeholder} released in conversation {self.conversation_id}"

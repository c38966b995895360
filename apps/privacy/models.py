"""What privacy keeps: one data key for each conversation, and the sealed values behind its placeholders."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.ledger.ids import new_id
from apps.privacy.dictionary_models import DictionaryEntry as DictionaryEntry
from apps.privacy.dictionary_models import DictionaryImport as DictionaryImport
from apps.privacy.dictionary_models import DictionaryState as DictionaryState


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

    `digest` is an HMAC of the value under a subkey of the data key: equal values meet in it, and it tells nobody
    anything without the key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_id = models.UUIDField()
    placeholder = models.CharField(max_length=64)
    type = models.CharField(max_length=32)
    digest = models.BinaryField(max_length=32)
    sealed_value = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

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

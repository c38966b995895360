"""
The vault of a conversation: which placeholder stands for which value, sealed under the conversation's own key.

One value has one placeholder for the whole conversation, letter for letter, so that restoring gives back exactly what
was written. Two conversations never share anything.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.ledger.compiled import Compiled, an_id
from apps.ledger.ids import new_id
from apps.ledger.prepared import Write
from apps.privacy import keys, masking
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding, checked
from apps.privacy.models import VaultEntry

PURPOSE: Final = "vault"
ENCODING: Final = "utf-8"
ATTEMPTS: Final = 3
STORE_IF_AGREED: Final = """
INSERT INTO privacy_vaultentry (conversation_id, created_at, id, placeholder, type, digest, sealed_value)
SELECT %s, statement_timestamp(), new.*
  FROM agreed, unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::bytea[]) AS new
"""
_ENTRIES: Final = Compiled(lambda: VaultEntry.objects.filter(conversation_id=an_id("conversation")).order_by("id"))


class VaultMoved(Exception):
    """
    Another message of the same conversation gave a placeholder away first.

    The vault has reloaded; scrub the same drafts with it again, then save.
    """

    def __init__(self) -> None:
        super().__init__("Another message of this conversation was being prepared at the same moment. Send it again.")


class Vault:
    """
    The values of one conversation, in memory. Open it, mask with it, save it.

    Opening and saving talk to the database; masking does not.
    """

    def __init__(self, key: keys.ConversationKey) -> None:
        self.conversation_id = key.conversation_id
        self.known = KnownValues()
        self._box = key.box(PURPOSE)
        self._digest_key = key.digest_key()
        self._values: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._saved: set[str] = set()
        self._last_number: Counter[str] = Counter()

    @classmethod
    def open(cls, conversation_id: UUID, *, as_of: datetime | None = None) -> Self:
        """
        Load and open the conversation's vault, making its key on first use. Two queries, four on first use.

        :param as_of: leave out what was given away after this moment of the database's clock; for reading only.
        :raises KeyDestroyed: if the conversation was erased.
        :raises KeyUnavailable: if the master key cannot be used.
        """
        vault = cls(keys.open_key(conversation_id))
        vault._load(as_of=as_of)
        return vault

    @property
    def placeholders(self) -> Mapping[str, str]:
        """Every placeholder given away so far and the value it stands for."""
        return MappingProxyType(self._values)

    def placeholder_for(self, type_: str, value: str) -> str:
        """Give the value's placeholder, a new one if this conversation has not seen it. Its first type stays."""
        known = self._placeholders.get(value)
        if known is not None:
            return known
        self._last_number[type_] += 1
        placeholder = f"<{type_}_{self._last_number[type_]}>"
        self._remember(placeholder, type_, value)
        return placeholder

    def mask(self, text: str, findings: Sequence[Finding]) -> str:
        """
        Replace every finding by its placeholder.

        :raises MalformedFinding: if the findings do not fit the text, overlap or are out of order.
        """
        findings = masking.widened(text, checked(findings, text=text))
        return masking.masked(text, findings, placeholder_for=self.placeholder_for)

    def save(self) -> None:
        """
        Store the placeholders given away since opening. One insert, none if there is nothing new.

        :raises VaultMoved: if another message of this conversation gave one of them away first.
        """
        for _ in range(ATTEMPTS):
            new = [placeholder for placeholder in self._values if placeholder not in self._saved]
            if not new:
                return
            try:
                with transaction.atomic():
                    VaultEntry.objects.bulk_create(self._row(placeholder) for placeholder in new)
            except IntegrityError:
                self._adopt_what_others_saved(new)
            else:
                self._saved.update(new)
                return
        raise VaultMoved

    def save_first(self) -> None:
        """Store the first placeholders of an exchange that nobody else knows of. One insert, none if there are none."""
        if self._values:
            VaultEntry.objects.bulk_create([self._row(placeholder) for placeholder in self._values])
            self._saved.update(self._values)

    def as_write(self) -> Write | None:
        """
        Give what `save` stores for another statement to write along; None if there is nothing new.

        That statement fails as a whole where another message gave one of the placeholders away first.
        """
        new = [placeholder for placeholder in self._values if placeholder not in self._saved]
        if not new:
            return None
        digests, sealed = map(list, zip(*map(self._sealed, new), strict=True))
        types = [self._types[placeholder] for placeholder in new]
        return Write(STORE_IF_AGREED, (self.conversation_id, [new_id() for _ in new], new, types, digests, sealed))

    def note_saved(self) -> None:
        """Note that what `as_write` gave is on disk."""
        self._saved.update(self._values)

    def _adopt_what_others_saved(self, new: Sequence[str]) -> None:
        mine = {placeholder: (self._types[placeholder], self._values[placeholder]) for placeholder in new}
        self._forget()
        self._load()
        for placeholder, (type_, value) in mine.items():
            is_free = placeholder not in self._values and value not in self._placeholders
            if not is_free and self._values.get(placeholder) != value:
                self._forget()
                self._load()
                raise VaultMoved
            if is_free:
                self._remember(placeholder, type_, value)

    def _load(self, *, as_of: datetime | None = None) -> None:
        rows = _ENTRIES.rows(conversation=self.conversation_id)
        for row in rows:
            if as_of is not None and row.created_at > as_of:
                continue
            self._remember(row.placeholder, row.type, _opened(row, self._box))
            self._saved.add(row.placeholder)

    def _forget(self) -> None:
        for table in (self._values, self._placeholders, self._types, self._saved, self._last_number):
            table.clear()
        self.known = KnownValues()

    def _remember(self, placeholder: str, type_: str, value: str) -> None:
        self._values[placeholder] = value
        self._placeholders[value] = placeholder
        self._types[placeholder] = type_
        self._last_number[type_] = max(self._last_number[type_], _number_of(placeholder))
        self.known.add(type_, value)

    def _row(self, placeholder: str) -> VaultEntry:
        digest, sealed = self._sealed(placeholder)
        return VaultEntry(
            conversation_id=self.conversation_id,
            placeholder=placeholder,
            type=self._types[placeholder],
            digest=digest,
            sealed_value=sealed,
        )

    def _sealed(self, placeholder: str) -> tuple[bytes, bytes]:
        """Give the digest of a placeholder's value, and the value sealed."""
        value = self._values[placeholder].encode(ENCODING, "surrogatepass")
        return hmac.digest(self._digest_key, value, "sha256"), self._box.seal(value, label=placeholder)


def values_of(key: keys.ConversationKey) -> list[str]:
    """
    List the values of a conversation, for showing its owner's own texts. One query.

    :raises SealBroken: if an entry was altered or moved.
    """
    box = key.box(PURPOSE)
    return [_opened(row, box) for row in _ENTRIES.rows(conversation=key.conversation_id)]


def _opened(row: VaultEntry, box: keys.Box) -> str:
    return box.unseal(bytes(row.sealed_value), label=row.placeholder).decode(ENCODING, "surrogatepass")


def _number_of(placeholder: str) -> int:
    match = re.search(r"_(\d+)>$", placeholder)
    return int(match[1]) if match else 0

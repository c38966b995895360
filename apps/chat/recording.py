"""What the record keeps of an exchange: what left, word for word, and the answer as it came."""

from __future__ import annotations

import json
from collections.abc import Sequence

from apps.privacy import overlaps
from apps.privacy.scrub import Scrubbed, ScrubbedMessage, Surroundings
from apps.privacy.vault import Vault
from apps.rag.search import Hit

PAYLOAD = "ledger.payload"
LEDGER_ANSWER = "ledger.answer"


def payload_of(prompt: Scrubbed, passages: Sequence[Hit], labels: Sequence[str]) -> bytes:
    """
    What left, as the record keeps it, in canonical JSON:
    ``{"messages": [{"role", "text"}, …], "passages": {id: label}}``. A tool call is a line of its message's text; the
    descriptions of tools, the form of the answer and stop words are messages of the role ``tools``.

    The passages' labels stand here, where erasure reaches them, and not in the ledger's plain columns. Where something
    was found and left in clear there is also ``"in_clear"``, a list of ``{"placeholder", "reason", "type"}``, and
    ``"scrubbed"``: the messages with that masked, for a reader who has given no reason to see it.
    """
    labelled = {str(hit.passage_id): label for hit, label in zip(passages, labels, strict=True)}
    payload: dict[str, object] = {
        "messages": _plain(prompt.messages, prompt.surroundings),
        "passages": labelled,
    }
    if prompt.in_clear:
        payload["scrubbed"] = _plain(prompt.on_record, prompt.surroundings_on_record)
        payload["in_clear"] = [
            {"placeholder": one.placeholder, "reason": one.reason, "type": one.type} for one in prompt.in_clear
        ]
    return json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()


def _plain(messages: Sequence[ScrubbedMessage], around: Surroundings) -> list[dict[str, str]]:
    plain = [{"role": message.role, "text": message.everything} for message in messages]
    return [*plain, *({"role": "tools", "text": text} for text in around.texts)]


def masked_again(text: str, vault: Vault) -> str:
    """Mask every value of the vault in a text of the same conversation."""
    return vault.mask(text, overlaps.resolve(vault.known.find(text), text=text))

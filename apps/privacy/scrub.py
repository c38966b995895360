"""
Make the prompt that may leave: every position goes through the same steps, and only this module can make a Scrubbed.

If detection fails, is late, or its own result does not hold on a second look, nothing is returned: an exception is
raised and nothing can be sent.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, Literal, NoReturn, TypeAlias

from apps.ledger.facts import MaskedSpan
from apps.privacy import engine, literals, masking, overlaps
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding, MalformedFinding
from apps.privacy.vault import Vault

Role: TypeAlias = Literal["system", "user", "assistant"]
ROLES: Final = frozenset({"system", "user", "assistant"})
ON_THE_LOOP: Final = 8_000
"""Most characters that are masked on the event loop; more goes to a thread, so nobody else's answer waits."""
SHORTEST_CHECKED: Final = 3
ROUNDS: Final = 4
PLACEHOLDER: Final = re.compile(r"<[A-Z_]+_[0-9]+>")
_ONLY_THIS_MODULE: Final = object()


class ScrubIncomplete(engine.ScrubberUnavailable):
    """A value that should be masked was still there after masking, so nothing was sent."""

    def __init__(self) -> None:
        super().__init__("The message could not be cleaned of personal data for certain, so it was not sent.")


@dataclass(frozen=True, slots=True)
class Draft:
    """
    One position of a prompt before scrubbing.

    `findings` are the places found earlier in exactly this `text` (at ingest); None asks the engine now.
    """

    role: Role
    text: str
    findings: tuple[Finding, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScrubbedMessage:
    """One position of a prompt as it leaves, and what was masked in it, once for each placeholder."""

    role: Role
    text: str
    masked: tuple[MaskedSpan, ...] = ()


@dataclass(frozen=True)
class Scrubbed:
    """
    A prompt that may leave. Only `scrub` makes one: copies, replacements, subclasses and pickles are refused.

    `masked` lists what was masked, once for each placeholder, in the order of first appearance.
    """

    messages: tuple[ScrubbedMessage, ...]
    masked: tuple[MaskedSpan, ...]
    engine_version: str
    made_by: InitVar[object]
    _seal: object = field(init=False, repr=False, compare=False)

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _ONLY_THIS_MODULE:
            raise TypeError("Only apps.privacy.scrub.scrub can make a Scrubbed.")
        object.__setattr__(self, "_seal", _ONLY_THIS_MODULE)

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise TypeError("Scrubbed has no subclasses: only apps.privacy.scrub.scrub can make one.")

    def __copy__(self) -> NoReturn:
        raise TypeError("A Scrubbed is not copied. Pass it on as it is.")

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise TypeError("A Scrubbed is not copied. Pass it on as it is.")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Scrubbed does not leave its process. Scrub again where it is needed.")

    @property
    def text(self) -> str:
        """All that leaves, in order, for the search row."""
        return "\n\n".join(message.text for message in self.messages)

    def to_bytes(self) -> bytes:
        """Give the messages as canonical JSON: sorted keys, no spaces, ASCII."""
        plain = [{"role": message.role, "content": message.text} for message in self.messages]
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")


def is_genuine(prompt: object) -> bool:
    """Say whether `scrub` made this very object (the gateway asks before it sends)."""
    return type(prompt) is Scrubbed and getattr(prompt, "_seal", None) is _ONLY_THIS_MODULE


async def scrub(drafts: Sequence[Draft], *, vault: Vault) -> Scrubbed:
    """
    Mask every draft with the conversation's vault, which learns the new values; save it before anything is sent.

    :raises ScrubberUnavailable: if the engine fails, is late or contradicts itself; nothing may be sent then.
    :raises ScrubIncomplete: if a known value is still in the result.
    """
    if any(draft.role not in ROLES for draft in drafts):
        raise ValueError("A draft's role is system, user or assistant.")
    found = await asyncio.gather(*(_findings(draft) for draft in drafts))
    if sum(len(draft.text) for draft in drafts) > ON_THE_LOOP:
        return await asyncio.to_thread(_masked, drafts, found, vault)
    return _masked(drafts, found, vault)


async def _findings(draft: Draft) -> tuple[Finding, ...]:
    return await engine.detect_async(draft.text) if draft.findings is None else draft.findings


def _masked(drafts: Sequence[Draft], found: Sequence[tuple[Finding, ...]], vault: Vault) -> Scrubbed:
    for _ in range(ROUNDS):
        messages = _one_round(drafts, found, vault)
        if not any(_has_leftovers(message, vault) for message in messages):
            everything = {span.placeholder: span for message in reversed(messages) for span in reversed(message.masked)}
            masked = tuple(reversed(everything.values()))
            return Scrubbed(messages, masked, engine.version_in_use(), made_by=_ONLY_THIS_MODULE)
    raise ScrubIncomplete


def _one_round(
    drafts: Sequence[Draft], found: Sequence[tuple[Finding, ...]], vault: Vault
) -> tuple[ScrubbedMessage, ...]:
    """Mask every draft once. What a round teaches the vault may show more in the next."""
    try:
        settled = _settle(drafts, found, vault)
        return tuple(_message(draft, findings, vault) for draft, findings in zip(drafts, settled, strict=True))
    except MalformedFinding as error:
        raise engine.ScrubberUnavailable(str(error)) from error


def _settle(drafts: Sequence[Draft], found: Sequence[tuple[Finding, ...]], vault: Vault) -> list[tuple[Finding, ...]]:
    """Add to what was found in each draft what is known from the vault and from the other drafts."""
    own = [[*findings, *literals.find(draft.text)] for draft, findings in zip(drafts, found, strict=True)]
    new = KnownValues()
    for draft, findings in zip(drafts, own, strict=True):
        for finding in findings:
            if not 0 <= finding.start < finding.end <= len(draft.text):
                raise MalformedFinding("The scrubber reported places that do not fit the text.")
            new.add(finding.type, draft.text[finding.start : finding.end])
    return [
        overlaps.resolve(
            [
                *findings,
                *vault.known.find(draft.text, besides=findings),
                *new.find(draft.text, besides=findings),
            ],
            text=draft.text,
        )
        for draft, findings in zip(drafts, own, strict=True)
    ]


def _message(draft: Draft, findings: Sequence[Finding], vault: Vault) -> ScrubbedMessage:
    findings = masking.widened(draft.text, findings)
    text = vault.mask(draft.text, findings)
    spans: dict[str, MaskedSpan] = {}
    for finding in findings:
        placeholder = vault.placeholder_for(finding.type, draft.text[finding.start : finding.end])
        spans.setdefault(placeholder, MaskedSpan(finding.type, placeholder, finding.score, finding.reason))
    return ScrubbedMessage(draft.role, text, tuple(spans.values()))


def _has_leftovers(message: ScrubbedMessage, vault: Vault) -> bool:
    """Look once more for every value of the vault in what is about to leave."""
    between = PLACEHOLDER.sub(lambda match: _stand_in(vault.placeholders.get(match[0], match[0])), message.text)
    return any(leftover.end - leftover.start > SHORTEST_CHECKED for leftover in vault.known.find(between))


def _stand_in(value: str) -> str:
    """Give a short text with the same word boundaries as `value`, and nothing of it."""
    return "".join("x" if edge.isalnum() else " " for edge in (value[0], value[-1]))

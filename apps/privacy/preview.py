"""Look at a text without making a prompt of it: what would be masked or refused, where, and why. Keeps nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apps.privacy import engine, literals, overlaps, policy_words
from apps.privacy.enforcement import Enforcement
from apps.privacy.findings import Finding
from apps.privacy.policy import Policy, Treatment
from apps.privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One value in a text and what would be done with it; `is_released`: the person let it out of this conversation."""

    finding: Finding
    treatment: Treatment
    is_unsure: bool = False
    is_released: bool = False

    @property
    def leaves_in_clear(self) -> bool:
        """Say whether it would be sent as it stands."""
        return self.is_unsure or self.is_released or self.treatment == Treatment.ALLOW


async def foresee(text: str, *, policy: Policy, vault: Vault | None = None) -> tuple[Foreseen, ...]:
    """
    Look at `text` as `scrub` would under `policy`; `vault` is that of the conversation it would go to, opened for this.

    In order, never overlapping. The engine's process works, the event loop does not wait.

    :raises ScrubberUnavailable: if the engine fails or is late.
    """
    return judged(text, await engine.detect_async(text), policy=policy, vault=vault)


def judged(text: str, found: Sequence[Finding], *, policy: Policy, vault: Vault | None = None) -> tuple[Foreseen, ...]:
    """Say what would become of findings, and of the known values of the conversation."""
    everything = [*found, *literals.find(text)]
    placeholders, known = (vault.placeholders, vault.known) if vault else ({}, None)
    enforcement = Enforcement(policy, placeholders=placeholders, known=known)
    kept_in = enforcement.settle([text], [everything])[0]
    stays = [Foreseen(finding, policy.rule(finding.type).treatment) for finding in kept_in]
    leaves = [_in_clear(finding, policy) for finding in _beside(kept_in, everything, text)]
    return tuple(sorted([*stays, *leaves], key=lambda one: one.finding.start))


def masked_only(text: str, found: Sequence[Finding], *, policy: Policy) -> tuple[Finding, ...]:
    """Pick the findings that would not leave in clear."""
    return tuple(one.finding for one in judged(text, found, policy=policy) if not one.leaves_in_clear)


def in_a_sentence(foreseen: Sequence[Foreseen]) -> str:
    """Say what would happen, for the line below the composer; empty where nothing would."""
    sentences = []
    for treatment, words in WORDS.items():
        kinds = [one.finding.type for one in foreseen if one.treatment == treatment and not one.leaves_in_clear]
        if kinds:
            sentences.append(words.format(kinds=policy_words.counted(Counter(kinds))))
    return " ".join(sentences)


WORDS: Final = {
    Treatment.BLOCK: "This cannot be sent to this model: it holds {kinds}.",
    Treatment.WARN: "You will be asked before {kinds} leaves.",
    Treatment.MASK: "Will be masked: {kinds}.",
}


def _beside(kept_in: Sequence[Finding], everything: Sequence[Finding], text: str) -> list[Finding]:
    """Give what was found and stands wholly beside what is kept in, settled."""
    taken = bytearray(len(text))
    for finding in kept_in:
        taken[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
    beside = [one for one in everything if 1 not in taken[one.start : one.end]]
    return list(overlaps.resolve(beside, text=text))


def _in_clear(finding: Finding, policy: Policy) -> Foreseen:
    rule = policy.rule(finding.type)
    is_unsure = not policy.is_sure(finding.type, finding.score)
    return Foreseen(
        finding, rule.treatment, is_unsure=is_unsure, is_released=rule.treatment != Treatment.ALLOW and not is_unsure
    )

"""The policy and what it finds, in plain words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apps.ledger.vocabulary import EgressClass
from apps.privacy.policy import TYPES, Policy, Rule, Treatment
from apps.privacy.vocabulary import WORDS_FOR

IRREGULAR = {
    "date of birth": "dates of birth",
    "bank account number (IBAN)": "bank account numbers (IBAN)",
    "password or key": "passwords or keys",
    "text that looks like a placeholder": "texts that look like placeholders",
}
PLACES = {
    EgressClass.INSIDE: "a model inside the company's network",
    EgressClass.OUTSIDE: "a model outside the company's network",
}


def one(type_: str) -> str:
    """Say one value of a kind with its article: "an e-mail address"."""
    words = WORDS_FOR.get(type_, "value")
    return f"{'an' if words[0] in 'aeioI' else 'a'} {words}"


def many(type_: str) -> str:
    """Say several values of a kind: "e-mail addresses"."""
    words = WORDS_FOR.get(type_, "value")
    return IRREGULAR.get(words) or words + ("es" if words.endswith("s") else "s")


def counted(counts: Mapping[str, int]) -> str:
    """Say how many values of each kind: "a name, 2 e-mail addresses and a card number"."""
    return listed([one(type_) if count == 1 else f"{count} {many(type_)}" for type_, count in counts.items()])


def listed(parts: Sequence[str]) -> str:
    """Put parts into a list: "a, b and c"."""
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentences(policy: Policy) -> list[str]:
    """Say what happens to a message for a model of the policy's egress class, one sentence a treatment."""
    place = PLACES[EgressClass(policy.egress_class)]
    said = []
    for treatment, words in SENTENCES.items():
        kinds = [many(type_) for type_ in TYPES if policy.rule(type_).treatment == treatment]
        if kinds:
            whole = "everything that is found" if len(kinds) == len(TYPES) else listed(kinds)
            said.append(words.format(kinds=whole, place=place))
    return [*said, *_thresholds(policy), *_releases(policy)]


SENTENCES = {
    Treatment.MASK: "In a message to {place}, {kinds}: replaced by placeholders before anything is sent, and put back "
    "into the answer.",
    Treatment.BLOCK: "A message to {place} is refused when it holds any of these: {kinds}.",
    Treatment.WARN: "A message to {place} waits until its author confirms it when it holds any of these: {kinds}. Then "
    "they leave in clear.",
    Treatment.ALLOW: "In a message to {place}, {kinds}: left in clear. The record that officers search masks them.",
}


def _thresholds(policy: Policy) -> Iterable[str]:
    doubtful = [type_ for type_ in TYPES if policy.rule(type_).threshold and policy.is_kept_in(type_)]
    if doubtful:
        parts = [f"{many(type_)} ({policy.rule(type_).threshold:g})" for type_ in doubtful]
        yield f"Guesses below these scores are left as they are: {listed(parts)}."


def _releases(policy: Policy) -> Iterable[str]:
    kinds = [many(type_) for type_ in TYPES if policy.may_be_released(type_)]
    if kinds:
        yield f"People may say “this is not personal” of {listed(kinds)}, for one conversation at a time."


def rule(ruled: Rule | None) -> str:
    """Say one rule in a few words: "Mask, from a score of 0.5, may be released"."""
    if ruled is None:
        return "As the company"
    parts = [ruled.treatment.label]
    if ruled.threshold:
        parts.append(f"from a score of {ruled.threshold:g}")
    if ruled.may_release:
        parts.append("may be released")
    return ", ".join(parts)

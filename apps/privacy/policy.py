"""
What happens to a kind of value on its way to a model: masked, blocked, asked about first, or left in clear.

Values only; `policies` reads and changes the rows. A kind that no rule names is masked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from django.db.models import TextChoices

from apps.ledger.vocabulary import EgressClass
from apps.privacy import vocabulary as v

HIGHEST_THRESHOLD: Final = 0.9
TYPES: Final = tuple(type_ for type_ in v.WORDS_FOR if type_ != v.LITERAL)
"""The kinds a policy speaks of. What only looks like a placeholder is always masked: it must come back as itself."""
CONFIRMED_ONLY: Final = frozenset({v.SECRET})
"""Kinds that leave the network in clear only after an admin has said so twice."""
NEVER_RELEASED: Final = frozenset({v.SECRET, v.CARD, v.IBAN, v.ACCOUNT, v.CRYPTO, v.LITERAL})
RELEASED_BY_DEFAULT: Final = frozenset({v.PERSON, v.USERNAME, v.ORGANIZATION, v.LOCATION, v.REFERENCE})


class Treatment(TextChoices):
    """What is done with a value of some kind."""

    MASK = "MASK", "Mask"
    BLOCK = "BLOCK", "Refuse the message"
    WARN = "WARN", "Ask first"
    ALLOW = "ALLOW", "Leave in clear"


class PolicyRefused(Exception):
    """A policy that makes no sense or is not safe; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotConfirmed(PolicyRefused):
    """The change lets secrets out of the network: it must be confirmed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What is done with values of one kind that are found with a score of at least `threshold` (0 to 1).

    `may_release`: a person may say of a masked value that it is not personal, for one conversation.
    """

    treatment: Treatment = Treatment.MASK
    threshold: float = 0.0
    may_release: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The rules in force for one team and one egress class, and the placeholders of one conversation left in clear.

    `number` is the newest version of the whole policy at that moment; 0 is the default profile.
    """

    egress_class: str = EgressClass.OUTSIDE
    number: int = 0
    rules: Mapping[str, Rule] = field(default_factory=dict)
    released: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        """Name this state of the policy for the record."""
        return f"policy-{self.number}"

    def rule(self, type_: str) -> Rule:
        """Give the rule for a kind of value; a kind that nobody has ruled on is masked."""
        return self.rules.get(type_) or default_rule(type_)

    def is_sure(self, type_: str, score: float) -> bool:
        """Say whether a finding counts at all."""
        return score >= self.rule(type_).threshold

    def is_kept_in(self, type_: str) -> bool:
        """Say whether values of this kind may not simply leave in clear."""
        return self.rule(type_).treatment != Treatment.ALLOW

    def warns(self, type_: str) -> bool:
        """Say whether the person is asked before values of this kind leave."""
        return self.rule(type_).treatment == Treatment.WARN

    def may_be_released(self, type_: str) -> bool:
        """Say whether people may say of a masked value of this kind that it is not personal."""
        rule = self.rule(type_)
        return rule.treatment == Treatment.MASK and rule.may_release and type_ not in NEVER_RELEASED

    def may_leave_once_released(self, type_: str) -> bool:
        """Say whether a released value of this kind leaves in clear under these rules."""
        return self.warns(type_) or self.may_be_released(type_)

    @property
    def lets_something_out(self) -> bool:
        """Say whether anything that is found may leave in clear."""
        return bool(self.released) or any(not self.is_kept_in(type_) for type_ in TYPES)

    def for_the_record(self) -> Policy:
        """Give the policy that masks all that this one finds: what is searchable on the record is never in clear."""
        rules = {type_: replace(self.rule(type_), treatment=Treatment.MASK) for type_ in TYPES}
        return replace(self, rules=rules, released=frozenset())

    def with_released(self, placeholders: Collection[str]) -> Policy:
        """Give this policy with the placeholders whose values the person has let out of masking."""
        return replace(self, released=frozenset(placeholders))


@cache
def default_rule(type_: str) -> Rule:
    """Give the rule of the default profile: masked, however unsure; people may say of a name that it is none."""
    return Rule(may_release=type_ in RELEASED_BY_DEFAULT)


DEFAULT: Final = Policy(rules=MappingProxyType({type_: default_rule(type_) for type_ in TYPES}))
"""The default profile, which masks all that is found."""


def require_sensible(rule: Rule, *, type_: str, egress_class: str, is_confirmed: bool) -> None:
    """
    Refuse a rule that makes no sense, and one that lets secrets out of the network unconfirmed.

    :raises PolicyRefused: with a sentence for the admin.
    :raises NotConfirmed: if only the confirmation is missing.
    """
    words = v.WORDS_FOR.get(type_, type_)
    if type_ not in TYPES:
        raise PolicyRefused(f"There is no rule to make for “{words}”: it is always masked.")
    if not 0 <= rule.threshold <= HIGHEST_THRESHOLD:
        raise PolicyRefused(
            f"The score for “{words}” must be between 0 and {HIGHEST_THRESHOLD}. Above that nearly nothing would be "
            "found; choose “Leave in clear” if you mean that."
        )
    if rule.may_release and type_ in NEVER_RELEASED:
        raise PolicyRefused(f"People cannot release a {words}: its form alone says what it is.")
    if rule.may_release and rule.treatment != Treatment.MASK:
        raise PolicyRefused(f"“May be released” for “{words}” goes with “Mask” only.")
    if needs_confirmation(rule, type_=type_, egress_class=egress_class) and not is_confirmed:
        raise NotConfirmed(
            "This lets passwords and keys leave the company's network in clear. Confirm it, or choose “Mask”."
        )


def needs_confirmation(rule: Rule, *, type_: str, egress_class: str) -> bool:
    """Say whether a rule may let secrets leave the network: left in clear, after a warning, or below a threshold."""
    is_closed = rule.treatment in {Treatment.MASK, Treatment.BLOCK} and rule.threshold == 0
    return type_ in CONFIRMED_ONLY and egress_class == EgressClass.OUTSIDE and not is_closed


def placeholder_type(placeholder: str) -> str:
    """Read the kind of value off its placeholder: ``PERSON`` from ``<PERSON_1>``."""
    return placeholder.strip("<>").rpartition("_")[0]

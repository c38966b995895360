"""
The policy applied to what was found: which findings must not leave, wherever in a prompt they stand.

The same steps serve every position of a prompt, the preview of a message and an admin's trial.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter

from apps.privacy import overlaps
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding, MalformedFinding
from apps.privacy.policy import Policy, placeholder_type
from apps.privacy.tagger.tokens import DENSE, DENSE_CHARACTER


class Enforcement:
    """
    One policy over one prompt. `known` holds every value that must not stand in the result in clear.

    A value that is released leaves in clear letter for letter. Nothing follows from it any more for its parts and other
    spellings: they are masked where the engine finds them.
    """

    def __init__(self, policy: Policy, *, placeholders: Mapping[str, str], known: KnownValues | None = None) -> None:
        """Begin with a vault's placeholders; `known` are all its values, which serves where nothing may leave."""
        self.policy = policy
        is_all_kept_in = known is not None and not policy.lets_something_out
        self.known = known if known is not None and is_all_kept_in else KnownValues()
        self._learnt = len(placeholders) if is_all_kept_in else 0
        self._released = {placeholders[one] for one in policy.released if one in placeholders}
        self._released_pattern = _any_of(self._released)
        self.learn(placeholders)

    def learn(self, placeholders: Mapping[str, str]) -> None:
        """Take in what a vault has learnt since; it only grows."""
        new = islice(placeholders.items(), self._learnt, None)
        self._learnt = len(placeholders)
        for placeholder, value in new:
            type_ = placeholder_type(placeholder)
            is_out = value in self._released and self.policy.may_leave_once_released(type_)
            if self.policy.is_kept_in(type_) and not is_out:
                self.known.add(type_, value)

    def kept_in(self, text: str, findings: Iterable[Finding]) -> list[Finding]:
        """
        Pick the findings of `text` that must not leave in clear.

        :raises MalformedFinding: if one lies outside the text.
        """
        picked = []
        released = self._released_in(text)
        for finding in findings:
            if not 0 <= finding.start < finding.end <= len(text):
                raise MalformedFinding("The scrubber reported places that do not fit the text.")
            is_meant = self.policy.is_kept_in(finding.type) and self.policy.is_sure(finding.type, finding.score)
            if is_meant and not self._is_excused(finding, released):
                picked.append(finding)
        return picked

    def settle(self, texts: Sequence[str], found: Sequence[Iterable[Finding]]) -> list[tuple[Finding, ...]]:
        """
        Give, for each text, what must not leave: found there, in another of the texts, or earlier (`known`).

        :raises MalformedFinding: if a finding lies outside its text.
        """
        own = [self.kept_in(text, findings) for text, findings in zip(texts, found, strict=True)]
        for text, findings in zip(texts, own, strict=True):
            for finding in findings:
                self.known.add(finding.type, text[finding.start : finding.end])
        return [
            overlaps.resolve([*findings, *self.spread(text, besides=findings)], text=text)
            for text, findings in zip(texts, own, strict=True)
        ]

    def spread(self, text: str, *, besides: Iterable[Finding] = ()) -> list[Finding]:
        """Find known values in `text`, but for what is released there."""
        released = self._released_in(text)
        return [one for one in self.known.find(text, besides=besides) if not self._is_excused(one, released)]

    def _released_in(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in self._released_pattern.finditer(text)] if self._released_pattern else []

    def _is_excused(self, finding: Finding, released: Sequence[tuple[int, int]]) -> bool:
        if not released or not self.policy.may_leave_once_released(finding.type):
            return False
        at = bisect_right(released, finding.start, key=itemgetter(0)) - 1
        return at >= 0 and finding.end <= released[at][1]


def _any_of(values: Collection[str]) -> re.Pattern[str] | None:
    """Compile "any of these values, not inside a longer word", the longest first. Chinese has no blanks to go by."""
    if not values:
        return None
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    return re.compile("|".join(map(_whole, longest_first)))


def _whole(value: str) -> str:
    before = "" if DENSE_CHARACTER.match(value) else rf"(?<![^\W{DENSE}])"
    behind = "" if DENSE_CHARACTER.match(value, len(value) - 1) else rf"(?![^\W{DENSE}])"
    return f"{before}{re.escape(value)}{behind}"

"""The way of one exchange through models: who was chosen, who was asked, what the person reads about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.gateway import auto, routing
from apps.gateway.admission import Admission
from apps.gateway.models import LanguageModel
from apps.gateway.refusals import CredentialMissing, PromptTooLong, Refused
from apps.gateway.upstream import FaultKind
from apps.ledger.facts import Circumstances

if TYPE_CHECKING:
    from apps.accounts.models import Team, User
    from apps.privacy.scrub import Scrubbed

Admit = Callable[[UUID], Admission]
"""Admit a call to the model of this id, or raise `Refused`."""

NOTE_LENGTH = 300


@dataclass(slots=True)
class Route:
    """
    Where one exchange goes. `chosen` is the person's (or the automatic route's) model, `asked` the one that is asked.

    It is used by one exchange alone, from one thread at a time.
    """

    person: User
    team: Team
    chosen: LanguageModel
    asked: LanguageModel
    choice: auto.Choice | None = None
    failures: list[str] = field(default_factory=list)
    tried: set[UUID] = field(default_factory=set)
    has_alternates: bool = False
    follows: UUID | None = None
    """The record of the call that failed before the one that is admitted next."""

    @property
    def is_plain(self) -> bool:
        """Whether only the model that was asked may answer, and nothing is noted about how it was chosen."""
        return self.choice is None and self.chosen.fallback == LanguageModel.Fallback.NONE

    def admit_first(self, prompt: Scrubbed, admit: Admit, *, now: datetime) -> Admission:
        """
        Admit the first call. Where the prompt does not fit or the provider's key is missing, another model may.

        Call it inside the transaction that keeps the reservation's id. Costs what `admit` costs, and for a choice of
        the automatic route one insert.

        :raises Refused: with the reason of the first model.
        """
        routing.note_call()
        try:
            admission = admit(self.asked.pk)
        except (PromptTooLong, CredentialMissing) as refused:
            kind = FaultKind.TOO_LONG if isinstance(refused, PromptTooLong) else FaultKind.KEY_REFUSED
            other = self.admit_next(kind, prompt, admit, now=now)
            if other is None:
                raise
            return other
        self.tried.add(self.asked.pk)
        self._note_choice(admission, now)
        if not self.has_alternates:
            return admission
        return replace(admission, first_word_seconds=routing.patience(self.asked))

    def admit_next(self, kind: FaultKind, prompt: Scrubbed, admit: Admit, *, now: datetime) -> Admission | None:
        """
        Admit the next model after a failure before the first word; None if nobody may answer.

        A model that refuses (no money for it, its key missing) is passed over. The last one that may answer is given
        all the time there is.
        """
        self.tried |= {self.chosen.pk, self.asked.pk}
        while True:
            other = routing.next_model(
                self.chosen,
                kind,
                failed=self.asked,
                prompt=prompt,
                tried=self.tried,
                person=self.person,
                team=self.team,
                now=now,
            )
            if other is None:
                return None
            self.tried.add(other.pk)
            try:
                with transaction.atomic():  # a refusal lets go of the purses that were locked to ask
                    admission = admit(other.pk)
            except Refused:
                continue
            self.failures.append(routing.why(self.asked, kind))
            self.asked = other
            self._note_choice(admission, now)
            return self._hurried(admission, prompt, now)

    def _hurried(self, admission: Admission, prompt: Scrubbed, now: datetime) -> Admission:
        """Bound the wait for the first word as long as somebody else could answer."""
        if not routing.is_anybody_left(
            self.chosen, prompt=prompt, tried=self.tried, person=self.person, team=self.team, now=now
        ):
            return admission
        return replace(admission, first_word_seconds=routing.patience(self.asked))

    @property
    def note(self) -> str:
        """Say to the person how the model was chosen, where it was not simply theirs; else nothing."""
        sentences = [f"Auto chose {self.chosen.label}: {self.choice.why}."] if self.choice else []
        if self.failures:
            sentences.append(f"{', '.join(self.failures)}, so {self.asked.label} was asked.")
        return " ".join(sentences)[:NOTE_LENGTH]

    def told(self, admission: Admission) -> Circumstances:
        """Say for the record how this call came about."""
        is_another = self.asked.pk != self.chosen.pk
        return replace(
            admission.circumstances,
            chosen_by="FALLBACK" if is_another else "AUTO" if self.choice else "CALLER",
            asked_for=self.chosen.label if is_another else "",
            follows_intent_id=self.follows,
        )

    def _note_choice(self, admission: Admission, now: datetime) -> None:
        if self.choice is not None:
            choice = replace(self.choice, model=self.asked)
            auto.note_choice(choice, team=self.team, reservation_id=admission.reservation_id, now=now)


def plan(model: LanguageModel, *, person: User, team: Team, now: datetime, choice: auto.Choice | None = None) -> Route:
    """
    Plan the way of an exchange whose model is `model`; another is asked from the start where that one is down.

    No query for a model without alternates, one or two for one that has them.
    """
    route = Route(person, team, model, model, choice)
    if model.fallback == LanguageModel.Fallback.NONE:
        return route
    route.has_alternates = bool(routing.alternates(model, person=person, team=team, now=now))
    other = routing.instead_of_down(model, person=person, team=team, now=now)
    if other is not None:
        route.tried.add(model.pk)
        route.failures.append(routing.why(model, None))
        route.asked = other
    return route

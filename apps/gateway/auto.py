"""
The automatic route: an easy question to the small model, a hard one to the large, by points that anybody can look up.

The rule reads the question where it is (nothing is sent to judge it), in some tens of microseconds for an ordinary
one. Its words and thresholds stand in `FEATURES`; what it chose, the points and the reasons are kept, never the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from apps.gateway import health, lookups
from apps.gateway.models import AutoChoice, AutoRoute, LanguageModel
from apps.ledger.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import Team, User

NAME: Final = "auto"
"""What a person or a program asks for instead of a model."""

HARD_FROM: Final = 2
READ_AT_MOST: Final = 20_000
"""Characters of a question that the rule looks at; by then its length alone says enough."""
CHARACTERS_PER_TOKEN: Final = 3
ROOM_FOR_THE_ANSWER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Question:
    """What the rule looks at."""

    text: str
    history_characters: int = 0
    has_passages: bool = False
    has_tools: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """Something about a question, the points it gives where it holds, and its name for people."""

    words: str
    points: int
    holds: Callable[[Question], bool]


def _found(pattern: str) -> Callable[[Question], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda question: compiled.search(question.text[:READ_AT_MOST]) is not None


def _at_least(count: int, pattern: str) -> Callable[[Question], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def holds(question: Question) -> bool:
        finds = compiled.finditer(question.text[:READ_AT_MOST])
        return sum(1 for _ in zip(range(count), finds, strict=False)) == count

    return holds


CODE: Final = (
    r"```|\bdef \w+\(|\bclass \w+[:({]|\bfunction \w*\(|=>|#include\b|\bSELECT\b.{1,500}?\bFROM\b|\bpublic static\b|"
    r"Traceback \(most recent|\b\w{1,60}(Error|Exception):|\bimport \w+|\{\s*\n|;\s*\n|</\w+>"
)
PROGRAMMING: Final = (
    r"\b(python|javascript|typescript|java|rust|golang|sql|regex|regexp|bash|kubernetes|terraform|dockerfile|api|"
    r"endpoint|unit tests?|refactor|debug|race condition|deadlock|algorithm|algorithmus|algorithme|algoritmo)\b"
)
MATHS: Final = (
    r"\\(frac|int|sum|sqrt|begin)\b|[∫∑√∂∞≤≥≠±]|\b\d+\s*[\^]\s*\d|\b(integral|derivative|equation|probability|"
    r"theorem|matrix|eigenvalue|standard deviation|regression|compound interest|gleichung|wahrscheinlichkeit|"
    r"ableitung|équation|probabilité|dérivée|ecuación|probabilidad|derivada|equazione|probabilità|vergelijking)\b|"
    r"\b(how many|how much|how long|how fast)\b.{1,200}?\b(if|when|per|each|every)\b"
)
REASONING: Final = (
    r"\b(why (does|do|did|is|are|would|might)|explain (why|how|its|their)|weigh(ing)?|risks?|assumptions?|"
    r"prove|derive|step[ -]by[ -]step|trade-?offs?|pros and cons|compare|"
    r"contrast|analy[sz]e|analysis|evaluate|assess|critique|argue|design|architect(ure)?|strateg(y|ies)|root cause|"
    r"diagnose|optimi[sz]e|implications?|recommend(ation)?s?|forecast|scenario|roadmap|migration plan|"
    r"warum|beweise|vergleiche|analysiere|bewerte|entwirf|abwägen|schritt für schritt|begründe|"
    r"pourquoi|démontre[rz]?|compare[rz]|analyse[rz]|évalue[rz]|conçois|étape par étape|"
    r"por qué|demuestra|compara|analiza|evalúa|diseña|paso a paso|"
    r"perché|dimostra|confronta|analizza|valuta|progetta|passo passo|"
    r"porquê|analise|avalie|projete|waarom|bewijs|vergelijk|analyseer|beoordeel|ontwerp|stap voor stap)\b"
)
LONG_WORK: Final = (
    r"\b(write|draft|create|develop|prepare|produce|schreibe|erstelle|entwickle|rédige[rz]?|écris|redacta|escribe|"
    r"scrivi|redigi|schrijf|escreva)\b.{0,60}\b(report|essay|proposal|plan|specification|policy|article|contract|"
    r"business case|white ?paper|bericht|konzept|vertrag|richtlinie|rapport|contrat|informe|contrato|propuesta|"
    r"relazione|contratto|voorstel|relatório|proposta)\b"
)
CONDITION: Final = (
    r"\b(must|should|without|at least|at most|exactly|only if|unless|except|no more than|make sure|ensure|"
    r"muss|müssen|ohne|mindestens|höchstens|genau|außer|doit|doivent|sans|au moins|au plus|sauf|"
    r"debe|deben|sin|al menos|como máximo|deve|devono|senza|almeno|zonder|minstens|sem|pelo menos)\b|"
    r"^\s*(\d+[.)]|[-*•])\s"
)
EASY: Final = (
    r"^\s*(hi|hello|hey|thanks?|thank you|ok(ay)?|good (morning|afternoon|evening)|hallo|danke|guten (morgen|tag)|"
    r"bonjour|merci|hola|gracias|ciao|grazie|olá|obrigad[oa]|bedankt)\b|"
    r"\b(translate|spell|spelling|synonym|proofread|correct the (grammar|spelling)|rephrase|reword|shorten|"
    r"what does .{1,40} (mean|stand for)|capital of|übersetze|rechtschreibung|formuliere .{0,20}um|kürze|"
    r"tradui[st]|traduire|corrige|traduce|traducir|traduci|vertaal|traduza)\b"
)

FEATURES: Final[tuple[Feature, ...]] = (
    Feature("long", 1, lambda question: len(question.text) >= 600),
    Feature("very long", 2, lambda question: len(question.text) >= 2500),
    Feature("contains code", 3, _found(CODE)),
    Feature("about programming", 2, _found(PROGRAMMING)),
    Feature("mathematics", 3, _found(MATHS)),
    Feature("asks for reasoning", 2, _found(REASONING)),
    Feature("asks for reasoning several times", 1, _at_least(2, REASONING)),
    Feature("asks for a long piece of work", 2, _found(LONG_WORK)),
    Feature("two conditions or more", 1, _at_least(2, CONDITION)),
    Feature("four conditions or more", 2, _at_least(4, CONDITION)),
    Feature("three questions or more", 1, _at_least(3, r"\?(\s|$)")),
    Feature("a long conversation", 1, lambda question: question.history_characters >= 6000),
    Feature("calls tools", 2, lambda question: question.has_tools),
    Feature("a greeting, a translation or a small change of words", -2, _found(EASY)),
    Feature("a few words", -1, lambda question: len(question.text) < 25),
)
"""The whole rule. `docs/gateway.md` shows it; a test keeps the two alike."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of a question: its points, whether that is hard, and the names of the features that held."""

    score: int
    is_hard: bool
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that was chosen, the largest that could have been, and why."""

    model: LanguageModel
    largest: LanguageModel
    verdict: Verdict

    @property
    def why(self) -> str:
        """The reason in words, without a word of the question."""
        kind = "hard" if self.verdict.is_hard else "easy"
        reasons = ", ".join(self.verdict.features) or "nothing special"
        return f"{kind} ({reasons})"[:200]


def judge(question: Question) -> Verdict:
    """Give a question its points. No query, nothing leaves."""
    held = [feature for feature in FEATURES if feature.holds(question)]
    score = sum(feature.points for feature in held)
    return Verdict(score, score >= HARD_FROM, tuple(feature.words for feature in held))


def is_on_for(team: Team) -> bool:
    """Say whether the team may leave the choice to the portal. One query."""
    return AutoRoute.objects.filter(team=team, is_on=True).exists()


def choose(question: Question, *, person: User, team: Team, now: datetime) -> Choice | None:
    """
    Choose among the models that `person` may call now for `team`; None if the route is off or there is none.

    The admin's small and large model count where they are callable, else the cheapest and the dearest of those that
    are. Models that are down are passed over as long as one is up. Two queries.
    """
    route = AutoRoute.objects.filter(team=team, is_on=True).first()
    if route is None:
        return None
    callable_now = lookups.all_callable(person, team, now=now)
    candidates = [model for model in callable_now if not health.is_down(model.pk)] or callable_now
    if not candidates:
        return None
    verdict = judge(question)
    by_size = sorted(candidates, key=size)
    small = _preferred(route.small_id, candidates) or by_size[0]
    large = _preferred(route.large_id, candidates) or by_size[-1]
    model = large if verdict.is_hard or not _fits(question, small) else small
    return Choice(model, max((small, large, model), key=size), verdict)


def size(model: LanguageModel) -> tuple[float, ...]:
    """Order models by what they cost, then by how long an answer and a prompt they take."""
    price = model.price
    cost = (float(price.output), float(price.input)) if price else (0.0, 0.0)
    return (*cost, model.max_output_tokens, model.context_window)


def note_choice(choice: Choice, *, team: Team, reservation_id: UUID, now: datetime) -> None:
    """Keep what was chosen beside its reservation, for the page of what the route saved. One insert."""
    price = choice.largest.price
    if price is None:
        return
    AutoChoice.objects.create(
        id=new_id(),
        team=team,
        model_label=choice.model.label,
        largest_label=choice.largest.label,
        is_hard=choice.verdict.is_hard,
        score=choice.verdict.score,
        why=choice.why,
        reservation_id=reservation_id,
        largest_input_price=price.input,
        largest_output_price=price.output,
        currency=price.currency,
        created_at=now,
    )


def _preferred(model_id: UUID | None, candidates: Sequence[LanguageModel]) -> LanguageModel | None:
    return next((model for model in candidates if model.pk == model_id), None)


def _fits(question: Question, model: LanguageModel) -> bool:
    """Leave a window its room for the answer; the conversation is cut to fit, the question never is."""
    room = model.context_window * (1 - ROOM_FOR_THE_ANSWER) * CHARACTERS_PER_TOKEN
    return len(question.text) <= room

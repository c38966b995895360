"""Trying before it counts: a queue on the last days, a lexicon on history and on texts that say what they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit import reads
from apps.audit.review import facts, sampling
from apps.audit.review.definition import Definition
from apps.audit.review.lexicon import Matcher, digest_of, matcher, parsed
from apps.audit.review.models import Lexicon, LexiconVersion, Trial
from apps.audit.scope import outcomes_for
from apps.ledger.ids import new_id
from apps.ledger.models import SearchRow
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

LOOKED_AT_MOST = 5_000
LOOKED_BACK = timedelta(days=7)
TRIED_ON_MOST = 50_000
STEP = 500
LABELLED_AT_MOST = 500


class ListUnusable(Exception):
    """The labelled list cannot be read."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Preview:
    """What a queue would have caught of the newest exchanges of the last seven days."""

    looked_at: int
    caught: int
    is_all: bool
    oldest: datetime | None

    @property
    def percent(self) -> float:
        """The part caught."""
        return 100 * self.caught / self.looked_at if self.looked_at else 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """How a word list does on labelled texts; recall and precision are None where nothing counts for them."""

    hits: int
    misses: int
    false_alarms: int
    right_silences: int
    wrong: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    """The number of each line that was judged wrongly, and how."""

    @property
    def recall(self) -> float | None:
        """Of what should be found, the part that is, in percent."""
        wanted = self.hits + self.misses
        return 100 * self.hits / wanted if wanted else None

    @property
    def precision(self) -> float | None:
        """Of what is found, the part that should be, in percent."""
        found = self.hits + self.false_alarms
        return 100 * self.hits / found if found else None


def preview(definition: Definition, words: Matcher | None, *, by: User, now: datetime) -> Preview:
    """
    Try a definition on the newest 5,000 exchanges of the last seven days but `by`'s own, with a seed of its own.

    That it was tried is on the record.

    :raises apps.audit.reads.TookTooLong: if the database did not finish in five seconds.
    """
    with reads.bounded():
        ended = facts.newest(by, now - LOOKED_BACK, most=LOOKED_AT_MOST, with_text=definition.conditions.has_lexicon)
        roles = facts.roles_of(each.person_id for each in ended) if definition.conditions.roles else {}
    seed = sampling.new_seed()
    caught = sum(definition.takes(each, seed=seed, lexicon=words, roles=roles) is not None for each in ended)
    record_event(
        Action.REVIEW_QUEUE_TRIED, who=who(by), subject_kind="review queue", subject_label=definition.name,
        details={"definition": definition.as_json(), "looked_at": len(ended), "caught": caught}, now=now,
    )  # fmt: skip
    oldest = min((each.started_at for each in ended), default=None)
    return Preview(len(ended), caught, is_all=len(ended) < LOOKED_AT_MOST, oldest=oldest)


@transaction.atomic
def write_lexicon(lexicon: Lexicon, entries: str, *, by: User, now: datetime) -> LexiconVersion:
    """
    Write the next version of a lexicon; the first one is in force at once.

    :raises apps.audit.review.lexicon.LexiconUnusable: if it cannot be used.
    """
    parsed(entries)
    if lexicon._state.adding:
        lexicon.save(force_insert=True)
    newest = Lexicon.objects.select_for_update().get(pk=lexicon.pk).versions.first()
    number, digest = (newest.number if newest else 0) + 1, digest_of(entries)
    event_id = record_event(
        Action.LEXICON_WRITTEN, who=who(by), subject_kind="lexicon", subject_id=str(lexicon.pk),
        subject_label=lexicon.name, details={"number": number, "digest": digest}, now=now,
    )  # fmt: skip
    version = LexiconVersion.objects.create(
        id=new_id(), lexicon=lexicon, number=number, entries=entries, digest=digest, event_id=event_id,
        written_by=by.name, written_at=now,
    )  # fmt: skip
    if newest is None:
        lexicon.in_force = version
        lexicon.save(update_fields=["in_force"])
    return version


@transaction.atomic
def begin_trial(version: LexiconVersion, *, wanted: int, by: User, now: datetime) -> Trial:
    """Begin to try a version on the newest exchanges, 50,000 at most; `go_on` does the work. Recorded here."""
    trial = Trial.objects.create(
        lexicon_version=version, wanted=min(wanted, TRIED_ON_MOST), before=now, asked_by=by, asked_at=now
    )
    record_event(
        Action.LEXICON_TRIED, who=who(by), subject_kind="lexicon", subject_id=str(version.lexicon_id),
        subject_label=version.lexicon.name, details={"number": version.number, "wanted": trial.wanted}, now=now,
    )  # fmt: skip
    return trial


@transaction.atomic
def go_on(trial_id: UUID, *, now: datetime) -> bool:
    """Try the next 500 exchanges; say whether there is more to do. Of two at once, the second waits and goes on."""
    trials = Trial.objects.select_for_update(of=("self",)).select_related("lexicon_version", "asked_by")
    trial = trials.get(pk=trial_id)
    if trial.state != Trial.State.RUNNING:
        return False
    step = min(STEP, trial.wanted - trial.looked_at)
    rows = _older(trial, step)
    _count_words(trial, [intent_id for intent_id, _ in rows])
    trial.looked_at += len(rows)
    if rows:
        trial.before_id, trial.before = rows[-1]
    if len(rows) < step or trial.looked_at >= trial.wanted:
        trial.state, trial.ended_at = Trial.State.DONE, now
    trial.save()
    return trial.state == Trial.State.RUNNING


@transaction.atomic
def stop(trial: Trial, *, by: User, now: datetime) -> None:
    """Stop a trial; what it found so far stays. Stopping it twice changes nothing."""
    running = Trial.objects.filter(pk=trial.pk, state=Trial.State.RUNNING)
    if running.update(state=Trial.State.STOPPED, ended_at=now):
        lexicon = trial.lexicon_version.lexicon
        record_event(
            Action.LEXICON_TRIAL_STOPPED, who=who(by), subject_kind="lexicon", subject_id=str(lexicon.pk),
            subject_label=lexicon.name, details={"number": trial.lexicon_version.number}, now=now,
        )  # fmt: skip


def labelled(text: str) -> list[tuple[int, bool, str]]:
    """
    Read a labelled list: a line each, ``+`` before what should be found, ``-`` before what should not.

    :raises ListUnusable: if a line has neither, or there are none or too many.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines or len(lines) > LABELLED_AT_MOST:
        raise ListUnusable(f"Write 1 to {LABELLED_AT_MOST} lines, each with + or - before it.")
    for number, line in lines:
        if line[0] not in "+-":
            raise ListUnusable(f"Line {number} begins with neither + nor -. Put + before what should be found, - else.")
    return [(number, line[0] == "+", line[1:].strip()) for number, line in lines]


def score(words: Matcher, texts: Sequence[tuple[int, bool, str]]) -> Score:
    """Judge a word list by labelled texts."""
    judged = [(number, should, bool(words.find(text))) for number, should, text in texts]
    count = Counter((should, does) for _, should, does in judged)
    wrong = tuple((number, "missed" if should else "false alarm") for number, should, does in judged if should != does)
    return Score(count[True, True], count[True, False], count[False, True], count[False, False], wrong)


def comparison_on_record(lexicon: Lexicon, *, texts: int, by: User, now: datetime) -> None:
    """Put on the record that versions were compared on typed-in texts: how many, not which. They may quote somebody."""
    record_event(
        Action.LEXICON_TRIED, who=who(by), subject_kind="lexicon", subject_id=str(lexicon.pk),
        subject_label=lexicon.name, details={"texts": texts}, now=now,
    )  # fmt: skip


def _older(trial: Trial, step: int) -> list[tuple[UUID, datetime]]:
    """Read the next exchanges but the asker's own, by time and id: several may begin at one moment."""
    within = outcomes_for(trial.asked_by).filter(started_at__lte=trial.before)
    if trial.before_id is not None:
        within = within.filter(Q(started_at__lt=trial.before) | Q(intent_id__lt=trial.before_id))
    return list(within.order_by("-started_at", "-intent_id").values_list("intent_id", "started_at")[:step])


def _count_words(trial: Trial, intent_ids: list[UUID]) -> None:
    counted, words = Counter(trial.by_entry), matcher(trial.lexicon_version.entries)
    texts = SearchRow.objects.filter(pk__in=intent_ids).values_list("left_text", "answer_text")
    for left, answer in texts:
        lines = words.find(f"{left}\n\n{answer}")
        counted.update(lines)
        trial.found += bool(lines)
    trial.by_entry = dict(counted)

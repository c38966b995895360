"""The story's sync half: what opens a turn, moves it on and closes it. Each function is one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, prefetch_related_objects

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.chat import intents, texts
from apps.chat.companions import Stopped
from apps.chat.composition import CHARACTERS_PER_TOKEN, PROMPT_VERSION, Exchange
from apps.chat.endings import Ending
from apps.chat.forms import Question
from apps.chat.jobs import Asked, Job
from apps.chat.models import Citation, Conversation, Message, Turn
from apps.chat.recording import LEDGER_ANSWER, Refusal, record_refusal
from apps.gateway import budgets
from apps.gateway.admission import Admission, Along, admit
from apps.gateway.models import LanguageModel
from apps.gateway.routes import Admit
from apps.ledger import prepared, records
from apps.ledger.compiled import Compiled, a_moment, a_row, an_id
from apps.ledger.facts import Circumstances
from apps.ledger.ids import new_id
from apps.ledger.prepared import Condition
from apps.ledger.vocabulary import Action, Door, EgressClass, Purpose
from apps.privacy import keys
from apps.privacy.keys import ConversationKey
from apps.privacy.scrub import Scrubbed
from apps.rag.search import Hit

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
HISTORY_TURNS = 20
KEEP_ALIVE = """
UPDATE chat_turn SET lease_until = %s, step = coalesce(%s::varchar, step)
 WHERE id = %s AND outcome = 'OPEN' AND stop_requested_at IS NULL RETURNING 1
"""
RENEW = "UPDATE chat_turn SET lease_until = %s WHERE id = ANY(%s) AND outcome = 'OPEN'"
STOPPED_AMONG = "SELECT id FROM chat_turn WHERE id = ANY(%s) AND outcome = 'OPEN' AND stop_requested_at IS NOT NULL"
ONE_AFTER_ANOTHER = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
CLAIM = """
UPDATE chat_turn AS claimed SET step = %s, lease_until = %s WHERE id = %s AND outcome = 'OPEN' AND step = %s
RETURNING (SELECT coalesce(sum(octet_length(said.sealed_text)), 0)::int
             FROM chat_turn AS one JOIN chat_message AS said ON said.turn_id = one.id
            WHERE one.conversation_id = claimed.conversation_id)
"""
_GRANTED = Compiled(
    lambda: LanguageModel.objects.granted_to(a_row("person"), an_id("team"), now=a_moment("now")).filter(
        pk=an_id("model")
    )
)
_SENT_BEFORE = Compiled(
    lambda: Turn.objects.filter(conversation__in=Conversation.objects.owned_by(an_id("person")), key=an_id("key"))
)
_TURN = Compiled(lambda: Turn.objects.filter(pk=an_id("turn")))
_WHOLE_TURN = Compiled(
    lambda: Turn.objects.filter(pk=an_id("turn")).select_related(
        "conversation__owner", "conversation__team", "model__provider"
    )
)
_QUESTION = Compiled(lambda: Message.objects.filter(turn_id=an_id("turn"), author=Message.Author.PERSON))
_EARLIER = Compiled(
    lambda: (
        Turn.objects.filter(conversation_id=an_id("conversation"), started_at__lt=a_moment("before"), retries=None)
        .exclude(outcome__in=[Turn.Outcome.OPEN, Turn.Outcome.REFUSED])
        .order_by("-started_at")[:HISTORY_TURNS]
    )
)


class TurnAlreadyClosed(Exception):
    """Somebody else closed this turn first."""


class AnotherTurnIsOpen(Exception):
    """A conversation answers one question at a time."""

    sentence = "The last question of this conversation is still being answered. Wait for it, or stop it first."


class NothingToRetry(Exception):
    """Only a turn that ended without an answer can be asked again."""

    sentence = "This question was answered. Ask it again as a new message if you want another answer."


@transaction.atomic
def begin_conversation(person: User, *, team: Team, question: Question, now: datetime) -> Turn:
    """
    Open a conversation that `team` pays for, with its first turn. The same key again gives the turn that is there.

    :raises texts.BadMessage: if the text cannot be asked.
    """
    text = texts.clean_question(question.text, limit=settings.MESSAGE_LIMIT_CHARACTERS)
    _one_after_another(person.pk, question.key)
    sent_before = _SENT_BEFORE.first(person=person.pk, key=question.key)
    if sent_before:
        return sent_before
    conversation = Conversation(owner=person, team=team, created_at=now)
    data_key, row = keys.new_key(conversation.pk)
    keys.keep_new(row)
    model = _granted(conversation, question.model_id, is_auto=question.is_auto, now=now)
    _note_question(conversation, question, text, model, data_key, now=now)
    conversation.save(force_insert=True)
    records.record_event(
        Action.CONVERSATION_STARTED,
        who=who(person, team),
        subject_kind="conversation",
        subject_id=str(conversation.pk),
        now=now,
    )
    turn = _turn_of(conversation, question.key, model, is_auto=question.is_auto, now=now)
    turn.uses_documents = question.uses_documents
    turn.save(force_insert=True)
    _keep_question(turn, text, data_key)
    return turn


@transaction.atomic
def start_turn(conversation: Conversation, question: Question, *, now: datetime) -> Turn:
    """
    Keep the question and open its turn. The same key again gives the turn that is already there.

    :raises texts.BadMessage: if the text cannot be asked.
    :raises AnotherTurnIsOpen: if the conversation's last question is still being answered.
    """
    text = texts.clean_question(question.text, limit=settings.MESSAGE_LIMIT_CHARACTERS)
    _one_after_another(conversation.owner_id, question.key)
    sent_before: Turn | None = conversation.turns.filter(key=question.key).first()
    if sent_before:
        return sent_before
    turn = _open_turn(
        conversation,
        key=question.key,
        model_id=question.model_id,
        is_auto=question.is_auto,
        uses_documents=question.uses_documents,
        now=now,
    )
    data_key = keys.open_key(conversation.pk)
    _keep_question(turn, text, data_key)
    _note_question(conversation, question, text, turn.model, data_key, now=now)
    conversation.save(update_fields=["sealed_title", "model", "is_auto", "uses_documents", "updated_at"])
    return turn


def _note_question(
    conversation: Conversation,
    question: Question,
    text: str,
    model: LanguageModel | None,
    data_key: ConversationKey,
    *,
    now: datetime,
) -> None:
    """Note on a conversation, which the caller saves, what its next question begins with."""
    if not conversation.sealed_title:
        conversation.sealed_title = texts.seal_text(data_key, texts.title_of(text), purpose=texts.TITLE)
    conversation.model_id = model.pk if model else conversation.model_id
    conversation.is_auto = question.is_auto
    conversation.uses_documents = question.uses_documents
    conversation.updated_at = now


def _keep_question(turn: Turn, text: str, data_key: ConversationKey) -> None:
    sealed = texts.seal_text(data_key, text, purpose=texts.QUESTION)
    Message.objects.create(turn=turn, author=Message.Author.PERSON, sealed_text=sealed)


def _one_after_another(person_id: UUID, key: UUID) -> None:
    """Make a question that is sent twice at the same moment wait for its first sending to be committed."""
    with prepared.cursor() as cursor:
        cursor.execute(ONE_AFTER_ANOTHER, [f"chat {person_id} {key}"])


@transaction.atomic
def retry_turn(turn: Turn, *, now: datetime) -> Turn:
    """
    Ask the question of a turn again that ended without an answer, with the conversation's model of today.

    :raises NothingToRetry: if the turn was answered or is open.
    :raises AnotherTurnIsOpen: if the conversation's last question is still being answered.
    """
    if not turn.may_retry:
        raise NothingToRetry
    return _ask_again(turn, model_id=turn.model_id or turn.conversation.model_id, is_auto=turn.is_auto, now=now)


@transaction.atomic
def ask_another(turn: Turn, *, model_id: UUID, now: datetime) -> Turn:
    """
    Ask the question of an answered turn again, of a model that the person names: their choice over the portal's.

    :raises NothingToRetry: if the turn is open, or its question was asked again already.
    :raises AnotherTurnIsOpen: if the conversation's last question is still being answered.
    """
    if turn.is_open or turn.retries.exists():
        raise NothingToRetry
    return _ask_again(turn, model_id=model_id, is_auto=False, now=now)


def _ask_again(turn: Turn, *, model_id: UUID | None, is_auto: bool, now: datetime) -> Turn:
    again = _open_turn(
        turn.conversation,
        key=new_id(),
        model_id=model_id,
        is_auto=is_auto,
        uses_documents=turn.uses_documents,
        now=now,
        retry_of=turn,
    )
    question = turn.messages.get(author=Message.Author.PERSON)
    Message.objects.create(turn=again, author=Message.Author.PERSON, sealed_text=question.sealed_text)
    return again


def _open_turn(
    conversation: Conversation,
    *,
    key: UUID,
    model_id: UUID | None,
    is_auto: bool,
    uses_documents: bool,
    now: datetime,
    retry_of: Turn | None = None,
) -> Turn:
    model = _granted(conversation, model_id, is_auto=is_auto, now=now)
    turn = _turn_of(conversation, key, model, is_auto=is_auto, now=now)
    turn.uses_documents, turn.retry_of = uses_documents, retry_of
    try:
        with transaction.atomic():
            turn.save(force_insert=True)
            return turn
    except IntegrityError as error:
        if "chat_one_open_turn" in str(error):
            raise AnotherTurnIsOpen from error
        if "chat_question_sent_twice" in str(error):
            return Turn.objects.get(conversation=conversation, key=key)
        raise


def _granted(
    conversation: Conversation, model_id: UUID | None, *, is_auto: bool, now: datetime
) -> LanguageModel | None:
    """Find the model that was chosen. One that the team may not use stays unnamed, also in admission's refusal."""
    asked = {"person": conversation.owner_id, "team": conversation.team_id, "model": model_id, "now": now}
    return _GRANTED.first(**asked) if model_id and not is_auto else None


def _turn_of(
    conversation: Conversation, key: UUID, model: LanguageModel | None, *, is_auto: bool, now: datetime
) -> Turn:
    return Turn(
        conversation=conversation,
        key=key,
        model=model,
        model_label=str(model) if model else "",
        is_auto=is_auto,
        started_at=now,
        lease_until=now + LEASE,
    )


def load_job(turn_id: UUID) -> Job:
    """Read what the pipeline needs. Three queries; the texts are opened here and never leave the process unscrubbed."""
    turn = _WHOLE_TURN.one(turn=turn_id)
    conversation = turn.conversation
    question = _QUESTION.one(turn=turn_id)
    data_key = keys.open_key(conversation.pk)
    return Job(
        turn_id=turn.pk,
        conversation_id=conversation.pk,
        person=conversation.owner,
        team=conversation.team,
        who=who(conversation.owner, conversation.team),
        question=texts.unseal_text(data_key, question.sealed_text, purpose=texts.QUESTION),
        history=_history(turn, data_key),
        uses_documents=turn.uses_documents,
        model=turn.model,
        is_auto=turn.is_auto,
        egress_class=turn.model.egress_class if turn.model else EgressClass.OUTSIDE,
        window_tokens=turn.model.context_window if turn.model else 4096,
        data_key=data_key,
        replaces_turn_id=turn.retry_of_id,
    )


def _history(turn: Turn, data_key: ConversationKey) -> list[Exchange]:
    """Exchanges before this turn, oldest first; a question that was asked again counts once."""
    earlier = _EARLIER.rows(conversation=turn.conversation_id, before=turn.started_at)
    prefetch_related_objects(earlier, "messages")
    exchanges = []
    for old in reversed(earlier):
        said = {message.author: message.sealed_text for message in old.messages.all()}
        if Message.Author.MODEL in said:
            question = texts.unseal_text(data_key, said["PERSON"], purpose=texts.QUESTION)
            answer = texts.unseal_text(data_key, said["MODEL"], purpose=texts.ANSWER)
            exchanges.append(Exchange(question, answer))
    return exchanges


def claim(turn_id: UUID, *, now: datetime) -> int | None:
    """
    Take a turn to answer it, for as long as a lease; None if somebody did before (one sent twice is launched twice).

    :return: bytes of all that was said in its conversation, sealed: a measure of the work that it makes.
    """
    rows = prepared.rows(CLAIM, (Turn.Step.SCRUBBING.value, now + LEASE, turn_id, Turn.Step.WAITING.value))
    return rows[0][0] if rows else None


def keep_alive(turn_id: UUID, *, now: datetime, step: Turn.Step | None = None) -> bool:
    """
    Renew the turn's lease and, where given, note the step it is at.

    :return: whether the pipeline should go on: false once the turn was closed elsewhere or its person asked to stop.
    """
    return bool(prepared.rows(KEEP_ALIVE, (now + LEASE, step.value if step else None, turn_id)))


def renew(turn_ids: Sequence[UUID], *, now: datetime) -> None:
    """
    Renew the leases of all turns that this process has under way, in one statement before it looks for abandoned ones.

    On a machine with more to do than it can, a turn waits longer for its own next step than a lease lasts.
    """
    if turn_ids:
        prepared.rows(RENEW, (now + LEASE, list(turn_ids)))


def stopped_among(turn_ids: Sequence[UUID]) -> list[UUID]:
    """Find the open turns that their persons asked to stop. One statement."""
    return [row[0] for row in prepared.rows(STOPPED_AMONG, [list(turn_ids)])]


def note_checked(turn_id: UUID, *, percent: int) -> None:
    """Note how much of a long message has been looked through for personal data."""
    Turn.objects.open().filter(pk=turn_id).update(checked_percent=percent)


def request_stop(turn: Turn, *, now: datetime) -> None:
    """Ask the process that answers this turn to stop; harmless when the turn is closed."""
    Turn.objects.open().filter(pk=turn.pk, stop_requested_at=None).update(stop_requested_at=now)


@transaction.atomic
def note_masked(turn_id: UUID, *, masked: int, passages: Sequence[Hit]) -> None:
    """Note how many things were masked and which passages went along, before anything is sent."""
    Turn.objects.filter(pk=turn_id).update(masked=masked)
    Citation.objects.bulk_create(
        Citation(turn_id=turn_id, number=number, passage_id=hit.passage_id)
        for number, hit in enumerate(passages, start=1)
    )


def note_held(job: Job, *, placeholders: Sequence[str]) -> None:
    """Note which placeholders the person is asked about before anything is sent."""
    is_outside = job.egress_class == EgressClass.OUTSIDE
    Turn.objects.filter(pk=job.turn_id).update(held=list(dict.fromkeys(placeholders)), is_outside=is_outside)


def send_off(job: Job, *, prompt: Scrubbed, passages: Sequence[Hit], labels: Sequence[str], now: datetime) -> Admission:
    """
    Hold the money for the turn and put its call on the record: all on disk when this returns, or none.

    `labels` are scrubbed, one for each passage. The turn's row is locked before the purses, as where it closes.

    :raises Refused: with a sentence for the person.
    :raises Stopped: if nobody waits for the answer any more.
    :raises records.LedgerUnavailable: if it cannot be written; nothing may be sent then.
    """
    with records.durably_together():
        if not keep_alive(job.turn_id, now=now, step=Turn.Step.ASKING):
            raise Stopped
        admission = admit_call(job, prompt=prompt, now=now)
        write_intent(job, admission=admission, prompt=prompt, passages=passages, labels=labels, now=now)
    return admission


def write_intent(
    job: Job, *, admission: Admission, prompt: Scrubbed, passages: Sequence[Hit], labels: Sequence[str], now: datetime
) -> None:
    """Write the intent of a call and note it on the turn, in the caller's durable transaction."""
    data_key = keys.open_key(job.conversation_id)
    facts = intents.facts_of(
        job, data_key, admission=admission, prompt=prompt, passages=passages, labels=labels, now=now
    )
    intent_id = records.write_intent(**facts)
    Turn.objects.filter(pk=job.turn_id).update(
        intent_id=intent_id,
        reservation_id=admission.reservation_id,
        input_tokens=estimated_tokens(prompt.text),
        model_label=admission.model_label,
        is_outside=admission.egress_class == "OUTSIDE",
        route_note=job.route.note if job.route else "",
    )


def admit_call(job: Job, *, prompt: Scrubbed, now: datetime) -> Admission:
    """Admit the turn's first call by its route; a turn whose model the team may not use has none and is refused."""
    if job.route is None:
        return admit(person=job.person, team=job.team, model_id="", prompt=prompt, now=now)
    return job.route.admit_first(prompt, admitting(job, prompt=prompt, now=now), now=now)


def admitting(
    job: Job, *, prompt: Scrubbed, now: datetime, along: Along | None = None, only_while: Condition | None = None
) -> Admit:
    """Give the function that admits a call of this turn to a model."""
    return lambda model_id: admit(
        person=job.person,
        team=job.team,
        model_id=model_id,
        prompt=prompt,
        now=now,
        along=along,
        only_while=only_while,
    )


@transaction.atomic
def close_turn(job: Asked, ending: Ending, *, now: datetime) -> None:
    """
    Store the answer, settle its cost and conclude its record: all or none. Of an erased conversation no text is kept.

    :raises TurnAlreadyClosed: if another process closed this turn first.
    """
    still_open = Turn.objects.open().filter(pk=job.turn_id)
    if not still_open.update(
        outcome=ending.outcome,
        reason=ending.reason,
        sentence=ending.sentence,
        input_tokens=ending.input_tokens,
        output_tokens=ending.output_tokens,
        last_frame=F("last_frame") + 1,
        closed_at=now,
    ):
        raise TurnAlreadyClosed(job.turn_id)
    turn = _TURN.one(turn=job.turn_id)
    data_key = keys.open_keys([job.conversation_id]).get(job.conversation_id)
    if data_key is None:
        ending = replace(ending, answer="", answer_as_received="")
    elif ending.answer:
        sealed = texts.seal_text(data_key, ending.answer, purpose=texts.ANSWER)
        Message.objects.create(turn=turn, author=Message.Author.MODEL, sealed_text=sealed)
    turn.frames.all().delete()
    conclude(job, turn, ending, data_key, now=now)


def conclude(job: Asked, turn: Turn, ending: Ending, data_key: ConversationKey | None, *, now: datetime) -> None:
    """Settle or free the money, and give the intent its one outcome (or record a refusal where there is none)."""
    if turn.intent_id is None:
        if turn.reservation_id:
            budgets.release(turn.reservation_id)
        refusal = Refusal(
            who=job.who,
            door=Door.BROWSER,
            purpose=Purpose.CHAT,
            conversation_id=job.conversation_id,
            turn_id=job.turn_id,
            model_label=turn.model_label,
            prompt_version=PROMPT_VERSION,
            typed=job.typed,
            circumstances=Circumstances(replaces_turn_id=turn.retry_of_id),
        )
        record_refusal(refusal, ending, data_key, now=now)
        return
    cost, currency = Decimal(0), ""
    if turn.reservation_id:
        settled = budgets.settle(
            turn.reservation_id, input_tokens=ending.input_tokens, output_tokens=ending.output_tokens, now=now
        )
        cost, currency = settled.amount, settled.currency
        before = turn.cost if turn.currency == currency else Decimal(0)  # of a model that failed before this one
        Turn.objects.filter(pk=turn.pk).update(cost=before + cost, currency=currency)
    records.conclude(
        turn.intent_id,
        outcome=ending.outcome,
        reason=ending.in_words,
        sealed_answer=data_key.box(LEDGER_ANSWER).seal(ending.answer_as_received.encode()) if data_key else b"",
        answer_text=ending.answer_as_received,
        input_tokens=ending.input_tokens,
        output_tokens=ending.output_tokens,
        cost=cost,
        currency=currency,
        now=now,
    )


def estimated_tokens(text: str) -> int:
    """A cautious estimate of how many tokens a text is: one for every three characters."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)

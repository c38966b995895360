"""What a page shows of a conversation: texts opened, answers rendered, citations checked against permissions."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse

from apps.accounts.models import User
from apps.chat import frames, texts
from apps.chat.forms import offered_to
from apps.chat.models import Citation, Conversation, Message, Turn
from apps.chat.recording import PAYLOAD
from apps.chat.rendering import BlockRenderer
from apps.chat.verbatim import Verbatim
from apps.ledger.compiled import Compiled, an_id, is_one_of
from apps.ledger.looks import Look, looks_in
from apps.ledger.models import Intent
from apps.privacy import keys, releases
from apps.privacy.keys import Box, ConversationKey
from apps.privacy.policy import Policy, placeholder_type
from apps.privacy.refusals import MessageBlocked
from apps.privacy.vault import Vault, values_of
from apps.privacy.vocabulary import WORDS_FOR
from apps.rag.models import Passage

logger = logging.getLogger(__name__)

ERASED = "This text was erased."
NEWEST_CONVERSATIONS = 60


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that went along; without an address where the person may no longer read it."""

    number: int
    address: str
    label: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn as a person sees it."""

    turn: Turn
    question: str
    blocks: list[str]
    sources: list[Source]
    is_superseded: bool = False
    looks: list[Look] | None = field(default_factory=list)
    """Who looked at it at the officers' desk, newest first; None where the record cannot be read."""
    others: list[tuple[str, str]] = field(default_factory=list)
    """Models (id, words) that the person may ask instead, where the answering one was not simply their choice."""


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """One message as it was sent."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class MaskedView:
    """One value that was found: the person's words, what was sent instead, its kind in words, and why."""

    value: str
    placeholder: str
    kind: str
    reason: str
    may_release: bool = False
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """
    Everything that was sent for one turn, and to whom.

    `in_clear` are values that were found and sent as they stand; `released` are those of the whole conversation.
    """

    model: str
    provider: str
    messages: list[LeftMessage]
    masked: list[MaskedView]
    in_clear: list[MaskedView]
    released: list[MaskedView]


@dataclass(slots=True)
class Reader:
    """Where one socket stands in one turn: the text it has, and the blocks that makes on its page."""

    number: int = 0
    text: str = ""
    blocks: list[str] = field(default_factory=list)
    box: Box | None = None
    renderer: BlockRenderer = field(default_factory=BlockRenderer)

    def advance(self, text: str, *, number: int) -> list[tuple[int, str]]:
        """Move on to `text` and return the blocks that differ, as (index, HTML)."""
        before, after = self.blocks, self.renderer.render(text)
        self.number, self.text, self.blocks = number, text, after
        return [(index, html) for index, html in enumerate(after) if index >= len(before) or before[index] != html]


@dataclass(frozen=True, slots=True)
class Whole:
    """A turn with what was said in it, still sealed; the answer is empty while it arrives."""

    turn: Turn
    question: bytes
    answer: bytes
    is_superseded: bool
    is_cited: bool


def _whole_turns() -> Any:
    said = Message.objects.filter(turn=OuterRef("pk"))
    return Turn.objects.filter(is_one_of("pk", "turns")).annotate(
        question=Subquery(said.filter(author=Message.Author.PERSON).values("sealed_text")),
        answer=Subquery(said.filter(author=Message.Author.MODEL).values("sealed_text")),
        is_superseded=Exists(Turn.objects.filter(retry_of=OuterRef("pk"))),
        is_cited=Exists(Citation.objects.filter(turn=OuterRef("pk"))),
    )


_WHOLE = Compiled(_whole_turns)
_CITATIONS = Compiled(lambda: Citation.objects.filter(turn_id=an_id("turn")))


def conversations_of(person: User) -> list[tuple[Conversation, str]]:
    """The newest conversations with their titles."""
    newest = list(Conversation.objects.visible_to(person).order_by("-updated_at")[:NEWEST_CONVERSATIONS])
    opened = keys.open_keys(conversation.pk for conversation in newest)
    return [(conversation, _title(conversation, opened.get(conversation.pk))) for conversation in newest]


def title_of(conversation: Conversation) -> str:
    """The conversation's title."""
    return _title(conversation, keys.open_keys([conversation.pk]).get(conversation.pk))


def _title(conversation: Conversation, data_key: ConversationKey | None) -> str:
    if not conversation.sealed_title:
        return "New conversation"
    if data_key is None:
        return ERASED
    return texts.unseal_text(data_key, conversation.sealed_title, purpose=texts.TITLE)


def turns_of(conversation: Conversation, *, person: User) -> list[TurnView]:
    """Every turn of a conversation, oldest first. Eight or nine queries, whatever its length."""
    rows = list(conversation.turns.prefetch_related("messages", "citations", "retries").select_related("model"))
    passages = _readable_passages((one for turn in rows for one in turn.citations.all()), person)
    data_key = keys.open_keys([conversation.pk]).get(conversation.pk)
    verbatim = verbatim_of(data_key)
    looks = _looks_in(conversation) if rows else {}
    views = [
        replace(_view(turn, passages, data_key, verbatim), looks=None if looks is None else looks.get(turn.pk, []))
        for turn in rows
    ]
    if views:
        views[-1] = replace(views[-1], others=_others(views[-1].turn, person))
    return views


def _looks_in(conversation: Conversation) -> dict[UUID, list[Look]] | None:
    """Give the looks by the turn's id; None, and the page says so, where the record cannot be read."""
    try:
        return looks_in(conversation.pk)
    except DatabaseError as error:
        logger.error("The looks at conversation %s cannot be read: %s", conversation.pk, type(error).__name__)  # noqa: TRY400
        return None


def wholes(turn_ids: Iterable[UUID]) -> dict[UUID, Whole]:
    """Read turns with what was said in them, by id; of a conversation that the caller may read. One query."""
    rows: list[Any] = _WHOLE.rows(turns=list(turn_ids))
    return {
        row.pk: Whole(row, bytes(row.question), bytes(row.answer or b""), row.is_superseded, row.is_cited)
        for row in rows
    }


def turn_view(turn: Turn, *, person: User) -> TurnView:
    """One turn that the person was found to be the owner of. Two queries and those of `view_of`."""
    data_key = keys.open_keys([turn.conversation_id]).get(turn.conversation_id)
    return view_of(wholes([turn.pk])[turn.pk], person=person, data_key=data_key)


def view_of(whole: Whole, *, person: User, data_key: ConversationKey | None) -> TurnView:
    """
    One turn as its owner sees it. One query for an answer, more where passages went along or the model was chosen.

    While nothing has arrived there is nothing in which a masked value could stand, and the vault is not read.
    """
    turn = whole.turn
    if data_key is None:
        return TurnView(turn, ERASED, [], [])
    sources = sources_of(turn, person=person) if whole.is_cited else []
    question = texts.unseal_text(data_key, whole.question, purpose=texts.QUESTION)
    answer = frames.arrived_text(turn, data_key) if turn.is_open else _answer_in(whole, data_key)
    verbatim = verbatim_of(data_key) if answer else verbatim_of(None)
    blocks = BlockRenderer(addresses(sources), verbatim).render(answer)
    view = TurnView(turn, question, blocks, sources, is_superseded=whole.is_superseded)
    return replace(view, others=_others(turn, person))


def _answer_in(whole: Whole, data_key: ConversationKey) -> str:
    return texts.unseal_text(data_key, whole.answer, purpose=texts.ANSWER) if whole.answer else ""


def rendered(answer: str, *, values: Iterable[str]) -> list[str]:
    """The blocks of an answer to which no passages went along; `values` are those that were masked."""
    return BlockRenderer(verbatim=Verbatim(values)).render(answer)


def verbatim_of(data_key: ConversationKey | None) -> Verbatim:
    """The masked values of a conversation, which its answers show as they were written. One query."""
    return Verbatim(values_of(data_key) if data_key else ())


def sources_of(turn: Turn, *, person: User) -> list[Source]:
    """The passages that went along with a turn, as `person` may see them now. One query where there are none."""
    citations = _CITATIONS.rows(turn=turn.pk)
    return _sources(citations, _readable_passages(citations, person))


def addresses(sources: Iterable[Source]) -> dict[int, str]:
    """Number of a source -> address, of those that may be opened."""
    return {source.number: source.address for source in sources if source.address}


def answer_text(turn: Turn, data_key: ConversationKey) -> str:
    """The answer: whole once the turn is closed, as far as it has come before."""
    if turn.is_open:
        return frames.arrived_text(turn, data_key)
    message = next((m for m in turn.messages.all() if m.author == Message.Author.MODEL), None)
    return texts.unseal_text(data_key, message.sealed_text, purpose=texts.ANSWER) if message else ""


def what_left(turn: Turn, *, policy: Policy) -> Left | None:
    """What was sent for a turn, from the record itself; None when nothing was, or when it was erased."""
    intent = Intent.objects.filter(pk=turn.intent_id).first() if turn.intent_id else None
    data_key = keys.open_keys([turn.conversation_id]).get(turn.conversation_id)
    if intent is None or data_key is None:
        return None
    payload = json.loads(data_key.box(PAYLOAD).unseal(bytes(intent.sealed_payload)))
    messages = [LeftMessage(message["role"], message["text"]) for message in payload["messages"]]
    values = Vault.open(turn.conversation_id).placeholders
    released = {one.placeholder: one for one in releases.active(turn.conversation_id)}

    def seen(placeholder: str, reason: str) -> MaskedView:
        type_ = placeholder_type(placeholder)
        may_release = policy.may_be_released(type_)
        kind = WORDS_FOR.get(type_, "value")
        return MaskedView(values.get(placeholder, ""), placeholder, kind, reason, may_release, placeholder in released)

    return Left(
        intent.model_label,
        intent.provider_label,
        messages,
        masked=[seen(span["placeholder"], span["reason"]) for span in intent.masked],
        in_clear=[seen(span["placeholder"], span["reason"]) for span in payload.get("in_clear", [])],
        released=[seen(placeholder, one.get_kind_display()) for placeholder, one in released.items()],
    )


def to_edit(views: Sequence[TurnView], asked_for: str) -> str:
    """Give the question to put back into the composer: the one asked for, or the last if the policy refused it."""
    chosen = [view for view in views if str(view.turn.pk) == asked_for]
    if not chosen and views and views[-1].turn.reason == MessageBlocked.code:
        chosen = [views[-1]]
    return chosen[0].question if chosen else ""


def _view(
    turn: Turn, passages: Mapping[UUID, Passage], data_key: ConversationKey | None, verbatim: Verbatim
) -> TurnView:
    if data_key is None:
        return TurnView(turn, ERASED, [], [])
    sources = _sources(turn.citations.all(), passages)
    asked = next(m for m in turn.messages.all() if m.author == Message.Author.PERSON)
    question = texts.unseal_text(data_key, asked.sealed_text, purpose=texts.QUESTION)
    blocks = BlockRenderer(addresses(sources), verbatim).render(answer_text(turn, data_key))
    return TurnView(turn, question, blocks, sources, is_superseded=bool(turn.retries.all()))


def _others(turn: Turn, person: User) -> list[tuple[str, str]]:
    """One query for a closed turn whose model the portal chose, else none."""
    if turn.is_open or not turn.route_note:
        return []
    offered = offered_to(person, turn.conversation.team).exclude(label=turn.model_label)
    return [(str(model.pk), model.label) for model in offered]


def _sources(citations: Iterable[Citation], passages: Mapping[UUID, Passage]) -> list[Source]:
    sources = []
    for citation in citations:
        passage = passages.get(citation.passage_id)
        if passage is None:
            sources.append(Source(citation.number, "", "A passage you may no longer read"))
            continue
        label = f"{passage.document.title} · {passage.heading}" if passage.heading else passage.document.title
        sources.append(Source(citation.number, reverse("rag:passage", args=[passage.pk]), label))
    return sources


def _readable_passages(citations: Iterable[Citation], person: User) -> dict[UUID, Passage]:
    wanted = [citation.passage_id for citation in citations]
    if not wanted:
        return {}
    return Passage.objects.visible_to(person).select_related("document").in_bulk(wanted)

"""What the chat keeps of people: their conversations, under a key each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from uuid import UUID

from apps.chat import texts
from apps.chat.models import Conversation, Frame, Message, Turn
from apps.chat.reading import ERASED
from apps.ledger.facts import Json
from apps.privacy import keys
from apps.privacy.erasure import Owner, Part, Room
from apps.privacy.keys import ConversationKey

PURPOSES = {Message.Author.PERSON: texts.QUESTION, Message.Author.MODEL: texts.ANSWER}


class ChatRoom(Room):
    """Conversations, deleted ones too: a person's list forgets them, the rows stay until their key is destroyed."""

    name = "chat"

    def keys_of(self, person_id: UUID) -> set[UUID]:
        return set(Conversation.objects.filter(owner_id=person_id).values_list("pk", flat=True))

    def owners_of(self, key_ids: Collection[UUID]) -> dict[UUID, Owner]:
        rows = Conversation.objects.filter(pk__in=key_ids).values_list("pk", "owner_id", "team_id")
        return {key_id: Owner(person_id, team_id) for key_id, person_id, team_id in rows}

    def forget(self, key_ids: Collection[UUID]) -> Counter[str]:
        turns = Turn.objects.filter(conversation_id__in=key_ids)
        Frame.objects.filter(turn__in=turns).delete()
        Message.objects.filter(turn__in=turns).delete()
        turns.update(retry_of=None)
        turns.delete()
        return Counter(conversations=Conversation.objects.filter(pk__in=key_ids).delete()[0])

    def package(self, person_id: UUID) -> Iterator[Part]:
        mine = Conversation.objects.filter(owner_id=person_id).select_related("team").order_by("created_at")
        for conversation in mine.iterator(chunk_size=100):
            data_key = keys.open_keys([conversation.pk]).get(conversation.pk)
            title = _opened(data_key, conversation.sealed_title, texts.TITLE) if conversation.sealed_title else ""
            heading = title or f"Conversation of {conversation.created_at:%Y-%m-%d}"
            about: dict[str, Json] = {
                "conversation": str(conversation.pk),
                "title": title,
                "team": conversation.team.name,
                "started_at": conversation.created_at.isoformat(),
                "deleted_at": conversation.deleted_at.isoformat() if conversation.deleted_at else None,
            }
            yield Part(f"conversations/{conversation.pk}", heading, (about, *_turns(conversation, data_key)))


def _turns(conversation: Conversation, data_key: ConversationKey | None) -> Iterator[dict[str, Json]]:
    for turn in conversation.turns.prefetch_related("messages"):
        said = {message.author: message.sealed_text for message in turn.messages.all()}
        yield {
            "asked_at": turn.started_at.isoformat(),
            "question": _opened(data_key, said.get(Message.Author.PERSON), texts.QUESTION),
            "answer": _opened(data_key, said.get(Message.Author.MODEL), texts.ANSWER),
            "model": turn.model_label,
            "outcome": turn.get_outcome_display(),
            "masked": turn.masked,
            "cost": f"{turn.cost.normalize():f} {turn.currency}".strip(),
        }


def _opened(data_key: ConversationKey | None, sealed: bytes | memoryview | None, purpose: str) -> str:
    if sealed is None:
        return ""
    return texts.unseal_text(data_key, bytes(sealed), purpose=purpose) if data_key else ERASED

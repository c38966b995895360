"""Waking readers up. The layer carries ids only; whoever is woken reads the database, so losing it loses nothing."""

from __future__ import annotations

from uuid import UUID

from channels.layers import get_channel_layer


def group_of(conversation_id: UUID) -> str:
    """The group of every socket that shows this conversation."""
    return f"conversation.{conversation_id.hex}"


async def wake(conversation_id: UUID, turn_id: UUID, *, is_frame: bool = False) -> None:
    """Tell every socket of a conversation that a turn has news; `is_frame` says that only the answer has grown."""
    layer = get_channel_layer()
    news = {"type": "turn.news", "turn": str(turn_id), "is_frame": is_frame}
    await layer.group_send(group_of(conversation_id), news)

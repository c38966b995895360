"""An answer while it arrives, as rows: numbered pieces that any page can read from the one it has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from apps.chat import texts
from apps.chat.jobs import Job
from apps.chat.models import Frame, Turn
from apps.chat.turns import LEASE
from apps.ledger import prepared
from apps.ledger.compiled import Compiled, a_number, an_id
from apps.privacy.keys import ConversationKey

KEEP_FRAME = """
WITH answering AS (
    UPDATE chat_turn SET last_frame = %s, lease_until = %s, step = %s
     WHERE id = %s AND outcome = 'OPEN' AND stop_requested_at IS NULL
    RETURNING id
)
INSERT INTO chat_frame (turn_id, number, sealed_text) SELECT id, %s, %s FROM answering
"""
# The same, and which of the given sessions of the conversation's owner may read it: what Frame.objects.growing asks.
KEEP_FRAME_FOR = """
WITH answering AS (
    UPDATE chat_turn SET last_frame = %s, lease_until = %s, step = %s
     WHERE id = %s AND outcome = 'OPEN' AND stop_requested_at IS NULL
    RETURNING id, conversation_id
), kept AS (
    INSERT INTO chat_frame (turn_id, number, sealed_text) SELECT id, %s, %s FROM answering
)
SELECT ARRAY(
    SELECT session.session_key
      FROM django_session AS session, chat_conversation AS conversation
      JOIN accounts_user AS owner ON owner.id = conversation.owner_id AND owner.is_active
     WHERE session.session_key = ANY(%s) AND session.expire_date > now()
       AND conversation.id = answering.conversation_id AND conversation.deleted_at IS NULL
       AND EXISTS (SELECT 1 FROM accounts_roleassignment AS held
                    WHERE held.person_id = owner.id AND held.role = 'EMPLOYEE')
) FROM answering
"""

_ARRIVED = Compiled(lambda: Frame.objects.filter(turn_id=an_id("turn"), number__lte=a_number("newest")))


def write_frame(
    job: Job, *, number: int, text: str, now: datetime, sessions: Sequence[str] = ()
) -> Collection[str] | None:
    """
    Keep one piece of the answer, renew the lease and learn whether to go on: one statement, one round trip.

    :param sessions: sessions of the conversation's owner whose pages would be handed the piece from memory.
    :return: those of them that may read it now; None if the pipeline should not go on, see `turns.keep_alive`.
    """
    sealed = texts.seal_text(job.data_key, text, purpose=texts.FRAME)
    values = (number, now + LEASE, Turn.Step.ANSWERING.value, job.turn_id, number, sealed)
    if not sessions:
        with prepared.cursor() as cursor:
            cursor.execute(KEEP_FRAME, values)
            return () if cursor.rowcount == 1 else None
    rows = prepared.rows(KEEP_FRAME_FOR, (*values, list(sessions)))
    return frozenset(rows[0][0]) if rows else None


def arrived_text(turn: Turn, data_key: ConversationKey, *, up_to: int | None = None) -> str:
    """The answer so far: the frames that `turn` counted when it was read, or the first `up_to`. At most one query."""
    newest = turn.last_frame if up_to is None else up_to
    if not newest:
        return ""
    box = data_key.box(texts.FRAME)
    frames = _ARRIVED.rows(turn=turn.pk, newest=newest)
    return "".join(box.unseal(bytes(frame.sealed_text)).decode() for frame in frames)

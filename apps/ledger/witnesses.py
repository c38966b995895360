"""
Bring checkpoints to the witnesses and keep what they sign. Runs in the sequencer's process, on a thread of its own.

A witness that is slow or away never holds up the sequencer; it gets the newest checkpoint when it is back. A witness
that refuses (422) has seen another tree: that is evidence of a rewritten ledger and raises the alarm.
"""

from __future__ import annotations

import base64
import http.client
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from apps.ledger import merkle, posting, stored
from apps.ledger.clocks import Others
from apps.ledger.notes import BadNote, Note, VerifierKey
from apps.ledger.sequencer import record_act
from apps.ledger.standing import open_alarms
from apps.ledger.vocabulary import Action

PATIENCE_SECONDS = 5.0
REFUSES = "WITNESS_REFUSES"

_log = logging.getLogger(__name__)


class WitnessAway(Exception):
    """A witness did not answer, or not in a form that one can use."""


class WitnessRefuses(Exception):
    """A witness says that a checkpoint does not continue what it has seen."""


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """Where a witness listens, and the key (or the file with the key) that its cosignatures are checked with."""

    url: str
    key: str

    @classmethod
    def parse(cls, text: str) -> WitnessAddress:
        """
        Read an entry of PORTCULLIS_LEDGER_WITNESSES.

        :raises ValueError: if it is not an address, a space and a key.
        """
        url, key = posting.address_and_rest(
            text,
            otherwise="PORTCULLIS_LEDGER_WITNESSES lists witnesses, separated by commas: each an http(s) address, a "
            "space, and its verifier key or a file that holds it.",
        )
        return cls(url.rstrip("/"), key)

    def verifier(self) -> VerifierKey:
        """
        Read the witness's key.

        :raises WitnessAway: if its file is not there yet.
        :raises BadNote: if it is not a key.
        """
        path = Path(self.key)
        if "+" not in self.key and not path.is_file():
            raise WitnessAway(f"There is no key at {path} yet.")
        return VerifierKey.parse(path.read_text() if "+" not in self.key else self.key)


Post = Callable[[str, bytes], tuple[int, str]]


def post(url: str, body: bytes) -> tuple[int, str]:
    """
    Post to a witness; return status and body.

    :raises WitnessAway: if it does not answer within 5 seconds.
    """
    try:
        status, answer = posting.post(
            f"{url}/add-checkpoint", body, content_type="text/plain", seconds=PATIENCE_SECONDS
        )
    except posting.NoAnswer as silence:
        raise WitnessAway(str(silence)) from None
    return status, answer.decode("utf-8", "replace")


class Courier:
    """
    Carries the newest checkpoint to one witness. ``connection`` is the courier's own, in the sequencer's role.

    When the witness signs, its clock is told to ``others``.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        address: WitnessAddress,
        *,
        send: Post = post,
        others: Others | None = None,
    ) -> None:
        self._connection = connection
        self._address = address
        self._send = send
        self._others = others or Others()
        self._seen = 0

    def carry(self, *, now: datetime) -> bool:
        """
        Bring the newest checkpoint to the witness unless it has it; return whether it cosigned.

        :raises WitnessAway: if it does not answer.
        :raises WitnessRefuses: if it has seen another tree; the alarm is on the record already.
        """
        key = self._address.verifier()
        with self._connection.cursor() as cursor:
            newest = self._newest(cursor, key)
            if newest is None:
                return False
            size, note = newest
            for _ in range(3):  # the witness says what it has seen, and may see more from another courier meanwhile
                asking = self._others.asking()
                status, body = self._send(self._address.url, self._request(cursor, size, note))
                if status != http.client.CONFLICT:
                    break
                self._seen = _size_in(body)
                if self._seen > size:
                    raise self._refuse(cursor, key, size, now)
            if status == http.client.OK:
                line, at = _cosigned(key, note, body)
                asking.heard(key.name, at)
                self._keep(cursor, key, size, line, at, now)
                return True
            if status == http.client.UNPROCESSABLE_ENTITY:
                raise self._refuse(cursor, key, size, now)
            raise WitnessAway(f"{key.name} answered {status}.")

    def _newest(self, cursor: psycopg.Cursor[Any], key: VerifierKey) -> tuple[int, Note] | None:
        cursor.execute(
            "SELECT size, note FROM ledger_checkpoint WHERE size > coalesce("
            "(SELECT max(size) FROM ledger_cosignature WHERE witness = %s), 0) ORDER BY size DESC LIMIT 1",
            [key.name],
        )
        row = cursor.fetchone()
        return (row[0], Note.parse(row[1])) if row else None

    def _request(self, cursor: psycopg.Cursor[Any], size: int, note: Note) -> bytes:
        old = self._seen
        hashes = stored.roots(cursor, merkle.consistency_ranges(old, size))
        lines = [f"old {old}", *(base64.b64encode(each).decode() for each in hashes)]
        return ("\n".join(lines) + f"\n\n{note}").encode()

    def _keep(
        self, cursor: psycopg.Cursor[Any], key: VerifierKey, size: int, line: str, at: datetime, now: datetime
    ) -> None:
        cursor.execute(
            "INSERT INTO ledger_cosignature (size, witness, line, cosigned_at) VALUES (%s, %s, %s, %s)",
            [size, key.name, line, at],
        )
        self._seen = size
        if _is_alarmed(cursor, key):
            record_act(cursor, Action.LEDGER_ALARM_ENDED, {"kind": REFUSES, "witness": key.name}, now)

    def _refuse(self, cursor: psycopg.Cursor[Any], key: VerifierKey, size: int, now: datetime) -> WitnessRefuses:
        """Put on the record, once, that this witness has seen another tree."""
        if not _is_alarmed(cursor, key):
            _log.error("A witness has seen another tree than the ledger's.")
            record_act(cursor, Action.LEDGER_ALARM_RAISED, {"kind": REFUSES, "at": size, "witness": key.name}, now)
        return WitnessRefuses(f"{key.name} has seen another tree than the one of {size} leaves.")


def _cosigned(key: VerifierKey, note: Note, body: str) -> tuple[str, datetime]:
    """Read a witness's line and the moment that it states; raises `WitnessAway` where it is not by this witness."""
    try:
        signed = Note.parse(f"{note.text}\n{body}")
        at = signed.cosigned_at(key) if key in signed.signers([key]) else None
    except BadNote:
        at = None
    if at is None:
        raise WitnessAway(f"{key.name} answered with a signature that is not by its key.")
    return signed.lines[0], datetime.fromtimestamp(at, tz=UTC)


def _is_alarmed(cursor: psycopg.Cursor[Any], key: VerifierKey) -> bool:
    return any(alarm.kind == REFUSES and alarm.details.get("witness") == key.name for alarm in open_alarms(cursor))


def _size_in(body: str) -> int:
    text = body.strip()
    if not (text.isascii() and text.isdecimal()):
        raise WitnessAway("The witness did not say what it has seen.")
    return int(text)

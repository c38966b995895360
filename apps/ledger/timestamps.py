"""
Have the newest checkpoint time-stamped by authorities that others run (RFC 3161), and check such stamps.

A stamp is another company's signed statement that a checkpoint existed at a moment: who rewrites the ledger afterwards,
with the database and the signing key in hand, cannot have one of then. Runs in the sequencer's process, on a thread of
its own; an authority that is slow or away never holds up the sequencer.
"""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from cryptography.x509 import Certificate, ExtendedKeyUsage, ExtensionNotFound, load_pem_x509_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, Verifier, VerifierBuilder
from rfc3161_client import decode_timestamp_response as decode

from apps.ledger import posting
from apps.ledger.clocks import Others
from apps.ledger.evidence import Evidence
from apps.ledger.sequencer import record_act
from apps.ledger.vocabulary import Action

EVERY = timedelta(hours=1)
PATIENCE_SECONDS = 10.0


class AuthorityAway(Exception):
    """An authority did not answer, refused, or its certificate cannot be read."""


class StampDoesNotHold(Exception):
    """A stamp is of something else, of another authority, or no stamp at all."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp response as it came (DER), and the moment it states."""

    token: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """Where an authority listens, and a file (PEM) with the certificates that its stamps are checked with."""

    url: str
    file: Path

    @classmethod
    def parse(cls, text: str) -> Authority:
        """
        Read an entry of PORTCULLIS_LEDGER_TIMESTAMPS.

        :raises ValueError: if it is not an address, a space and a file.
        """
        url, file = posting.address_and_rest(
            text,
            otherwise="PORTCULLIS_LEDGER_TIMESTAMPS lists authorities, separated by commas: each an http(s) address, a "
            "space, and a file with its root certificate (PEM).",
        )
        return cls(url, Path(file))

    @property
    def name(self) -> str:
        """How the record names it: its address without user, query and fragment."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    def certificates(self) -> list[Certificate]:
        """
        Read the certificates that its stamps are believed by.

        :raises AuthorityAway: if the file is not there or holds none.
        """
        return certificates_in(self.file)


def certificates_in(file: Path) -> list[Certificate]:
    """
    Read certificates of authorities: roots, what lies between, and authorities' own ones.

    :raises AuthorityAway: if the file is not there or holds none.
    """
    try:
        return load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthorityAway(f"There is no certificate (PEM) in {file}.") from error


Ask = Callable[[str, bytes], bytes]


def ask(url: str, body: bytes) -> bytes:
    """
    Post a query to an authority and return its answer. Redirects are not followed.

    :raises AuthorityAway: if it does not answer within 10 seconds, or not with 200.
    """
    try:
        status, answer = posting.post(url, body, content_type="application/timestamp-query", seconds=PATIENCE_SECONDS)
    except posting.NoAnswer as silence:
        raise AuthorityAway(str(silence)) from None
    if status != http.client.OK:
        raise AuthorityAway(f"It answered {status}.")
    return answer


def stamp(note: str, authority: Authority, *, send: Ask = ask) -> Stamp:
    """
    Have a signed checkpoint stamped, and check the stamp before it is believed.

    :raises AuthorityAway: if there is no answer, or the answer is no stamp of this authority on this note.
    """
    known = authority.certificates()
    query = (
        TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True).cert_request(cert_request=not any(map(_is_an_authoritys_own, known))).build()
    )  # fmt: skip
    token = send(authority.url, query.as_bytes())
    try:
        return Stamp(token, stamped_at(token, note, known, nonce=query.nonce))
    except StampDoesNotHold as error:
        raise AuthorityAway(str(error)) from error


def stamped_at(token: bytes, note: str, known: Sequence[Certificate], *, nonce: int | None = None) -> datetime:
    """
    Check a stamp on a note by certificates that are believed, and return the moment it states.

    A stamp that brings no certificate is checked with each authority's own one among them.

    The chain is checked for the present time; keep the roots of an authority that has replaced its own.

    :raises StampDoesNotHold: if it is of another note or authority, answers another query, or is no stamp.
    """
    roots = [each for each in known if each.issuer == each.subject]
    owns = [each for each in known if _is_an_authoritys_own(each)]
    between = [each for each in known if each not in roots and each not in owns]
    try:
        answer = decode(token)
    except ValueError as error:
        raise StampDoesNotHold("It is no time-stamp.") from error
    carried = answer.signed_data.certificates
    for own in [None] if carried else owns:
        checker = _checker(roots, between, own, nonce)
        try:
            checker.verify_message(answer, note.encode())
        except (ValueError, VerificationError):
            continue
        return answer.tst_info.gen_time
    raise StampDoesNotHold("It is no stamp of this authority on this checkpoint.")


def _checker(
    roots: Sequence[Certificate], between: Sequence[Certificate], own: Certificate | None, nonce: int | None
) -> Verifier:
    checker = VerifierBuilder()
    for root in roots:
        checker = checker.add_root_certificate(root)
    for each in between:
        checker = checker.add_intermediate_certificate(each)
    checker = checker.tsa_certificate(own) if own else checker
    return (checker if nonce is None else checker.nonce(nonce)).build()


def _is_an_authoritys_own(certificate: Certificate) -> bool:
    """Say whether it may sign stamps itself, rather than other certificates."""
    try:
        uses = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in uses and certificate.issuer != certificate.subject


def imprint_of(token: bytes) -> bytes:
    """
    Return the digest that a stamp is on, without checking who made it.

    :raises StampDoesNotHold: if it is no stamp.
    """
    try:
        return bytes(decode(token).tst_info.message_imprint.message)
    except ValueError as error:
        raise StampDoesNotHold("It is no time-stamp.") from error


class Notary:
    """
    Has checkpoints stamped by one authority. ``connection`` is its own, in the sequencer's role.

    The moment that a stamp states is told to ``others``.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        authority: Authority,
        evidence: Evidence,
        *,
        send: Ask = ask,
        others: Others | None = None,
    ) -> None:
        self._connection = connection
        self._authority = authority
        self._evidence = evidence
        self._send = send
        self._others = others or Others()

    def carry(self, *, now: datetime) -> bool:
        """
        Have the newest checkpoint stamped if the last stamp is an hour old; return whether it was.

        The stamp goes into the database, into a file beside the journal, and as an event into the tree, so that one
        who takes it out of the database is found.

        :raises AuthorityAway: if it gives no stamp.
        """
        with self._connection.cursor() as cursor:
            newest = self._due(cursor, now)
            if newest is None:
                return False
            size, note = newest
            asking = self._others.asking()
            made = stamp(note, self._authority, send=self._send)
            asking.heard(self._authority.name, made.at)
            self._evidence.keep_stamp(note, authority=self._authority.name, token=made.token, at=made.at)
            with self._connection.transaction():
                cursor.execute(
                    "INSERT INTO ledger_timestamp (size, authority, token, stamped_at) VALUES (%s, %s, %s, %s)",
                    [size, self._authority.name, made.token, made.at],
                )
                said = {"size": size, "authority": self._authority.name, "digest": digest_of(made.token)}
                record_act(cursor, Action.LEDGER_STAMPED, said, now)
            return True

    def _due(self, cursor: psycopg.Cursor[Any], now: datetime) -> tuple[int, str] | None:
        """Find the newest checkpoint unless it, or any of the last hour, has been stamped by this authority."""
        cursor.execute(
            "SELECT size, stamped_at FROM ledger_timestamp WHERE authority = %s ORDER BY size DESC LIMIT 1",
            [self._authority.name],
        )
        last = cursor.fetchone() or (0, None)
        if last[1] is not None and now - EVERY < last[1] <= now + EVERY:
            return None
        cursor.execute("SELECT size, note FROM ledger_checkpoint WHERE size > %s ORDER BY size DESC LIMIT 1", [last[0]])
        return cursor.fetchone()


def digest_of(token: bytes) -> str:
    """Name a stamp in an event: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token).hexdigest()

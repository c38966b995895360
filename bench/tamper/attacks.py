"""The classes of tampering, as what an attacker would type, and how each actor can go about it."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.tamper import bundles
from bench.tamper.scene import ORIGIN, ROOT, Copy
from portal.embedded.database import APP, OWNER, SEQUENCER

TABLES = (
    "ledger_intent", "ledger_outcome", "ledger_event", "ledger_entry", "ledger_node", "ledger_checkpoint",
    "ledger_cosignature", "review_decision", "review_note", "cases_casenote", "privacy_policyrule", "privacy_hold",
    "privacy_heldkey",
)  # fmt: skip
NEW_EVENT = (
    "INSERT INTO ledger_event (id, form, happened_at, recorded_at, action, actor_label, team_label, subject_kind, "
    "subject_id, subject_label, details) VALUES (gen_random_uuid(), 1, now(), {at}, '{action}', '', '', '', '', '', '{details}')"
)
FORGED = NEW_EVENT.format(at="now()", action="ROLE_GRANTED", details='{"forged": true}')
BACK = "(SELECT recorded_at FROM ledger_event ORDER BY recorded_at LIMIT 1)"
ONE_EVENT = (
    "id = (SELECT row_id FROM ledger_entry AS entry JOIN ledger_event AS event ON event.id = row_id "
    "WHERE action = 'SIGNED_IN' ORDER BY index OFFSET 40 LIMIT 1)"
)
ONE_INTENT = "id = (SELECT row_id FROM ledger_entry WHERE kind = 1 ORDER BY index OFFSET 20 LIMIT 1)"
CUT = 300
"""Where the tail begins: what lies beyond are exchanges and sign-ins, which no register counts on."""
TAIL = [
    f"DELETE FROM ledger_outcome WHERE id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_outcome WHERE intent_id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_openintent WHERE intent_id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_searchrow WHERE intent_id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_intent WHERE id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_event WHERE id IN (SELECT row_id FROM ledger_entry WHERE index >= {CUT})",
    f"DELETE FROM ledger_checkpoint WHERE size > {CUT}",
    f"DELETE FROM ledger_cosignature WHERE size > {CUT}",
    f"DELETE FROM ledger_node WHERE (index + 1) * 256 > {CUT}",
    f"DELETE FROM ledger_entry WHERE index >= {CUT}",
]
ONE_KEY = f"conversation_id = (SELECT conversation_id FROM ledger_intent WHERE {ONE_INTENT})"
PURGE = f"UPDATE privacy_datakey SET wrapped_key = '', destroyed_at = now() WHERE {ONE_KEY}"
ERASE = f"DELETE FROM ledger_searchrow WHERE {ONE_KEY}"
LIFT = "UPDATE privacy_hold SET lifted_at = now(), lifted_by_id = gen_random_uuid(), lifted_by_label = 'Nobody' WHERE lifted_at IS NULL"
RELABEL = f"UPDATE ledger_event SET actor_label = 'Somebody else' WHERE {ONE_EVENT}"
COPIED = (
    "INSERT INTO ledger_event SELECT gen_random_uuid(), form, happened_at, recorded_at, action, actor_id, actor_label, "
    f"team_id, team_label, subject_kind, subject_id, subject_label, details FROM ledger_event WHERE {ONE_EVENT}"
)
UNANNOUNCED = "DELETE FROM ledger_pending"
SWAP = (
    "UPDATE ledger_event AS one SET details = other.details, happened_at = other.happened_at FROM ledger_event AS other "
    "WHERE one.action = 'SIGNED_IN' AND other.action = 'AUDIT_UNMASKED'"
)


@dataclass(frozen=True)
class Attack:
    """
    One class. ``statements`` is what is typed; ``act`` is for what SQL cannot say.

    ``announces``: the new row is left to the sequencer, so that it becomes a leaf. ``is_lasting``: with the signing key
    the attacker builds and signs the tree anew around it. ``is_about_time``: prevented where the
    database puts its own time in.
    """

    number: int
    name: str
    statements: tuple[str, ...] = ()
    act: Callable[[Copy, str], str | None] | None = None
    announces: bool = False
    is_lasting: bool = True
    is_about_time: bool = False


def _is_backdated(copy: Copy) -> bool:
    """Say whether a record that has no place yet really carries an old time."""
    with copy.connect("postgres") as connection:
        return bool(
            connection.execute(
                "SELECT true FROM ledger_event AS event WHERE recorded_at < now() - interval '1 hour' "
                "AND NOT EXISTS (SELECT FROM ledger_entry AS entry WHERE entry.row_id = event.id)"
            ).fetchone()
        )


def fork(copy: Copy, actor: str) -> str | None:
    """Put another root under the same size; whoever has the key signs another tree of that size."""
    if actor == "key":
        return perform(Attack(0, "", (RELABEL,)), copy, actor)
    return perform(Attack(0, "", ("UPDATE ledger_checkpoint SET root = sha256('other')",)), copy, actor)


def perform(attack: Attack, copy: Copy, actor: str) -> str:
    """Let `actor` do it to a copy, and say how it ended: P, D, W or C."""
    if attack.act is not None:
        letter = attack.act(copy, actor)
        return letter or copy.verdict()
    role = {"app": APP, "worker": APP, "owner": OWNER}.get(actor, "postgres")
    try:
        with copy.connect(role) as connection:
            arm(connection, actor)
            for statement in attack.statements:
                connection.execute(statement)
            if attack.announces and actor not in ("app", "worker"):
                connection.execute(
                    "INSERT INTO ledger_pending (kind, row_id) SELECT 3, id FROM ledger_event AS event WHERE NOT EXISTS "
                    "(SELECT FROM ledger_entry AS entry WHERE entry.row_id = event.id)"
                )
            disarm(connection, actor)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation, psycopg.errors.RaiseException):
        return "P"
    if attack.is_about_time and not _is_backdated(copy):
        return "P"
    if attack.announces:
        copy.sequence()
    if actor == "key" and attack.is_lasting:
        rebuild(copy)
    return copy.verdict()


def arm(connection: psycopg.Connection[Any], actor: str) -> None:
    """Put the triggers out of the way, as far as this actor can."""
    if actor == "owner":
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    elif actor not in ("app", "worker"):
        connection.execute("SET session_replication_role = replica")


def disarm(connection: psycopg.Connection[Any], actor: str) -> None:
    """Put them back."""
    if actor == "owner":
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def rebuild(copy: Copy) -> None:
    """Build the whole tree anew around what the records now say, and sign it with the real key; the journal too."""
    with copy.connect("postgres") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "CREATE TABLE forged AS SELECT kind, id FROM (SELECT 1 AS kind, id, recorded_at FROM ledger_intent UNION ALL "
            "SELECT 2, id, recorded_at FROM ledger_outcome UNION ALL SELECT 3, id, recorded_at FROM ledger_event) AS every "
            "ORDER BY recorded_at, id"
        )
        connection.execute("TRUNCATE ledger_entry, ledger_node, ledger_checkpoint, ledger_cosignature, ledger_pending")
        connection.execute("INSERT INTO ledger_pending (kind, row_id) SELECT kind, id FROM forged")
    for journal in copy.folder.glob("checkpoints-*"):
        journal.unlink()
    copy.sequence()


def recomputed(copy: Copy, actor: str) -> str | None:
    """Edit a record and put the right hashes of the edited one everywhere, up to the root; the signature stays old."""
    from apps.ledger import stored
    from apps.ledger.sequencer import _leaves_again, _store_nodes

    ended = perform(Attack(0, "", (RELABEL,)), copy, actor)
    if ended == "P":
        return "P"
    if actor == "key":
        return None
    with copy.connect("postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        size = stored.size_of(cursor)
        again = _leaves_again(cursor, 0, size)
        cursor.executemany(
            "UPDATE ledger_entry SET leaf = %s WHERE index = %s", [(leaf, place) for place, leaf in again.items()]
        )
        cursor.execute("DELETE FROM ledger_node")
        _store_nodes(cursor, 0, size)
        cursor.execute("UPDATE ledger_checkpoint SET root = %s WHERE size = %s", [stored.root_at(cursor, size), size])
    return None


def attackers_key(copy: Copy, actor: str) -> str | None:
    """Sign the newest checkpoint with a key of one's own, under the log's name."""
    from apps.ledger.notes import Note, SigningKey

    if actor in ("app", "worker"):
        return perform(Attack(0, "", ("UPDATE ledger_checkpoint SET note = ''",)), copy, actor)
    with copy.connect("postgres") as connection:
        connection.execute("SET session_replication_role = replica")
        size, text = connection.execute(
            "SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()  # type: ignore[misc]
        body = Note.parse(text).text
        forged = Note(body, (SigningKey(ORIGIN, secrets.token_bytes(32)).sign(body),))
        connection.execute("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", [str(forged), size])
    return None


def rotation(copy: Copy, actor: str) -> str | None:
    """Record a change of the key to one's own; whoever holds the real key can sign it with that one too."""
    from apps.ledger.notes import SigningKey
    from apps.ledger.sequencer import Sequencer, rotation_statement

    mine = SigningKey(ORIGIN, secrets.token_bytes(32))
    if actor == "key":
        from django.utils import timezone

        with copy.connect(SEQUENCER) as connection:
            leader = Sequencer(connection, copy.evidence, copy.evidence.signing_key(origin=ORIGIN))
            leader.lead()
            leader.rotate(mine, now=timezone.now())
        return "W" if copy.verdict() == "C" and _witness_does_not_know(mine) else copy.verdict()
    statement = rotation_statement(copy.trusted, mine.verifier)
    by_me = mine.sign(statement)
    details = {"old": str(copy.trusted), "new": str(mine.verifier), "by_old": by_me, "by_new": by_me}
    with copy.connect({"app": APP, "worker": APP, "owner": OWNER}.get(actor, "postgres")) as connection:
        connection.execute(NEW_EVENT.format(at="now()", action="LEDGER_KEY_ROTATED", details=json.dumps(details)))
    copy.sequence()
    return None


def _witness_does_not_know(key: Any) -> bool:
    """A witness cosigns for the keys that its own people gave it: a note by another key alone gets 403."""
    from portcullis_verify import signers_of, split_note

    text = f"{ORIGIN}\n1\n{base64.b64encode(bytes(32)).decode()}\n"
    return signers_of(*split_note(f"{text}\n{key.sign(text)}"), []) == []


def on_disk(name: str) -> Callable[[Copy, str], str | None]:
    """Edit the file of a table or index beneath the running server, which then reads it again."""

    def act(copy: Copy, actor: str) -> str | None:
        if actor in ("app", "worker", "owner"):
            return perform(Attack(0, "", ("COPY (SELECT 1) TO PROGRAM 'true'",)), copy, "app")
        with copy.connect("postgres") as connection:
            connection.execute("CHECKPOINT")
            path = connection.execute("SELECT pg_relation_filepath(%s)", [name]).fetchone()[0]  # type: ignore[index]
        file = copy.postgres.data / path
        content = bytearray(file.read_bytes())
        place = content.find(b"needle-2-0") if name == "ledger_event" else len(content) - 4000
        content[place] ^= 0x20
        file.write_bytes(bytes(content))
        copy.restart()  # type: ignore[attr-defined]
        return None

    return act


def on_a_file(change: Callable[[str], str], what: str) -> Callable[[Copy, str], str | None]:
    """Change a proof or an export after it was handed out, and let the offline verifier look at it."""

    def act(copy: Copy, actor: str) -> str | None:
        from apps.ledger import exports, proofs

        with copy.connect("postgres") as connection, connection.cursor() as cursor:
            if what == "proof":
                cursor.execute("SELECT row_id FROM ledger_entry WHERE index = 133")
                text = str(proofs.prove(cursor, cursor.fetchone()[0]))  # type: ignore[index]
            else:
                text = "\n".join(exports.lines(cursor, (37, 301))) + "\n"
        holds, changed = _offline(copy, what, text), _offline(copy, what, change(text))
        return "D" if (holds, changed) == (0, 1) else "C"

    return act


def _exports(copy: Copy, actor: str) -> str | None:
    """Change an export of the ledger, and an officer's bundle in every way; each has to be refused."""
    ended = {on_a_file(lambda text: text.replace("Maya", "Mara", 1), "export")(copy, actor)}
    held = {_offline(copy, "bundle", each) for each in copy.bundles}
    changed = {_offline(copy, "bundle", each) for each in bundles.forged(copy.bundles)}
    return "D" if (ended, held, changed) == ({"D"}, {0}, {1}) else "C"


def _offline(copy: Copy, what: str, text: str | bytes) -> int:
    file = copy.folder / "handed-out"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    key = str(copy.bundles_key if what == "bundle" else copy.trusted)
    command = [sys.executable, "-I", ROOT / "offline" / "portcullis_verify.py", what, file, "--key", key]
    return subprocess.run(command, capture_output=True, check=False).returncode


def reordered(proof: str) -> str:
    """Write the record of a proof with its keys in another order and an umlaut in another form: equal to the eye."""
    lines = proof.split("\n")
    record = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    lines[1] = "extra " + base64.b64encode(json.dumps(dict(reversed(record.items()))).encode()).decode()
    return "\n".join(lines)


def as_leaf(proof: str) -> str:
    """Pass two hashes off as a record (a node as a leaf)."""
    lines = proof.split("\n")
    lines[1] = "extra " + base64.b64encode(secrets.token_bytes(64)).decode()
    return "\n".join(lines)


def _tricks(copy: Copy, actor: str) -> str | None:
    ended = {on_a_file(change, "proof")(copy, actor) for change in (reordered, as_leaf)}
    return "D" if ended == {"D"} else "C"


def _replayed(copy: Copy, actor: str) -> str | None:
    changes = [
        lambda text: text.replace("index 133", "index 132"),
        lambda text: text.replace(f"{ORIGIN}\n", f"{ORIGIN}\n1", 1),
    ]
    return "D" if {on_a_file(change, "proof")(copy, actor) for change in changes} == {"D"} else "C"


# What is changed in rows beside the ledger: the register that knows better is in `apps/*/registers.py`.
OPEN_REQUEST = "id = (SELECT id FROM approvals_approval WHERE state = 'OPEN' AND deed = 'UNMASK' LIMIT 1)"
SECOND = "(SELECT id FROM accounts_user WHERE username = 'samir')"
ROWS = (
    (31, "role given without its event", "INSERT INTO accounts_roleassignment (person_id, role, created_at, is_from_group) SELECT id, 'COMPLIANCE_OFFICER', now(), false FROM accounts_user WHERE username = 'priya'"),
    (32, "consent granted by hand", f"UPDATE approvals_approval SET state = 'GRANTED', decided_by_id = {SECOND}, decided_at = now() WHERE {OPEN_REQUEST}"),
    (33, "used consent made good again", "UPDATE approvals_approval SET state = 'GRANTED', spent_at = NULL WHERE state = 'SPENT'"),
    (34, "consent turned to another exchange", "UPDATE approvals_approval SET subject_id = '99' WHERE state = 'GRANTED'"),
    (35, "four eyes switched off by hand", "INSERT INTO approvals_foureyesrule (deed, is_needed) VALUES ('EXPORT', false)"),
    (36, "review's decision edited", "UPDATE review_decision SET tag = 'NON_COMPLIANT'"),
    (37, "review's note removed", "DELETE FROM review_note WHERE id NOT IN (SELECT note_id FROM review_decision WHERE note_id IS NOT NULL)"),
    (38, "exchange taken out of a case", "DELETE FROM cases_caseexchange"),
    (39, "note of a case changed", "UPDATE cases_casenote SET sealed_text = 'x'"),
    (40, "hold removed", "DELETE FROM privacy_heldkey", "DELETE FROM privacy_hold"),
    (41, "export made full by hand", "UPDATE cases_export SET variant = 'FULL' WHERE variant = 'REDACTED'"),
    (42, "model granted without its event", "UPDATE gateway_grant SET team_id = NULL"),
    (43, "budget raised without its event", "UPDATE gateway_budget SET hard_limit = 1000000"),
    (44, "provider's address changed", "UPDATE gateway_provider SET base_url = 'https://elsewhere.example/v1'"),
    (45, "rule of the policy changed", "UPDATE privacy_policyrule SET threshold = 0.9"),
    (46, "receiver of the stream turned away", "UPDATE stream_sink SET kind = 'WEBHOOK', address = 'https://elsewhere.example/'"),
    (47, "what no register compares", "INSERT INTO accounts_team (id, name, slug, created_at) VALUES (gen_random_uuid(), 'Quiet', 'quiet', now())"),
)  # fmt: skip

ATTACKS = [
    Attack(1, "payload edit", (f"UPDATE ledger_intent SET sealed_payload = '\\x00' WHERE {ONE_INTENT}",)),
    Attack(2, "metadata edit", (f"UPDATE ledger_intent SET person_label = 'Another', team_label = 'Legal' WHERE {ONE_INTENT}",)),
    Attack(3, "delete one", (f"DELETE FROM ledger_event WHERE {ONE_EVENT}",)),
    Attack(4, "truncate tail", tuple(TAIL)),
    Attack(5, "empty a table", ("TRUNCATE ledger_outcome",)),
    Attack(6, "forged insert in the middle", (NEW_EVENT.format(at=BACK, action="ROLE_GRANTED", details="{}"), UNANNOUNCED)),
    Attack(7, "forged insert at the tail", (FORGED,), announces=True, is_lasting=False),
    Attack(8, "swap", (SWAP,)),
    Attack(9, "duplicate", (COPIED, UNANNOUNCED)),
    Attack(10, "rewrite with all hashes recomputed", act=recomputed),
    Attack(11, "fork (two roots, one size)", act=fork),
    Attack(12, "restore of an older state", tuple(TAIL)),
    Attack(13, "checkpoint's signature removed", ("UPDATE ledger_checkpoint SET note = split_part(note, E'\\n\\n', 1)",), is_lasting=False),
    Attack(14, "checkpoint signed by another key", act=attackers_key),
    Attack(15, "backdated time", (NEW_EVENT.format(at="now() - interval '1 year'", action="ROLE_GRANTED", details="{}"),), announces=True, is_about_time=True),
    Attack(16, "gap in the sequence", ("DELETE FROM ledger_entry WHERE index = 77",), is_lasting=False),
    Attack(17, "outcome failed to answered", ("UPDATE ledger_outcome SET kind = 'ANSWERED' WHERE kind = 'FAILED'",)),
    Attack(18, "officer's act edited", ("UPDATE ledger_event SET details = '{\"reason\": \"a better one\"}' WHERE action = 'AUDIT_UNMASKED'",)),
    Attack(19, "officer's act given to another", ("UPDATE ledger_event SET actor_label = 'Another' WHERE action = 'AUDIT_UNMASKED'",)),
    Attack(20, "purge without certificate", (PURGE,)),
    Attack(21, "erasure without certificate", (ERASE,)),
    Attack(22, "hold lifted without its event", (LIFT,)),
    Attack(23, "trigger off, edit, trigger on", (RELABEL,)),
    Attack(24, "heap file edited on disk", act=on_disk("ledger_event")),
    Attack(25, "index file edited on disk", act=on_disk("ledger_event_pkey")),
    Attack(26, "forged change of the key", act=rotation),
    Attack(27, "clock set back", (NEW_EVENT.format(at="now() - interval '2 hours'", action="SIGNED_IN", details="{}"),), announces=True, is_about_time=True),
    Attack(28, "export edited after signing", act=_exports),
    Attack(29, "proof replayed for another place or size", act=_replayed),
    Attack(30, "canonicalisation and second preimage", act=_tricks),
    *(Attack(number, name, tuple(statements), is_lasting=False) for number, name, *statements in ROWS),
]  # fmt: skip

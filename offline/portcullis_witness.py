#!/usr/bin/env python3
"""
A witness for a Portcullis ledger: it remembers the newest checkpoint it saw and cosigns only what continues it.

    python3 portcullis_witness.py --state FOLDER --name witness.example/w1 --log-key VKEY [--listen 127.0.0.1:8900]

Run it where whoever could rewrite the ledger has no access: another host, another team. It needs Python 3.11 or newer
and the file portcullis_verify.py beside it, nothing else. Its folder holds its key, an append-only journal of what it
cosigned, and the public key that officers and verifiers trust (verifier.key). The protocol is C2SP tlog-witness:
POST /add-checkpoint, GET /<sha256 of the origin>/checkpoint.
"""

import argparse
import base64
import errno
import fcntl
import hashlib
import json
import os
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from portcullis_verify import (
    DASH,
    LOG,
    MOST_HASHES,
    WITNESS,
    Key,
    Refused,
    continues,
    cosigned_message,
    decoded,
    is_decimal,
    public_of,
    read_checkpoint,
    sign,
    signers_of,
    split_note,
)

MOST_BYTES = 64 * 1024
PATIENCE_SECONDS = 10
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Answer(Exception):
    """An answer that is not 200: its status, its body, its type."""

    def __init__(self, status, body, kind="text/plain; charset=utf-8"):
        super().__init__(body)
        self.status, self.body, self.kind = status, body, kind


class Witness:
    """The memory and the key of one witness. One request at a time: checking and remembering are one step."""

    def __init__(self, folder, name, log_keys):
        self.folder, self._log_keys, self._step = folder, log_keys, threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._hold = (folder / "lock").open("a")
        fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two witnesses on one memory could roll each other back
        self._seed = kept(folder / "witness.seed")
        self.key = Key(name, WITNESS, public_of(self._seed))
        (folder / "verifier.key").write_text(f"{self.key}\n", encoding="utf-8")
        for name in ("cosigned.jsonl", "refused.jsonl"):
            heal(folder / name)
        self._latest = dict(self._remembered())

    def add_checkpoint(self, body):
        """Check what was posted and return the cosignature line; anything else is an `Answer`."""
        old, proof, note = parse_request(body)
        text, signatures = parse_note(note)
        origin, size, root = parse_checkpoint(text)
        keys = [key for key in self._keys() if key.name == origin]
        if not keys:
            raise Answer(404, "This witness does not know that log.\n")
        try:
            signed = signers_of(text, signatures, keys)
        except Refused as refused:
            raise Answer(403, f"{refused}\n") from None
        if not signed:
            raise Answer(403, "No key that this witness trusts signed the checkpoint.\n")
        if old > size:
            raise Answer(400, "The old size is larger than the checkpoint's.\n")
        with self._step:
            return self._cosigned(origin, old, size, root, proof, text, note)

    def _cosigned(self, origin, old, size, root, proof, text, note):
        known_size, known_root, _ = self._latest.get(origin, (0, EMPTY_ROOT, ""))
        if old != known_size:
            raise Answer(409, f"{known_size}\n", "text/x.tlog.size")
        if not fits(old, size, known_root, root, proof):
            self._write("refused.jsonl", {"at": int(time.time()), "old": old, "note": note})
            raise Answer(422, "This checkpoint does not continue the one that this witness has cosigned.\n")
        seconds = int(time.time())
        signature = sign(self._seed, cosigned_message(text, seconds))
        raw = self.key.id + seconds.to_bytes(8, "big") + signature
        line = f"{DASH}{self.key.name} {base64.b64encode(raw).decode()}\n"
        self._write("cosigned.jsonl", {"at": seconds, "note": note + line})
        self._latest[origin] = (size, root, note + line)
        return line

    def latest(self, origin_hash):
        """Return the newest cosigned checkpoint of the log whose origin has this hash."""
        for origin, (_, _, note) in list(self._latest.items()):
            if hashlib.sha256(origin.encode()).hexdigest() == origin_hash:
                return note
        raise Answer(404, "Nothing was cosigned for that log.\n")

    def _keys(self):
        keys = [Key.parse(path_or_key) for path_or_key in self._log_keys if usable(path_or_key)]
        return [key for key in keys if key.kind == LOG]

    def _remembered(self):
        path = self.folder / "cosigned.jsonl"
        for line in path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []:
            note = json.loads(line)["note"]
            origin, size, root = read_checkpoint(split_note(note)[0])
            yield origin, (size, root, note)

    def _write(self, name, record):
        """Append a line and wait for the disk; nothing is ever rewritten. A line that does not fit leaves nothing."""
        line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
        is_new = not (self.folder / name).exists()
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            append(descriptor, line)
            if is_new:
                flush_folder(self.folder)
        except OSError as error:
            print(f"{name} cannot be written: {os.strerror(error.errno)}.", file=sys.stderr, flush=True)
            raise Answer(503, "This witness cannot remember anything at the moment, so it cosigns nothing.\n") from None
        finally:
            os.close(descriptor)


def append(descriptor, line):
    """Append a line to an open file, all of it on disk when this returns, or none of it."""
    size = os.fstat(descriptor).st_size
    try:
        put_on_disk(descriptor, line)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def put_on_disk(descriptor, line):
    """Write all of a line and wait for the disk."""
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def heal(path):
    """Take out a last line that was cut off while it was written: nobody was given what it says."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        kept, newline, torn = file.read().rpartition(b"\n")
        if torn:
            file.truncate(len(kept) + len(newline))
            file.flush()
            os.fsync(file.fileno())
            print(f"The last line of {path.name} had been cut off and was taken out.", file=sys.stderr, flush=True)


def flush_folder(folder):
    """Put the name of a new file on the disk: without that a power cut may take the whole file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fits(old, size, known_root, root, proof):
    """Say whether a checkpoint continues what is known."""
    if size == 0:
        return not proof and root == EMPTY_ROOT
    if old == 0:
        return not proof
    return continues(old, size, known_root, root, proof)


def parse_request(body):
    """Split a request into old size, proof and note."""
    try:
        head, gap, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise Answer(400, "The request is not UTF-8.\n") from None
    lines = head.split("\n")
    if not gap or not lines[0].startswith("old ") or not is_decimal(lines[0][4:]):
        raise Answer(400, "The request begins with `old`, a size, the proof's lines and an empty line.\n")
    if len(lines) - 1 > MOST_HASHES:
        raise Answer(400, f"A consistency proof has at most {MOST_HASHES} lines.\n")
    try:
        proof = [decoded(line) for line in lines[1:]]
    except Refused as refused:
        raise Answer(400, f"{refused}\n") from None
    return int(lines[0][4:]), proof, note


def parse_note(note):
    """Split a note, or answer that it is none."""
    try:
        return split_note(note)
    except Refused as refused:
        raise Answer(400, f"{refused}\n") from None


def parse_checkpoint(text):
    """Read a checkpoint, or answer that it is none."""
    try:
        return read_checkpoint(text)
    except Refused as refused:
        raise Answer(400, f"{refused}\n") from None


def usable(path_or_key):
    """Say whether this is a key, or a file that exists by now."""
    return "+" in path_or_key or Path(path_or_key).is_file()


def kept(path):
    """Return the seed in a file, made on first use, in one step."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            append(descriptor, secrets.token_bytes(32))
        finally:
            os.close(descriptor)
        draft.replace(path)
        flush_folder(path.parent)
    return path.read_bytes()


class Door(BaseHTTPRequestHandler):
    """HTTP for one witness."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_SECONDS
    witness = None

    def do_POST(self):
        """Take a checkpoint."""
        self._answer(self._posted)

    def do_GET(self):
        """Show the newest checkpoint."""
        self._answer(self._asked)

    def _posted(self):
        if self.path != "/add-checkpoint":
            raise Answer(404, "There is only /add-checkpoint.\n")
        length = self.headers.get("Content-Length", "")
        if not is_decimal(length) or int(length) > MOST_BYTES:
            self.close_connection = True
            raise Answer(400, f"Say how long the request is; at most {MOST_BYTES} bytes.\n")
        return self.witness.add_checkpoint(self.rfile.read(int(length)))

    def _asked(self):
        parts = self.path.strip("/").split("/")
        if len(parts) != 2 or parts[1] != "checkpoint":
            raise Answer(404, "There is only /<sha256 of the origin>/checkpoint.\n")
        return self.witness.latest(parts[0])

    def _answer(self, act):
        try:
            status, body, kind = 200, act(), "text/plain; charset=utf-8"
        except Answer as answer:
            status, body, kind = answer.status, answer.body, answer.kind
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, text, *values):
        """Log the status alone."""


class Server(ThreadingHTTPServer):
    """One thread a request, and room for many to wait."""

    daemon_threads = True
    request_queue_size = 128


def main():
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Witness the checkpoints of a Portcullis ledger.")
    parser.add_argument("--state", type=Path, required=True, help="a folder of its own")
    parser.add_argument("--name", default="witness.local/w1", help="the witness's name, without spaces and plus signs")
    parser.add_argument("--log-key", action="append", required=True, help="the log's verifier key, or a file with it")
    parser.add_argument("--listen", default="127.0.0.1:8900", help="address and port")
    wanted = parser.parse_args()
    host, _, port = wanted.listen.rpartition(":")
    Door.witness = Witness(wanted.state, wanted.name, wanted.log_key)
    server = Server((host, int(port)), Door)
    print(f"Witness {Door.witness.key} listens on {wanted.listen}.", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""
Check what a Portcullis ledger hands out, offline: one file, Python 3.11 or newer, no account, no database.

    python3 portcullis_verify.py proof FILE.tlog-proof --key VKEY [--witness VKEY ...]
    python3 portcullis_verify.py export FILE.jsonl --key VKEY [--witness VKEY ...]
    python3 portcullis_verify.py bundle FILE.zip --key VKEY [--witness VKEY ...]
    python3 portcullis_verify.py checkpoint FILE --key VKEY [--witness VKEY ...]

VKEY is a verifier key, or a file that holds one. Get it from the officer or the witness, not from the file you check.
Formats: C2SP tlog-proof, tlog-checkpoint, signed-note, tlog-cosignature; RFC 6962; RFC 8032 (Ed25519).
Exit code 0: everything holds. 1: something does not. 2: it could not be read.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

LOG, WITNESS = 1, 4
PROOF_HEAD = "c2sp.org/tlog-proof@v1"
EXPORT_FORM = "portcullis-ledger-export/1"
EXCERPT_FORM = "portcullis-ledger-excerpt/1"
BUNDLE_FORM = "portcullis-bundle/1"
DASH = "\u2014 "
MOST_HASHES = 63


class Refused(Exception):
    """What was given does not hold. The message says what."""


# Ed25519 (RFC 8032), points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)


def add(one, two):
    """Add two points."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    """Multiply a point; not in constant time."""
    total = ZERO
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def point_of(raw):
    """Read a point, or None where the bytes are not one in its only form."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def bytes_of(point):
    """Write a point."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def public_of(seed):
    """Return the public key of a seed of 32 bytes."""
    return bytes_of(times(_secret(seed)[0], BASE))


def sign(seed, message):
    """Sign a message; for a witness that signs in public, so it does not hide its timing."""
    scalar, prefix = _secret(seed)
    public = public_of(seed)
    once = _number(prefix, message)
    commitment = bytes_of(times(once, BASE))
    answer = (once + _number(commitment, public, message) * scalar) % ORDER
    return commitment + answer.to_bytes(32, "little")


def signature_holds(public, signature, message):
    """Say whether an Ed25519 signature holds."""
    if len(public) != 32 or len(signature) != 64:
        return False
    point, answer = point_of(public), int.from_bytes(signature[32:], "little")
    if point is None or answer >= ORDER:
        return False
    negative = (P - point[0], point[1], point[2], P - point[3])
    challenge = _number(signature[:32], public, message)
    return bytes_of(add(times(answer, BASE), times(challenge, negative))) == signature[:32]


def _secret(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def _number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


# The tree (RFC 6962), by the iterative algorithms of RFC 9162, section 2.1.3.2 and 2.1.4.2.
def leaf_hash(data):
    """Hash a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    """Hash two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def includes(leaf, index, size, proof, root):
    """Say whether the proof leads from the leaf at `index` to the root of a tree of `size`."""
    if not 0 <= index < size or any(len(each) != 32 for each in [leaf, root, *proof]):
        return False
    place, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            current = node_hash(sibling, current)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and current == root


def continues(old, new, old_root, new_root, proof):
    """Say whether the proof shows that the tree of `new` leaves begins with the tree of `old` leaves."""
    if old == 0:
        return new == 0 and not proof and old_root == new_root == hashlib.sha256(b"").digest()
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof or any(len(each) != 32 for each in [old_root, new_root, *proof]):
        return False
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


# Notes, keys and checkpoints (C2SP).
def decoded(text):
    """Read base64 in its only form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("A line is not base64.") from None
    if base64.b64encode(raw).decode() != text:
        raise Refused("A line is not base64 in its only form.")
    return raw


class Key:
    """A verifier key: name, kind of signature, public key."""

    def __init__(self, name, kind, public):
        self.name, self.kind, self.public = name, kind, public
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]

    def __str__(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def parse(cls, text):
        """Read a verifier key, or the file that holds it."""
        path = Path(text)
        if "+" not in text and path.is_file():
            text = path.read_text(encoding="utf-8")
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = decoded(encoded)
        if not name or len(raw) != 33 or raw[0] not in (LOG, WITNESS):
            raise Refused("A verifier key looks like name+id+base64 and is for Ed25519.")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise Refused("The id in this verifier key is not that of its name and key.")
        return key


def split_note(text):
    """Split a signed note into its text and its signatures, as (name, id, signature)."""
    body, gap, tail = text.rpartition("\n\n")
    if not gap or not tail.endswith("\n") or any(sign < " " and sign != "\n" for sign in text):
        raise Refused("This is not a signed note.")
    signatures = []
    for line in tail[:-1].split("\n"):
        name, _, encoded = line[len(DASH) :].partition(" ")
        raw = decoded(encoded)
        if not line.startswith(DASH) or not name or len(raw) <= 4:
            raise Refused("A signature line of this note is not in its form.")
        signatures.append((name, raw[:4], raw[4:]))
    return body + "\n", signatures


def signers_of(text, signatures, known):
    """List which known keys signed, as (key, time or None). A known key's signature that does not hold is refused."""
    keys, found = {(key.name, key.id): key for key in known}, []
    for name, key_id, signature in signatures:
        key = keys.get((name, key_id))
        if key is None:
            continue
        seconds, message = None, text.encode()
        if key.kind == WITNESS:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = cosigned_message(text, seconds)
        if not signature_holds(key.public, signature, message):
            raise Refused(f"The signature by {name} does not hold: the checkpoint or the signature was changed.")
        found.append((key, seconds))
    return found


def cosigned_message(text, seconds):
    """Write what a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def read_checkpoint(text):
    """Read a checkpoint's text as (origin, size, root)."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not is_decimal(lines[1]):
        raise Refused("This is not a checkpoint: origin, size, root.")
    root = decoded(lines[2])
    if len(root) != 32:
        raise Refused("The root of this checkpoint is not 32 bytes.")
    return lines[0], int(lines[1]), root


def is_decimal(text):
    """Say whether this is a number without sign and leading zeros."""
    return text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0"))


def checked_note(text, keys, witnesses):
    """Check a checkpoint's signatures; return (size, root, what was confirmed)."""
    body, signatures = split_note(text)
    origin, size, root = read_checkpoint(body)
    signers = signers_of(body, signatures, [*keys, *witnesses])
    if not any(key.kind == LOG and key.name == origin for key, _ in signers):
        raise Refused("No key that you trust signed this checkpoint.")
    said = [f"Checkpoint of {origin}: {size} records, signed by its key."]
    for key, seconds in signers:
        if key.kind == WITNESS:
            said.append(
                f"Seen by the witness {key.name} on {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC."
            )
    if witnesses and len(said) == 1:
        raise Refused("None of the witnesses that you trust has seen this checkpoint.")
    return size, root, said


def check_proof(text, keys, witnesses):
    """Check a .tlog-proof file; return (the record, what was confirmed)."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != PROOF_HEAD:
        raise Refused(f"This is not a proof file: it does not begin with {PROOF_HEAD}.")
    record = decoded(lines.pop(1)[6:]) if len(lines) > 1 and lines[1].startswith("extra ") else None
    if len(lines) < 2 or not lines[1].startswith("index ") or not is_decimal(lines[1][6:]):
        raise Refused("The proof file does not say at which place the record is.")
    if record is None:
        raise Refused("The proof file holds no record.")
    index, hashes = int(lines[1][6:]), [decoded(line) for line in lines[2:]]
    size, root, said = checked_note(note, keys, witnesses)
    if len(hashes) > MOST_HASHES or not includes(leaf_hash(record), index, size, hashes, root):
        raise Refused("The record is not in the signed tree: the record, its place or the proof was changed.")
    return record, [*said, f"The record stands at place {index} of the signed tree, unchanged."]


def check_export(lines, keys, witnesses):
    """
    Check an export: every record from one place to another, none left out, under one signed checkpoint.

    The first line names the range, the checkpoint and the hashes of the tree to the left and right of the range.
    """
    lines = iter(lines)
    head = read_json(next(lines, ""))
    if head.get("form") != EXPORT_FORM:
        raise Refused("This is not an export of the ledger.")
    first, beyond = head["first"], head["beyond"]
    size, root, said = checked_note(head["checkpoint"], keys, witnesses)
    if not 0 <= first <= beyond <= size:
        raise Refused("The export's range is not inside the signed tree.")
    edge, carried, hidden = [decoded(each) for each in head["left"]], first, 0
    if len(edge) != bin(first).count("1"):
        raise Refused("The export's left edge has not as many hashes as its place asks for.")
    for index in range(first, beyond):
        line = read_json(next(lines, ""))
        if line.get("index") != index:
            raise Refused(f"The record at place {index} was left out or moved.")
        leaf = leaf_hash(line["record"].encode()) if "record" in line else decoded(line["leaf"])
        hidden += "record" not in line
        carried = _append(edge, carried, leaf)
    if next(lines, None) is not None:
        raise Refused("There are more lines than the export says.")
    for level, each in zip(_right_levels(beyond, size), map(decoded, head["right"])):
        edge, carried = _append_subtree(edge, carried, level, each)
    if carried != size or _folded(edge) != root or len(head["right"]) != len(_right_levels(beyond, size)):
        raise Refused("The records are not those that were signed: at least one was changed.")
    said.append(f"{beyond - first} records from place {first} on, none missing, none changed.")
    if hidden:
        said.append(f"Of {hidden} of them only the hash is here.")
    return said


# A bundle: exchanges for people and programs, a manifest that is on the record, and the places of the records.
MANIFEST, PROOF, TREE, LINES = "manifest.json", "manifest.tlog-proof", "tree.jsonl", "exchanges.jsonl"
MOST_OF_A_HEAD = 1 << 20
MOST_OF_A_LINE = 1 << 26
MOST_BYTES = 1 << 36
PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}(\.[a-z-]{1,12}){1,2}")


def check_bundle(path, keys, witnesses):
    """
    Check a bundle: its files, its manifest and the proof of that, and that each exchange's records are in the ledger.

    Nothing is unpacked to the disk, and no file is read beyond the length that the manifest gives it.
    """
    try:
        with zipfile.ZipFile(path) as bundle:
            return _checked_bundle(bundle, keys, witnesses)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise Refused(f"This is not a whole ZIP file: {error}") from None
    except (ValueError, RecursionError):
        raise Refused("A line is not in its form.") from None


def _checked_bundle(bundle, keys, witnesses):
    entries = _entries(bundle)
    text, proof = _head(bundle, entries, MANIFEST), _head(bundle, entries, PROOF)
    manifest = read_json(_utf8(text))
    if manifest.get("form") != BUNDLE_FORM:
        raise Refused("This is not an export of the portal.")
    record, said = check_proof(_utf8(proof), keys, witnesses)
    _is_of_this(read_json(_utf8(record)), manifest, hashlib.sha256(text).hexdigest())
    said.append(f"The manifest is the one on the record, made for {manifest['by']['name']} on {manifest['made_at']}.")
    listed = _files(manifest, entries)
    for name in sorted(set(listed) - {TREE, LINES}):
        for _ in _lines(bundle, listed[name]):
            pass
    claims = _Claims(manifest)
    for line in _lines(bundle, listed[LINES]):
        claims.exchange(read_json(_utf8(line)))
    note_said = _checked_excerpt(_lines(bundle, listed[TREE]), claims, keys, witnesses)
    return [*said, *note_said, *claims.settled()]


def _entries(bundle):
    """List what is in the ZIP by name; anything that a bundle does not hold is refused unread."""
    entries = {}
    for entry in bundle.infolist():
        if not PLAIN_NAME.fullmatch(entry.filename) or entry.is_dir():
            raise Refused("A file in the ZIP has a name that leads elsewhere, or that no bundle has.")
        if entry.filename in entries:
            raise Refused(f"The ZIP holds {entry.filename} twice.")
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(f"{entry.filename} is encrypted or packed in a way that no bundle is.")
        entries[entry.filename] = entry
    return entries


def _head(bundle, entries, name):
    """Read one of the two small files that everything else depends on."""
    if name not in entries:
        raise Refused(f"The bundle lacks {name}.")
    with bundle.open(entries[name]) as file:
        text = file.read(MOST_OF_A_HEAD + 1)
    if len(text) > MOST_OF_A_HEAD:
        raise Refused(f"{name} is longer than any bundle's.")
    return text


def _is_of_this(event, manifest, digest):
    """Say whether the record that was proved is about this manifest and no other."""
    if event.get("table") != "event" or event.get("action") != "EXPORT_SEALED":
        raise Refused("The proof is of another record, not of an export.")
    if event["subject_id"] != manifest["export"]:
        raise Refused("The proof is of another export.")
    if event["details"]["manifest"] != digest:
        raise Refused("The manifest was changed: it is not the one that is on the record.")
    if event["actor_id"] != manifest["by"]["id"] or event["details"]["exchanges"] != manifest["counts"]["exchanges"]:
        raise Refused("The manifest does not say what the record says.")


def _files(manifest, entries):
    """Match what the manifest lists with what is in the ZIP."""
    listed = {each["name"]: (entries.get(each["name"]), each) for each in manifest["files"]}
    if len(listed) != len(manifest["files"]) or {MANIFEST, PROOF} & set(listed):
        raise Refused("The manifest lists a file twice.")
    for name in (TREE, LINES, *listed):
        if name not in listed or listed[name][0] is None:
            raise Refused(f"The bundle lacks {name}.")
    extra = sorted(set(entries) - {MANIFEST, PROOF} - set(listed))
    if extra:
        raise Refused(f"The bundle holds {extra[0]}, which the manifest does not list.")
    if sum(each["bytes"] for _, each in listed.values()) > MOST_BYTES:
        raise Refused("The manifest lists more than any bundle holds.")
    return listed


def _lines(bundle, listed):
    """Read a file line by line, to the length that the manifest gives; its SHA-256 is checked at the end."""
    entry, told = listed
    digest, left, waiting = hashlib.sha256(), told["bytes"], b""
    with bundle.open(entry) as file:
        while chunk := file.read(min(1 << 20, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise Refused(f"{told['name']} is longer than the manifest says.")
            digest.update(chunk)
            *whole, waiting = (waiting + chunk).split(b"\n")
            if len(waiting) > MOST_OF_A_LINE:
                raise Refused(f"{told['name']} holds a line longer than any bundle's.")
            yield from whole
    if left or digest.hexdigest() != told["sha256"]:
        raise Refused(f"{told['name']} was changed: it is not the file that the manifest lists.")
    if waiting:
        yield waiting


def _utf8(raw):
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("A file that should be text is not UTF-8.") from None


class _Claims:
    """What the exchanges of a bundle claim, settled one by one while the places of the ledger go by."""

    def __init__(self, manifest):
        self.count, self.whole = manifest["counts"]["exchanges"], manifest["whole"]
        self.is_full = manifest["variant"] == "FULL"
        self.own = manifest["counts"].get("own_left_out", 0)
        self.may_hide = self.whole.get("kept_back", 0) if self.whole else 0
        self.places, self.ids, self.excused, self.found, self.hidden = {}, set(), 0, 0, 0

    def exchange(self, line):
        """Take one exchange's line."""
        if line["id"] in self.ids:
            raise Refused("An exchange is in the bundle twice.")
        self.ids.add(line["id"])
        for part in ("question_place", "outcome_place"):
            place = line[part]
            if place is None and part == "outcome_place":
                continue
            if type(place) is not int or place in self.places:
                raise Refused("Two exchanges claim the same place in the ledger.")
            self.places[place] = (part, {name: line[name] for name in ("id", *AGREE[part])} if self.is_full else None)

    def gap(self, first, beyond):
        """Meet a stretch of which only hashes are given."""
        if self.whole and first < self.whole["beyond"] and beyond > self.whole["first"]:
            raise Refused("The export claims that none is left out, but a stretch of its span is.")

    def leaf(self, place, record):
        """Meet one leaf, with its record or, where `record` is None, by its hash alone."""
        claimed = self.places.pop(place, None)
        is_inside = bool(self.whole) and self.whole["first"] <= place < self.whole["beyond"]
        self.found += claimed is not None
        if record is None:
            self.hidden += is_inside
            if (claimed and self.is_full) or self.hidden > self.may_hide:
                raise Refused(f"The record at place {place} is not shown, though the export claims to be full.")
            return
        told = read_json(record)
        if claimed and claimed[1] is not None:
            _agrees(claimed[0], claimed[1], told)
        if is_inside and told["table"] == "intent" and told["id"] not in self.ids:
            self._excuse(told)

    def _excuse(self, told):
        """An exchange that is not in the export is outside of its span by its own time, or whose export it is."""
        began = told["started_at"]
        if self.whole["since"] <= began <= self.whole["until"] and told["person_id"] != self.whole["without_person"]:
            raise Refused(f"The exchange {told['id']} was left out, though the export claims to be whole.")
        self.excused += 1

    def settled(self):
        """Say what holds, once every leaf went by."""
        if len(self.ids) != self.count:
            raise Refused(f"The manifest counts {self.count} exchanges, but there are {len(self.ids)}.")
        if self.places:
            raise Refused("An exchange's place in the ledger is not proved.")
        if self.hidden != self.may_hide:
            raise Refused(f"The manifest keeps {self.may_hide} records back, but {self.hidden} are not shown.")
        said = [f"{self.count} exchanges, whose {self.found} records are in the signed ledger."]
        if self.whole:
            said.append(
                f"None is left out between places {self.whole['first']} and {self.whole['beyond']}, that is from "
                f"{self.whole['since']} to {self.whole['until']}, but for those of whoever made the export."
            )
        if self.own or self.hidden:
            said.append(
                f"Left out are {self.own} exchanges of whoever made the export; {self.hidden} records are given by "
                "their hash alone, because that officer may not read them. Ask another officer for an export of them."
            )
        if self.is_full:
            said.append("Their facts are those of the signed records. For their text the portal's manifest vouches.")
        else:
            said.append("They are redacted: for their facts the portal's manifest vouches.")
        return said


AGREE = {
    "question_place": {
        "id": "id", "started_at": "started_at", "name": "person_label", "person_id": "person_id", "team": "team_label",
        "door": "door", "purpose": "purpose", "model": "model_label", "provider": "provider_label",
        "egress": "egress_class", "conversation_id": "conversation_id", "policy": "policy_version",
        "prompt": "prompt_version",
    },
    "outcome_place": {
        "id": "intent_id", "concluded_at": "concluded_at", "outcome": "kind", "reason": "reason", "cost": "cost",
        "currency": "currency", "input_tokens": "input_tokens", "output_tokens": "output_tokens",
    },
}  # fmt: skip


def _agrees(part, line, told):
    """Refuse a line whose facts are not those of its record."""
    table = "intent" if part == "question_place" else "outcome"
    wrong = [name for name, column in AGREE[part].items() if line[name] != told.get(column)]
    if told["table"] != table or wrong:
        raise Refused(f"The exchange {line['id']} is not told as its record tells it.")


def _checked_excerpt(lines, claims, keys, witnesses):
    """Rebuild the signed root from chosen leaves and the hashes between them, from left to right."""
    head = read_json(_utf8(next(lines, b"")))
    if head.get("form") != EXCERPT_FORM:
        raise Refused("The places in the ledger are not in their form.")
    size, root, said = checked_note(head["checkpoint"], keys, witnesses)
    edge, reached = [], 0
    for raw in lines:
        line = read_json(_utf8(raw))
        if "gap" in line:
            first, beyond = line["gap"]
            levels = _right_levels(first, beyond) if first == reached < beyond <= size else []
            if not levels or len(levels) != len(line["hashes"]):
                raise Refused("The stretches between the records do not follow each other.")
            claims.gap(first, beyond)
            for level, each in zip(levels, map(decoded, line["hashes"])):
                edge, reached = _append_subtree(edge, reached, level, each)
            continue
        if line.get("index") != reached:
            raise Refused(f"The record at place {reached} was left out or moved.")
        record = line.get("record")
        claims.leaf(reached, record)
        reached = _append(edge, reached, leaf_hash(record.encode()) if record is not None else decoded(line["leaf"]))
    if reached != size or _folded(edge) != root:
        raise Refused("The records are not those that were signed: at least one was changed.")
    return said


def _append(edge, count, leaf):
    size = count
    while size & 1:
        leaf, size = node_hash(edge.pop(), leaf), size >> 1
    edge.append(leaf)
    return count + 1


def _right_levels(start, end):
    """The levels of the complete subtrees from `start` to `end`."""
    levels = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        levels.append(level)
        start += 1 << level
    return levels


def _append_subtree(edge, count, level, root):
    size = count >> level
    while size & 1:
        root, size = node_hash(edge.pop(), root), size >> 1
    return [*edge, root], count + (1 << level)


def _folded(edge):
    if not edge:
        return hashlib.sha256(b"").digest()
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


def read_json(line):
    """Read one line of JSON; a key that occurs twice is refused."""

    def distinct(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Refused("A key occurs twice in a line.")
        return found

    try:
        value = json.loads(line, object_pairs_hook=distinct)
    except ValueError:
        raise Refused("A line is missing or is not JSON.") from None
    if not isinstance(value, dict):
        raise Refused("A line is not an object.")
    return value


def main(arguments=None):
    """Check one file and say what holds."""
    parser = argparse.ArgumentParser(
        description="Check proofs, exports, bundles and checkpoints of a Portcullis ledger, offline."
    )
    parser.add_argument("what", choices=["proof", "export", "bundle", "checkpoint"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", action="append", required=True, help="a verifier key of the log that you trust")
    parser.add_argument(
        "--witness", action="append", default=[], help="the key of a witness; then one must have signed"
    )
    wanted = parser.parse_args(arguments)
    try:
        keys, witnesses = [Key.parse(each) for each in wanted.key], [Key.parse(each) for each in wanted.witness]
        text = "" if wanted.what == "bundle" else wanted.file.read_text(encoding="utf-8")
        if wanted.what == "bundle":
            said = check_bundle(wanted.file, keys, witnesses)
        elif wanted.what == "proof":
            record, said = check_proof(text, keys, witnesses)
            print(record.decode("utf-8"))
        elif wanted.what == "export":
            said = check_export(text.removesuffix("\n").split("\n"), keys, witnesses)
        else:
            said = checked_note(text, keys, witnesses)[2]
    except (Refused, KeyError, TypeError, AttributeError) as refused:
        reason = str(refused) if isinstance(refused, Refused) else "a line lacks what it must have."
        print(f"DOES NOT HOLD: {reason}", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    print("\n".join([*said, "HOLDS"]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""
Prove what leaves: run the product where its only way out is a recorded link, and search the recording.

    python -m bench.egress_proof [--journeys 500] [--keep FOLDER]

Needs root, Linux, iproute2 and tshark; `make egress-proof` installs the last two on Debian and Ubuntu. Exits 1 on any
finding: a planted value in any form, a destination besides the provider, a question for a name, or a recording that
holds less than was replayed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.egress_proof import capture, network
from bench.egress_proof.capture import Left, NotWhole
from bench.egress_proof.forms import Found, Searcher, texts_of
from bench.egress_proof.network import PROVIDER_ADDRESS, Networks

SHARE_OF_MARKS = 0.97
"""A mark is words of everyday language; now and then some of them are taken for a name and masked."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Verdict:
    """What the search gave: what was found, and what is missing in the recording."""

    found: set[Found]
    marks_missing: list[str]


def main() -> None:
    """Lay the networks, replay, search, report."""
    arguments = _arguments()
    if missing := network.why_not():
        sys.exit(missing)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="portcullis-proof-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    try:
        told, file = _record(folder, arguments.journeys)
        problems = _report(told, capture.read(file), arguments.journeys)
    except KeyboardInterrupt:
        sys.exit("\nStopped. The networks are removed; nothing was proved.")
    except (network.CannotLay, NotWhole) as error:
        sys.exit(str(error))
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit("\nNOT PROVED: " + "; ".join(problems) if problems else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.egress_proof")
    parser.add_argument("--journeys", type=int, default=500, help="how many to replay")
    parser.add_argument("--keep", help="a folder in which the recording is kept")
    return parser.parse_args()


def _record(folder: Path, journeys: int) -> tuple[dict[str, Any], Path]:
    """Replay the journeys and record the link; give what was told and the recording."""
    file = folder / "left.pcapng"
    with network.laid() as networks, network.recorded(networks, file), _provider(networks) as url:
        print(f"The product's network is laid; its only way out leads to {url}.", flush=True)
        command = [sys.executable, "-m", "bench.egress_proof.replay", str(folder), url, str(journeys)]
        replay = subprocess.Popen(networks.in_product(command), cwd=ROOT, start_new_session=True)
        try:
            if replay.wait():
                raise NotWhole("The replay failed; its lines are above.")
        finally:
            if replay.poll() is None:
                replay.send_signal(signal.SIGINT)
                replay.wait(120)
    return json.loads((folder / "journeys.json").read_text()), file


@contextlib.contextmanager
def _provider(networks: Networks) -> Iterator[str]:
    command = networks.in_provider([sys.executable, "-m", "bench.egress_proof.provider", PROVIDER_ADDRESS])
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def search(told: dict[str, Any], left: Left) -> Verdict:
    """Search all that left for every planted value, and for the mark of every text that should have left."""
    texts = [text for body in left.exchanges for text in texts_of(body)]
    everything = b"\n".join([*left.said.values(), *left.loose])
    found = Searcher(told["values"]).search(everything, ["\n".join(texts)])
    marks = {mark.lower(): mark for mark in told["marks"]}
    seen = {hit.value for hit in Searcher(marks).search(b"", ["\n".join(texts)])}
    return Verdict(found, [mark for mark in marks if mark not in seen])


def _report(told: dict[str, Any], left: Left, journeys: int) -> list[str]:
    """Print what left, and give what is wrong."""
    verdict, turns = search(told, left), Counter(told["turns"])
    sent, expected = len(left.exchanges), sum(turns.values()) - turns["REFUSED"]
    strangers = {to: count for to, count in left.connections.items() if not to.startswith(f"{PROVIDER_ADDRESS} ")}
    print("\nWhat left the product's network")
    for to, count in left.connections.items():
        print(f"  {to}: {count} connections")
    print(f"  {sent} exchanges of {expected} replayed, {left.size:,} bytes said, {left.packets:,} packets on the link")
    print(f"  names asked for (DNS): {left.name_questions}; other packets: {sum(left.datagrams.values())}")
    print(f"  journeys: {', '.join(f'{count} {kind}' for kind, count in told['journeys'].items())}")
    print(f"  turns: {', '.join(f'{count} {outcome}' for outcome, count in turns.items())}")
    marks = len(set(told["marks"]))
    print(f"  texts recognised by their mark: {marks - len(verdict.marks_missing)} of {marks}")
    print("\nPlanted values found, in clear, reversed, split, hexadecimal, base64, escaped")
    for kind, planted in Counter(told["values"].values()).items():
        hits = {hit.value for hit in verdict.found if told["values"][hit.value] == kind}
        print(f"  {kind}: {len(hits)} of {planted:,}")
    for hit in sorted(verdict.found, key=lambda hit: hit.value)[:40]:
        print(f"    FOUND {told['values'][hit.value]} {hit.value!r}, {hit.form}")
    checks = {
        f"{len({hit.value for hit in verdict.found})} planted values left": not verdict.found,
        f"other destinations were called: {strangers}": not strangers,
        f"{left.name_questions} names were asked for": not left.name_questions,
        f"other packets left: {dict(left.datagrams)}": not left.datagrams,
        f"only {sent} of {expected} exchanges are in the recording": sent >= expected,
        f"{len(verdict.marks_missing)} texts are not in the recording": len(verdict.marks_missing)
        <= marks * (1 - SHARE_OF_MARKS),
        f"{turns['REFUSED']} turns were refused before anything left": turns["REFUSED"] <= journeys // 100,
        f"only {sum(told['journeys'].values())} of {journeys} journeys": sum(told["journeys"].values()) == journeys,
    }
    return [problem for problem, is_fine in checks.items() if not is_fine]


if __name__ == "__main__":
    main()

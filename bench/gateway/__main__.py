"""
What an exchange costs at the portal and at its peers: CPU, first word, distance of words, memory; all in one run.

    python -m bench.gateway [--peers FOLDER] [--users 1,10,40,200] [--only NAMES] [--paste] [--long 10000] [--plot FILE]
        [--plot-memory FILE]

A provider on this machine answers with 100 tokens, 10 ms apart. Every target stands before the same provider and is
started alone, warmed, measured at each number of users and stopped. Peers are measured where FOLDER has them: an
environment `litellm` with litellm[proxy], an environment `openwebui` with open-webui. Takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from bench.gateway import measure, report
from bench.gateway.measure import Measured
from bench.gateway.portal import portal
from bench.gateway.targets import NotInstalled, Target, litellm, open_webui, provider

TOKENS, SECONDS_BETWEEN = 100, 0.01
Start: TypeAlias = Callable[[Path, str, Path], AbstractContextManager[list[Target]]]
STARTS: dict[str, Start] = {"portcullis /v1 browser": portal, "litellm proxy": litellm, "open webui": open_webui}


def main() -> None:
    """Measure every target and print the tables."""
    options = _options()
    measured: list[Measured] = []
    with provider(TOKENS, SECONDS_BETWEEN) as (url, alone):
        if _is_wanted(alone.name, options):
            measured.append(measure.measure(alone, users=options.users, tokens=TOKENS))
        for names, start in STARTS.items():
            if _is_wanted(names, options):
                measured += _measured_at(start, url, options)
    sys.stdout.write(report.tables(measured))
    if options.plot:
        options.plot.write_text(report.picture(measured))
    for one in measured:
        if options.plot_memory and one.memory:
            options.plot_memory.write_text(report.memory_picture(one.name, one.memory))
    if options.json:
        options.json.write_text(json.dumps([one.as_json() for one in measured], indent=1))


def _measured_at(start: Start, url: str, options: argparse.Namespace) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        try:
            with start(options.peers, url, Path(folder)) as targets:
                for target in targets:
                    if _is_wanted(target.name, options):
                        yield _measured(target, options)
        except NotInstalled as missing:
            sys.stderr.write(f"Not measured: {missing}\n")


def _measured(target: Target, options: argparse.Namespace) -> Measured:
    one = measure.measure(target, users=options.users, tokens=TOKENS)
    if options.paste:
        one.paste = measure.beside_a_paste(target, tokens=TOKENS)
    if options.long:
        one.memory = measure.memory_over(target, exchanges=options.long, tokens=TOKENS)
    return one


def _is_wanted(names: str, options: argparse.Namespace) -> bool:
    return not options.only or any(part in names.lower() for part in options.only.lower().split(","))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway")
    parser.add_argument("--peers", type=Path, default=Path(".peers"), help="folder with the peers' environments")
    parser.add_argument("--users", type=lambda text: [int(n) for n in text.split(",")], default=[1, 10, 40, 200])
    parser.add_argument("--only", default="", help="parts of the names of the targets to measure")
    parser.add_argument("--paste", action="store_true", help="also: a stream beside a paste of 200,000 characters")
    parser.add_argument("--long", type=int, default=0, help="also: memory over so many exchanges")
    parser.add_argument("--plot", type=Path, help="write the picture (SVG) there")
    parser.add_argument("--plot-memory", type=Path, help="write the picture of --long (SVG) there; of one target")
    parser.add_argument("--json", type=Path, help="write every figure there")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Look through texts from standard input: the door for measuring."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from apps.privacy import dictionary_handover, engine, preview
from apps.privacy.policy import DEFAULT

REFUSED: Final = "REFUSED"


class Command(BaseCommand):
    """
    Read ``{"id", "text"}`` a line, write ``{"id", "spans": [[start, end, type, score], …]}`` a line.

    A text of which the portal would send nothing, because the engine's answer to it is not believed, is one span from
    its start to its end, of the type REFUSED, and the line says why beside it: ``"refused": …``.
    """

    help = "Find what the default profile masks in texts given as JSON lines; offsets are code points of the original."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the one format there is by its name, so that another can be added."""
        parser.add_argument("--jsonl", action="store_true", required=True, help="Lines of JSON in, lines of JSON out.")

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Answer line by line, so that any number of texts takes the memory of one. The company's dictionary is left out:
        this measures the engine, wherever it runs.

        :raises CommandError: at the first line that is not what was asked for, by its number, without its text.
        :raises ScrubberUnavailable: if the engine fails.
        """
        dictionary_handover.set_aside()
        try:
            for number, line in enumerate(sys.stdin, start=1):
                if line.strip():
                    self.stdout.write(self._answer(line.lstrip("\ufeff"), number=number))
        except UnicodeDecodeError:
            raise CommandError("The input is not UTF-8.") from None

    def _answer(self, line: str, *, number: int) -> str:
        try:
            row = json.loads(line)
            identifier, text = row["id"], row["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CommandError(f'Line {number} is not a JSON object with "id" and "text".') from None
        if not isinstance(text, str):
            raise CommandError(f'The "text" of line {number} is not a string.')
        try:
            found = preview.masked_only(text, engine.detect(text), policy=DEFAULT)
        except engine.AnswerDistrusted as refusal:
            self.stderr.write(f"Line {number} is refused: nothing of it would be sent.")
            return json.dumps({"id": identifier, "spans": [[0, len(text), REFUSED, 1.0]], "refused": refusal.sentence})
        spans = [[finding.start, finding.end, finding.type, finding.score] for finding in found]
        return json.dumps({"id": identifier, "spans": spans})

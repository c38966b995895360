"""The ledger's own commands: sequence, verify, reconcile, rotate-key, prove, export, stamps."""

from __future__ import annotations

import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.x509 import Certificate
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from apps.ledger import exports, proofs, reconciliation, rereading, running, verify
from apps.ledger.evidence import Evidence, KeyUnusable, words
from apps.ledger.facts import Json
from apps.ledger.notes import BadNote, Note, SigningKey, VerifierKey
from apps.ledger.records import LedgerUnavailable, record_event
from apps.ledger.sequencer import NotLeading, Sequencer, TreeBroken
from apps.ledger.timestamps import Authority, AuthorityAway, certificates_in
from apps.ledger.vocabulary import Action
from apps.ledger.witnesses import WitnessAddress

MOST = 1 << 62


class Command(BaseCommand):
    help = "The ledger's tree: `sequence` runs the sequencer, `verify` checks everything, `prove` writes a proof file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("sequence", help="Order, hash and sign records until stopped. Needs the sequencer's role.")
        what.add_parser("rotate-key", help="Replace the signing key; stop the sequencer first.")
        prove = what.add_parser("prove", help="Print the proof of one record (a .tlog-proof file).")
        prove.add_argument("record", type=UUID, help="the id of an exchange, an outcome or an event")
        export = what.add_parser("export", help="Print records as JSON lines that the offline verifier checks.")
        export.add_argument("--from", dest="start", type=int, default=0, help="first leaf")
        export.add_argument("--to", dest="end", type=int, default=MOST, help="the leaf after the last one")
        check = what.add_parser(
            "verify", help="Check every record, leaf and checkpoint. Exit code 1 if anything is amiss."
        )
        check.add_argument("--from", dest="start", type=int, help="first leaf of a range")
        check.add_argument("--to", dest="end", type=int, help="the leaf after the last one of a range")
        check.add_argument("--since", type=_day, help="check what was signed from this day on (YYYY-MM-DD, UTC)")
        check.add_argument("--until", type=_day, help="check what was signed before this day")
        check.add_argument("--key", action="append", type=_key, help="a verifier key you trust, or a file with it")
        check.add_argument("--witness-key", action="append", type=_key, default=[], help="the key of a witness")
        check.add_argument(
            "--checkpoint",
            action="append",
            type=Path,
            default=[],
            help="a file with a checkpoint kept elsewhere, or a witness's cosigned.jsonl",
        )
        check.add_argument(
            "--timestamp-roots", action="append", type=Path, default=[],
            help="root certificates (PEM) of time-stamping authorities; without it those of the settings",
        )  # fmt: skip
        check.add_argument("--json", action="store_true", help="print the report as JSON")
        stamps = what.add_parser("stamps", help="Write checkpoints and their time-stamps to files that openssl checks.")
        stamps.add_argument("folder", type=Path, help="a folder that does not exist yet")
        compare = what.add_parser(
            "reconcile", help="Compare a day's exchanges, outcomes and calls. Exit code 1 if not 0."
        )
        compare.add_argument("--day", type=_day, help="the day (YYYY-MM-DD, UTC); without it, yesterday")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sub-command."""
        {
            "sequence": self._sequence, "verify": self._verify, "prove": self._prove, "rotate-key": self._rotate,
            "export": self._export, "reconcile": self._reconcile,
            "stamps": self._stamps,
        }[options["what"]](options)  # fmt: skip

    def _sequence(self, options: dict[str, Any]) -> None:
        stop = running.Stop(threading.Event())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.event.set())
        try:
            witnesses = [WitnessAddress.parse(each) for each in settings.LEDGER_WITNESSES]
            authorities = [Authority.parse(each) for each in settings.LEDGER_TIMESTAMPS]
            running.run(Evidence(Path(settings.LEDGER_DIR)), witnesses, stop, authorities=authorities)
        except (KeyUnusable, ValueError) as error:
            raise CommandError(str(error)) from error

    def _rotate(self, options: dict[str, Any]) -> None:
        evidence = Evidence(Path(settings.LEDGER_DIR))
        try:
            old = evidence.signing_key(origin=running.origin())
            fresh = SigningKey.new(old.name)
            with running.connect() as own:
                leader = Sequencer(own, evidence, old)
                leader.lead()
                leader.rotate(fresh, now=timezone.now())
        except NotLeading as error:
            raise CommandError("The sequencer runs. Stop it, rotate the key, start it again.") from error
        except (KeyUnusable, TreeBroken, BadNote) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The key was replaced. Give the new verifier key to your witnesses:\n{fresh.verifier}")

    def _prove(self, options: dict[str, Any]) -> None:
        with connection.cursor() as cursor:
            try:
                made = proofs.prove(cursor, options["record"])
            except (proofs.NotYetSigned, proofs.DoesNotFit) as error:
                raise CommandError(error.sentence) from error
        subject = str(options["record"])
        record_event(Action.LEDGER_PROOF_TAKEN, who=None, subject_kind="record", subject_id=subject, now=timezone.now())
        self.stdout.write(str(made), ending="")

    def _export(self, options: dict[str, Any]) -> None:
        span: dict[str, Json] = {"first": options["start"], "beyond": options["end"]}
        record_event(Action.LEDGER_EXPORTED, who=None, subject_kind="ledger", details=span, now=timezone.now())
        with connection.cursor() as cursor:
            try:
                for line in exports.lines(cursor, (options["start"], options["end"])):
                    self.stdout.write(line)
            except proofs.NotYetSigned as error:
                raise CommandError("Nothing is signed yet. Start the sequencer.") from error

    def _stamps(self, options: dict[str, Any]) -> None:
        folder: Path = options["folder"]
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            raise CommandError(f"{folder} exists. Name a folder that does not.") from error
        details: dict[str, Json] = {"what": "time-stamps"}
        record_event(Action.LEDGER_EXPORTED, who=None, subject_kind="ledger", details=details, now=timezone.now())
        with connection.cursor() as cursor:
            written = exports.write_stamps(cursor, folder)
        self.stdout.write(
            f"{written} time-stamps written. Check one with: openssl ts -verify -in N.tsr -data N.note -CAfile ROOT.pem"
        )

    def _reconcile(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        day = (options["day"] or now - timedelta(days=1)).astimezone(UTC).date()
        found = reconciliation.reconcile(day, now=now)
        self.stdout.write(
            f"{day}: {found.exchanges:,} exchanges, {found.outcomes:,} outcomes, {found.calls:,} calls went out"
        )
        for kind, line in zip(found.missing, found.in_words, strict=True):
            self.stdout.write(f"  {line}: {', '.join(found.ids[kind])}")
        if not found.is_complete:
            raise CommandError(f"{sum(found.missing.values())} are missing. The result is on the record.")

    def _verify(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        with connection.cursor() as cursor:
            trust = self._trust(cursor, options)
            span = self._span(cursor, options, now)
            report = verify.check(cursor, trust, span=span, now=now)
        self._record_check(report, now, is_whole=span is None)
        (self._print_json if options["json"] else self._print)(report)
        if not report.is_clean:
            raise CommandError(f"The ledger does not fit: {report.found} findings. Keep the database as it is.")

    def _record_check(self, report: verify.Report, now: datetime, *, is_whole: bool) -> None:
        """Record the check where that can be: a copy that takes no writes is checked all the same."""
        details: dict[str, Json] = {"first": report.span[0], "beyond": report.span[1], "findings": report.found}
        try:
            record_event(Action.LEDGER_CHECKED, who=None, subject_kind="ledger", details=details, now=now)
            if is_whole and report.is_clean:
                rereading.all_is_well(now=now)
        except LedgerUnavailable as away:
            self.stderr.write(f"This check is not on the record: {away}")

    def _trust(self, cursor: Any, options: dict[str, Any]) -> verify.Trust:
        evidence = Evidence(Path(settings.LEDGER_DIR))
        keys, outside = options["key"], [note for path in options["checkpoint"] for note in _notes(path)]
        public = evidence.folder / "verifier.key"
        if not keys and public.is_file():
            keys = [VerifierKey.parse(public.read_text())]
        if not keys:
            keys = verify.key_in_the_database(cursor)
            self.stderr.write("No key was given: the one in the database is used, which a forger could have replaced.")
        if evidence.is_readable():
            outside += list(evidence.journalled())
        return verify.Trust(keys, options["witness_key"], outside, self._roots(options["timestamp_roots"]))

    def _roots(self, given: list[Path]) -> list[Certificate]:
        """Read the roots of authorities: those given, or else those that the sequencer is told to believe."""
        files = given or [Authority.parse(each).file for each in settings.LEDGER_TIMESTAMPS]
        try:
            return [root for file in files for root in certificates_in(file)]
        except AuthorityAway as error:
            raise CommandError(str(error)) from error

    def _span(self, cursor: Any, options: dict[str, Any], now: datetime) -> tuple[int, int] | None:
        if options["since"] or options["until"]:
            first = options["since"] or datetime.fromtimestamp(0, tz=UTC)
            return verify.span_between(cursor, first, options["until"] or now)
        if options["start"] is not None or options["end"] is not None:
            return options["start"] or 0, options["end"] if options["end"] is not None else MOST
        return None

    def _print(self, report: verify.Report) -> None:
        states = (verify.UNCHANGED, verify.MODIFIED, verify.DELETED, verify.MISSING)
        self.stdout.write(f"{'day':<12}" + "".join(f"{state:>12}" for state in states))
        for day in sorted(report.days):
            self.stdout.write(f"{day:<12}" + "".join(f"{report.days[day][state]:>12,}" for state in states))
        head = f"{words(report.head.root)} at {report.head.size:,}" if report.head else "none"
        self.stdout.write(
            f"leaves {report.span[0]:,} to {report.span[1]:,}; {report.checkpoints:,} checkpoints signed and right, "
            f"{report.cosigned:,} cosigned, {report.stamped:,} time-stamps; head: {head}"
        )
        for finding in report.findings:
            self.stdout.write(f"  {finding.code} at {finding.at}: {finding.sentence}")

    def _print_json(self, report: verify.Report) -> None:
        said = {
            "span": report.span,
            "is_clean": report.is_clean,
            "found": report.found,
            "days": {day: dict(states) for day, states in sorted(report.days.items())},
            "checkpoints": report.checkpoints,
            "cosigned": report.cosigned,
            "stamped": report.stamped,
            "head": str(report.head.text) if report.head else None,
            "findings": [[finding.code, finding.at, finding.sentence] for finding in report.findings],
        }
        self.stdout.write(json.dumps(said, indent=2))


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _notes(path: Path) -> list[Note]:
    text = path.read_text()
    if path.suffix == ".jsonl":
        return [Note.parse(json.loads(line)["note"]) for line in text.splitlines()]
    return [Note.parse(text)]


def _key(text: str) -> VerifierKey:
    path = Path(text)
    return VerifierKey.parse(path.read_text() if path.is_file() else text)

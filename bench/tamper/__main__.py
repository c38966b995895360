"""
Tamper with a ledger, and with rows beside it, in 47 ways as 8 actors, and compare how each ends with what docs/ledger.md states.

    python -m bench.tamper

Each cell is P (prevented), D (detected by the key and the journal), W (detected only with a witness) or C (cannot be
detected). Officers and admins have pages and no database: each of them sends every request there is, once, and that
is their cell wherever no file is in their hands. Uses a scratch cluster of its own, about six minutes. Exits 1 where a cell is not as stated, or where an
honest ledger raises an alarm.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from bench.tamper import pages
from bench.tamper.attacks import ATTACKS, NEW_EVENT, Attack, perform
from bench.tamper.scene import ROOT, Copy, Scene
from portal.embedded.database import APP

ACTORS = ("app", "owner", "superuser", "root", "worker", "reviewer", "admin", "key")
THROUGH_PAGES = ("reviewer", "admin")
USERNAMES = {"reviewer": "grace", "admin": "david"}
ROW = re.compile(r"^\| (\d+) [^|]*\|((?: [PDWC] \|){8})$", re.MULTILINE)
ON_FILES = (28, 29, 30)


def main() -> int:
    """Run the matrix, then the honest changes; print both."""
    stated = {int(number): cells.replace(" ", "").strip("|").split("|") for number, cells in ROW.findall(_page())}
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="portcullis-tamper-") as folder:
        Path(folder).chmod(0o711)
        with Scene(Path(folder)).built(is_at_work=True) as scene:
            through_pages = {actor: _driven(scene, actor) for actor in THROUGH_PAGES}
            print(f"{'':<44}" + "".join(f"{actor:>10}" for actor in ACTORS))
            for attack in ATTACKS:
                cells = [_cell(scene, attack, actor, through_pages) for actor in ACTORS]
                is_so = cells == stated.get(attack.number)
                wrong += not is_so
                said = "" if is_so else f"   stated: {' '.join(stated.get(attack.number, ['nothing']))}"
                print(
                    f"{attack.number:>2} {attack.name:<41}" + "".join(f"{cell:>10}" for cell in cells) + said,
                    flush=True,
                )
            wrong += _false_alarms(scene)
    print("All as stated." if not wrong else f"{wrong} rows are not as stated.")
    return 1 if wrong else 0


def _page() -> str:
    return (ROOT / "docs" / "ledger.md").read_text()


def _driven(scene: Scene, actor: str) -> str:
    """Send every request there is, as an officer or an admin, to a copy, and say how that ended for the record."""
    with scene.copy() as copy:
        drive = pages.Drive(copy, USERNAMES[actor])
    said = ", ".join(f"{count:,} answered {status}" for status, count in sorted(drive.answers.items()))
    print(f"{actor}: {sum(drive.answers.values()):,} requests, {said}; {drive.found or 'all verifies'}", flush=True)
    return drive.letter


def _cell(scene: Scene, attack: Attack, actor: str, through_pages: dict[str, str]) -> str:
    """Run one cell on a copy of its own; officers and admins have had their try at the pages, and files are left."""
    if actor in THROUGH_PAGES and attack.number not in ON_FILES:
        return through_pages[actor]
    with scene.copy() as copy:
        copy.restart = scene.restart  # type: ignore[attr-defined]
        return perform(attack, copy, actor)


def _false_alarms(scene: Scene) -> int:
    """Do what honest operators do, and count what raises an alarm."""
    wrong = 0
    for name, act in (
        ("nothing", lambda copy: None),
        ("VACUUM FULL and REINDEX", _vacuum),
        ("a purge with its certificate", _purge),
        ("records went on", lambda copy: copy.sequence()),
        ("restart of the database", lambda copy: scene.restart()),
    ):
        with scene.copy() as copy:
            act(copy)
            found = copy.findings(with_witness=True)
            wrong += bool(found)
            print(f"honest: {name:<36} {found or 'clean'}")
    with scene.copy() as copy:
        restored = scene.dump_and_restore(copy)
        copy.name, kept = restored, copy.name
        found = copy.findings(with_witness=True)
        copy.name = kept
        wrong += bool(found)
        print(f"honest: {'dump and restore':<36} {found or 'clean'}")
    return wrong


def _vacuum(copy: Copy) -> None:
    with copy.connect("postgres") as connection:
        connection.execute("VACUUM FULL")
        connection.execute(f"REINDEX DATABASE {copy.name}")


def _purge(copy: Copy) -> None:
    """Write what the product writes when it purges, as the role that it runs as."""
    from apps.privacy.holds import digest_of

    with copy.connect(APP) as connection, connection.transaction():
        rows = connection.execute("SELECT conversation_id FROM privacy_datakey WHERE destroyed_at IS NULL LIMIT 40")
        keys = [row[0] for row in rows]
        details = json.dumps({"keys": [key.hex for key in keys], "digest": digest_of(keys), "count": len(keys)})
        connection.execute(NEW_EVENT.format(at="now()", action="PURGE_CERTIFIED", details=details))
        connection.execute(
            "UPDATE privacy_datakey SET wrapped_key = '', destroyed_at = now() WHERE conversation_id = ANY(%s)", [keys]
        )
        connection.execute("DELETE FROM ledger_searchrow WHERE conversation_id = ANY(%s)", [keys])


if __name__ == "__main__":
    sys.exit(main())

"""Exports: what is in them, what it takes to get one, and that nobody can change one unnoticed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.audit.approvals import asking
from apps.audit.approvals.models import Approval
from apps.audit.cases import choosing, contents, exporting, lines, runs
from apps.audit.cases.models import Export, Run
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.looks import looks_at
from apps.ledger.models import Event, Intent
from apps.ledger.vocabulary import Action
from apps.privacy import keys
from tests.audit.cases.conftest import downloaded, sign_in, unzipped, zipped
from tests.audit.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Asked for by the works council"
SPAN = "since=2026-03-02&until=2026-03-02"
HOSTILE = '=HYPERLINK("http://evil")\u202e<script>alert(1)</script>\x00\x07,"\r\n\''


@pytest.fixture
def ask(officer):
    def make(query="", *, case=None, variant="REDACTED", is_whole=False, by=officer):
        return exporting.ask(
            case=case, query=query, variant=variant, is_whole=is_whole, why=WHY, by=by, now=timezone.now()
        )

    return make


@pytest.fixture
def consent(officer, colleague):
    """Let a second officer consent, and begin."""

    def give(export):
        approval = Approval.objects.get(subject_id=str(export.pk))
        asking.grant(approval.pk, by=colleague, now=timezone.now())
        assert exporting.start(export, by=officer, now=timezone.now())
        return export

    return give


def test_a_redacted_search_tells_facts_and_no_word_or_name_and_holds_offline(desk, make_exchange, ask, build, verified):
    make_exchange("Nobody else reads <PERSON_1>")
    wanted = make_exchange("Please greet <PERSON_1>", answer="Dear <PERSON_1>", door="API")

    export = build(ask("door=API"))

    assert (export.state, export.sentence) == ("DONE", "")
    bundle = downloaded(desk, export)
    files = unzipped(bundle)
    code, said = verified(bundle)
    assert code == 0, said
    assert "1 exchanges, whose 2 records are in the signed ledger" in said
    everything = b"".join(files.values()).decode()
    assert not any(word in everything for word in ("greet", "Dear", "Maya", "Lindqvist"))
    assert [each.look.kind for each in looks_at(Intent.objects.get(pk=wanted).person_id).looks] == ["Exported"]
    line = json.loads(files["exchanges.jsonl"])
    assert (line["id"], line["door"], line["outcome"], line["cost"]) == (str(wanted), "API", "ANSWERED", "0.0021000000")
    assert line["masked"] == [{"placeholder": "<PERSON_1>", "type": "PERSON"}]
    assert {"exchanges.csv", "exchanges.html", "tree.jsonl", "manifest.json", "READ-ME.txt"} <= set(files)


def test_the_full_variant_of_a_case_takes_a_second_officer_and_holds_text_notes_and_custody(
    desk, officer, make_case, make_exchange, ask, build, consent, verified
):
    case, wanted = make_case(), make_exchange("Please greet <PERSON_1>", answer="Dear <PERSON_1>")
    contents.add(case, [contents.chosen(wanted, by=officer)], by=officer, how="one by one", now=timezone.now())

    export = ask(case=case, variant="FULL")
    assert export.state == "ASKED"
    with pytest.raises(asking.NotApproved):
        exporting.start(export, by=officer, now=timezone.now())
    build(consent(export))

    bundle = downloaded(desk, export)
    code, said = verified(bundle)
    assert code == 0, said
    assert "Their facts are those of the signed records" in said
    files = unzipped(bundle)
    line = json.loads(files["exchanges.jsonl"])
    assert line["left"][1]["text"] == "Please greet <PERSON_1>"
    assert (line["answer"], line["name"]) == ("Dear <PERSON_1>", "Maya Lindqvist")
    told = json.loads(files["case.json"])
    assert (told["number"], told["title"]) == (case.number, "Odd questions")
    assert "Exchanges added to a case" in {act["act"] for act in told["custody"]}
    assert Event.objects.filter(action=Action.CASE_EXPORTED, subject_id=str(case.pk)).count() == 1


def test_an_officer_s_own_exchanges_are_never_in_their_export(desk, officer, make_exchange, ask, build):
    make_exchange(who=Who(officer.pk, officer.name))
    others = make_exchange()

    export = build(ask())

    lines = unzipped(downloaded(desk, export))["exchanges.jsonl"].decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(others)]


def test_hostile_text_is_harmless_in_every_file(desk, make_exchange, ask, build, consent, verified):
    text = HOSTILE + "x" * 1_000_000
    make_exchange(text, answer=HOSTILE, model_label="=cmd|' /C calc'!A0", who=Who(new_id(), "../../<b>\u202eevil"))

    export = build(consent(ask("", variant="FULL")))

    bundle = downloaded(desk, export)
    code, said = verified(bundle)
    assert code == 0, said
    files = unzipped(bundle)
    row = next(csv.DictReader(io.StringIO(files["exchanges.csv"].decode("utf-8-sig"), newline="")))
    assert row["model"].startswith("'=cmd|")
    assert row["answer"].startswith("'=HYPERLINK")
    assert row["left"].endswith("(cut here; exchanges.jsonl has all of it)")
    page = files["exchanges.html"].decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "default-src &#x27;none&#x27;" in page
    assert json.loads(files["exchanges.jsonl"])["left"][1]["text"] == text


def test_a_whole_span_is_proved_to_be_complete_but_for_the_officer_s_own(
    desk, officer, make_exchange, ask, build, consent, verified
):
    shown = [make_exchange(f"Question {number}") for number in range(3)]
    own = make_exchange("My own question", who=Who(officer.pk, officer.name))
    make_exchange("Question 4")
    make_exchange("the day after", now=timezone.now() - timedelta(minutes=1))

    export = build(consent(ask(SPAN, variant="FULL", is_whole=True)))

    bundle = downloaded(desk, export)
    code, said = verified(bundle)
    assert code == 0, said
    assert "None is left out between places" in said
    assert "Left out are 1 exchanges of whoever made the export; 2 records are given by their hash alone" in said
    counts = json.loads(unzipped(bundle)["manifest.json"])["counts"]
    assert (counts["exchanges"], counts["own_left_out"]) == (len(shown) + 1, 1)
    assert not any(str(own).encode() in file for file in unzipped(bundle).values())


def test_a_whole_span_does_not_give_away_what_the_officer_may_not_read(
    desk, officer, colleague, make_case, make_exchange, ask, build, consent, verified
):
    make_exchange("before")
    hidden = make_case(title="About a colleague", is_confidential=True, by=colleague)
    make_exchange("after", now=timezone.now())
    today = timezone.localdate()

    export = build(consent(ask(f"since={NOON.date()}&until={today}", variant="FULL", is_whole=True)))

    files = unzipped(downloaded(desk, export))
    code, said = verified(zipped(files))
    assert code == 0, said
    assert not any(hidden.number.encode() in file or str(hidden.pk).encode() in file for file in files.values())


@pytest.mark.parametrize("claimed", [0, 1, 3, 10_000])
def test_no_more_and_no_fewer_records_are_kept_back_than_the_manifest_says(
    desk, officer, make_exchange, ask, build, consent, verified, monkeypatch, claimed
):
    for number in range(2):
        make_exchange(f"Question {number}", now=NOON + timedelta(seconds=number))
        make_exchange(who=Who(officer.pk, officer.name), now=NOON)
    really = choosing.claim_of
    monkeypatch.setattr(choosing, "claim_of", lambda *a, **k: really(*a, **k | {"kept_back": claimed}))

    export = build(consent(ask(SPAN, variant="FULL", is_whole=True)))

    code, said = verified(downloaded(desk, export))
    assert (code, "not shown" in said) == (1, True)


def test_an_export_that_claims_to_be_whole_and_lacks_one_is_refused(
    desk, make_exchange, ask, build, consent, verified, monkeypatch
):
    for number in range(3):
        make_exchange(f"Question {number}", now=NOON + timedelta(seconds=number))
    really_steps = choosing.steps
    monkeypatch.setattr(choosing, "steps", lambda *a, **k: (rows[::2] for rows in really_steps(*a, **k)))

    export = build(consent(ask(SPAN, variant="FULL", is_whole=True)))

    code, said = verified(downloaded(desk, export))
    assert (code, "was left out, though the export claims to be whole" in said) == (1, True)


def test_a_full_export_whose_line_is_not_what_its_record_says_is_refused(
    desk, make_exchange, ask, build, consent, verified, monkeypatch
):
    make_exchange()
    really_facts = lines._facts
    monkeypatch.setattr(lines, "_facts", lambda *a, **k: really_facts(*a, **k) | {"model": "Another model"})

    export = build(consent(ask("", variant="FULL")))

    code, said = verified(downloaded(desk, export))
    assert (code, "is not told as its record tells it" in said) == (1, True)


def changed(name, change):
    return lambda files: files | {name: change(files[name])}


def with_manifest(change):
    """Change the manifest and give every digest anew, as a forger would."""

    def edit(files):
        manifest = json.loads(files["manifest.json"])
        return files | {"manifest.json": json.dumps(change(manifest)).encode()}

    return edit


FORGERIES = {
    "a word of a file": (changed("exchanges.html", lambda raw: raw.replace(b"Sales", b"Scale")), "was changed"),
    "a fact of a line": (
        changed("exchanges.jsonl", lambda raw: raw.replace(b'"ANSWERED"', b'"REFUSED!"')),
        "was changed",
    ),
    "a line removed": (changed("exchanges.jsonl", lambda raw: raw.partition(b"\n")[2]), "was changed"),
    "a line added": (changed("exchanges.jsonl", lambda raw: raw + raw), "longer than the manifest says"),
    "a cell of the table": (changed("exchanges.csv", lambda raw: raw.replace(b"BROWSER", b"BROWSEr")), "was changed"),
    "a place in the tree": (changed("tree.jsonl", lambda raw: raw.replace(b'"index": 0', b'"index": 1', 1)), "moved"),
    "the manifest's counts": (with_manifest(lambda m: m | {"counts": {"exchanges": 1, "without_text": 0}}), "manifest"),
    "who made it": (with_manifest(lambda m: m | {"by": m["by"] | {"name": "Somebody else"}}), "manifest was changed"),
    "the proof": (changed("manifest.tlog-proof", lambda raw: raw.replace(b"index ", b"index 1")), "not in the signed"),
    "a file more": (lambda files: files | {"extra.txt": b"read me first"}, "does not list"),
    "a file less": (lambda files: {k: v for k, v in files.items() if k != "exchanges.csv"}, "lacks exchanges.csv"),
    "no proof": (lambda files: {k: v for k, v in files.items() if k != "manifest.tlog-proof"}, "lacks manifest.tlog"),
    "a path that leads out": (lambda files: files | {"../../etc/passwd": b"x"}, "leads elsewhere"),
    "a path from the root": (lambda files: files | {"/x": b"x"}, "leads elsewhere"),
    "a path of another system": (lambda files: files | {"..\\x": b"x"}, "leads elsewhere"),
    "a bomb for a manifest": (changed("manifest.json", lambda raw: raw + b" " * (1 << 27)), "longer than any"),
    "a bomb for a file": (changed("exchanges.html", lambda raw: raw + b" " * (1 << 27)), "longer than the manifest"),
}


@pytest.fixture
def two_bundles(desk, make_exchange, ask, build):
    make_exchange()
    make_exchange()
    return [downloaded(desk, build(ask())) for _ in range(2)]


def test_every_way_to_change_a_bundle_is_refused_with_a_sentence(two_bundles, verified):
    first, second = two_bundles
    assert verified(first)[0] == verified(second)[0] == 0
    files = unzipped(first)

    for what, (change, sentence) in FORGERIES.items():
        code, said = verified(zipped(change(files)))
        assert (code, what) == (1, what)
        assert "DOES NOT HOLD" in said, what
        assert sentence in said, (what, said)

    other = unzipped(second)
    code, said = verified(zipped(files | {"manifest.tlog-proof": other["manifest.tlog-proof"]}))
    assert (code, "of another export" in said) == (1, True)
    twice = io.BytesIO(first)
    with zipfile.ZipFile(twice, "a") as bundle, pytest.warns(UserWarning, match="Duplicate name"):
        bundle.writestr("manifest.json", b"{}")
    code, said = verified(twice.getvalue())
    assert (code, "twice" in said) == (1, True)
    assert verified(first[:-40])[0] == 1
    assert verified(b"PK\x03\x04 nonsense")[0] == 1


def test_the_stored_file_opens_under_its_own_key_alone_and_not_once_a_byte_of_it_moved(
    desk, make_exchange, ask, build, consent
):
    make_exchange("Please greet <PERSON_1>")
    export = build(consent(ask("", variant="FULL")))
    with default_storage.open(export.stored_as) as file:
        stored = file.read()

    assert b"greet" not in stored
    assert b"PK" not in stored[:64]

    default_storage.delete(export.stored_as)
    with default_storage.open(export.stored_as, "wb") as file:
        file.write(stored[:100] + bytes([stored[100] ^ 1]) + stored[101:])
    with pytest.raises(keys.SealBroken):
        downloaded(desk, export)


def test_a_download_is_the_requester_s_alone_is_recorded_and_asks_for_the_role_again(
    desk, officer, colleague, auditor, make_exchange, ask, build, events_of
):
    make_exchange()
    export = build(ask())
    address = f"/audit/cases/exports/{export.pk}/download"

    assert sign_in(colleague).get(address).status_code == 404
    assert sign_in(auditor).get(address).status_code == 403
    assert events_of(Action.EXPORT_DOWNLOADED) == []
    assert downloaded(desk, export)[:2] == b"PK"
    (event,) = events_of(Action.EXPORT_DOWNLOADED)
    assert (event.actor_id, event.details["manifest"]) == (officer.pk, export.manifest)

    officer.role_assignments.all().delete()
    assert desk.get(address).status_code == 403


def test_after_its_days_an_export_is_deleted_and_its_key_destroyed(desk, make_exchange, ask, build, events_of):
    make_exchange()
    export = build(ask())
    stored_as = export.stored_as

    assert exporting.delete_expired(now=timezone.now() + timedelta(days=6)) == 0
    assert exporting.delete_expired(now=timezone.now() + timedelta(days=8)) == 1

    assert not default_storage.exists(stored_as)
    with pytest.raises(keys.KeyDestroyed):
        keys.open_key(export.pk)
    assert desk.get(f"/audit/cases/exports/{export.pk}/download").status_code == 404
    assert len(events_of(Action.EXPORT_DELETED)) == 1


def test_a_cancelled_export_stops_its_worker_and_leaves_nothing(officer, make_exchange, ask, build, monkeypatch):
    make_exchange()
    export = ask()
    really_step = runs.step

    def cancelled_meanwhile(run, **values):
        exporting.cancel(Export.objects.get(pk=run.pk), by=officer, now=timezone.now())
        really_step(run, **values)

    monkeypatch.setattr(runs, "step", cancelled_meanwhile)

    build(export)

    assert export.state == Run.State.CANCELLED
    assert not default_storage.exists(f"exports/{export.pk}.sealed")


def test_a_worker_that_died_is_replaced_once_its_claim_has_ended_and_changes_nothing_any_more(
    make_exchange, ask, build
):
    make_exchange()
    export = ask()
    dead = runs.claim(Export.objects.all(), export.pk, now=timezone.now())
    assert runs.claim(Export.objects.all(), export.pk, now=timezone.now()) is None

    Export.objects.filter(pk=export.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    build(export)

    assert export.state == Run.State.DONE
    with pytest.raises(runs.Interrupted):
        runs.step(dead, now=timezone.now(), done=7)


@pytest.mark.parametrize("query", ["door=API&" + SPAN, "", "since=2026-03-02"])
def test_only_a_span_of_time_alone_can_be_whole(ask, query):
    with pytest.raises(choosing.NotAStretch):
        ask(query, variant="FULL", is_whole=True)


def test_an_export_of_too_many_is_refused_before_it_begins(ask, make_exchange, monkeypatch):
    monkeypatch.setattr(choosing, "MOST", 1)
    make_exchange()
    make_exchange()

    with pytest.raises(choosing.TooMany):
        ask()

"""The company's own terms: found in every spelling, handed over whole or not at all, in force on the next message."""

from __future__ import annotations

import io
import tempfile
import uuid
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.ledger.models import Event
from apps.privacy import analyzer, dictionary_file, dictionary_handover, dictionary_lines, dictionary_terms, engine
from apps.privacy import dictionary as own
from apps.privacy.dictionary import Dictionary, Term
from apps.privacy.dictionary_models import DictionaryEntry, DictionaryState
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.normalise import view
from apps.privacy.scrub import Draft, scrub
from apps.privacy.vault import Vault

TERMS = (
    Term("ALLOWED", "Mercury Pro"),
    Term("CUSTOMER", "Brightwater Clinics"),
    Term("CUSTOMER", "Brightwater Clinics Group Holding"),
    Term("CUSTOMER", "AT&T"),
    Term("CODE_NAME", "IRIS", is_exact=True),
    Term("PROJECT", "Projekt Übermut"),
    Term("CUSTOMER", "Crédit Agricole"),
    Term("CUSTOMER", "山田商事"),
    Term("PERSON", "Zoë O'Neill"),
    Term("PRODUCT", "Mercury"),
    Term("OTHER", "Node.js-Gilde"),
    Term("STAFF_NAME", "Maya Lindqvist"),
    Term("STAFF_NAME", "Quispe, Wanda"),
    Term("STAFF_NAME", "Will Young"),
    Term("STAFF_USERNAME", "maya.lindqvist"),
    Term("STAFF_USERNAME", "will"),
    Term("STAFF_EMAIL", "maya.lindqvist@larkfield.example"),
)
DISGUISES = ("{}", "{}'s", "({})", "*{}*", "x_{}_y", "a-{}.", "\u201c{}\u201d", "Wir sahen {},", "\u200b{}\n")


def seen(text: str, terms: tuple[Term, ...] = TERMS) -> list[tuple[str, str]]:
    """Look through a text as the engine does, and give types and words in the original."""
    there = view(text)
    findings = Dictionary(terms).look(there.text).findings
    return [(found.type, text[slice(*there.to_original(found.start, found.end))]) for found in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRIGHTWATER clinics's fee", [("ORGANIZATION", "BRIGHTWATER clinics")]),
        ("Brightwater\n   Clinics, Brightwater-Clinics", 2),
        ("brightwaterclinics.example #BrightwaterClinics old_brightwater_clinics_2.pdf", 3),
        ("Bright\u200bwater\u00a0Clinics", [("ORGANIZATION", "Bright\u200bwater\u00a0Clinics")]),
        ("**Brightwater** Clinics", [("ORGANIZATION", "Brightwater** Clinics")]),
        ("Brightwater. Clinics are", []),
        ("Brightwaters Clinics; Brightwater Clinicsx", []),
        ("Brightwater Clinics Group Holding AG", [("ORGANIZATION", "Brightwater Clinics Group Holding")]),
        ("Brightwater Clinics Group met", [("ORGANIZATION", "Brightwater Clinics")]),
        ("AT&T, at & t; at t", [("ORGANIZATION", "AT&T"), ("ORGANIZATION", "at & t")]),
        ("IRIS, Iris, iris", [("CODE_NAME", "IRIS")]),
        ("PROJEKT UEBERMUT projekt ubermut Projekt U\u0308bermut", 3),
        ("credit-agricole CRÉDIT AGRICOLE", 2),
        ("我们和山田商事见面", [("ORGANIZATION", "山田商事")]),
        ("Zoe O\u2019Neill and O'Neill, Zoë", [("PERSON", "Zoe O\u2019Neill"), ("PERSON", "O'Neill, Zoë")]),
        ("Mercury Pro by Mercury", [("PRODUCT", "Mercury")]),
        ("the node.js gilde", [("COMPANY_TERM", "node.js gilde")]),
        ("Lindqvist, Maya and maya lindqvist", 2),
        ("Lindqvist's, lindqvist, Wanda Quispe", [("PERSON", "Lindqvist"), ("PERSON", "Wanda Quispe")]),
        ("maya.lindqvist maya.lindqvist@larkfield.example", [
            ("USERNAME", "maya.lindqvist"), ("EMAIL", "maya.lindqvist@larkfield.example"),
        ]),
        ("Will you be young? Ask Will Young.", [("PERSON", "Will Young")]),
        ("", []),
    ],
)  # fmt: skip
def test_a_term_is_found_however_it_is_written_and_nothing_else_is(text: str, expected: list[object] | int) -> None:
    found = seen(text)

    assert len(found) == expected if isinstance(expected, int) else found == expected


@given(before=st.text(max_size=30), after=st.text(max_size=30), disguise=st.sampled_from(DISGUISES))
@settings(deadline=None, max_examples=150)
def test_offsets_are_those_of_the_original_whatever_stands_around(before: str, after: str, disguise: str) -> None:
    text = f"{before} {disguise.format('Crédit  Agricole')} {after}"

    assert ("ORGANIZATION", "Crédit  Agricole") in seen(text)


@pytest.mark.thorough
@given(words=st.lists(st.text(max_size=20), max_size=4), kind=st.sampled_from(["CUSTOMER", "PERSON", "STAFF_NAME"]))
@settings(deadline=None, max_examples=150)
def test_nothing_that_people_are_called_breaks_the_dictionary_or_its_file(words: list[str], kind: str) -> None:
    terms = [Term(kind, word) for word in [*words, ", ".join(words), " ".join(words), "Corvine Lathe"]]

    with tempfile.TemporaryDirectory() as folder:
        handover = dictionary_file.write(terms, folder=Path(folder), now=0)
        found = dictionary_file.loaded(handover)

    text = view(" ".join([*words, "corvine lathe"])).text
    assert found.look(text).findings[-1].end == len(text)


def test_what_is_allowed_is_no_name_but_check_digits_and_secrets_stay_masked() -> None:
    text = "The Grace Hopper prize, 4111 1111 1111 1111, grace@example.com, AKIAQWERTYUIOPASDFGH"
    allowed = Dictionary(Term("ALLOWED", word) for word in ("Grace Hopper", *text.split(", ")[1:]))

    assert {finding.type for finding in analyzer.find(text)} >= {"PERSON", "CARD", "EMAIL", "SECRET"}
    assert [finding.type for finding in analyzer.find(text, allowed)] == ["CARD", "EMAIL", "SECRET"]


def test_the_reason_says_that_the_company_wants_it() -> None:
    reasons = [finding.reason for finding in Dictionary(TERMS).look("AT&T, Maya Lindqvist").findings]

    assert reasons == ["In the company's dictionary", "In the company's directory of people"]


def test_a_file_comes_over_whole_or_not_at_all_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    handover = dictionary_file.write([*TERMS, Term("CUSTOMER", "Two\tlines\n")], folder=tmp_path / "new", now=0)
    path = Path(handover.path)
    dictionary_file.loaded.cache_clear()
    assert dictionary_file.loaded(handover).look("the two lines").findings
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

    content = path.read_bytes()
    for broken in (content[:-1], content + b"ALLOWED\t\tCrXdit Agricole\n", b""):
        path.write_bytes(broken)
        dictionary_file.loaded.cache_clear()
        with pytest.raises(dictionary_file.DictionaryUnreadable):
            dictionary_file.loaded(handover)
    path.unlink()
    with pytest.raises(dictionary_file.DictionaryUnreadable):
        dictionary_file.loaded(handover)
    assert dictionary_file.write([], folder=tmp_path, now=0) == dictionary_file.NONE


def test_an_older_version_is_removed_once_nobody_can_need_it(tmp_path: Path) -> None:
    old = dictionary_file.write(TERMS[:1], folder=tmp_path, now=0)
    written = Path(old.path).stat().st_mtime

    dictionary_file.write(TERMS[:2], folder=tmp_path, now=written + 60)
    assert Path(old.path).exists()
    dictionary_file.write(TERMS[:3], folder=tmp_path, now=written + dictionary_file.KEPT_SECONDS + 60)

    assert not Path(old.path).exists()


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the real dictionary, and look for changes on every text."""
    monkeypatch.setattr(dictionary_handover, "CHECK_SECONDS", 0)
    monkeypatch.setattr(dictionary_handover, "REST_FACTOR", 0)
    dictionary_handover.expire()


def put(term: str, kind: str = "CUSTOMER", *, is_exact: bool = False) -> DictionaryEntry:
    """Add a term as an admin does."""
    new = dictionary_terms.checked(term, kind=kind, is_exact=is_exact)
    return dictionary_terms.add(new, by=None, now=timezone.now())


def types(text: str) -> list[str]:
    """Look through a text with the company's dictionary."""
    return [finding.type for finding in engine.detect(text)]


@pytest.mark.thorough
@pytest.mark.django_db
def test_a_change_counts_for_the_next_text_and_makes_earlier_findings_out_of_date(live: None) -> None:
    text = "please compare the winter bicycle budget"
    before = engine.version()
    assert types(text) == []

    entry = put("Winter Bicycle")
    assert types(text) == ["ORGANIZATION"]
    assert engine.version() != before

    DictionaryEntry.objects.filter(pk=entry.pk).update(kind="PROJECT")
    assert types(text) == ["PROJECT"]
    dictionary_terms.remove(entry, by=None, now=timezone.now())
    assert types(text) == []
    assert engine.version() == before


@pytest.mark.django_db(transaction=True)
async def test_a_new_term_never_leaves_and_the_engines_process_has_the_present_dictionary(live: None) -> None:
    conversations = [await sync_to_async(Vault.open)(uuid.uuid4()) for _ in range(2)]
    question = Draft("user", "Please compare the winter bicycle budget.")
    assert "winter bicycle" in (await scrub([question], vault=conversations[0])).text

    await sync_to_async(put)("Winter Bicycle")
    scrubbed = await scrub([question], vault=conversations[1])

    assert scrubbed.text == "Please compare the <ORGANIZATION_1> budget."
    assert scrubbed.engine_version == await sync_to_async(engine.version)()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["database", "disk", "file"])
def test_a_dictionary_that_cannot_be_read_stops_everything(live: None, monkeypatch, tmp_path, fault) -> None:  # type: ignore[no-untyped-def]
    put("Corvine Lathe")

    def fails() -> tuple[int, bool]:
        raise DatabaseError("Corvine Lathe")

    if fault == "database":
        monkeypatch.setattr(dictionary_handover, "_state", fails)
    elif fault == "disk":
        (tmp_path / "file").touch()
        monkeypatch.setattr(dictionary_handover, "_folder", lambda: tmp_path / "file")
    else:
        really_write = dictionary_file.write

        def cut_off(*args, **named):  # type: ignore[no-untyped-def]
            handover = really_write(*args, **named)
            Path(handover.path).write_bytes(b"")
            return handover

        monkeypatch.setattr(dictionary_file, "write", cut_off)

    with pytest.raises(ScrubberUnavailable) as caught:
        engine.detect("nothing of interest")
    assert "Corvine" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert fault == "file" or "dictionary" in caught.value.sentence


@pytest.mark.django_db
def test_people_of_the_directory_are_masked_active_or_not_unless_an_admin_leaves_them_out(live: None) -> None:
    User.objects.create_person("walrusbridge", name="Teodoro Vandenbrugge", email="tv@corp.example")
    former = User.objects.create_person("x", name="Ilse Quackenbush")
    User.objects.filter(pk=former.pk).update(is_active=False)
    text = "one walrusbridge for teodoro vandenbrugge and ilse quackenbush"
    assert types(text) == ["USERNAME", "PERSON", "PERSON"]

    assert dictionary_terms.leave_staff_out(by=None, now=timezone.now())
    assert "USERNAME" not in types(text)
    assert not dictionary_terms.leave_staff_out(by=None, now=timezone.now())
    assert dictionary_terms.include_staff(by=None, now=timezone.now())
    assert types(text) == ["USERNAME", "PERSON", "PERSON"]


@pytest.mark.django_db
def test_the_database_counts_changes_of_people_but_not_their_visits() -> None:
    def counted() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SELECT set_config('portcullis.dictionary_counted', '', true)")
        return DictionaryState.objects.values_list("version", flat=True).first() or 0

    start = counted()
    person = User.objects.create_person("ada", name="Ada Lovelace")
    User.objects.create_person("bob", name="Bob Builder")
    assert counted() == start + 1

    User.objects.filter(pk=person.pk).update(last_login=timezone.now(), is_active=False)
    assert counted() == start + 1
    User.objects.filter(pk=person.pk).update(name="Ada King")
    assert counted() == start + 2
    person.delete()
    assert counted() == start + 3


@pytest.mark.django_db
def test_one_term_stands_once_in_whatever_spelling_and_is_tidied() -> None:
    put("Crédit   Agricole")

    with pytest.raises(dictionary_terms.TermTaken):
        put("CREDIT-AGRICOLE", "PROJECT")
    put("CREDIT AGRICOLE", is_exact=True)
    for bad, refusal in [
        ("x", dictionary_terms.TermTooShort),
        ("++ C ++", dictionary_terms.TermTooShort),
        ("a" * 201, dictionary_terms.TermTooLong),
        ("a b c d e f g h i j k l m", dictionary_terms.TermTooLong),
        ("\ufdfa" * 60, dictionary_terms.TermTooLong),
        ("Ac\x00me", dictionary_terms.TermUnspeakable),
    ]:
        with pytest.raises(refusal):
            put(bad)
    assert list(DictionaryEntry.objects.values_list("term", flat=True).order_by("key")) == [
        "Crédit Agricole",
        "CREDIT AGRICOLE",
    ]


@pytest.mark.django_db
def test_the_record_has_every_change_and_no_term() -> None:
    now = timezone.now()
    entry = put("Corvine Lathe")
    changed = dictionary_terms.checked("Corvine Lathe Ltd", kind="PROJECT", is_exact=False, note="Ask Corvine")
    assert dictionary_terms.change(entry, changed, by=None, now=now)
    entry.refresh_from_db()
    assert not dictionary_terms.change(entry, changed, by=None, now=now)
    dictionary_terms.bring([changed], by=None, now=now)
    dictionary_terms.record_export(1, by=None, now=now)
    dictionary_terms.remove(entry, by=None, now=now)

    rows = list(Event.objects.order_by("id").values())
    assert [row["action"].removeprefix("DICTIONARY_") for row in rows] == [
        "TERM_ADDED",
        "TERM_CHANGED",
        "IMPORTED",
        "EXPORTED",
        "TERM_REMOVED",
    ]
    assert rows[1]["details"] == {"kind": "PROJECT", "before": "CUSTOMER", "changed": ["term", "kind", "note"]}
    assert "corvine" not in str(rows).lower()


def test_lines_are_a_list_or_a_table_and_every_line_that_fails_says_why() -> None:
    plain = dictionary_lines.read("\ufeffAcme, Inc.\r\n\r\nx\nACME INC.\n", kind="CUSTOMER")
    assert [new.term for new in plain.terms] == ["Acme, Inc.", "ACME INC."]
    assert [(each.number, each.line) for each in plain.problems] == [(3, "x")]

    table = dictionary_lines.read(
        'Kind;TERM;exact\nProject;"Borealis; West";yes\nCode name;Iris\n'
        "planet;Mars\n;;\nProject;Zed Zed;maybe\na;b;c;d",
        kind="CUSTOMER",
    )
    assert [(new.term, new.kind, new.is_exact) for new in table.terms] == [
        ("Borealis; West", "PROJECT", True),
        ("Iris", "CODE_NAME", False),
    ]
    assert [each.number for each in table.problems] == [4, 5, 6, 7]
    again = dictionary_lines.read(table.corrected("Project;Mars Base"), kind="CUSTOMER")
    assert [new.term for new in again.terms] == ["Borealis; West", "Iris", "Mars Base"]
    assert len(dictionary_lines.read(table.remainder(), kind="CUSTOMER").problems) == 4
    with pytest.raises(dictionary_lines.TooManyLines):
        dictionary_lines.read("\n" * dictionary_lines.MOST_LINES, kind="CUSTOMER")


def test_an_exported_table_runs_in_no_spreadsheet_and_comes_back_the_same() -> None:
    rows = [
        ('=HYPERLINK("http://evil","Acme")', "CUSTOMER", False, "+1"),
        ("@Home, Ltd", "PROJECT", True, "-2"),
        ("'s-Hertogenbosch", "OTHER", False, ""),
    ]

    lines = list(dictionary_lines.write(rows))
    back = dictionary_lines.read("".join(lines), kind="CUSTOMER")

    assert not back.problems
    assert [(new.term, new.kind, new.is_exact, new.note) for new in back.terms] == rows
    for line in lines[1:]:
        assert line.lstrip('"').startswith("'")


@pytest.mark.django_db
def test_operators_import_and_export_and_a_bad_line_stops_the_import_without_being_quoted(tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("term,kind\nCorvine Lathe,Customer\nBorealis,Project\n")
    call_command("dictionary", "import", str(file), stdout=io.StringIO())
    out = io.StringIO()
    call_command("dictionary", "export", stdout=out)
    assert out.getvalue().splitlines()[1:] == ["Borealis,PROJECT,no,", "Corvine Lathe,CUSTOMER,no,"]

    file.write_text("term,kind\nNew Customer,Customer\nSecretive,planet\n")
    with pytest.raises(CommandError, match="Line 3") as caught:
        call_command("dictionary", "import", str(file))
    assert "Secretive" not in str(caught.value)
    assert DictionaryEntry.objects.count() == 2


def test_everyday_words_are_known_so_that_an_admin_can_be_warned() -> None:
    assert own.is_everyday("Apple") or own.is_everyday("Table")
    assert not own.is_everyday("Corvine Lathe")

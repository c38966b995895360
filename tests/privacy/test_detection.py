"""What the engine finds and what it leaves alone: tables of cases, each a text somebody pastes."""

# ruff: noqa: RUF001 - a case is read whole; look-alike characters are the point

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.privacy import analyzer, gazetteer, overlaps, sentinel
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding, MalformedFinding, checked

FOUND = [
    ("EMAIL", "Write to maya.lindqvist+sales@larkfield.example today", "maya.lindqvist+sales@larkfield.example"),
    ("EMAIL", "It is john dot smith at example dot com, thanks", "john dot smith at example dot com"),
    ("EMAIL", "contact j.smith[at]example[dot]org", "j.smith[at]example[dot]org"),
    ("EMAIL", "m\u200baria@exam\u200bple.com", "m\u200baria@exam\u200bple.com"),
    ("EMAIL", "ｍａｒｉａ@example.com", "ｍａｒｉａ@example.com"),
    ("PHONE", "Call me on +49 30 901820 please", "+49 30 901820"),
    ("PHONE", "My number: (212) 555-0123", "(212) 555-0123"),
    ("PHONE", "tel. 020 7946 0958", "020 7946 0958"),
    ("CARD", "charged 4111 1111 1111 1111 twice", "4111 1111 1111 1111"),
    ("CARD", "charged ４１１１ １１１１ １１１１ １１１１ twice", "４１１１ １１１１ １１１１ １１１１"),
    ("CARD", "3782 822463 10005", "3782 822463 10005"),
    ("IBAN", "IBAN DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
    ("CARD", "card 4111 1111 1111 1111 0 or 4111-1111-1111-1111-12", "4111 1111 1111 1111"),
    ("CARD", "42 4111111111111111 99 items", "4111111111111111"),
    ("IBAN", "to DE89 3704 0044 0532 0130 00 and then on", "DE89 3704 0044 0532 0130 00"),
    ("IBAN", "to DE89370400440532013000 today please", "DE89370400440532013000"),
    ("IBAN", "gb29nwbk60161331926819", "gb29nwbk60161331926819"),
    ("ID", "SSN 536-90-4399", "536-90-4399"),
    ("ID", "My social security number is 536904399", "536904399"),
    ("ID", "DNI 12345678Z", "12345678Z"),
    ("ID", "codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("ID", "NINO AB 12 34 56 C", "AB 12 34 56 C"),
    ("ID", "CPF 529.982.247-25", "529.982.247-25"),
    ("ID", "AHV 756.9217.0769.85", "756.9217.0769.85"),
    ("ID", "Aadhaar 2341 2341 2346", "2341 2341 2346"),
    ("ID", "numéro de sécu 1 85 05 78 006 084 91", "1 85 05 78 006 084 91"),
    ("ID", "BSN 111222333", "111222333"),
    ("ID", "PESEL 44051401359", "44051401359"),
    ("ID", "passport: C01X00T47", "C01X00T47"),
    ("IP", "ssh to 10.20.30.40 now", "10.20.30.40"),
    ("IP", "host 2001:db8::8a2e:370:7334 is down", "2001:db8::8a2e:370:7334"),
    ("MAC", "the NIC is 3c:52:82:ab:cd:ef", "3c:52:82:ab:cd:ef"),
    ("VEHICLE", "VIN 1HGCM82633A004352", "1HGCM82633A004352"),
    ("CRYPTO", "send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("SECRET", "My password is hunter2!x", "hunter2!x"),
    ("SECRET", "DB_PASSWORD=s3cr3t-Pa55", "s3cr3t-Pa55"),
    ("SECRET", 'password: "correct horse battery"', "correct horse battery"),
    ("SECRET", "The default password is 'centipede'.", "centipede"),
    ("SECRET", "key AKIAZ7QRSTUVWX234567 leaked", "AKIAZ7QRSTUVWX234567"),
    ("SECRET", "git clone with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("SECRET", "Authorization: Bearer abcDEF123456ghiJKL789", "abcDEF123456ghiJKL789"),
    ("SECRET", "Server=db;Uid=app;Pwd=q9!xVt2;", "q9!xVt2"),
    ("SECRET", "postgres://app:q9xVt2@db.internal:5432/main", "app:q9xVt2"),
    ("REFERENCE", "customer number 4471-2290 complains", "4471-2290"),
    ("REFERENCE", "see contract CTR-2024-0192", "CTR-2024-0192"),
    ("ADDRESS", "I live at 12 Baker Street, London NW1 6XE.", "12 Baker Street, London NW1 6XE"),
    ("ADDRESS", "Lindenstraße 12, 10969 Berlin", "Lindenstraße 12, 10969 Berlin"),
    ("ADDRESS", "14117 Moorbeek 6\nLarnaca\n, NI\n 41077", "14117 Moorbeek 6\nLarnaca\n, NI\n 41077"),
    ("DATE_OF_BIRTH", "born on 12 March 1984 in", "12 March 1984"),
    ("USERNAME", r"C:\Users\mlindqvist\Desktop", "mlindqvist"),
    ("PERSON", "Please greet Grace Hopper.", "Grace Hopper"),
    ("PERSON", "Dear Mr. Weber,\nthanks", "Weber"),
    ("PERSON", "follow up with patricia desrosiers soon", "patricia desrosiers"),
    ("PERSON", "Greet Tom Becker (tom.becker@acme.example) in five words", "Tom Becker"),
    ("PERSON", "our founders: Becker, Maria and Kowalczyk met", "Kowalczyk"),
    ("PERSON", "Best regards,\nTom Okafor", "Tom Okafor"),
    ("PERSON", "Elena Rossi's laptop", "Elena Rossi"),
    ("PERSON", "Herr Jürgen Müller-Lüdenscheidt rief an", "Jürgen Müller-Lüdenscheidt"),
    ("PERSON", 'Then Charalambos "Babis" Xenakis left', 'Charalambos "Babis" Xenakis'),
    ("PERSON", "what did oprah say about it", "oprah"),
    ("PERSON", "In row 12 Kimberley waits for the car.", "Kimberley"),
    ("PERSON", "tell crissy that the file is late", "crissy"),
    ("USERNAME", "username: roseGrant", "roseGrant"),
    ("USERNAME", "username: markHunt", "markHunt"),
    ("EMAIL", "bounces+maya.lin=acme.com@lists.example.org", "bounces+maya.lin=acme.com@lists.example.org"),
    ("EMAIL", "curl -d to=maya@acme.com", "maya@acme.com"),
    ("EMAIL", "?mail=maya.lindqvist@lists.example.org", "maya.lindqvist@lists.example.org"),
    ("SECRET", "Cookie: promo=deleted; sid=maya-4711", "promo=deleted; sid=maya-4711"),
    ("SECRET", "my password went from Summer19 to Winter!20 yesterday", "Winter!20"),
    ("SECRET", "the back door opens with 4711 now", "4711"),
    ("CARD", "the card ending 2023 was charged", "2023"),
]  # fmt: skip
LEFT_ALONE = [
    "The Wells Fargo and Morgan Stanley reports are due Monday, by the Monte Carlo method and Ockham's razor.",
    "Docker image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 fails to start.",
    "Kubernetes pod payments-7d9f8b6c5-x2k4q restarted; compare it with US GAAP ASC.",
    "Hello team, the cafeteria is closed on Friday.\nBest regards,\nFacilities",
    "The Guarantor and the Lenders may not assign the Collateral.",
    "I put an Audi poster on the wall next to the Lamborghini.",
    "The sample holds Strontium, Barium and Zirconium; Kepler 442 is on page 3.",
    "We compared 2 Vertex 7 boards and 3 Hyper 5 nodes in the lab.",
    "She won the J. Lawrence Porter Medal and the Ada Lovelace Prize; Ohm's law holds.",
    "The asteroid belt holds 87 Sylvia, 45 Eugenia and 216 Kleopatra.",
    "She has a Ph.D. and a B.Sc. in chemistry.",
    "The gene was named CCR9 by the office of the Lord Mayor.",
    "Dear Retirement Account,\nyour statement is ready.\nSincerely,\nBilling Department",
    'char *user = NULL;\nint len = strlen(user);\nconn->user = "anonymous";',
    "amqp://user:*****@broker/vhost",
    "Deploy the S3 bucket and the EKS cluster with Terraform.",
    "Explain C4 diagrams, GPT-4 and Claude Sonnet.",
    "Write a Python function that sorts a list of dictionaries by key.",
    "Initech uses Kubernetes, Kafka and PostgreSQL 18.",
    "What is the capital of France?",
    "Version 10.2.3 fixes 14 bugs; see section 4.2.",
    "Explain the difference between 127.0.0.1 and 0.0.0.0.",
    "Summarise the quarterly report in five bullet points.",
    "How do I reset my password? The password policy requires 12 characters.",
    "The meeting is on 12 March 2026 at 10:30.",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 broke the build",
    "It costs 1,250.00 EUR, or 1250000 for the whole order.",
    "SELECT id, name FROM customers WHERE total > 1000;",
    "for (let i = 0; i < 10; i++) { console.log(i); }",
    "password = os.environ['DB_PASSWORD']",
    "The token is required. The key is in the drawer.",
    "username: startTime",
    "Set-Cookie: session=deleted; Path=/; Secure",
    "We migrate from Windows10 to Windows11 before shipping.",
    "The office building opened with 250 employees.",
    "The fiscal year ended 2023 with the account balanced.",
]


def spans(text: str) -> list[tuple[str, str]]:
    """List type and value of everything found."""
    return [(finding.type, text[finding.start : finding.end]) for finding in analyzer.find(text)]


@pytest.mark.parametrize(("type_", "text", "value"), FOUND, ids=[f"{case[0]}-{case[2]}" for case in FOUND])
def test_this_is_found_whole_and_as_what_it_is(type_: str, text: str, value: str) -> None:
    assert (type_, value) in spans(text)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_this_is_left_alone(text: str) -> None:
    assert spans(text) == []


def test_what_was_found_once_is_found_everywhere_in_the_text() -> None:
    text = "Ondine Vasquez wrote. ONDINE VASQUEZ again; vasquez's order; Vasquez, said Ondine."

    assert [value for _, value in spans(text)] == [
        "Ondine Vasquez",
        "ONDINE VASQUEZ",
        "vasquez",
        "Vasquez",
        "Ondine",
    ]


def test_an_address_ends_where_the_letter_goes_on() -> None:
    text = "Address: 12 Elm Street, Fairview\nRegards, Olga\n\nAddress: 44 Rose Lane\nCompany: Initech"

    assert ("ADDRESS", "12 Elm Street, Fairview") in spans(text)
    assert ("ADDRESS", "44 Rose Lane") in spans(text)
    assert ("PERSON", "Olga") in spans(text)


def test_the_word_that_is_left_of_an_address_is_not_masked_elsewhere() -> None:
    known = KnownValues()
    known.add("ADDRESS", "Street")
    known.add("ADDRESS", "Elm Street 5")

    assert [finding.start for finding in known.find("The street is loud: elm street 5.")] == [20]


def test_a_name_in_a_list_is_masked_whole_where_only_its_first_word_was_found() -> None:
    text = "Shares of Zhang Wei and Shi Rongta were sold."

    assert list(gazetteer.beside(text, [(10, 19), (24, 27)])) == [(24, 34)]


def test_initials_after_a_title_are_a_name() -> None:
    assert ("PERSON", "K. F.") in spans("The court heard Mr. K. F. on Monday.")


def test_a_name_that_is_a_word_does_not_mask_the_word() -> None:
    text = "Mark Will met Grace Hopper. He will mark the will with grace."

    found = [value for _, value in spans(text)]

    assert "will" not in found
    assert "mark" not in found
    assert "grace" not in found


@given(st.text(st.characters(), max_size=300))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_makes_the_engine_raise_or_point_astray(text: str) -> None:
    findings = analyzer.find(text)

    assert checked(findings, text=text) == findings
    assert not sentinel.overlooked(text, findings)


@given(
    text=st.text(st.sampled_from("aZ09 .-@\u200b\u00adｱ４а\n"), max_size=60),
    value=st.sampled_from(["grace@example.com", "4111111111111111", "DE89370400440532013000"]),
    data=st.data(),
)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_the_obvious_is_never_overlooked_whatever_stands_around_it(text: str, value: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    text = f"{text[:at]} {value} {text[at:]}"

    assert not sentinel.overlooked(text, analyzer.find(text))


@given(
    st.lists(
        st.tuples(st.integers(0, 38), st.integers(1, 12), st.sampled_from([0.5, 0.85, 1.0]), st.sampled_from("AB")),
        max_size=12,
    )
)
@settings(deadline=None)
def test_settled_findings_never_overlap_cover_as_much_and_do_not_depend_on_order(
    raw: list[tuple[int, int, float, str]],
) -> None:
    text = "abcdefghij" * 5
    findings = [Finding(type_, start, start + length, score, "") for start, length, score, type_ in raw]

    settled = overlaps.resolve(findings, text=text)
    shuffled = random.Random(1).sample(findings, len(findings))  # noqa: S311 - an order, no secret

    assert checked(settled, text=text) == settled
    assert overlaps.resolve(shuffled, text=text) == settled
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    assert covered == {place for finding in settled for place in range(finding.start, finding.end)}


def test_a_check_digit_beats_a_guess_around_it() -> None:
    text = "Ann 4111111111111111 Bob"
    guess, sure = Finding("PERSON", 0, 24, 0.6, "g"), Finding("CARD", 4, 20, 1.0, "s")

    settled = overlaps.resolve([guess, sure], text=text)

    assert [(finding.type, text[finding.start : finding.end]) for finding in settled] == [
        ("PERSON", "Ann"),
        ("CARD", "4111111111111111"),
        ("PERSON", "Bob"),
    ]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "Grace Hopper met Ada Lovelace. " * 3_000,
        "1" * 50_000,
        "@" * 20_000,
        "{[" * 20_000,
        "a@" * 20_000,
        "password=" * 5_000,
        "-----BEGIN PRIVATE KEY-----\n" * 2_000,
        "HollowayMarthaHollowayé " * 800 + "a@example.com",
        "<b>" * 20_000,
        "1 Aaa " * 3_000,
        "a\u200b" * 20_000,
        " ".join(f"Nm{number}a Sur{number}b" for number in range(5_000)),
    ],
    ids=[
        "one line",
        "many names",
        "digits",
        "ats",
        "nesting",
        "almost mails",
        "assignments",
        "open keys",
        "joined names",
        "tags",
        "almost addresses",
        "hidden characters",
        "many people",
    ],
)
def test_long_and_hostile_texts_are_analysed_in_time(text: str) -> None:
    findings = analyzer.find(text)

    assert checked(findings, text=text) == findings


def test_a_finding_survives_json() -> None:
    finding = Finding("PERSON", 1, 4, 0.5, "why")

    assert Finding.from_json(finding.to_json()) == finding
    with pytest.raises(MalformedFinding):
        Finding.from_json({"type": "PERSON"})

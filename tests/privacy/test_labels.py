"""What stands beside a label is masked in ways that no rule spells out, and what only looks like it is left alone."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer


def masked(text: str) -> list[str]:
    """Give what the engine finds in a text."""
    return [text[found.start : found.end] for found in analyzer.find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("spring.mail.password=orchid umbrella 12\nserver.port=8080", "orchid umbrella 12"),
        ("app.password=purple teapots sing quietly\nretries=3", "purple teapots sing quietly"),
        ("Ihr Zugang: Kennung oezkan-s, Initialkennwort Apfelbaum-38. Bitte ändern.", "Apfelbaum-38"),
        ("Le digicode de l'entrée est B1973A, ne le donnez pas.", "B1973A"),
        ("set snmp community mon-edge-77 authorization read-only", "mon-edge-77"),
        ("She logs in as shopadm with Crumpet&Jam7. Ask her.", "Crumpet&Jam7"),
        ('203.0.113.99 - eleni.p [19/Nov/2026:08:14:02 +0100] "GET / HTTP/1.1" 200 8', "eleni.p"),
        ("* 77a0e41 - revert the importer <jvanleeuwen> 6 hours ago", "jvanleeuwen"),
        ("uid=1004(clefebvre) gid=1004(clefebvre)", "clefebvre"),
    ],
)
def test_what_a_label_announces_is_masked(text: str, value: str) -> None:
    assert value in masked(text)


def test_the_rest_of_a_list_of_numbers_is_masked_like_its_first() -> None:
    text = "Payroll stops. Personnel numbers 19717708, 53626097 and 99954539, 2024, cost centre 4410."

    found = masked(text)

    assert {"19717708", "53626097", "99954539"} <= set(found)
    assert {"4410", "2024"}.isdisjoint(found)


def test_another_user_of_a_list_is_no_password() -> None:
    text = "login bkowalski and mjones2"

    assert {(text[one.start : one.end], one.type) for one in analyzer.find(text)} == {
        ("bkowalski", "USERNAME"),
        ("mjones2", "USERNAME"),
    }


def test_a_column_of_which_half_was_found_is_masked_whole() -> None:
    text = "user;temp pass;quota\naokafor;Lk-3054-ox;50\nbnguyen;Lk-1013-ox;50\ncsilva;Lk-9821-ox;100"

    assert {"Lk-3054-ox", "Lk-1013-ox", "Lk-9821-ox"} <= set(masked(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"login.username": "User name", "login.password": "Password", "pin.label": "PIN code"}',
        "login_kennwort = Kennwort\nfehler_pin = PIN ungültig",
        "password_hint=must contain a digit\ntoken_ttl=768h",
        "The token expires after 12 hours, the password after 90 days, and a PIN has 6 digits.",
        "PASSWORD_MIN_LENGTH: 12\nMAX_TOKENS: 4096",
        "Benutzer können das Passwort selbst ändern.",
        "Reply with one word: ready",
        "Answer: Paris",
        "The safe option is to wait. The wifi in room 4 is broken.",
        "In any case 5000 is too much, the employee count 12000 is wrong.",
        'The phrase: "to be or not to be", random seed: 1234',
        "license: GPL-3.0-or-later",
        '10.0.0 - root [19/Nov/2026:08:14:02 +0100] "GET / HTTP/1.1" 200 8',
        "uid=33(www-data) gid=33(www-data)",
        "See reference ISO 27001 and the membership 2500 people hold.",
    ],
)
def test_what_labels_only_talk_about_is_left_alone(text: str) -> None:
    assert masked(text) == []

"""Secrets, user names and numbers in passing: in settings, calls, links and sentences about something else."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer

FOUND = [
    ("SECRET", "i log in as rnolan and type Marble$Fox3 then it hangs", "Marble$Fox3"),
    ("SECRET", "the ticket mailbox opens with copperpond1874 and nothing else", "copperpond1874"),
    ("SECRET", "These backup codes are on paper, where to keep them?\n7kd2-m4pa\nq93x-11zt\n", "7kd2-m4pa\nq93x-11zt"),
    ("SECRET", "We reset her to the usual Harvest321, she must change it at the next logon", "Harvest321"),
    ("SECRET", "Kennwort vergessen. Früher war es Bremen#1901, danach Weser_Ufer31.", "Bremen#1901"),
    ("SECRET", "Kennwort vergessen. Früher war es Bremen#1901, danach Weser_Ufer31.", "Weser_Ufer31"),
    ("SECRET", "mon mdp Violette!2031 ne passe plus", "Violette!2031"),
    ("SECRET", "y la contraseña del almacén Clavel*47 tampoco", "Clavel*47"),
    ("SECRET", "proxy_set_header X-Api-Key m7-41ce20b9dd;", "m7-41ce20b9dd"),
    ("SECRET", 'variable "app_password" {\n  type = "string"\n  default = "clover-root-8"\n}', "clover-root-8"),
    ("SECRET", "openssl pkcs12 -in a.pfx -passin pass:brass-kettle -nodes", "brass-kettle"),
    ("SECRET", '192.0.2.1 192.0.2.9 : PSK "slate-badger-40"', "slate-badger-40"),
    ("SECRET", "enable secret Mast&Keel", "Mast&Keel"),
    ("SECRET", "tacacs-server host 192.0.2.4 key bramble", "bramble"),
    ("SECRET", "git clone https://svc-ci:9ab2-xx41@git.example.org/a.git", "svc-ci:9ab2-xx41"),
    ("SECRET", "DSN is amqp://feeder:oat-meal@queue.internal:5672/live", "feeder:oat-meal"),
    ("SECRET", "the door code changed from 55120# to 8841# last week", "55120#"),
    ("SECRET", "the door code changed from 55120# to 8841# last week", "8841#"),
    ("SECRET", "arm the alarm with 6203 and disarm with 1945", "1945"),
    ("SECRET", "join with host key 220417", "220417"),
    ("SECRET", "the password is old, I was thinking of Meadow2032!", "Meadow2032!"),
    ("SECRET", "my 2FA was set up with ONSW G4TF OQ3W K53P today", "ONSW G4TF OQ3W K53P"),
    ("SECRET", "maiden name Thornbury, first pet Waffle, memorable word lantern", "Waffle"),
    ("SECRET", "maiden name Thornbury, first pet Waffle, memorable word lantern", "lantern"),
    ("SECRET", "the passphrase is four grey geese cross a canal and it fails", "four grey geese cross a canal"),
    ("SECRET", "le code du portail est B3310, celui du garage 5582", "5582"),
    ("SECRET", "user admin / Klm-4471-zy", "Klm-4471-zy"),
    ("SECRET", "jdbc:oracle:thin:pay_run/Flint_7@//db.example.org:1521/X", "pay_run/Flint_7"),
    ("USERNAME", "define('DB_USER', 'wp_garden');", "wp_garden"),
    ("USERNAME", 'builder.basic_auth("prober", Some("mill-wheel"))', "prober"),
    ("USERNAME", "machine ftp.example.org\nlogin barlow\npassword broad-oak", "barlow"),
    ("USERNAME", "db2.internal:5432:till:till_ro:turn-1p", "till_ro"),
    ("USERNAME", "echo 'mquarrie:Heath.Fen.5' | chpasswd", "mquarrie"),
    ("USERNAME", "stale accounts: bfinchley (2024), svc_badge (never)", "svc_badge"),
    ("USERNAME", 'user         = "roll-out"\npassword     = "Gravel/Pit4"', "roll-out"),
    ("USERNAME", "Net::SSH.start('web3', 'releaser', password: 'old-hinge')", "releaser"),
    ("USERNAME", 'session.login("frontdesk", "Pier-Lamp2")', "frontdesk"),
    ("USERNAME", "cc nobody; reporter was guest_27; closed", "guest_27"),
    ("ID", "Contractors: Norway 15077541257, Turkey 14621905750", "15077541257"),
    ("ID", "Contractors: Norway 15077541257, Turkey 14621905750", "14621905750"),
    ("REFERENCE", "o número de utente 301 552 817 não coincide", "301 552 817"),
    (
        "ADDRESS",
        "ship to 3-8-5 Kita-Horie, Nishi-ku, Osaka 550-0014 please",
        "3-8-5 Kita-Horie, Nishi-ku, Osaka 550-0014",
    ),
]
LEFT_ALONE = [
    "The file opens with LibreOffice7 and the archive unlocks with 7zip.",
    "We set it to the default 8080 and reset the counter to zero.",
    "Backup keys are explained below\nfirst we compare\nthen we merge\n",
    "enable password rotation for everyone and enable secret scanning in the repository",
    'variable "db_password" {\n  type = string\n  sensitive = true\n}',
    'variable "token" { default = "" }',
    "proxy_set_header X-Api-Key $http_x_api_key;",
    "Before it was slow, then Python3 came, and the login page got faster.",
    '{"level":"info","app":"shop","ua":"Mozilla/5.0"}',
    "Add issue#1234 to the sprint and add CORS#4412 as well",
    "I was thinking of Model3 and what about React18 for the login page with a password",
    "accounts: receivable (12), payable (9)",
    "It shows 404 404 while 2FA is on.",
    "His first car was Volvo like, and the maiden name field is optional.",
    "armed with 5000 rifles; the security code went from 200 to 300 lines",
    "user guide / chapter2b",
    "The password (unchanged) works at both sites.",
    "The wifi key rotates on Mondays.",
    "client.login('username', 'password')",
    "The passphrase is optional and may be empty.",
    "The owner is right and the author was late.",
]


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_what_is_said_or_set_in_passing_is_masked_alone(kind: str, text: str, value: str) -> None:
    found = {(one.type, text[one.start : one.end].strip()) for one in analyzer.find(text)}

    assert (kind, value) in found, found


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_looks_like_it_is_left_alone(text: str) -> None:
    assert [text[one.start : one.end] for one in analyzer.find(text)] == []


def test_a_link_with_a_password_stays_readable() -> None:
    text = "CELERY_BROKER_URL = amqp://feeder:oat-meal@queue.internal:5672/live is refused"

    (found,) = analyzer.find(text)

    assert text[: found.start] + "X" + text[found.end :] == (
        "CELERY_BROKER_URL = amqp://X@queue.internal:5672/live is refused"
    )

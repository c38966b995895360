"""Secrets: what is found, what is left alone, and that hostile text costs no more than its length."""

# ruff: noqa: E501 - a case is read whole

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.privacy import analyzer, engine, rules, sentinel, version
from apps.privacy.findings import Finding
from apps.privacy.recognisers import credentials
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import RuleRecognizer

HEX, DIGITS, UPPER = "0123456789abcdef", string.digits, string.ascii_uppercase + string.digits
MIXED, WEB = string.ascii_letters + string.digits, string.ascii_letters + string.digits + "_-"
LOWER = string.ascii_lowercase + string.digits

KEYS: list[tuple[str, str, int]] = [
    ("AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), ("ASIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), ("AIza", WEB, 35),
    ("ghp_", MIXED, 36), ("gho_", MIXED, 36), ("ghs_", MIXED, 36), ("github_pat_", MIXED, 82), ("glpat-", MIXED, 20),
    ("gldt-", MIXED, 20), ("glrt-", MIXED, 20), ("xoxb-", DIGITS, 24), ("xapp-1-A", UPPER, 60), ("sk_live_", MIXED, 24),
    ("rk_test_", MIXED, 24), ("whsec_", MIXED, 32), ("SG.abcdefGHIJ0123456789kl.", MIXED, 43), ("SK", HEX, 32),
    ("npm_", MIXED, 36), ("pypi-AgEIcHlwaS5vcmc", MIXED, 80), ("sk-proj-", MIXED, 48), ("sk-ant-api03-", MIXED, 95),
    ("hf_", string.ascii_letters, 34), ("dapi", HEX, 32), ("shpat_", HEX, 32), ("dop_v1_", HEX, 64), ("ATATT3", MIXED, 180),
    ("hvs.", MIXED, 90), ("dp.pt.", MIXED, 43), ("lin_api_", MIXED, 40), ("ntn_", MIXED, 46), ("glsa_", MIXED, 32),
    ("glc_", MIXED, 60), ("sq0atp-", MIXED, 22), ("AGE-SECRET-KEY-1", UPPER, 58),
    ("key-", HEX, 32), ("NRAK-", UPPER, 27), ("sntryu_", HEX, 64), ("HRKU-AA", MIXED, 58), ("PMAK-0123456789abcdef01234567-", HEX, 34),
    ("pul-", HEX, 40), ("rubygems_", HEX, 48), ("figd_", MIXED, 40), ("dckr_pat_", MIXED, 27), ("gsk_", MIXED, 52),
    ("xai-", MIXED, 80), ("r8_", MIXED, 37), ("ya29.", MIXED, 60), ("GOCSPX-", MIXED, 28), ("squ_", HEX, 40),
    ("AKCp", MIXED, 69), ("xkeysib-" + "0a1b2c3d" * 8 + "-", MIXED, 16), ("phc_", MIXED, 43), ("LTAI", MIXED, 20), ("rzp_live_", MIXED, 14),
]  # fmt: skip
FOUND = [
    # settings and code
    ("DB_PASSWORD=s3cr3t", "s3cr3t"),
    ("spring.datasource.password=S3cret", "S3cret"),
    ('password = "correct horse battery"', "correct horse battery"),
    ("secret_key: 'x7d#kk29'", "x7d#kk29"),
    ('{"password":"hunter2"}', "hunter2"),
    (r"{\"password\": \"hunter22\"}", "hunter22"),
    ("<password>S3cret!</password>", "S3cret!"),
    ('<add key="DbPassword" value="S3cret!x"/>', "S3cret!x"),
    ("define('DB_PASSWORD', 'wp_S3cret');", "wp_S3cret"),
    ("- name: DB_PASSWORD\n  value: s3cr3tX", "s3cr3tX"),
    ("$config['password'] = 'S3cret';", "S3cret"),
    ("password: str = 'Xy9!kl2m'", "Xy9!kl2m"),
    ("| password | hunter2 |", "hunter2"),
    ('resource "x" "y" {\n  password = "Sup3r!Secret"\n}', "Sup3r!Secret"),
    ("PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="),
    ("api_key: 8f3b2c1d9e7a6b5c", "8f3b2c1d9e7a6b5c"),
    ("HEROKU_API_KEY=12345678-90ab-4cde-8f01-23456789abcd", "12345678-90ab-4cde-8f01-23456789abcd"),
    ("asana_client: 0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    ('"auths":{"registry.example":{"auth":"bWF5YTpYeTkha2wybQ=="}}', "bWF5YTpYeTkha2wybQ=="),
    # links and connection strings
    ("redis://:Xy9kl2m@cache:6379/0", ":Xy9kl2m"),
    ("amqps://app:Xy9@kl2m@mq.internal/v", "app:Xy9@kl2m"),
    ("Server=db;User Id=app;Password=q9!xVt2;", "q9!xVt2"),
    ("jdbc:sqlserver://db;user=app;password=q9!xVt2", "q9!xVt2"),
    ("Driver={ODBC};Uid=app;Pwd={q9;xVt2};", "q9;xVt2"),
    ("AccountKey=mFd3kJ9sQ2xLz7Vb1NcR5tYw8PgHa0UeKi4oTXqDjM6=;", "mFd3kJ9sQ2xLz7Vb1NcR5tYw8PgHa0UeKi4oTXqDjM6="),
    ("db.internal:5432:app:maya:Xy9!aa", "Xy9!aa"),
    ("machine host login maya password Xy9aa", "Xy9aa"),
    # headers and commands
    ("Authorization: Basic bWF5YTpYeTkha2wybQ==", "bWF5YTpYeTkha2wybQ=="),
    ("Authorization: Bearer abcDEF123456ghiJKL789", "abcDEF123456ghiJKL789"),
    ("Cookie: sid=abc123def456; theme=dark", "sid=abc123def456; theme=dark"),
    ("curl -u maya:Xy9!kl https://host.example", "maya:Xy9!kl"),
    ("mysql -u root -pXy9kl2 shop", "Xy9kl2"),
    ("mysqldump -u root -p'Xy 9kl2' shop", "Xy 9kl2"),
    ("mariadb-dump -uroot -pXy9kl2 shop", "Xy9kl2"),
    ("mysql -u root -phunterxyz shop", "hunterxyz"),
    ("sshpass -p Xy9kl2 ssh web", "Xy9kl2"),
    ("docker login -u maya -p Xy9kl2m", "Xy9kl2m"),
    ("sshpass -p 'hun ter2' ssh host", "hun ter2"),
    ("app --password Xy9kl2 --verbose", "Xy9kl2"),
    ("PGPASSWORD=abc123! psql", "abc123!"),
    ("CREATE USER maya IDENTIFIED BY 'Xy9kl2';", "Xy9kl2"),
    ("net user maya Xy9kl2! /add", "Xy9kl2!"),
    ("smtp.login('maya@example.com', 'Xy9kl2!')", "Xy9kl2!"),
    # hashes
    ("$2b$12$" + "abcdefghijklmnopqrstuvWXYZ0123456789./abcdefghijklmno", "$2b$12$" + "abcdefghijklmnopqrstuvWXYZ0123456789./abcdefghijklmno"),
    ("{SSHA}d0Q0626PSH9VUld7yWpR0k6BlpQmtczb", "{SSHA}d0Q0626PSH9VUld7yWpR0k6BlpQmtczb"),
    ("enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0", "$1$mERr$hx5rVt7rPNoS4wqbXKX7m0"),
    # sentences in seven languages
    ("my password is hunter2", "hunter2"),
    ("I reset the password for Anna to Welcome1!", "Welcome1!"),
    ("the login is bob / S3cret!", "S3cret!"),
    ('password = "Password1"', "Password1"),
    ("user: bob pass: S3cret", "S3cret"),
    ("use password hunter2 to log in", "hunter2"),
    ("Password:\r\nS3cret!9", "S3cret!9"),
    ("Das Passwort lautet Sommer2024!", "Sommer2024!"),
    ("mon mot de passe est Azerty123", "Azerty123"),
    ("la contraseña es Gato$45", "Gato$45"),
    ("la parola d'ordine è Roma2020!", "Roma2020!"),
    ("het wachtwoord is Fiets!99", "Fiets!99"),
    ("a senha é Futebol10", "Futebol10"),
    ("Ann forgot her password again, it's Garden2024!", "Garden2024!"),
    ("shippo: 381f9e086ef3aa56bd4be33b28ab220b1e07fd3f", "381f9e086ef3aa56bd4be33b28ab220b1e07fd3f"),
    ('asanaToken ??= "9e8d7f6a5b4c3d2e"', "9e8d7f6a5b4c3d2e"),
    ("api_key: 1234567890abcdef1234567890abcdef", "1234567890abcdef1234567890abcdef"),
    ("the wifi password at the office is Blue50Heron!81", "Blue50Heron!81"),
    ("define('AUTH_KEY', '%&2k3ayhay_fvi^uwj7rjf8j%anfycyuq');", "%&2k3ayhay_fvi^uwj7rjf8j%anfycyuq"),
    ("secret_key = pi_8wK2mQ9xLz7Vb1NcR5tY", "pi_8wK2mQ9xLz7Vb1NcR5tY"),
]  # fmt: skip
LEFT_ALONE = [
    "mysql -u app -p orders_2024", "mysqldump -h db -u app -p crm_prod | gzip", "7z a -p -mx9 backup_2024.7z",
    "password: ********", "api_key: <your-token>", "token=${TOKEN}", "secret: process.env.SECRET", "password: changeme",
    "password = get_password()", "id: 550e8400-e29b-41d4-a716-446655440000", "color: #ff00aa; background: #a1b2c3d4",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "integrity sha512-Qx7aKd93LmZ0vTn5Yb8cRw1EuHs6JpGf2oXiVtNlMkBqDzWyCgAhSe4rPjUI9OQ==",
    "url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)",
    "function aVeryLongFunctionNameThatGoesOnAndOn123() {}", "password: string;", "the password is wrong",
    "Das Passwort ist falsch.", "la contraseña es incorrecta", "le mot de passe est oublié", "het wachtwoord is verlopen",
    "password must be at least 12 characters", "token_type: bearer", "max_tokens: 4096", "primary_key=True",
    "if password == '':", "const password = this.form.password;", "PASSWORD_RESET_TIMEOUT = 259200",
    '<input type="password" name="password" placeholder="Password">', "secretKeyRef:\n  name: db\n  key: password",
    "token = request.headers['X-Token']", "'password': 'Passwort'", "session_id = str(uuid.uuid4())",
    "cache_key = 'user_profile_v2'", "the API key for the service is in the vault", 'password="" user=""',
    "password: {{ vault_password }}", "n.password=r,t.token=e.key", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "AKIAIOSFODNN7EXAMPLE",
    "model: claude-sonnet-4-5-20250929, key in the vault", "postgres://app:${PASSWORD}@db/main", "Cookie: <cookies>",
    "access denied for user 'root'@'localhost' (using password: YES)",
    # the form of a key only, with its letters crossed out or counted up
    "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "key: AKIAXXXXXXXXXXXXXXXX", "xoxb-your-token-here",
    'api_key = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"', "GOOGLE_API_KEY=your-google-api-key", "aws_secret = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaend",
    "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6", "-----BEGIN RSA PRIVATE KEY----- ... -----END RSA PRIVATE KEY-----",
    # what is public, and names in programs
    'publicToken = "9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit"', "sourcegraph commit 0a1b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b",
    "apt-key adv --recv-keys E298A3A825C0D65DFD57CBB651716619E084DAB9", "report_access_id: e8e4df51-2054-49b0-ab1c-516ac95c691d",
    "client_class = DingTalkOAuth2Client", "auth_s = URLSafeSerializer(app)", "DB_PASSWORD: ${DB_PASSWORD:?required}",
    # what names a secret without holding one
    'publicKeyToken="b77a5c561934e089"',
    "docker volume 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is not in use", "token: ghp_<your personal access token>",
    "Authorization: Bearer ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 'fields = ("secret", "created_at")', "these are identified by the words believe and expect",
    "mongodb+srv://<username>:<password>@cluster0.mongodb.net/test", "Set-Cookie: session=deleted; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "password.reset.subject=Reset your password", "CREATE USER app WITH PASSWORD :'app_password';", "github.com/acme/jwt v5.2.1 h1:IAbgg99H8E7GrQ6N6RZep7lt+gQdfwpt3vKc74EsX78=",
    "forgot_password = Forgot your password?", "secrets: inherit", 'SECRET_KEY = "com.acme.app.SECRET_KEY";', "def login(username: str, password: str) -> Token:",
    "test_user_cannot_log_in_with_wrong_password_2", "echo -n pass | base64", "Authorization: AWS4-HMAC-SHA256 Credential=${ID}", "def login(user='', password='', domain=''):",
]  # fmt: skip


OBVIOUS = {
    "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "sk_live_", "npm_", "sk-proj-",
    "sk-ant-api03-", "hf_", "shpat_", "dop_v1_", "glsa_", "SG.abcdefGHIJ0123456789kl.", "hvs.", "pypi-AgEIcHlwaS5vcmc",
}  # fmt: skip
HOSTILE = [
    "a=", "password=", "password = ", "token", "key:", "secret='x ", "1234567890", "a", "-----BEGIN RSA PRIVATE KEY-----\n",
    "eyJa.eyJb.", "a://b:c", "@:", "password=\"'", "password          ", "password\n\n", "password=a;user=", "login is a/",
    "mysql -x ", " -u a:", "cookie: a=bcdefghijk; ", "$6$aaaaaaaaaaaaaaaaaaaa", "LS0tLS1CRUdJTi", "aB1-", "google_key=",
    "<password>", "machine a login b ", "a:1234:b:", "pin is now ", "auth('a',", "a1234567890123456.", "пароль=ß é ",
    "function(e,t){var n=e.key,r=t.token;return n.password=r,a(b)}",
]  # fmt: skip


def spans(text: str) -> set[tuple[int, int]]:
    """Give the places that the rules for secrets mask."""
    found = RuleRecognizer("secrets", credentials.RULES).analyze(text, ["SECRET"])
    return {(one.start, one.end) for one in found}


def leaks(text: str, value: str) -> bool:
    """Say whether a letter or digit of `value` is left uncovered in `text`."""
    covered = {place for start, end in spans(text) for place in range(start, end)}
    at = text.index(value)
    return any(text[place].isalnum() and place not in covered for place in range(at, at + len(value)))


def drawn(prefix: str, alphabet: str, length: int) -> str:
    """Draw a key that nobody was given, the same in every run."""
    draw = random.Random(prefix)  # noqa: S311 - a value for a test, no secret
    return prefix + "".join(draw.choice(alphabet) for _ in range(length))


def test_keys_in_the_formats_of_vendors_are_found_wherever_they_stand() -> None:
    keys = [drawn(*key) for key in KEYS]
    places = ["{}", "see {} in the log", '"x": "{}",', "<i>{}</i>", "https://host.example/?q={}&page=2", r"line\n{}\n"]

    assert [(key, place) for key in keys for place in places if leaks(place.format(key), key)] == []


def test_secrets_beside_their_names_and_in_sentences_are_found_whole() -> None:
    assert [case for case in FOUND if leaks(*case)] == []


def test_placeholders_code_and_random_looking_text_that_is_no_secret_are_left_alone() -> None:
    assert [(text, text[start:end]) for text in LEFT_ALONE for start, end in spans(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        '"id": "pi_8wK2mQ9xLz7Vb1NcR5tYw8Pg", "object": "payment_intent"',
        "chatcmpl-8wK2mQ9xLz7Vb1NcR5tYw8PgHa0Ue",
        "the request id is req_9fceb02d0ae598e95dc970b74767f193",
        "AZURE_CLIENT_ID=92036c0a-1b35-4afd-bfea-b3c852b7ab71",
        '<meta name="google-site-verification" content="mFd3kJ9sQ2xLz7Vb1NcR5tYw8PgHa0UeKi4oTXqDjM6" />',
    ],
)
def test_what_a_vendor_calls_a_payment_or_an_answer_is_no_secret(text: str) -> None:
    assert analyzer.find(text) == ()


@pytest.mark.parametrize(
    ("text", "is_masked"),
    [
        ('ftp->user = "anonymous";\nftp->password = "wget9@";', False),
        ("ftp_user: anonymous\nftp_password: kitten-9@", False),
        ('ftp->user = "maya";\nftp->password = "wget9@";', True),
        ('user = "anonymous"\nhost = "files"\nroot_password = "wget9@"', True),
    ],
)
def test_the_password_of_the_anonymous_user_is_everybodys(text: str, *, is_masked: bool) -> None:
    assert any(finding.type == "SECRET" for finding in analyzer.find(text)) == is_masked


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "cut off"])
def test_a_block_of_key_material_is_masked_with_or_without_its_end(is_whole: bool) -> None:
    body = "\n".join("MIIE" + "a" * 60 for _ in range(9))  # so plain that no other rule takes it
    text = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n" + ("-----END RSA PRIVATE KEY-----\n" if is_whole else "")

    assert not leaks(f"Here it is:\n{text}\nThanks!", body)
    assert leaks(f"Here it is:\n{text}\nThanks!", "Thanks")


@pytest.mark.thorough
def test_hostile_text_costs_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SECONDS_FOR_A_RULE", 0.5)  # of CPU; a pattern that is quadratic needs several

    for piece in HOSTILE:
        spans(piece * (20_000 // len(piece)))  # or it raises RuleTooSlow


def test_an_engine_that_overlooks_an_obvious_key_is_not_believed() -> None:
    texts = [f"the key is {drawn(*key)}, thanks" for key in KEYS if key[0] in OBVIOUS]

    texts.append(f"-----BEGIN PRIVATE KEY-----\n{drawn('MIIEvQAAAAIB', MIXED, 52)}\n")

    assert len(texts) == len(OBVIOUS) + 1
    assert [text for text in texts if not sentinel.overlooked(text, ())] == []
    assert [text for text in texts if sentinel.overlooked(text, whole(text))] == []


def test_the_sentinel_sees_nothing_that_the_rules_do_not_see() -> None:
    keys = [drawn(*key) for key in KEYS]
    texts = [
        f"{before}{key}{after}" for key in keys for before, after in [("", ""), ("x=", "&"), (" ", "-a"), ('"', '"')]
    ]

    assert [text for text in texts if sentinel.overlooked(text, findings(text))] == []


DOCUMENTATION = [
    "git clone git@github.com:portcullis/portal.git",
    "AKIAIOSFODNN7EXAMPLE",
    "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX",
    "ghp_" + "x" * 36,
    "npm_" + "0" * 36,
    "sk_live_" + "x" * 24,
    "sk-proj-" + "x" * 40,
    "glpat-your-token-goes-here",
    "AIza" + "X" * 35,
    "SG." + "x" * 22 + "." + "x" * 43,
    "mail a.b@example.com@proxy.example.com",
]


@pytest.mark.django_db
@pytest.mark.parametrize("around", ["{}", "Use `{}` as in the documentation.", '{{"token": "{}"}}'])
@pytest.mark.parametrize("shown", DOCUMENTATION, ids=[text[:12] for text in DOCUMENTATION])
def test_what_documentation_shows_as_an_address_or_a_key_stops_no_message(shown: str, around: str) -> None:
    engine.detect(around.format(shown))  # or it raises ScrubberUnavailable, and nobody can send the text


@pytest.mark.thorough
@given(key=st.from_regex(sentinel.KEY, fullmatch=True), around=st.sampled_from(["{}", "key={}", "Use `{}` now"]))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_in_a_vendors_format_is_obvious_to_the_sentinel_alone(key: str, around: str) -> None:
    text = around.format(key)

    assert not sentinel.overlooked(text, findings(text))


def test_a_change_to_any_rule_for_secrets_changes_the_engines_version(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: read.append(path.name) or b"")

    version._digest.__wrapped__()

    assert {"vendors.py", "prose.py", "vendor_keys.tsv", "secret_formats.tsv"} <= set(read)


def whole(text: str) -> list[Finding]:
    """Give one finding that covers everything."""
    return [Finding("SECRET", 0, len(text), 1.0, "")]


def findings(text: str) -> list[Finding]:
    """Give what the rules find as findings."""
    return [Finding("SECRET", start, end, 1.0, "") for start, end in spans(text)]


@pytest.mark.parametrize(
    "value", ["Abcd" + "ABCDEFGHIJ" * 30 + "-x", "Abcd" * 90 + "-x", "A" * 300 + "bcd-x", "_Ab9" * 80]
)
def test_a_value_like_a_name_in_a_program_is_judged_in_no_time(value: str) -> None:
    before = time.process_time()

    shapes.is_long_random(value)
    shapes.is_machine_made(value)

    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("OAuth2Client", True),
        ("URLSafeSerializer", True),
        ("HTTPServer", True),
        ("camelCaseName", True),
        ("__TheName9", True),
        ("GetURL2Parser", True),
        ("Word", False),
        ("ABCDEF", False),
        ("AbCd", False),
        ("WordA", False),
        ("Word9B", False),
        ("Some-Name", False),
    ],
)
def test_a_name_in_a_program_is_words_and_abbreviations_run_together(text: str, is_name: bool) -> None:
    assert (shapes.CAMEL.fullmatch(text) is not None) == is_name

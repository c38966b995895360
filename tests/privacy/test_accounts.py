"""User names in tickets, logs, commands, code and mails are found, and what only stands in their place is not."""

from __future__ import annotations

import re
import time

import pytest

from apps.privacy import analyzer
from apps.privacy.reading import Reading
from apps.privacy.recognisers import accounts
from apps.privacy.rules import RuleRecognizer
from bench import eval_privacy
from tests.privacy.test_enterprise_texts import covered_by, lines, unmarked

MOST_LEAKED = 0.06
"""The share of letters of user names that rules alone may leave in the sentences of the sample."""

MOST_TOUCHED = 0.07
"""The share of the sample's texts about nobody that rules alone may touch; some hold an address or a password."""

MOST_SECONDS = 5.0


@pytest.fixture(scope="module")
def rules() -> eval_privacy.Detector:
    """Give the engine without its model of names."""
    return eval_privacy.patterns()


def test_user_names_are_found_in_tickets_logs_commands_and_code_by_rules_alone(rules: eval_privacy.Detector) -> None:
    letters = leaked = 0
    missed = []
    for text, spans in map(unmarked, lines("user_names.txt")):
        covered = covered_by(text, rules(text))
        for _, start, end in spans:
            places = [place for place in range(start, end) if text[place].isalnum()]
            left = sum(not covered[place] for place in places)
            letters, leaked = letters + len(places), leaked + left
            missed += [text[start:end]] if left else []

    assert letters > 1200
    assert leaked <= MOST_LEAKED * letters, missed


def test_roles_variables_and_annotations_are_no_user_names(rules: eval_privacy.Detector) -> None:
    texts = list(lines("no_user_names.txt"))

    touched = [text for text in texts if list(rules(text))]

    assert len(texts) >= 120
    assert len(touched) <= MOST_TOUCHED * len(texts), touched


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("crontab -u jgibson -l prints nothing", "jgibson"),
        ("chown -R mhassan:staff /srv/data", "mhassan"),
        ("drwxr-xr-x 2 aschmitt users 4096 Jun  1 09:00 src", "aschmitt"),
        ('{"actor":"ppopescu","verb":"push"}', "ppopescu"),
        ("runas /user:ACME\\adm-tstrand mmc.exe", "adm-tstrand"),
        ("El usuario jortega no puede entrar en la VPN", "jortega"),
        ("L'utilisateur mgauthier n'a pas les droits", "mgauthier"),
        ("please unlock kfischer, she is back", "kfischer"),
        ("the backup ran as svc_backup_eu and failed", "svc_backup_eu"),
    ],
)
def test_a_user_name_is_found_without_a_label_before_it(text: str, name: str) -> None:
    found = RuleRecognizer("accounts", accounts.RULES).read(Reading(text))

    assert any(name in text[one.start : one.end] for one in found)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "user " * 10_000,
        "created by: " * 10_000,
        "su - " + "-u " * 30_000,
        "password for " + "a." * 40_000,
        "-rw-r--r-- 1 " * 8_000,
        "grant " + "x " * 40_000 + "to",
        "account of the user the account of " * 3_000,
        '"user": {' * 10_000,
        "user " + "x" * 100_000 + " for " + "ab" * 50_000,
        "login a_" + "b_" * 40_000,
        "su x " * 20_000,
    ],
    ids=lambda text: re.sub(r"\W+", "-", text[:16]),
)
def test_hostile_text_about_accounts_costs_no_more_than_its_length(text: str) -> None:
    began = time.process_time()

    RuleRecognizer("accounts", accounts.RULES).read(Reading(text))

    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "account_id: c63a177dcec224b5d8263511d58ae8c8",
        "The user pushed a commit:\n\ncommit c3659d7ef662b55949307ece7b1f613a7dc32620 of the repository",
        "Add libquorn-dev to the package that depends on it.",
        "Log in first. Run $ gcloud help for details.",
        'oci_user: Final = creds["oci_user"]',
        "pip install /Users/you/model.tar.gz",
        'uid: b8c85799-93df-4410-8bfb-770322674b99\nresourceVersion: "06013359"',
        '"password": "Mot de passe", "login": "Se connecter"',
        "DefaultEndpointsProtocol=https;AccountName=devstore;AccountKey=<account-key>;",
    ],
)
def test_a_digest_a_library_a_command_and_a_type_are_no_accounts(text: str) -> None:
    assert [finding for finding in analyzer.find(text) if finding.type == "USERNAME"] == []


def test_the_uuid_of_a_subscription_is_left_and_that_of_a_customer_is_masked_whole() -> None:
    number = "392b2eba-8c2e-441b-8742-ef35841a855c"

    left = analyzer.find(f'"subscriptionId": "{number}"')
    masked = analyzer.find(f"customer id: {number}")

    assert left == ()
    assert [(finding.start, finding.end) for finding in masked] == [(13, 13 + len(number))]

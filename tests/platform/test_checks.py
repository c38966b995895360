"""The portal refuses to start with unsafe settings and names the cure."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import checks

GOOD: dict[str, Any] = {
    "IS_EMBEDDED": False,
    "BASE_URL": "https://portcullis.example",
    "ALLOWED_HOSTS": ["portcullis.example"],
    "TRUSTED_PROXIES": ["10.0.0.2"],
    "WEB_PROCESSES": 1,
    "CHANNEL_LAYER_URL": "",
    "CELERY_BROKER_URL": "redis://redis/0",
}
Configure = Callable[..., None]


@pytest.fixture
def configure(settings: Any, tmp_path: Path) -> Configure:
    """Good production settings, with changes."""

    def change(**changes: Any) -> None:
        key = tmp_path / "master.key"
        key.write_bytes(base64.b64encode(b"k" * 32))
        key.chmod(0o600)
        for name, value in {**GOOD, "MASTER_KEY_FILE": str(key), **changes}.items():
            setattr(settings, name, value)

    return change


def found() -> set[str]:
    return {str(problem.id) for problem in checks.settings_fit_the_shape()}


def test_good_settings_pass(configure: Configure) -> None:
    configure()

    assert found() == set()
    checks.refuse_unsafe_settings()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"MASTER_KEY_FILE": "/nowhere/master.key"}, "portal.E001"),
        ({"BASE_URL": "http://portcullis.example"}, "portal.E004"),
        ({"ALLOWED_HOSTS": ["*"]}, "portal.E005"),
        ({"ALLOWED_HOSTS": [".example"]}, "portal.E005"),
        ({"ALLOWED_HOSTS": ["other.example"]}, "portal.E006"),
        ({"TRUSTED_PROXIES": ["*"]}, "portal.E007"),
        ({"WEB_PROCESSES": 2}, "portal.E008"),
        ({"HAS_DEMO_SIGN_IN": True}, "accounts.E001"),
        ({"SECRET_KEY": "short"}, "accounts.E002"),
    ],
)
def test_an_unsafe_setting_stops_the_start_with_its_cure(
    configure: Configure, changes: dict[str, Any], problem: str
) -> None:
    configure(**changes)

    with pytest.raises(ImproperlyConfigured, match=problem):
        checks.refuse_unsafe_settings()


@pytest.mark.parametrize(("content", "mode", "problem"), [
    (b"not base64!", 0o600, "portal.E002"),
    (base64.b64encode(b"short"), 0o600, "portal.E002"),
    (base64.b64encode(b"k" * 32), 0o644, "portal.E003"),
])  # fmt: skip
def test_a_bad_master_key_is_named(
    configure: Configure, settings: Any, content: bytes, mode: int, problem: str
) -> None:
    configure()
    key = Path(settings.MASTER_KEY_FILE)
    key.write_bytes(content)
    key.chmod(mode)

    assert found() == {problem}


def test_a_web_process_that_can_read_the_ledger_s_signing_key_does_not_start(
    configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / "signing.key").write_text("a key")
    configure(LEDGER_DIR=tmp_path)

    with pytest.raises(ImproperlyConfigured, match=r"portal\.E012"):
        checks.refuse_unsafe_settings()


def test_a_broker_inside_the_database_is_a_caution_in_production(configure: Configure) -> None:
    configure(CELERY_BROKER_URL="database+postgresql+psycopg://host/broker")

    assert found() == {"portal.W009"}
    checks.refuse_unsafe_settings()


def test_the_embedded_shape_may_do_without_https_and_redis(configure: Configure) -> None:
    configure(IS_EMBEDDED=True, BASE_URL="http://localhost:8000", ALLOWED_HOSTS=["localhost"])

    assert found() == set()


@pytest.mark.django_db
def test_the_tests_themselves_run_as_a_role_that_owns_nothing() -> None:
    assert checks.runtime_role_is_weak(databases=["default"]) == []

"""
System checks of the wiring: what is wrong with this installation, and the cure.

`manage.py check --deploy --database default` runs all of them; the web process runs those that need no database when
it starts and refuses to serve on an error.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from apps.accounts import checks as accounts
from apps.ledger.evidence import KEY_FILE

MASTER_KEY_BYTES = 32
ROLE_FACTS = """
    WITH owners AS (SELECT relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))
    SELECT bool_or(rolsuper OR rolbypassrls), bool_or(oid IN (TABLE owners))
    FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')
"""


def refuse_unsafe_settings() -> None:
    """
    Stop the process that is starting if its settings are unsafe.

    :raises ImproperlyConfigured: with every problem and its cure.
    """
    accounts.refuse_unsafe_settings()
    problems = [problem for problem in settings_fit_the_shape() if problem.is_serious()]
    if problems:
        raise ImproperlyConfigured("\n".join(f"{problem.msg} {problem.hint} ({problem.id})" for problem in problems))


@register(Tags.security, deploy=True)
def settings_fit_the_shape(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """List what is wrong with the settings of the portal as a whole."""
    problems = _master_key(Path(settings.MASTER_KEY_FILE))
    if not settings.IS_EMBEDDED:
        problems += [
            *_ledger_key(Path(settings.LEDGER_DIR)),
            *_base_url(),
            *_allowed_hosts(),
            *_trusted_proxies(),
            *_live_layer(),
            *_broker(),
        ]
    return problems


def _master_key(path: Path) -> list[CheckMessage]:
    cure = (
        "Write 32 random bytes as base64 into the file that PORTCULLIS_MASTER_KEY_FILE names, readable by this account "
        "alone, and keep a copy off this machine: without it no conversation can be read again."
    )
    try:
        length = len(base64.b64decode(path.read_bytes().strip(), validate=True))
        is_open_to_others = bool(path.stat().st_mode & 0o037)
    except FileNotFoundError:
        return [Error(f"There is no master key at {path}.", hint=cure, id="portal.E001")]
    except PermissionError:
        return [Error(f"The master key at {path} cannot be read by this account.", hint=cure, id="portal.E001")]
    except binascii.Error:
        return [Error(f"The master key at {path} is not base64.", hint=cure, id="portal.E002")]
    problems: list[CheckMessage] = []
    if length != MASTER_KEY_BYTES:
        problems.append(
            Error(f"The master key at {path} has {length} bytes instead of 32.", hint=cure, id="portal.E002")
        )
    if is_open_to_others:
        problems.append(
            Error(
                f"Other accounts may read or change the master key at {path}.",
                hint=f"Run: chmod 600 {path} (640 is accepted where a group is meant to read it).",
                id="portal.E003",
            )
        )
    return problems


def _ledger_key(folder: Path) -> list[CheckMessage]:
    """The key that signs the ledger is the sequencer's: whoever writes records must not be able to sign them."""
    key = folder / KEY_FILE
    if not os.access(key, os.R_OK):
        return []
    return [
        Error(
            f"This process can read the ledger's signing key at {key}.",
            hint="Run `manage.py ledger sequence` under an account of its own, or in a container of its own, with a "
            "PORTCULLIS_LEDGER_DIR that the web and the workers cannot read.",
            id="portal.E012",
        )
    ]


def _base_url() -> list[CheckMessage]:
    if urlsplit(settings.BASE_URL).scheme == "https":
        return []
    return [
        Error(
            f"PORTCULLIS_BASE_URL is {settings.BASE_URL}: without https, messages can be read on the way.",
            hint="Set PORTCULLIS_BASE_URL to the https address people type; the reverse proxy holds the certificate.",
            id="portal.E004",
        )
    ]


def _allowed_hosts() -> list[CheckMessage]:
    hosts = settings.ALLOWED_HOSTS
    cure = "Set PORTCULLIS_ALLOWED_HOSTS to the host names people type, separated by commas."
    if any(host == "*" or host.startswith(".") for host in hosts):
        return [Error("PORTCULLIS_ALLOWED_HOSTS has a wildcard.", hint=cure, id="portal.E005")]
    name = urlsplit(settings.BASE_URL).hostname
    if name not in hosts:
        return [Error(f"PORTCULLIS_ALLOWED_HOSTS lacks {name}, the host of the base URL.", hint=cure, id="portal.E006")]
    return []


def _trusted_proxies() -> list[CheckMessage]:
    if "*" not in settings.TRUSTED_PROXIES:
        return []
    return [
        Error(
            "PORTCULLIS_TRUSTED_PROXIES is *: anybody could claim any address and https.",
            hint="Set it to the addresses or networks of the reverse proxies, separated by commas.",
            id="portal.E007",
        )
    ]


def _live_layer() -> list[CheckMessage]:
    if settings.CHANNEL_LAYER_URL or settings.WEB_PROCESSES == 1:
        return []
    return [
        Error(
            f"There are {settings.WEB_PROCESSES} web processes, but no live layer between them: "
            "an answer would stream only in the process that makes it.",
            hint="Set PORTCULLIS_CHANNEL_LAYER_URL to a Redis, or PORTCULLIS_WEB_PROCESSES=1.",
            id="portal.E008",
        )
    ]


def _broker() -> list[CheckMessage]:
    if not settings.CELERY_BROKER_URL.startswith(("sqla+", "database+")):
        return []
    return [
        Caution(
            "Celery's broker is the database, which is meant for the embedded shape: it asks every second.",
            hint="Set PORTCULLIS_BROKER_URL to a Redis or RabbitMQ.",
            id="portal.W009",
        )
    ]


@register(Tags.database)
def runtime_role_is_weak(
    databases: Sequence[str] | None = None, app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that the role of the web and the workers can neither change the ledger's guards nor go round them."""
    if "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(ROLE_FACTS)
            is_super, owns_tables = cursor.fetchone()
    except OperationalError:
        return [
            Caution(
                "The database cannot be reached, so its role was not checked.",
                hint="Check PORTCULLIS_DATABASE_URL and that the server runs.",
                id="portal.W010",
            )
        ]
    if not (is_super or owns_tables):
        return []
    return [
        Error(
            "The database role of this process is, or may become, a superuser or the owner of the tables: "
            "it could rewrite the ledger.",
            hint="Set PORTCULLIS_DATABASE_URL to a role of its own and give the owner's address only to "
            "`manage.py prepare_database` (PORTCULLIS_DATABASE_OWNER_URL).",
            id="portal.E011",
        )
    ]

"""
Settings the product refuses to start with.

The same checks run in `manage.py` (as Django system checks) and when the ASGI application is loaded, which runs no
system checks of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Critical, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from apps.accounts.models import Role

SECRET_KEY_LENGTH = 50
SECRET_KEY_VARIETY = 10
ISSUER_LIMIT = 200


@register(Tags.security)
def unsafe_settings(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """List what is wrong with the settings of this room; every entry stops the start."""
    return [*_demo_sign_in(), *_secret_key(), *_single_sign_on(), *_default_roles(), *_role_groups()]


def refuse_unsafe_settings() -> None:
    """
    Stop the process that is starting if its settings are unsafe. For `portal/asgi.py`, after `django.setup()`.

    :raises ImproperlyConfigured: with every problem and its cure.
    """
    problems = unsafe_settings()
    if problems:
        raise ImproperlyConfigured("\n".join(f"{problem.msg} {problem.hint} ({problem.id})" for problem in problems))


def _demo_sign_in() -> list[CheckMessage]:
    if not settings.HAS_DEMO_SIGN_IN or settings.IS_EMBEDDED:
        return []
    return [
        Critical(
            "One-click demo sign-in is switched on outside the embedded demo: anybody could become anybody.",
            hint="Remove PORTCULLIS_DEMO_SIGN_IN, or set PORTCULLIS_SHAPE=embedded if this is the demo.",
            id="accounts.E001",
        )
    ]


def _secret_key() -> list[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own way to say that it is empty
        key = ""
    if key and settings.IS_EMBEDDED:
        return []
    if len(key) >= SECRET_KEY_LENGTH and len(set(key)) >= SECRET_KEY_VARIETY:
        return []
    return [
        Critical(
            "PORTCULLIS_SECRET_KEY is missing or too easy to guess: sessions could be forged.",
            hint=f"Set it to at least {SECRET_KEY_LENGTH} random characters, the same in every process.",
            id="accounts.E002",
        )
    ]


def _single_sign_on() -> list[CheckMessage]:
    if not settings.OIDC_ISSUER:
        return []
    problems: list[CheckMessage] = []
    issuer = urlsplit(settings.OIDC_ISSUER)
    is_local = issuer.hostname in {"localhost", "127.0.0.1", "::1"}
    if issuer.scheme != "https" and not (issuer.scheme == "http" and is_local):
        problems.append(
            Error(
                "PORTCULLIS_OIDC_ISSUER is not an https address: whoever sits in between could sign in as anybody.",
                hint="Use the issuer's https address, exactly as its discovery document spells it.",
                id="accounts.E003",
            )
        )
    if len(settings.OIDC_ISSUER) > ISSUER_LIMIT:
        problems.append(
            Error(
                f"PORTCULLIS_OIDC_ISSUER is longer than {ISSUER_LIMIT} characters, which a person's row cannot hold.",
                hint="Ask the provider for a shorter issuer address.",
                id="accounts.E004",
            )
        )
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_CLIENT_SECRET:
        problems.append(
            Error(
                "PORTCULLIS_OIDC_ISSUER is set, but the client id or the client secret is missing.",
                hint="Set PORTCULLIS_OIDC_CLIENT_ID and PORTCULLIS_OIDC_CLIENT_SECRET, or remove the issuer.",
                id="accounts.E005",
            )
        )
    return problems


def _default_roles() -> list[CheckMessage]:
    if set(settings.SSO_DEFAULT_ROLES) <= {Role.EMPLOYEE.value}:
        return []
    return [
        Error(
            "PORTCULLIS_SSO_DEFAULT_ROLES gives more than EMPLOYEE to everybody who signs in.",
            hint="Set it to EMPLOYEE or to nothing, and give other roles to single people in the console.",
            id="accounts.E006",
        )
    ]


def _role_groups() -> list[CheckMessage]:
    unknown = sorted({role for _, role in settings.SSO_ROLE_GROUPS} - set(Role.values))
    if not unknown:
        return []
    return [
        Error(
            f"PORTCULLIS_SSO_ROLE_GROUPS names roles that do not exist: {', '.join(unknown)}.",
            hint=f"Use one of {', '.join(Role.values)}.",
            id="accounts.E007",
        )
    ]

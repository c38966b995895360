"""Where a model answers and with which key: a provider's row and this server's environment made into one value."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from apps.gateway import provider_keys
from apps.gateway.models import LanguageModel, Provider

Kind = Provider.Kind


class EndpointUnavailable(Exception):
    """The provider cannot be called as it is set up; the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything the client needs for one model. Secrets are left out of its representation."""

    kind: str
    upstream_id: str
    base_url: str
    api_key: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def is_in_process(self) -> bool:
        """Say whether a call goes to the embedder inside our own processes; it leaves them by no connection."""
        return self.kind == Kind.EMBEDDED and self.upstream_id == IN_PROCESS


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment variables that a kind of provider is set up by. Fixed here: an admin cannot name others."""

    needed: tuple[str, ...]
    key: str = ""
    base_url: str = ""
    options: tuple[tuple[str, str], ...] = ()


VARIABLES: Final[dict[str, Variables]] = {
    Kind.OPENAI: Variables(needed=("OPENAI_API_KEY",), key="OPENAI_API_KEY"),
    Kind.ANTHROPIC: Variables(needed=("ANTHROPIC_API_KEY",), key="ANTHROPIC_API_KEY"),
    Kind.MISTRAL: Variables(needed=("MISTRAL_API_KEY",), key="MISTRAL_API_KEY"),
    Kind.AZURE: Variables(
        needed=("AZURE_API_KEY", "AZURE_API_BASE"),
        key="AZURE_API_KEY",
        base_url="AZURE_API_BASE",
        options=(("api_version", "AZURE_API_VERSION"),),
    ),
    Kind.BEDROCK: Variables(
        needed=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        options=(
            ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
            ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
            ("aws_session_token", "AWS_SESSION_TOKEN"),
            ("aws_region_name", "AWS_REGION"),
        ),
    ),
    Kind.VERTEX: Variables(
        needed=("GOOGLE_APPLICATION_CREDENTIALS",),
        options=(
            ("vertex_credentials", "GOOGLE_APPLICATION_CREDENTIALS"),
            ("vertex_project", "VERTEXAI_PROJECT"),
            ("vertex_location", "VERTEXAI_LOCATION"),
        ),
    ),
    Kind.OLLAMA: Variables(needed=("OLLAMA_API_BASE",), base_url="OLLAMA_API_BASE"),
    Kind.OPENAI_COMPATIBLE: Variables(
        needed=("OPENAI_COMPATIBLE_API_BASE",), key="OPENAI_COMPATIBLE_API_KEY", base_url="OPENAI_COMPATIBLE_API_BASE"
    ),
}


IN_PROCESS: Final = "all-MiniLM-L6-v2"
"""The embedder that comes with the product and runs inside its own processes, at the provider on this machine."""
EMBEDDED_TOKENS: Final = 256
"""Its window: what lies beyond has no influence on the vector."""
NO_ADDRESS: Final = "in-process:"
"""No client can connect to it: whoever would speak to the embedder over the network fails before a byte leaves."""


def endpoint_of(model: LanguageModel) -> Endpoint:
    """
    Put together where and how `model` is called. No query if its provider is loaded.

    A key from the environment goes only to the address from the environment (or the provider's own), never to one that
    somebody typed into a form.

    :raises EndpointUnavailable: if a variable or the sealed key is missing.
    """
    provider = model.provider
    if provider.kind == Kind.EMBEDDED and model.upstream_id == IN_PROCESS:
        return Endpoint(provider.kind, model.upstream_id, NO_ADDRESS, "")
    if provider.kind == Kind.EMBEDDED:
        return Endpoint(provider.kind, model.upstream_id, _embedded_address(), settings.LOCAL_MODEL_KEY)
    if provider.credential == Provider.Credential.ENVIRONMENT:
        return _from_environment(provider, model)
    key = provider_keys.unseal(provider) if provider.credential == Provider.Credential.SEALED else ""
    return Endpoint(provider.kind, model.upstream_id, provider.base_url, key)


def missing_variables(kind: str) -> tuple[str, ...]:
    """Name the environment variables that a provider of `kind` needs and this process does not have."""
    return tuple(name for name in VARIABLES[kind].needed if not _said(name))


def _said(name: str) -> str:
    """Read a variable without the end of a line that a file's content brings along."""
    return os.environ.get(name, "").strip()


def _embedded_address() -> str:
    if not settings.LOCAL_MODEL_URL:
        raise EndpointUnavailable(
            "The model on this machine is not running. Start the portal with `make run`, or choose another model."
        )
    address = settings.LOCAL_MODEL_URL.rstrip("/")
    return address if address.endswith("/v1") else f"{address}/v1"


def _from_environment(provider: Provider, model: LanguageModel) -> Endpoint:
    missing = missing_variables(provider.kind)
    if missing:
        raise EndpointUnavailable(
            f"{provider.name} cannot be called: {' and '.join(missing)} is not set on this server. "
            "Ask an administrator to set it, or choose another model."
        )
    variables = VARIABLES[provider.kind]
    named = dict.fromkeys((*variables.needed, variables.key))
    if unsayable := [name for name in named if not _said(name).isprintable()]:
        raise EndpointUnavailable(
            f"{provider.name} cannot be called: {' and '.join(unsayable)} of this server has the end of a line or "
            "another sign in it that cannot be sent. Ask an administrator to set it again, or choose another model."
        )
    return environment_endpoint(provider.kind, model.upstream_id)


def environment_endpoint(kind: str, upstream_id: str = "") -> Endpoint:
    """Read from the environment how a kind of provider is called."""
    variables = VARIABLES[kind]
    options = tuple((name, _said(source)) for name, source in variables.options if _said(source))
    return Endpoint(kind, upstream_id, _said(variables.base_url), _said(variables.key), options)

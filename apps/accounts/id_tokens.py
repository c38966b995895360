"""
Check an ID token before anybody is signed in by it (OpenID Connect Core 1.0, section 3.1.3.7).

allauth skips the signature of a token it fetched itself and knows no nonce; here both are checked, always.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

# Signatures by a private key only: "none" signs nothing, and HS256 would turn a published key into a signing key.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
LEEWAY_SECONDS = 60
SUBJECT_LIMIT = 255


class IdTokenRefused(OAuth2Error):
    """The provider's answer is not proof of who signs in. The message says which check failed, never the content."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say to count for this sign-in."""

    issuer: str
    client_id: str
    nonce: str


def verified_claims(token: str, *, keys: Mapping[str, Any], expected: Expected) -> dict[str, Any]:
    """
    Return the claims of an ID token whose signature, issuer, audience, times and nonce are right.

    `keys` is the provider's JWK Set.

    :raises IdTokenRefused: if anything about it is not.
    """
    key, algorithm = _signing_key(token, keys)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=expected.issuer,
            audience=expected.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise IdTokenRefused(f"The ID token failed a check: {type(error).__name__}.") from None
    _check_party(claims, expected)
    _check_nonce(claims, expected)
    _check_subject(claims)
    return claims


def _signing_key(token: str, keys: Mapping[str, Any]) -> tuple[Any, str]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise IdTokenRefused("The ID token cannot be read.") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise IdTokenRefused("The ID token is not signed by an accepted algorithm.")
    candidates = [jwk for jwk in _published(keys) if jwk.get("use", "sig") == "sig"]
    if "kid" in header:
        candidates = [jwk for jwk in candidates if jwk.get("kid") == header["kid"]]
    if len(candidates) != 1:
        raise IdTokenRefused("The ID token's key is not among those the provider publishes.")
    if candidates[0].get("alg", algorithm) != algorithm:
        raise IdTokenRefused("The ID token uses its key with another algorithm than the provider says.")
    try:
        return jwt.PyJWK(candidates[0], algorithm=algorithm).key, algorithm
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise IdTokenRefused("The ID token's key cannot be used with its algorithm.") from None


def _published(keys: Mapping[str, Any]) -> list[dict[str, Any]]:
    published = keys.get("keys")
    if not isinstance(published, list):
        raise IdTokenRefused("The provider publishes no keys.")
    return [jwk for jwk in published if isinstance(jwk, dict)]


def _check_party(claims: Mapping[str, Any], expected: Expected) -> None:
    audience = claims["aud"]
    is_shared = isinstance(audience, list) and len(audience) > 1
    if (is_shared or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise IdTokenRefused("The ID token was made out to another client.")


def _check_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not expected.nonce or not isinstance(nonce, str):
        raise IdTokenRefused("The ID token carries no nonce.")
    if not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise IdTokenRefused("The ID token belongs to another sign-in.")


def _check_subject(claims: Mapping[str, Any]) -> None:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LIMIT or not subject.isprintable():
        raise IdTokenRefused("The ID token names no subject.")

"""The check of an ID token, claim by claim, with keys of the test's own."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.accounts.id_tokens import Expected, IdTokenRefused, verified_claims

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())
EXPECTED = Expected(issuer="https://login.larkfield.example", client_id="portcullis", nonce="the nonce")


def published(*keys, **entries):
    return {"keys": [_jwk(key, number, entries) for number, key in enumerate(keys or (KEY,))]}


def _jwk(key, number, entries):
    algorithm = (
        jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    )
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": f"key-{number}", "use": "sig"} | entries


def claims(**changes):
    now = int(time.time())
    everything = {
        "iss": EXPECTED.issuer,
        "aud": "portcullis",
        "sub": "maya-1",
        "exp": now + 300,
        "iat": now,
        "nonce": "the nonce",
    } | changes
    return {name: value for name, value in everything.items() if value is not None}


def token(key=KEY, algorithm="RS256", kid="key-0", **changes):
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def test_a_right_token_is_read():
    assert verified_claims(token(), keys=published(), expected=EXPECTED)["sub"] == "maya-1"


def test_a_token_without_key_id_is_read_when_the_provider_has_one_key():
    assert verified_claims(token(kid=None), keys=published(), expected=EXPECTED)["sub"] == "maya-1"


def test_an_elliptic_signature_is_read():
    signed = token(CURVE_KEY, "ES256")

    assert verified_claims(signed, keys=published(CURVE_KEY), expected=EXPECTED)["sub"] == "maya-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": EXPECTED.issuer + "/"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": None},
        {"aud": ["portcullis", "another-client"]},
        {"aud": ["portcullis", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 99_999_999_999},
        {"iat": None},
        {"nbf": 99_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 42},
        {"sub": "x" * 256},
        {"sub": "maya\x001"},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "another nonce"},
        {"nonce": ["the nonce"]},
    ],
    ids=str,
)
def test_a_token_with_one_wrong_claim_is_refused(changes):
    with pytest.raises(IdTokenRefused):
        verified_claims(token(**changes), keys=published(), expected=EXPECTED)


def _signed_with_the_public_key():
    # PyJWT refuses to do this, so the attacker's token is put together by hand.
    import base64
    import hashlib
    import hmac

    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")

    secret = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = part({"alg": "HS256", "kid": "key-0"}) + b"." + part(claims())
    signature = base64.urlsafe_b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + signature).decode()


@pytest.mark.parametrize(
    ("forged", "keys"),
    [
        (jwt.encode(claims(), None, algorithm="none"), published()),
        (_signed_with_the_public_key(), published()),
        (token(OTHER_KEY), published()),
        (token(kid="unknown"), published()),
        (token(kid="../../etc/passwd"), published()),
        (token(kid=None), published(KEY, OTHER_KEY)),
        (token(), published(use="enc")),
        (token(), published(alg="RS512")),
        (token(), published(CURVE_KEY)),
        (token(), {"keys": []}),
        (token(), {"keys": "none"}),
        (token(), {}),
        (token(), {"keys": [{"kid": "key-0", "kty": "RSA"}]}),
        (token(), {"keys": ["nonsense"]}),
        ("nonsense", published()),
        ("", published()),
        ("a.b.c", published()),
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(forged, keys):
    with pytest.raises(IdTokenRefused):
        verified_claims(forged, keys=keys, expected=EXPECTED)


def test_a_sign_in_that_chose_no_nonce_accepts_no_token():
    with pytest.raises(IdTokenRefused):
        verified_claims(token(nonce=""), keys=published(), expected=Expected(EXPECTED.issuer, "portcullis", nonce=""))


def test_a_refusal_never_quotes_the_token():
    with pytest.raises(IdTokenRefused) as refused:
        verified_claims(token(sub="maya-secret", aud="elsewhere"), keys=published(), expected=EXPECTED)

    assert "maya-secret" not in str(refused.value)
    assert refused.value.__cause__ is None

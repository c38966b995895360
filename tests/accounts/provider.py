"""
A real OpenID Connect provider on a loopback port, and what a hostile one does differently.

`oidc-provider-mock` speaks the protocol; around it stands a small WSGI layer that insists on PKCE (which the package
leaves out) and can bend single values on their way, so that everything else stays genuine, signatures included.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import oidc_provider_mock
import werkzeug.serving

Tamper = Callable[[dict[str, Any]], dict[str, Any]]


class QuietHandler(werkzeug.serving.WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        """Keep the test output to the tests."""


@dataclass
class Provider:
    """The provider as a test steers it."""

    port: int = 0
    authorizations: list[dict[str, str]] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)
    nonce_becomes: str | None = None
    client_id_becomes: str | None = None
    token_host_becomes: str | None = None
    discovery_becomes: Tamper | None = None
    token_becomes: Tamper | None = None
    userinfo_becomes: Tamper | None = None

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def knows(self, subject: str, **claims: Any) -> None:
        """Set what the provider says about a subject."""
        status, _, _ = self.request("PUT", f"/users/{subject}", json.dumps(claims), "application/json")
        assert status == 204

    def consent(self, authorization_address: str, subject: str, *, action: str = "") -> str:
        """Be the person at the provider's page; return the address it sends the browser back to."""
        parts = urlsplit(authorization_address)
        body = urlencode({"sub": subject, **({"action": action} if action else {})})
        status, headers, page = self.request("POST", f"{parts.path}?{parts.query}", body)
        assert status == 302, page
        return headers["Location"]

    def request(
        self, method: str, path: str, body: str, kind: str = "application/x-www-form-urlencoded"
    ) -> tuple[int, Any, str]:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def around(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the provider's WSGI application."""

        def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
            if path == "/oauth2/authorize":
                return self._authorize(app, environ, start_response)
            if path == "/oauth2/token" and method == "POST":
                return self._token(app, environ, start_response)
            if path == "/.well-known/openid-configuration":
                return _bent(app, environ, start_response, self.discovery_becomes)
            if path == "/userinfo":
                return _bent(app, environ, start_response, self.userinfo_becomes)
            return app(environ, start_response)

        return wrapped

    def _authorize(self, app: Callable[..., Any], environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        query = dict(parse_qsl(environ["QUERY_STRING"]))
        self.authorizations.append(dict(query))
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return _answer(start_response, 400, {"error": "invalid_request"})
        if self.nonce_becomes is not None:
            query["nonce"] = self.nonce_becomes
        if self.client_id_becomes is not None:
            query["client_id"] = self.client_id_becomes
        environ["QUERY_STRING"] = urlencode(query)

        def remember(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            back = parse_qs(urlsplit(dict(headers).get("Location", "")).query)
            if "code" in back:
                self.challenges[back["code"][0]] = query["code_challenge"]
            return start_response(status, headers, *rest)

        return app(environ, remember)

    def _token(self, app: Callable[..., Any], environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        form = dict(parse_qsl(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()))
        self.token_requests.append(dict(form))
        verifier = form.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if self.challenges.get(form.get("code", "")) != challenge:
            return _answer(start_response, 400, {"error": "invalid_grant"})
        if self.client_id_becomes is not None:
            form["client_id"] = self.client_id_becomes
        body = urlencode(form).encode()
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        if self.token_host_becomes is not None:
            environ["HTTP_HOST"] = self.token_host_becomes
        return _bent(app, environ, start_response, self.token_becomes)


def _answer(start_response: Callable[..., Any], status: int, body: dict[str, Any]) -> list[bytes]:
    content = json.dumps(body).encode()
    reason = http.client.responses[status]
    start_response(f"{status} {reason}", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


def _bent(
    app: Callable[..., Any], environ: dict[str, Any], start_response: Callable[..., Any], tamper: Tamper | None
) -> Any:
    if tamper is None:
        return app(environ, start_response)
    seen: list[str] = []
    body = b"".join(app(environ, lambda status, headers, *rest: seen.append(status)))
    status = int(seen[0].split()[0])
    return _answer(start_response, status, tamper(json.loads(body)) if status == 200 else json.loads(body))


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider on a free loopback port until the context ends."""
    provider = Provider()
    application = provider.around(oidc_provider_mock.app(require_nonce=True))
    server = werkzeug.serving.make_server("localhost", 0, application, threaded=True, request_handler=QuietHandler)
    provider.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Split a JWT into header, claims and signature, checking nothing."""
    header, claims, signature = token.split(".")
    return _decoded(header), _decoded(claims), signature


def joined(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    """Put a JWT together from its parts, true or not."""
    return f"{_encoded(header)}.{_encoded(claims)}.{signature}"


def _decoded(part: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()

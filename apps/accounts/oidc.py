"""
Sign-in at the company's OpenID Connect provider.

allauth does the OAuth 2 part: `state` bound to the browser's session and used once, PKCE, the exchange of the code.
From the token on the code is ours: the ID token is verified with its nonce, issuer and subject name the person, and
allauth's own accounts (e-mail addresses, sign-up, connecting) are never entered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal.statekit import STATES_SESSION_KEY
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.accounts import sign_in
from apps.accounts.id_tokens import Expected, IdTokenRefused, verified_claims
from apps.accounts.identities import Identity, identity_from_claims
from apps.accounts.sign_in import Refusal

logger = logging.getLogger(__name__)


class ProviderMisconfigured(OAuth2Error):
    """The provider's discovery document contradicts our settings; the message says which entry is wrong."""


def company_app() -> SocialApp:
    """Describe our client at the company's provider, from the settings alone: no row can redirect sign-in elsewhere."""
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=settings.OIDC_ISSUER,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": settings.OIDC_ISSUER.rstrip("/"),
            "oauth_pkce_enabled": True,
            "scope": settings.SSO_SCOPES,
        },
    )


class CompanyAdapter(OpenIDConnectOAuth2Adapter):
    """allauth's adapter with discovery checked, the ID token verified and the answer turned into our own sign-in."""

    state: dict[str, Any]

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)
        self.state = {}

    def get_provider(self) -> CompanyProvider:
        return CompanyProvider(self.request, app=company_app())

    @property
    def openid_config(self) -> dict[str, Any]:
        """
        Fetch the discovery document once per request.

        :raises ProviderMisconfigured: if it speaks for another issuer or lacks an address.
        """
        config: dict[str, Any] = super().openid_config
        if config.get("issuer") != settings.OIDC_ISSUER:
            raise ProviderMisconfigured("The provider's discovery document names another issuer than the settings.")
        for entry in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(config.get(entry), str):
                raise ProviderMisconfigured(f"The provider's discovery document has no {entry}.")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Build the redirect address from the configured base, never from the request's Host header."""
        return settings.BASE_URL.rstrip("/") + reverse("accounts:oidc_callback")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> NoReturn:
        """
        Sign the person in whom a verified ID token names.

        :raises ImmediateHttpResponse: always, with the answer; allauth's account flows end here.
        :raises IdTokenRefused: if the token proves nothing.
        """
        claims = self._claims(kwargs["response"].get("id_token"))
        if not (claims.get("name") and claims.get("email")) or _lacks_groups(claims):
            described = self._userinfo(token.token, subject=claims["sub"])
            described.pop("auth_time", None)  # only what is signed says when they proved who they are
            claims = {**described, **claims}
        raise ImmediateHttpResponse(_finish(request, identity_from_claims(claims), self.state.get("next")))

    def _claims(self, id_token: object) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise IdTokenRefused("The provider sent no ID token.")
        expected = Expected(
            issuer=settings.OIDC_ISSUER, client_id=settings.OIDC_CLIENT_ID, nonce=self.state.get("nonce", "")
        )
        return verified_claims(id_token, keys=self._get_json(self.openid_config["jwks_uri"]), expected=expected)

    def _userinfo(self, access_token: str, *, subject: str) -> dict[str, Any]:
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        userinfo = self._get_json(address, headers={"Authorization": f"Bearer {access_token}"})
        if userinfo.get("sub") != subject:
            raise IdTokenRefused("The provider's userinfo speaks of another subject than the ID token.")
        return userinfo

    def _get_json(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            response = session.get(address, headers=headers)
            response.raise_for_status()
            body = response.json()
        if not isinstance(body, dict):
            raise IdTokenRefused("The provider's answer is not an object.")
        return body


class CompanyProvider(OpenIDConnectProvider):
    """allauth's provider, bound to the adapter above."""

    def get_oauth2_adapter(self, request: HttpRequest) -> CompanyAdapter:
        return CompanyAdapter(request)


class CompanyCallback(OAuth2CallbackView):
    """allauth's callback, which hands the stashed state (with the nonce) to our adapter and checks `iss` (RFC 9207)."""

    adapter: CompanyAdapter

    def _get_state(self, request: HttpRequest, provider: CompanyProvider) -> tuple[dict[str, Any] | None, Any]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        if response is None and request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
            return None, _refuse(request, Refusal.UNPROVEN, why="The answer came from another issuer.")
        return state, response


class SignInAdapter(DefaultSocialAccountAdapter):
    """Tell people and the record how a failed sign-in ended; never find anybody by e-mail."""

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: CompanyProvider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        refusal, why = _reason(error, exception, is_state_known="state" in (extra_context or {}))
        raise ImmediateHttpResponse(_refuse(request, refusal, why=why))

    def authenticate_by_email(self, sociallogin: Any) -> None:
        return None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class NoLocalAccounts(DefaultAccountAdapter):
    """Nobody signs up here: people come from the company's provider."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def _lacks_groups(claims: Mapping[str, Any]) -> bool:
    return bool(settings.SSO_ROLE_GROUPS) and settings.SSO_GROUPS_CLAIM not in claims


def begin(request: HttpRequest, *, next_address: str, anew: bool = False) -> HttpResponse:
    """
    Send the browser to the provider, with a fresh state, nonce and PKCE challenge kept in its session.

    `anew`: the provider shall ask the person to prove who they are, whatever session they have there, and say when.
    """
    nonce = token_urlsafe(32)
    auth_params = {"nonce": nonce} | ({"prompt": "login", "max_age": "0"} if anew else {})
    provider = CompanyProvider(request, app=company_app())
    return _or_refusal(
        request,
        lambda: provider.redirect(
            request, process="login", next_url=next_address, auth_params=auth_params, nonce=nonce
        ),
    )


def callback(request: HttpRequest) -> HttpResponse:
    """Take the browser back from the provider and sign the person in, or say why not."""
    return _or_refusal(request, lambda: CompanyCallback.adapter_view(CompanyAdapter(request))(request))


def _or_refusal(request: HttpRequest, step: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return step()
    except (OAuth2Error, OSError, ValueError) as error:  # discovery fails outside allauth's own handling
        refusal, why = _reason(None, error, is_state_known=True)
        return _refuse(request, refusal, why=why)


def _reason(error: str | None, exception: Exception | None, *, is_state_known: bool) -> tuple[Refusal, str]:
    if isinstance(exception, IdTokenRefused | ProviderMisconfigured):
        return Refusal.UNPROVEN, str(exception)
    if isinstance(exception, OAuth2Error):
        return Refusal.UNPROVEN, "The provider refused the code."
    if exception is not None:
        return Refusal.UNREACHABLE, f"The provider could not be asked: {type(exception).__name__}."
    if error == AuthError.CANCELLED:
        return Refusal.CANCELLED, "The person or the provider cancelled."
    if not is_state_known:
        return Refusal.EXPIRED, "The state is unknown to this browser's session."
    return Refusal.UNPROVEN, "The provider answered with an error."


def _finish(request: HttpRequest, identity: Identity, next_address: str | None) -> HttpResponse:
    now = timezone.now()
    try:
        sign_in.arrive(request, identity, now=now)
    except sign_in.Deactivated as deactivated:
        return sign_in.refuse(request, Refusal.DEACTIVATED, person=deactivated.person, now=now)
    return sign_in.onward(next_address)


def _refuse(request: HttpRequest, refusal: Refusal, *, why: str) -> HttpResponse:
    logger.warning("Sign-in refused (%s): %s", refusal.value, why)
    if STATES_SESSION_KEY not in request.session:
        return sign_in.turn_back(refusal)  # this browser never began a sign-in: nothing for the record
    return sign_in.refuse(request, refusal, person=None, now=timezone.now())

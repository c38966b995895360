"""Secrets in HTTP headers: authorization, cookies, sessions."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers.credentials import made_up, shapes
from apps.privacy.rules import Rule, pattern

NO_COOKIE: Final = re.compile(
    r"(?i)[^=;]{1,60}=(?:deleted|expired)(?:;[ ]?(?:path|expires|max-age|domain|samesite|version|priority)=[^;]*)*"
)
"""What takes a cookie away, with its attributes and no other cookie."""


def is_token(text: str) -> bool:
    """Say whether what follows Bearer is a token: no placeholder, no code, no word."""
    return (
        not shapes.is_placeholder(text)
        and not shapes.is_code(text)
        and not shapes.is_wordy(text)
        and not made_up.is_crossed_out(text)
        and len(set(text)) > 4
    )


RULES: Final = (
    Rule(
        v.SECRET,
        "A token in an authorization header",
        pattern(
            r"(?<![A-Za-z0-9])(?:bearer|(?:proxy-)?authorization[\"']?[ ]{0,2}[:=,][ ]{0,2}[\"']?(?:token|apikey|key|bot|sso-key|genie[ ]?key|ssws|splunk|jwt|digest|negotiate|api-token|zoho-oauthtoken)?)[ :]{1,3}[\"']?(?P<value>[A-Za-z0-9_.+/=~:|@!-]{12,8000})",
            is_any_case=True,
        ),
        0.92,
        is_token,
        needs=("bearer", "authorization"),
    ),
    Rule(
        v.SECRET,
        "A user name and password in an HTTP header",
        pattern(r"(?<![A-Za-z])basic[ ]{1,4}(?P<value>[A-Za-z0-9+/_-]{6,400}={0,2})(?!\w)", is_any_case=True),
        0.92,
        shapes.is_basic,
        needs=("basic",),
    ),
    Rule(
        v.SECRET,
        "What an authorization header holds, whatever it is made of",
        pattern(r"authorization[\"']?[ ,:=]{1,4}[\"']?basic[ ]{1,4}(?P<value>[A-Za-z0-9+/_-]{12,400}={0,2})(?!\w)", is_any_case=True),
        0.88,
        shapes.is_long_random,
        needs=("authorization",),
    ),
    Rule(
        v.SECRET,
        "A key in a header that a server sets",
        pattern(
            r"(?<![\w-])(?:proxy_set_header|add_header|more_set_(?:input_)?headers?|(?:request)?header[ ](?:set|add)|set_header)[ ]{1,4}[\"']?(?:[A-Za-z]{1,16}-){0,3}(?:api-?key|token|secret|password|auth-?key|access-?key)[\"']?[ :]{1,4}[\"']?(?P<value>[^\s\"'`;$%{}]{6,400})",
            is_any_case=True,
        ),
        0.88,
        shapes.is_value,
        needs=("header",),
    ),
    Rule(
        v.SECRET,
        "Cookies of a session",
        pattern(
            r"(?<![A-Za-z])(?:set-)?cookie2?[\"']?[ ]{0,2}:[ ]{0,2}[\"']?(?P<value>[\w.!%-]{1,60}=[^\s;,\"']{6,4000}(?:;[ ]?[\w.!%-]{1,60}=[^\s;,\"']{1,4000}){0,40})",
            is_any_case=True,
        ),
        0.92,
        lambda text: NO_COOKIE.fullmatch(text) is None,
        needs=("cookie",),
    ),
    Rule(
        v.SECRET,
        "A session's cookie",
        pattern(
            r"(?<![A-Za-z0-9])(?:PHPSESSID|JSESSIONID|ASP\.NET_SessionId|ASPSESSIONID\w{0,10}|connect\.sid|sessionid|session_id|_session(?:_id)?|\w{1,30}_session|csrftoken|XSRF-TOKEN|laravel_session|remember_token|SSID|HSID|SAPISID|auth_token|wordpress_logged_in_\w{8,40}|CFID|CFTOKEN)[ ]?=[ ]?(?P<value>[A-Za-z0-9%._+/=~:!-]{10,2000})"
        ),
        0.9,
        shapes.is_machine_made,
        needs=("sess", "csrf", "xsrf", "remember_token", "ssid", "hsid", "sapisid", "auth_token", "wordpress_", "connect.sid", "cfid", "cftoken"),
    ),
)  # fmt: skip

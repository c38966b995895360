"""A value beside its name: settings, code, JSON, YAML, XML, HCL, properties, tables, function arguments."""

# ruff: noqa: E501, S105 - a pattern is read whole; these are the names of secrets

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, pattern

PASSWORD: Final = r"""(?<!(?:forgot|lost|show|hide|enter|repeat)[_.-])(?:pass(?:word|wort|wd|wrd|phrase|code|w)s?|pass(?![a-z])(?<=(?<![a-z])pass|(?:db|user|my|admin|smtp|sql|root|ftp)pass)|kennwort|contrase[nñ]a|mot[ _-]?de[ _-]?passe|wachtwoord|senha(?![a-z])
    |palavra[ _-]passe|pwd?(?![a-z])(?<=(?<![a-z])pwd?|(?:db|my|user|sql|root|ftp|admin)pwd?)|pswd|secret)"""
OPENINGS: Final = ("pass", "pw", "pswd", "kennwort", "contrase", "mot", "wachtwoord", "senha", "palavra", "secret")
"""With what the names of passwords begin."""

TOKEN: Final = r"(?:token|key|cred(?:ential)?s?|cookie|auth(?:orization)?)(?![a-z]|(?<=key)s)"
SELDOM: Final = r"""(?:bearer|conn(?:ection)?[_. -]?str(?:ing)?|crumb|activation|session[_. -]?id|webhook|reporter[_-]id|oauth
    |(?:salt|sig(?:nature)?|sid|otp|dsn|psk|pem|pat|hmac|nonce|cert|csrf|jwt)(?<=(?<![a-z])[a-z]{3,9}|(?-i:[a-z](?:Salt|Otp|OTP|Dsn|DSN|PAT|PSK|Hmac|HMAC|Nonce|Sig|Signature|Cert|Pem|PEM|Jwt|JWT|Csrf|CSRF|Sid|SID))))(?![a-z])"""
AN_OPERATOR_FOLLOWS: Final = r"(?!=[\"'][\w.: -]{1,80}[\"']\s{1,8}(?:value|default))(?=[\w.-]{0,40}+[\\\"'`\])&;quot02]{0,8}[ \t\r\n]{0,16}(?:[=:>,|(<!?v\[-]|default|content|text|data|[\"']))"
NOT_A_SECRETS_NAME: Final = r"(?<!public[_. -]?key[_. -]?tokens?)(?<!(?:public|pub|max|foreign|primary|sort|partition|cache|object|unique|index|row|group|hot|schema|translation|lookup|dict|map|react|next|page|cursor|mon|tur|don|hoc|joc|whis|key|natural|sequence|bucket)[_. -]?(?:key|tokens?))"
NAME_ENDS: Final = r"""[\w.-]{0,40}+(?<!ur[il]|path|file|dir|type|length|len|size|count|limit|name|field|label|policy|algorithm|alg|expiry|expires|expires_in|ttl|_age|format|encoding|version|prefix|header|hint|regex|pattern
    |_min|_max|error|class|style|color|placeholder|subject|title|message|endpoint|timeout|strength|confirm|confirmation|reset|manager|provider|enabled|required|validator|column|params?|key_?id|key-id|key[ ]id|alias)(?:\\?[\"'`]|&quot;|\\?u0022)?[\])]{0,2}"""
OPERATOR: Final = r"""[ \t]{0,16}(?::[ \t]?[A-Za-z][\w.\[\]<>|? ]{0,24}?[ \t](?==[^=>]))?(?:=>|:{1,3}=?|\?{1,2}=|\.=|\|{0,2}=|<-|={2,3}|!={1,2}|->|\|\||,(?=[ ]?\\?["'`](?![a-z]{1,20}(?:_[a-z]{1,20}){1,4}\\?["'`]))|\|(?=[ ]?\S{4})|\((?=["']))[ \t]{0,16}(?:!!\w{1,9}[ ])?(?:\r?\n[ \t]{0,32}(?=["'`]))?"""
OPERATORS: Final = rf"""(?:{OPERATOR}|[ \t]{{0,8}}(?:value|default|content|text|data)[ \t]*[=:][ \t]*|["']?[ \t]+value=|["']?,?[ \t\r\n]{{1,40}}["']?(?:value|default)["']?[ \t]*[:=][ \t]*|[ \t]{{0,4}}>(?![=>@])\s{{0,40}})"""
QUOTE: Final = r"(?:[bfrunN@$]{0,2}(?P<quote>\\{0,3}[\"'`]|&quot;))"
PLAIN_VALUE: Final = (
    r"(?:Bearer[ ]|Basic[ ]|Token[ ])?(?P<value>(?:[^\s\"'`,;<>{}&]|&(?![\w.\[\]-]{1,40}=|&|[a-z]{2,6};|\s|$)){3,300})"
)

RULES: Final = (
    Rule(
        v.SECRET,
        "A quoted value assigned to a password's name",
        pattern(
            rf"{PASSWORD}{AN_OPERATOR_FOLLOWS}{NAME_ENDS}{OPERATORS}{QUOTE}(?P<value>(?:(?!(?P=quote))[^\n]){{3,300}})(?P=quote)",
            is_any_case=True,
        ),
        0.87,
        shapes.is_quoted_value,
        needs=OPENINGS,
        opens=opens_with(*OPENINGS),
    ),
    Rule(
        v.SECRET,
        "What a variable for a password holds where nothing is set",
        pattern(
            r"variable[ ]{1,4}\"[\w-]{0,60}(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|access_?key)\"\s{0,4}\{(?:[^{}\"]{0,200}\"[^\"\n{}]{0,200}\"){0,3}?[^{}\"]{0,200}?\bdefault[ \t]{0,16}=[ \t]{0,16}\"(?P<value>[^\"\n]{3,200})\"",
            is_any_case=True,
        ),
        0.87,
        shapes.is_quoted_value,
        needs=("variable ",),
        opens=opens_with("variable "),
    ),
    Rule(
        v.SECRET,
        "A value assigned to a password's name",
        pattern(rf"{PASSWORD}{AN_OPERATOR_FOLLOWS}{NAME_ENDS}{OPERATORS}{PLAIN_VALUE}", is_any_case=True),
        0.86,
        shapes.is_value,
        needs=OPENINGS,
        opens=opens_with(*OPENINGS),
    ),
    *(
        Rule(
            v.SECRET,
            "A value assigned to a name such as token or key",
            pattern(
                rf"""{names}{AN_OPERATOR_FOLLOWS}{NOT_A_SECRETS_NAME}{NAME_ENDS}{OPERATORS}
                (?:{QUOTE}(?P<value>(?:(?!(?P=quote))[^\s]){{8,8000}})(?P=quote)|(?:Bearer[ ]|Basic[ ]|Token[ ])?(?P<value>[^\s"'`,;<>(){{}}&]{{8,8000}}))""",
                is_any_case=True,
            ),
            0.86,
            shapes.is_machine_made,
            needs=needs,
            opens=opens_with(*openings),
        )
        for names, openings, needs in (
            (TOKEN, ("token", "key", "cred", "cookie", "auth"), ("token", "key", "cred", "cookie", "auth")),
            (SELDOM, ("bearer", "conn", "crumb", "activation", "session", "webhook", "reporter", "oauth", "salt", "sig", "sid", "otp", "dsn", "psk", "pem", "pat", "hmac", "nonce", "cert", "csrf", "jwt"), ("bearer", "connectionstr", "connection_str", "connection str", "connection-str", "connstr", "conn_str", "crumb", "activation", "sessionid", "session_id", "session-id", "session id", "webhook", "reporter", "oauth", "salt", "_sig", "sig=", "signature", "_sid", "sid=", "sid:", ".sid", "otp", "dsn", "psk", "_pem", "pem=", "pem:", "pem\"", "_pat", "pat=", "pat:", "pat ", "hmac", "nonce", "_cert", "cert\"", "cert:", "cert=", "csrf", "jwt")),
        )
    ),
)  # fmt: skip

"""Passwords given to commands and functions: switches, pairs, SQL and shell statements, calls with user and password."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, pattern

PROSE_WORDS: Final = (
    "the a an this that these those its their his her our your my one two three each any all some using means both either "
    "which whom what name number words such several many most other more unique"
)
NO_PASSWORDS: Final = frozenset(PROSE_WORDS.split())
"""What follows *identified by* in a sentence."""


def is_pair(text: str) -> bool:
    """Say whether "user:password" given to a command holds a password."""
    password = text.partition(":")[2]
    return len(password) > 1 and not shapes.is_placeholder(password) and not text.replace(":", "").isdigit()


RULES: Final = (
    Rule(
        v.SECRET,
        "A user name and password given to a command",
        pattern(
            r"(?<!\S)(?:-u|--user|--proxy-user|-U|--userpwd|--auth|-a)(?:[ =]{1,2}|(?=[\"']))(?:(?P<quote>[\"'])(?P<value>[^\s\"':]{0,80}:(?:(?!(?P=quote))[^\n]){2,120})(?P=quote)|(?P<value>[\w.@%+-]{0,80}:[^\s\"']{3,120}))"
        ),
        0.88,
        is_pair,
        needs=("-u", "--user", "--proxy-user", "--auth", "-a "),
    ),
    Rule(
        v.SECRET,
        "A password given to a command",
        pattern(
            r"(?<![\w-])--?(?:[a-z]{2,20}-)?(?:pass(?:word|wd|phrase|in|out)?|pwd|token|secret|api-?key|access-?key|secret-?key|client-secret|auth-?token|private-?key|credentials?|requirepass)(?:[ ]{1,3}|=|[ ]=[ ])(?:(?<=pass(?:in|out)[ =])pass:)?(?:(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote))[^\n]){3,200})(?P=quote)|(?P<value>[^\s\"'`,;<>|]{3,400}))",
            is_any_case=True,
        ),
        0.88,
        lambda text: shapes.is_value(text) and not text.startswith("-"),
        needs=("-pass", "-pwd", "-token", "-secret", "key", "-credential", "-requirepass"),
    ),
    Rule(
        v.SECRET,
        "A password given to a command by a short switch",
        pattern(
            r"(?<![\w.-])(?:(?P<joined>mysql(?:dump|admin|import|sh)?|mariadb(?:-\w{3,9})?|7z)|sshpass|psexec(?:64)?(?:\.exe)?|docker[ ]login|podman[ ]login|redis-cli|mongo(?:sh|dump|restore|export|import)?|az[ ]login|sqlcmd|bcp|isql|zip|unzip|ldapsearch|ldapmodify|ldapadd|smbclient|rdesktop|xfreerdp|net[ ]use|htpasswd|wmic|winexe|cmdkey|helm[ ]registry[ ]login|oc[ ]login|cf[ ]login|ansible)(?:\.exe)?\b[^\n|]{0,160}?[ ](?(joined)-p|(?:-[pwa](?![a-z]{2,}[ ])|/p(?:ass(?:word)?)?:)[ ]?)(?:(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote))[^\n]){3,100})(?P=quote)|(?P<value>[^\s\"'`<>|-][^\s\"'`<>|]{2,100}))",
            is_any_case=True,
        ),
        0.86,
        lambda text: shapes.is_value(text) and not text.isdigit() and not (len(text) < 12 and ":" in text),
        needs=("mysql", "mariadb", "sshpass", "psexec", " login", "redis-cli", "mongo", "sqlcmd", "bcp", "isql", "7z", "zip", "ldap", "smbclient", "rdesktop", "xfreerdp", "net use", "htpasswd", "wmic", "winexe", "cmdkey"),
    ),
    Rule(
        v.SECRET,
        "A password given to a statement",
        pattern(
            r"""(?:identified[ ](?:with[ ]\w+[ ])?(?:by|as)(?:[ ](?:password|values))?[ ]|with[ ](?:encrypted[ ])?password[ ]|requirepass[ ]|masterauth[ ]|snmp-server[ ]community[ ]|rocommunity[ ]|rwcommunity[ ]|net[ ]user[ ]\S{1,40}[ ]
            |(?<![a-z])(?:wpa_)?psk[ ]?=[ ]?|securestring(?:[ ]-string)?[ ])(?:(?P<quote>["'])(?P<value>(?:(?!(?P=quote))[^\n]){3,120})(?P=quote)|(?P<value>[^\s"'`;,)/$<-][^\s"'`;,)]{2,120}))""",
            is_any_case=True,
        ),
        0.9,
        lambda text: shapes.is_value(text) and text not in NO_PASSWORDS,
        needs=("identified", "password", "requirepass", "masterauth", "community", "net user", "psk", "securestring"),
        opens=opens_with(
            "identified", "with encrypted ", "with password ", "requirepass", "masterauth", "snmp-server ", "rocommunity", "rwcommunity", "net user ", "wpa_psk", "psk", "securestring"
        ),
    ),
    Rule(
        v.SECRET,
        "A key in the settings of a network",
        pattern(
            r"""^[ \t]{0,8}(?:enable[ ](?:secret|password)(?:[ ]level[ ]\d{1,2})?|tacacs-server[ ](?:host[ ]\S{1,60}[ ])?key|radius-server[ ](?:host[ ]\S{1,60}[ ])?key|(?:set[ ])?pre-shared-key(?:[ ]ascii-text)?|crypto[ ]isakmp[ ]key|wpa-psk[ ]ascii|key-string|neighbor[ ]\S{1,40}[ ]password|server-private[ ]\S{1,40}[ ]key)[ ](?:\d[ ])?["']?(?P<value>[^\s"']{3,80})["']?(?:[ ]address[ ][^\n]{1,60})?[ \t]*$
            |:[ ]{0,4}(?:psk|xauth|eap)[ ]{1,4}["'](?P<value>[^"'\n]{3,120})["']""",
            is_any_case=True,
        ),
        0.88,
        lambda text: shapes.is_value(text) and text not in words.common(),
        needs=("enable ", "server", "pre-shared-key", "isakmp", "wpa-psk", "key-string", "neighbor", "psk", "xauth", "eap"),
    ),
    Rule(
        v.SECRET,
        "A user name and password given to a function",
        pattern(
            r"""(?:auth[ ]?=[ ]?|(?:login|authenticate|sign_?in|connect|auth|credentials?|setcredentials|useremailpassword))\(\s{0,4}["'][^"'\n]{1,80}["'],\s{0,4}(?:Some\()?["'](?P<value>[^"'\n]{4,200})["']\s{0,4}[,)]""",
            is_any_case=True,
        ),
        0.88,
        lambda text: shapes.is_quoted_value(text) and " " not in text and not text.isalpha(),
        needs=("auth", "login", "signin", "sign_in", "connect", "credential"),
    ),
    Rule(
        v.SECRET,
        "A user name and password set by chpasswd",
        pattern(r"[\w.-]{1,40}:(?P<value>[^\s\"':|]{3,100})[\"']?[ ]{0,2}\|[ ]{0,2}(?:sudo[ ])?chpasswd"),
        0.95,
        shapes.is_value,
        needs=("chpasswd",),
    ),
)  # fmt: skip

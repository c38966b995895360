"""Passwords in links and connection strings: URLs of any scheme, ODBC, JDBC, ADO.NET, .pgpass, .netrc."""

# ruff: noqa: E501, S105 - a pattern is read whole; these are the names of secrets

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.contact import NO_USER
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, at_words, pattern

USER: Final = r"(?:user[ ]?(?:id|name)?|uid|login)"
PASSWORD: Final = (
    r"(?:password|passwd|pwd|accountkey|sharedaccesskey|sharedsecret|secret|access[ ]?key|accesskey|apikey)"
)


def is_userinfo(text: str) -> bool:
    """Say whether "user:password" of a link holds a password and not only what stands for one."""
    password = text.partition(":")[2]
    return len(password) >= 2 and not shapes.is_placeholder(password) and "(" not in password


PASSWORD_NEAR: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|kennwort|contrase[nñ]a|mot[ _-]?de[ _-]?passe|wachtwoord|senha)"
)
BESIDE_A_PASSWORD: Final = rf"""(?<![A-Za-z])(?:[\w.]{{0,30}}[_.-])?(?:user(?:[ _-]?(?:name|id))?|login(?:name)?|uid|usr)(?:\\?["'`])?[\])]?
    (?:[ \t]{{0,24}}(?:=>|:=|[:=])[ \t]{{0,8}}|[ ](?=["']))(?:\\?["'`])?(?P<value>[A-Za-z][\w.@\\+-]{{1,60}})(?![\w(\[.$]|[ ]?[(.][\w(])
    (?=[^\n]{{0,120}}(?:\n[^\n]{{0,120}}){{0,2}}?(?<![A-Za-z]){PASSWORD_NEAR}["'`\]\\]{{0,3}}[ \t]{{0,24}}(?:=>|:=|[:=]|[ ](?=["']))[ \t]{{0,8}}["'`\\]{{0,2}}(?![xX\#*.]{{3}})[^\s"'`$<{{%*(\[])"""


def is_user_beside_a_password(text: str) -> bool:
    """Say whether a value beside a user's name is one: no placeholder, no type, no name of a variable, no role."""
    is_name = shapes.SECRETS_NAME.search(text) is not None or shapes.CONSTANT.fullmatch(text) is not None
    return text.lower() not in NO_USER and not shapes.is_placeholder(text) and not shapes.is_code(text) and not is_name


RULES: Final = (
    Rule(
        v.USERNAME,
        "A user name beside its password",
        pattern(BESIDE_A_PASSWORD, is_any_case=True),
        0.84,
        is_user_beside_a_password,
        place=at_words("user username userid login loginname uid usr", before=34, after=400),
    ),
    Rule(
        v.USERNAME,
        "A user name given to a function beside its password",
        pattern(
            r"""(?:NetworkCredential|PSCredential|DirectoryEntry|UsernamePasswordCredentials|HTTPBasicAuth|BasicAuth|SetCredentials)\(\s{0,4}(?:["'][^"'\n]{4,120}://[^"'\n]{1,80}["'],\s{0,4})?
            ["'](?P<value>[^"'\n\s]{2,80})["'],\s{0,4}(?:["'][^"'\n]{3,200}["']|\()""",
            is_any_case=True,
        ),
        0.84,
        needs=("credential", "directoryentry", "basicauth"),
    ),
    Rule(
        v.USERNAME,
        "A user name given to a function before its password",
        pattern(
            r"""(?<=\w)\((?:\s{0,4}["'][^"'\n]{1,80}["'],){0,2}\s{0,4}["'](?P<value>[^"'\n\s]{2,60})["'],\s{0,4}(?:password|passwd|pwd|passw|pass)\s?(?:=>|[:=])\s?["'][^"'\n]{3}
            |(?:auth[ ]?=[ ]?|(?:login|authenticate|sign_?in|auth|basic_?auth|credentials?))\(\s{0,4}["'](?P<value>[^"'\n\s]{2,60})["'],\s{0,4}(?:Some\()?["'](?=[^"'\n]{0,80}[\d!@\#$%&*_-])[^"'\s]{4,200}["']\s{0,4}[,)]
            |define\(\s?["'][\w-]{0,20}(?:user(?:name)?|login)["'],\s?["'](?P<value>[^"'\n\s]{2,60})["']""",
            is_any_case=True,
        ),
        0.83,
        lambda name: name.lower() not in NO_USER and not shapes.is_placeholder(name),
        needs=("pass", "pwd", "login(", "authenticate(", "signin(", "sign_in(", "auth", "credential", "define("),
        prefilter=re.compile(r"\(\s{0,4}[\"']"),
    ),
    Rule(
        v.USERNAME,
        "An account in a connection string",
        pattern(r"(?<![A-Za-z])(?:AccountName|SharedAccessKeyName)=(?P<value>[\w.-]{2,60})(?=;[^\n]{0,80}Key=[^<$%{\[*.])", is_any_case=True),
        0.84,
        needs=("accountname=", "sharedaccesskeyname="),
    ),
    Rule(
        v.SECRET,
        "A user name and password in a link",
        pattern(
            r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,30}+://(?P<value>[^\s/:@\"'<>\[\]]{0,80}+:(?:[^\s/\"'<>@]{1,200}|(?!\d{1,5}/)[^\s\"'<>@]{1,80}))@(?=[\w.\[$%{-])"
        ),
        0.97,
        is_userinfo,
        needs=("://",),
    ),
    Rule(
        v.SECRET,
        "A user name and password in a link",
        pattern(r"://(?P<value>[^\s/:@\"'<>]{1,80}+:[^\s/\"'<>@]{1,40}@[^\s/\"'<>@:]{1,60})@(?=[\w.-]+\.[a-z]{2,})"),
        0.97,
        is_userinfo,
        needs=("://",),
    ),
    Rule(
        v.SECRET,
        "A user name and password for Oracle's database",
        pattern(r"(?:jdbc:oracle:\w{2,6}:|(?<![\w-])sqlplus[ ](?:-\w[ ]){0,2})(?P<value>[^\s/@\"'<>]{1,60}/[^\s/@\"'<>]{2,80})@", is_any_case=True),
        0.95,
        lambda text: not shapes.is_placeholder(text.partition("/")[2]),
        needs=("jdbc:oracle", "sqlplus"),
    ),
    Rule(
        v.USERNAME,
        "A user name in .netrc, .pgpass or for chpasswd",
        pattern(
            r"""\bmachine\s{1,4}(?:[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}|localhost)\s{1,4}login\s{1,4}(?P<value>\S{2,60})\s{1,4}password\s
            |^[\w.*-]{1,80}:(?:\d{2,5}|\*):[\w.*-]{1,60}:(?P<value>[\w.@-]{2,60}):[^\s:]{3,200}$
            |(?<![\w.:-])(?P<value>[a-z][\w.-]{1,39}):[^\s"':|]{3,100}["']?[ ]{0,2}\|[ ]{0,2}(?:sudo[ ])?chpasswd"""
        ),
        0.84,
        lambda name: name.lower() not in NO_USER and not shapes.is_placeholder(name),
        needs=("machine", "chpasswd", ":5432:", ":5433:", ":6432:", ":*:"),
        prefilter=re.compile(r"machine\s|chpasswd|:(?:\d{2,5}|\*):"),
    ),
    Rule(
        v.SECRET,
        "A token in a link",
        pattern(r"://(?P<value>(?:[0-9a-f]{20,64}|[A-Za-z0-9_-]{30,255}))@[\w-]+\.[\w.-]+"),
        0.95,
        needs=("://",),
    ),
    Rule(
        v.SECRET,
        "A password in a connection string",
        pattern(rf"{PASSWORD}(?<=(?:[;\"'\s?&]|^){PASSWORD})[ ]{{0,4}}=[ ]{{0,4}}(?:\{{(?P<value>[^}}\n]{{3,200}})\}}|(?P<value>[^;\"'\s&]{{3,200}}))(?=[;\"'\s&]|$)", is_any_case=True),
        0.9,
        shapes.is_value,
        needs=("pass", "pwd", "key=", "secret", "key ="),
        opens=opens_with("passw", "pwd", "accountkey", "shareda", "shareds", "secret", "access", "apikey"),
    ),
    Rule(
        v.USERNAME,
        "A user name in a connection string",
        pattern(
            rf"{USER}[ ]{{0,4}}=(?<=(?:[;\"']|^|[;\"'\s][ ]){USER}[ ]{{0,4}}=)[ ]{{0,4}}(?P<value>[^;\"'\s&]{{2,80}});(?=[^\n]{{0,200}}?{PASSWORD}[ ]{{0,4}}=)|{PASSWORD}[ ]{{0,4}}=[^;\n]{{1,80}};[ ]?{USER}[ ]{{0,4}}=[ ]{{0,4}}(?P<value>[^;\"'\s&]{{2,80}})",
            is_any_case=True,
        ),
        0.85,
        shapes.is_value,
        needs=("user=", "user =", "user id", "userid", "username=", "username =", "uid=", "uid =", "login="),
    ),
    Rule(
        v.SECRET,
        "A line of .pgpass",
        pattern(r"^[\w.*-]{1,80}:(?:\d{2,5}|\*):[\w.*-]{1,60}:[\w.*@-]{1,60}:(?P<value>[^\s]{3,200})$"),
        0.9,
        shapes.is_value,
        needs=(":",),
    ),
    Rule(
        v.SECRET,
        "A password of .netrc",
        pattern(r"\b(?:machine\s+\S{1,100}\s+(?:login|user)\s+\S{1,100}\s+|login\s+\S{1,100}\s+)password\s+(?P<value>\S{3,200})"),
        0.95,
        shapes.is_value,
        needs=("login", "machine"),
    ),
)  # fmt: skip

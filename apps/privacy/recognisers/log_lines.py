"""Accounts where logs and tools of the command line write them: web servers, git, `su`, `last`, `ls`, `id`, sshd."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers.contact import NO_USER
from apps.privacy.recognisers.logins import ROLES
from apps.privacy.rules import Rule, pattern

NAME: Final = r"(?P<value>[A-Za-z][\w.@-]{1,40}(?<=\w))"


def is_account(name: str) -> bool:
    """Say whether a name where only an account stands is somebody's: not one that every machine has."""
    return name.lower() not in ROLES and name.lower() not in NO_USER


RULES: Final = (
    Rule(
        v.USERNAME,
        "Who asked a web server",
        pattern(rf"^[\w.:]{{2,60}}[ ][\w-]{{1,20}}[ ]{NAME}[ ]\[\d{{1,2}}/[A-Z][a-z]{{2}}/\d{{4}}:"),
        0.84,
        is_account,
        prefilter=re.compile(r"\[\d{1,2}/[A-Z][a-z]{2}/\d{4}:"),
    ),
    Rule(
        v.USERNAME,
        "Who made a change, in a log of changes",
        pattern(rf"(?<=[ (])<{NAME}>[ ,(]{{1,2}}\d{{1,3}}[ ](?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b"),
        0.84,
        is_account,
        needs=(" ago",),
    ),
    Rule(
        v.USERNAME,
        "Who becomes another user",
        pattern(rf"\bsu(?:\[\d{{1,8}}\])?:[ ]\(to[ ]{NAME}\)|\bsu(?:\[\d{{1,8}}\])?:[ ]\(to[ ][\w.-]{{1,40}}\)[ ]{NAME}[ ]on[ ]"),
        0.84,
        is_account,
        needs=("(to ",),
    ),
    Rule(
        v.USERNAME,
        "Who is or was at a terminal",
        pattern(rf"^{NAME}[ ]{{1,20}}(?:pts/\d{{1,4}}|tty\d{{1,2}}|console|system[ ]boot)[ ]"),
        0.84,
        is_account,
        needs=("pts/", "tty"),
    ),
    Rule(
        v.USERNAME,
        "Whose file it is in a list of files",
        pattern(rf"^[-dlcbps][rwxsStT-]{{9}}[.+@]?[ ]{{1,6}}\d{{1,6}}[ ]{{1,6}}{NAME}[ ]"),
        0.84,
        is_account,
        needs=("rw", "r-"),
    ),
    Rule(
        v.USERNAME,
        "A user with its number",
        pattern(rf"\buid=\d{{1,8}}\({NAME}\)"),
        0.84,
        is_account,
        needs=("uid=",),
    ),
    Rule(
        v.USERNAME,
        "Who may log in over SSH",
        pattern(
            r"^[ \t]{0,8}(?:AllowUsers|DenyUsers|Match[ ]User)[ ](?:[\w.@*-]{1,60}[ ]){0,20}?(?P<value>[A-Za-z][\w.-]{1,40})(?=[@\s]|\Z)",
        ),
        0.84,
        is_account,
        needs=("allowusers", "denyusers", "match user"),
    ),
    Rule(
        v.USERNAME,
        "Whose timed job it is",
        pattern(rf"\bCron[ ]<{NAME}(?<!@[\w.-]{{1,40}})(?=@)"),
        0.84,
        is_account,
        needs=("cron <",),
    ),
    Rule(
        v.REFERENCE,
        "The number of an account in Windows",
        pattern(r"(?<![\w-])S-1-5-21(?:-\d{5,10}){3}-\d{3,7}(?![\w-])"),
        0.9,
        needs=("s-1-5-21-",),
    ),
)  # fmt: skip

"""E-mail addresses that are dictated, pulled apart or torn: `maya dot l at firm dot example`, `maya (at) firm.example`."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.rules import Rule, at_words, near, pattern

DOT: Final = r"(?:dot|punkt|punto|point|ponto|punt)"
AT: Final = r"(?:at(?:[- ]sign)?|arroba|chiocciola|arobase|ät|klammeraffe|apen?staartje)"
ENDINGS: Final = r"(?:com|org|net|edu|gov|info|biz|io|ai|dev|app|example|test|de|fr|es|it|nl|pt|uk|eu|ch|at|be|us|ca|au|ie|dk|se|no|fi|pl|cz|br|mx|in|jp|cn)"
MAILBOXES: Final = (
    r"(?:gmail|googlemail|yahoo|outlook|hotmail|live|icloud|gmx|proton(?:mail)?|aol|posteo|t-online|orange|libero|hey)"
)
NOBODY: Final = frozenset(
    [
        "me",
        "us",
        "him",
        "her",
        "them",
        "you",
        "it",
        "is",
        "was",
        "are",
        "be",
        "look",
        "looks",
        "looking",
        "work",
        "works",
        "working",
        "worked",
        "arrive",
        "arrives",
        "available",
        "found",
        "hosted",
        "live",
        "lives",
        "online",
        "page",
        "site",
        "here",
        "there",
        "account",
        "accounts",
        "address",
        "email",
        "mail",
        "contact",
        "people",
        "team",
        "staff",
        "sign",
        "sale",
        "someone",
        "anyone",
        "posted",
        "listed",
        "stay",
    ]
)
"""What stands before "at" in a sentence and is no mailbox."""


ARTICLES: Final = "the a an this that which some any each every one no its their"
DETERMINERS: Final = frozenset(ARTICLES.split())
"""What no domain is called: *recognised at the point in time*."""


def is_mailbox_said(address: str) -> bool:
    """Say whether words before and after "at" are an address, and no sentence about a site."""
    words = address.lower().split()
    return words[0] not in NOBODY and not (len(words) > 2 and words[2] in DETERMINERS)


RULES: Final = (
    Rule(
        v.EMAIL,
        "An e-mail address written out to hide it",
        pattern(
            rf"""(?<![\w.])[a-z0-9][\w+-]*(?:(?:\.|[ ]?[(\[]{DOT}[)\]][ ]?|[ ]+(?:{DOT}|underscore|dash|minus|bindestrich|unterstrich)[ ]+)[\w+-]+){{0,4}}
            (?:\s*[\[({{<]\s*(?:{AT}|@)\s*[\])}}>]\s*|[ ]+{AT}[ ]+)
            [a-z0-9][a-z0-9-]*(?:(?:\s*[\[({{<]\s*{DOT}\s*[\])}}>]\s*|[ ]+{DOT}[ ]+|\.)[a-z0-9-]+){{0,3}}
            (?:\s*[\[({{<]\s*{DOT}\s*[\])}}>]\s*|[ ]+{DOT}[ ]+|(?<=[\])}}>]\s?[a-z0-9-]{{1,30}})\.)[a-z]{{2,12}}\b""",
            is_any_case=True,
        ),
        0.9,
        is_mailbox_said,
        place=at_words("dot punkt punto point ponto punt", before=90, after=70),
    ),
    Rule(
        v.EMAIL,
        "An e-mail address pulled apart to hide it",
        pattern(
            rf"""(?<![\w.])[a-z0-9][\w.+-]{{0,63}}[ ]?@[ ]?[a-z0-9-]+(?:[ ]?(?:[(\[]dot[)\]]|\bdot\b)[ ]?[a-z0-9-]+){{1,3}}\b
            |(?<![\w.])[a-z0-9][\w.+-]{{0,63}}(?:[ ]{{1,2}}@[ ]{{0,2}}|@[ ]{{1,2}}|@(?=[a-z0-9-]+(?:\.[a-z0-9-]+){{0,2}}(?:[ ]\.|\.[ ])))[a-z0-9-]+(?:[ ]?\.[ ]?[a-z0-9-]+){{0,2}}[ ]?\.[ ]?{ENDINGS}\b
            |(?<![\w.])[a-z0-9][\w.+-]{{0,63}}_?(?:[ ]?[\[({{<](?:at|@|ät|a)[\])}}>][ ]?|_at_|-at-)[a-z0-9-]+?(?:(?:\.|[_-]dot[_-])[a-z0-9-]+?){{0,2}}(?:\.|[_-]dot[_-])[a-z]{{2,12}}\b""",
            is_any_case=True,
        ),
        0.9,
        needs=(
            "@ ",
            " @",
            "at)",
            "at]",
            "at}",
            "at>",
            "(a)",
            "@)",
            "@]",
            "_at_",
            "-at-",
            "dot]",
            "dot)",
            " dot ",
            " .",
        ),
        prefilter=re.compile(r"@|[\[({<](?:at|ät|a)[\])}>]|_at_|-at-", re.IGNORECASE),
    ),
    Rule(
        v.EMAIL,
        "An e-mail address torn by the end of a line",
        pattern(
            rf"(?<![\w.+-])[a-z0-9][\w.+-]{{1,40}}(?:@[ ]?\n[ ]{{0,8}}[a-z0-9-]{{2,40}}(?:\.[a-z0-9-]{{1,40}}){{0,2}}\.{ENDINGS}|@[a-z0-9-]{{1,40}}-\n[ ]{{0,8}}[a-z0-9-]{{1,40}}\.{ENDINGS}|@[a-z0-9.-]{{2,60}}(?:\.[ ]?\n[ ]{{0,8}}|\n[ ]{{0,8}}\.){ENDINGS})\b",
            is_any_case=True,
        ),
        0.88,
        needs=("@",),
    ),
    Rule(
        v.EMAIL,
        "An e-mail address said in a sentence",
        pattern(
            rf"(?<![\w.@-])[a-z0-9][\w.+-]{{1,40}}[ ]at[ ](?:[a-z0-9-]{{2,40}}(?:\.[a-z0-9-]{{2,40}}){{0,2}}\.{ENDINGS}|{MAILBOXES})(?![\w.-]\w)",
            is_any_case=True,
        ),
        0.85,
        is_mailbox_said,
        near("e-?mails?", "mail", "mailbox", "address", "inbox", "contact", "adresse"),
        needs=(" at ",),
    ),
)

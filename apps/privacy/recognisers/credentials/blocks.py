"""Key material in blocks: PEM, PGP, SSH, PuTTY, XML and JSON forms, certificates' private parts, with or without end."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.rules import Rule, pattern

KIND: Final = r"(?P<kind>[A-Z0-9 -]{0,40}(?:PRIVATE[ ]KEY(?:[ ]BLOCK)?))"
HOLDS_A_KEY: Final = r"(?=(?:[^-]|-(?!----)){0,400}?[A-Za-z0-9+/]{12})"
"""A block that is only begun, or holds three dots, shows what a key looks like."""

BODY: Final = r"(?:[^-]|-(?!----)){1,40000}+"
OPEN_BODY: Final = r"(?:\\[nrt]|[ \t\r\n\"'+,;]|Proc-Type:[^\n]{0,60}|DEK-Info:[^\n]{0,100}|(?:Version|Comment|Charset):[^\n]{0,100}|[A-Za-z0-9+/]{20,}+={0,2}|[A-Za-z0-9+/]{1,19}+={1,2}|[A-Za-z0-9+/]{4,19}+(?=\s*(?:-----|[\"'\\]|\Z))){1,4000}+"

RULES: Final = (
    Rule(
        v.SECRET,
        "A private key",
        pattern(rf"-----[ ]?BEGIN[ ]{KIND}[ ]?-----{HOLDS_A_KEY}(?:{BODY}-----[ ]?END[ ](?P=kind)[ ]?-----|{OPEN_BODY})"),
        1.0,
        needs=("begin ",),
    ),
    Rule(
        v.SECRET,
        "A private key",
        pattern(rf"----[ ]BEGIN[ ]SSH2[ ]ENCRYPTED[ ]PRIVATE[ ]KEY[ ]----{OPEN_BODY}"),
        1.0,
        needs=("begin ssh2",),
    ),
    Rule(
        v.SECRET,
        "A PuTTY private key",
        pattern(r"Private-Lines:[ ]*\d{1,3}\s+(?P<value>(?:[A-Za-z0-9+/=]{8,80}\s*){1,60})"),
        1.0,
        needs=("private-lines",),
    ),
    Rule(
        v.SECRET,
        "A key block in base64",
        pattern(r"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi(?!BDRVJU|BQVUJMSUMg|BYNTA5|BQR1AgUFVC)[A-Za-z0-9+/\\\n]{16,20000}+={0,2}"),
        1.0,
        needs=("ls0tls1crudjti",),
    ),
    Rule(
        v.SECRET,
        "The body of a private key",
        pattern(r"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{2}(?:IBAA|AgEA|KAIB|gIBAA|wIBAD)|b3BlbnNzaC1rZXktdj)[A-Za-z0-9+/=\s\\]{40,20000}+"),
        0.95,
        needs=("mii", "b3blbnnzac1r"),
    ),
    Rule(
        v.SECRET,
        "The private part of a key in XML or JSON",
        pattern(r"<(?P<part>D|P|Q|DP|DQ|InverseQ)>(?P<value>[A-Za-z0-9+/=\s]{20,2000})</(?P=part)>|\"(?:d|p|q|dp|dq|qi|k)\"[ ]{0,2}:[ ]{0,2}\"(?P<value>[A-Za-z0-9_-]{22,1400})\""),
        0.95,
        needs=("rsakeyvalue", "inverseq", '"kty"'),
    ),
)  # fmt: skip

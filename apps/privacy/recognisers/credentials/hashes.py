"""Hashes of passwords in the forms that systems store: crypt, Kerberos, NTLM, Cisco, LDAP, frameworks."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.rules import Rule, pattern

RULES: Final = (
    Rule(
        v.SECRET,
        "A password's hash",
        pattern(
            r"""(?<![\w$])(?:\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{31,53}|\$(?:1|5|6|7|y|gy|apr1|md5|sha1|P|H|S|argon2id?|argon2d|scrypt|bcrypt-sha256|pbkdf2(?:-sha\d+)?)\$[A-Za-z0-9./=,+$_*-]{16,300}
            |\$[89]\$[A-Za-z0-9./$]{20,100}|\$krb5(?:asrep|tgs|pa)\$\d\d?\$[^\s"']{32,8000}|\{(?:SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512|PBKDF2)\d*\}[A-Za-z0-9+/=.$]{20,200}
            |(?:pbkdf2|bcrypt|scrypt|argon2|md5|sha1|sha256)(?:_sha\d+)?\$\S{20,300}|pbkdf2:sha\d+:\d+\$\S{20,200}|scrypt:\d+:\d+:\d+\$\S{20,300}|SCRAM-SHA-\d+\$\S{40,200}
            |\$(?:DCC2|NT|ml|office|zip2|rar5|keepass|bitcoin|ethereum|pdf|8)\$[^\s"']{16,8000}|grub\.pbkdf2\.sha512\.\d+\.[0-9A-F.]{100,600})"""
        ),
        0.96,
        needs=("$", "{ssha", "{sha}", "{smd5", "{md5", "{crypt", "{pbkdf2", "grub."),
    ),
    Rule(
        v.SECRET,
        "A line of a dump of Windows passwords",
        pattern(r"(?<![A-Za-z0-9])(?P<value>(?:aad3b435b51404eeaad3b435b51404ee|[0-9a-fA-F]{32}):[0-9a-fA-F]{32})(?=:::|:?\s|$)"),
        0.95,
        needs=(":::", "aad3b435b51404ee"),
    ),
    Rule(
        v.SECRET,
        "A password of a network device",
        pattern(
            r"(?:password|secret|key|md5|community|pre-shared-key|key-string|authentication|priv)[ ](?:level[ ]\d+[ ])?(?:[04-9][ ]|sha256[ ]|encrypted[ ]|hash[ ]|ascii-text[ ]\"?)(?P<value>[\w$./*@#+=-]{5,120})",
            is_any_case=True,
        ),
        0.9,
        lambda text: any(character.isdigit() for character in text),
        needs=(" 0 ", " 4 ", " 5 ", " 6 ", " 7 ", " 8 ", " 9 ", "sha256 ", "encrypted ", "hash ", "ascii-text "),
        opens=opens_with("password", "secret", "key", "md5", "community", "pre-shared-key", "authentication", "priv"),
    ),
)  # fmt: skip

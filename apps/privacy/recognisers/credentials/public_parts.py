"""What is made to be shown: certificates, public keys, signatures, and the digests that name a file or an image."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding

OPENING: Final = "-----BEGIN "
LONGEST_BLOCK: Final = 20_000
PUBLIC_BLOCK: Final = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 |NEW |RSA |EC |DSA |PGP |SSH2 )?(?:CERTIFICATE(?: REQUEST)?|CRL|PUBLIC KEY(?: BLOCK)?|SIGNATURE|SIGNED MESSAGE|PKCS7|CMS|DH PARAMETERS|EC PARAMETERS)-----"
)
BODY: Final = re.compile(
    r"(?:(?:\r?\n|\\[rn])+(?:[A-Z][A-Za-z-]{2,20}: [^\n]{0,80}(?:\r?\n)+)*)?(?:[A-Za-z0-9+/]{4,100}={0,2}(?:\r?\n|\\r?\\?n?|[\"',+ ]{0,12}\r?\n[\"' ]{0,12})+)*+[A-Za-z0-9+/]{0,100}\\?"
)
"""What stands in a block before a line of it: headers, and lines of base64 alone."""

LINE: Final = re.compile(r"[A-Za-z0-9+/\\\s]{20,}={0,2}")
PUBLIC_KEY_LINE: Final = re.compile(
    r"AAAA(?:B3NzaC1yc2|B3NzaC1kc3|C3NzaC1lZDI1NTE5|E2VjZHNhLXNoYTItbmlzdHA|InNrLWVjZHNh|GnNrLXNzaC1lZDI1NTE5)[A-Za-z0-9+/]*={0,2}"
)
"""The base64 of a public key of SSH, by its beginning."""

PUBLIC_ID: Final = re.compile(
    r"(?:acct|ba|card|ch|cus|dp|evt|fee|ii|il|in|iin|li|mandate|or|pi|pm|po|price|promo|py|pyr|qt|re|seti|si|sku|sub|tr|txn|txr|we)_[A-Za-z0-9]{14,28}|prod_[A-Za-z0-9]{14}"
    r"|(?:req|msg|wrkspc|org|proj|asst|thread|run|step|call|resp|batch|toolu|msgbatch|file|vs)[_-][A-Za-z0-9]{16,40}|(?:chat)?cmpl-[A-Za-z0-9]{16,40}|modr-[A-Za-z0-9]{16,40}"
    r"|(?:SM|MM|CA|RE|PN|MG|CF|ZS|IS|VA|WK)[0-9a-f]{32}|(?:i|vpc|subnet|sg|ami|vol|snap|eni|rtb|igw|nat|eipalloc|acl)-[0-9a-f]{8,17}"
)
"""What a vendor calls a customer, a payment, an answer, a message or a machine: it is named openly and opens nothing."""

NAMED_SECRET: Final = re.compile(
    r"(?i)(?:key|token|secret|password|passwd|pwd)[\"'\]]{0,2}\s{0,3}(?:=>|[:=])\s{0,3}[\"']?$"
)
LONGEST_NAME: Final = 30
UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWNERS_ID: Final = re.compile(
    r"(?i)(?:client|tenant|subscription|object|application|app|project|directory|resource)[_.-]?id[\"'\]]{0,2}\s{0,3}(?:=>|[:=])\s{0,3}[\"']?$"
)
"""Whose UUID is sent along openly: a program's, a directory's, a contract's with a cloud."""

SITE_CHECK: Final = re.compile(r"(?i)-verification[\"']?[ ](?:content|value)=[\"']?$|-verification[=:][ ]?$")
LONGEST_SITE_CHECK: Final = 30
"""What a page shows to prove whose it is."""

ANONYMOUS: Final = re.compile(
    r"(?i)user(?:[ _-]?(?:name|id))?[\"'\]]{0,2}\s{0,4}(?:=>|:=|[:=])\s{0,4}[\"']?anonymous[\"']?[;,)]?\s{1,20}[\w.>\"'\[\]$-]{0,40}\s{0,4}(?:=>|:=|[:=])\s{0,4}[\"']?$"
)
"""The user `anonymous` just before a password: anybody's, by convention a word or an address (RFC 1635)."""

LONGEST_ANONYMOUS: Final = 140


def is_public(text: str, finding: Finding) -> bool:
    """
    Say whether a secret is a line of a certificate, a public key or a signature, or the password of everybody.

    What stands in such a block without being base64, as where its end is missing, is not. Looks back so far as a block is long.
    """
    if finding.type != v.SECRET:
        return False
    if ANONYMOUS.search(text[max(0, finding.start - LONGEST_ANONYMOUS) : finding.start]):
        return True
    before = text[max(0, finding.start - LONGEST_NAME) : finding.start]
    if PUBLIC_ID.fullmatch(text, finding.start, finding.end) and not NAMED_SECRET.search(before):
        return True
    if UUID.fullmatch(text, finding.start, finding.end) and OWNERS_ID.search(before):
        return True
    if SITE_CHECK.search(text[max(0, finding.start - LONGEST_SITE_CHECK) : finding.start]):
        return True
    if PUBLIC_KEY_LINE.fullmatch(text, finding.start, finding.end):
        return True
    if LINE.fullmatch(text, finding.start, finding.end) is None:
        return False
    opened = text.rfind(OPENING, max(0, finding.start - LONGEST_BLOCK), finding.start)
    block = PUBLIC_BLOCK.match(text, opened) if opened >= 0 else None
    return block is not None and BODY.fullmatch(text, block.end(), finding.start) is not None

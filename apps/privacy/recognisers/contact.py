"""How a person or a machine is reached: e-mail, phone, user names, links with credentials, network addresses."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import ipaddress
import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.rules import Rule, near, pattern

DOMAIN: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,40})"
CALLED: Final = near(
    "phone", "telephone", "tel", "mobile", "mob", "cell", "cellphone", "fax", "call", "called", "calls", "calling",
    "callback", "dial", "ring", "text", "texted", "sms", "whatsapp", "signal", "number", "no", "contact", "reach",
    "reached", "hotline", "extension", "ext", "telefon", "handy", "mobil", "rufnummer", "téléphone", "portable",
    "teléfono", "móvil", "telefono", "cellulare", "telefoon", "telefone", "celular", "ph", "p", "t", "m", "f",
)  # fmt: skip


def is_phone(number: str) -> bool:
    """Say whether digits in the shape of a phone number may be one: 7 to 15 digits, not all alike, no date."""
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    return not re.fullmatch(r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])", number.strip())


def is_ip(address: str) -> bool:
    """Say whether this is an IP address that tells something: not loopback, not unspecified, no netmask."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified or address.startswith("255."))


RULES: Final = (
    Rule(
        v.EMAIL,
        "An e-mail address",
        pattern(
            rf"(?<![\w.+%-])[\w+][\w!#$&'*+/=?^`{{|}}~%.-]{{0,63}}(?<=[\w+%-])@{DOMAIN}(?![\w@])", is_any_case=True
        ),
        1.0,
        needs=("@",),
    ),
    Rule(
        v.EMAIL,
        "An e-mail address written out to hide it",
        pattern(
            r"""(?<![\w.])[a-z0-9][\w+-]*(?:(?:\.|[ ]?[(\[]dot[)\]][ ]?|[ ]+dot[ ]+)[\w+-]+){0,4}
            (?:\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*|\s+at\s+)
            [a-z0-9][a-z0-9-]*(?:(?:\s*[\[({<]\s*dot\s*[\])}>]\s*|\s+dot\s+|\.)[a-z0-9-]+){0,3}
            (?:\s*[\[({<]\s*dot\s*[\])}>]\s*|\s+dot\s+|(?<=[\])}>]\s?[a-z0-9-]{1,30})\.)[a-z]{2,12}\b""",
            is_any_case=True,
        ),
        0.9,
        needs=("dot", "(at)", "[at]", "{at}", "<at>"),
    ),
    Rule(
        v.URL,
        "A link that carries a user name and password",
        pattern(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]*:[^\s/@\"'<>]+@[^\s\"'<>]+", is_any_case=True),
        1.0,
        needs=("://",),
    ),
    Rule(
        v.URL,
        "A link to a person's own page",
        pattern(
            r"""\b(?:https?://)?(?:www\.)?(?:linkedin\.com/in|facebook\.com|instagram\.com|x\.com|twitter\.com|
            github\.com|t\.me|tiktok\.com/@?|xing\.com/profile|medium\.com/@)/?[\w.%@-]{3,60}/?""",
            is_any_case=True,
        ),
        0.8,
        needs=(".com/", "t.me/"),
    ),
    Rule(
        v.PHONE,
        "A phone number with its country code",
        pattern(
            r"(?<![\w+/=-])(?:\+|00[ ]?)[1-9]\d{0,2}(?:[ ./-]{0,2}(?:\(0?\d{1,4}\)|\d{1,5})){2,7}(?:[ ]?(?:x|ext\.?|\#)[ ]?\d{1,6})?(?![\w])",
            is_any_case=True,
        ),
        0.9,
        is_phone,
        needs=("+", "00"),
    ),
    Rule(
        v.PHONE,
        "A phone number",
        pattern(
            r"""(?<![\w.,/+=:-])(?:1[ .-])?(?:\([2-9]\d\d\)[ ]?[2-9]\d\d[ .-]?\d{4}
            |[2-9]\d\d[ ]?([.-])[ ]?\d{3}[ ]?\1[ ]?\d{4}|[2-9]\d\d[ ][2-9]\d\d[ -]\d{4})
            (?:[ ,]*(?:x|ext\.?|extension|\#)[ ]?\d{1,6})?(?![\w-])""",
            is_any_case=True,
        ),
        0.85,
        is_phone,
    ),
    Rule(
        v.PHONE,
        "A phone number with its area code",
        pattern(
            r"(?<![\w.,/+=:-])(?:\(0\d{1,5}\)|0\d{1,5})[ ]?(?:[/.-][ ]?|[ ])\d{2,5}(?:[ .-]?\d{2,4}){1,4}(?![\w-])"
        ),
        0.8,
        is_phone,
    ),
    Rule(
        v.PHONE,
        "Digits beside words such as phone or call",
        pattern(
            r"(?<![\w.,/=-])\+?\(?\d{1,5}\)?(?:[ ./-]?\(?\d{2,5}\)?){1,6}(?:[ ]?(?:x|ext\.?|\#)[ ]?\d{1,6})?(?![\w-])",
            is_any_case=True,
        ),
        0.8,
        is_phone,
        CALLED,
    ),
    Rule(
        v.IP,
        "An IP address",
        pattern(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)"),
        0.9,
        is_ip,
        needs=(".",),
    ),
    Rule(
        v.IP,
        "An IP address (version 6)",
        pattern(
            r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?:%\w+)?(?![\w:])",
            is_any_case=True,
        ),
        0.9,
        is_ip,
        needs=("::", ":"),
    ),
    Rule(
        v.MAC,
        "A hardware (MAC) address",
        pattern(
            r"(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})(?![\w:-])",
            is_any_case=True,
        ),
        0.95,
        lambda address: len(set(re.sub(r"\W", "", address))) > 2,
    ),
    Rule(
        v.USERNAME,
        "A user name after its label",
        pattern(
            r"""(?<![\w-])(?:user(?:[ _-]?(?:name|id))?|login|log-?in[ ](?:name|id)|account[ ]name|screen[ ]name|nick(?:name)?|
            handle|benutzer(?:name)?|utilisateur|usuario|utente)[ ]?(?:is[ ]|:|=|[ ]->)[ ]*["'`]?
            (?P<value>[a-z0-9][\w.@\\-]{1,40}\w)["'`]?""",
            is_any_case=True,
        ),
        0.8,
        lambda name: (
            name.lower()
            not in {"none", "null", "true", "false", "name", "required", "string", "admin", "root", "not", "the"}
        ),
        needs=("user", "log", "name", "handle", "benutzer", "utilisateur", "utente", "nick"),
    ),
    Rule(
        v.USERNAME,
        "The owner of a home folder",
        pattern(r"(?:/home/|/Users/|[A-Z]:\\{1,2}Users\\{1,2})(?P<value>[\w.-]{2,40})(?=[/\\\s\"']|$)"),
        0.85,
        lambda name: (
            name.lower() not in {"public", "shared", "default", "user", "admin", "runner", "ubuntu", "root", "app"}
        ),
        needs=("/home/", "/users/", "users\\"),
    ),
    Rule(
        v.USERNAME,
        "A handle",
        pattern(r"(?<![\w@/.`])@(?P<value>[A-Za-z][\w.-]{2,30}\w)(?![\w@/(])"),
        0.7,
        lambda name: any(character.isdigit() or character in "_." for character in name),
        needs=("@",),
    ),
)

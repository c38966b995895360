"""Secrets: vendors' key formats, key blocks, tokens, connection strings, assignments, passwords in prose."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.rules import Rule, near, pattern

NO_SECRET: Final = re.compile(
    r"(?i)^(?:x{3,}|\*{3,}|\.{3,}|<.*>|\$\{?.*|%\w+%|\{\{.*|\[.*\]|changeme|none|null|nil|true|false|undefined|empty"
    r"|todo|required|optional|string|str|bytes|int|integer|boolean|bool|number|secret|password|passwd|token|key|value"
    r"|your[-_ ]?\w*.*|example.*|my[-_]?(?:secret|password|token|key).*|placeholder|redacted|hidden|masked|test|dummy"
    r"|os\.environ.*|process\.env.*|env\..*|getenv.*|self\..*|config\..*|settings\..*|args\..*|var\..*|local\..*"
    r"|data\..*|module\..*|secrets\..*|request\..*|req\..*|params.*|input.*|\w+\(.*|is|was|are|has|be|not|and|or|the"
    r"|reset|policy|manager|field|hash|hashed|encrypted|file|length|strength|must|should|expired?|wrong|incorrect"
    r"|protected|authentication|auth|login|prompt|rotation|expires|expiry|change|changed|required|for|to|in|of|on"
    r"|with|that|this|your|my|his|her|their|a|an|it|we|you|i|please|here|when|only|will|can|may|if|from|by|as|at)$"
)
HOLDS_A_DIGIT: Final = re.compile(r"\d")
VENDOR_KEYS: Final = (
    ("An AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA)[A-Z2-7]{16}", ("akia", "asia", "abia", "acca", "aroa", "aida", "agpa", "anpa")),
    ("A GitHub token", r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{50,255}", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")),
    ("A GitLab token", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|ffct|soat)-[A-Za-z0-9_.-]{18,300}", ("gl",)),
    ("A Slack token", r"xox[abposre](?:-[A-Za-z0-9]+){2,6}|xapp-\d-[A-Za-z0-9-]{20,200}|xoxe\.xox[bp]-\d-[A-Za-z0-9]{100,200}", ("xox", "xapp-")),
    ("A Slack or Discord webhook", r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,90}|(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d{15,22}/[\w-]{50,80})", ("hooks.slack", "webhooks")),
    ("A Teams webhook", r"https://[\w-]+\.webhook\.office\.com/webhookb2/[\w@/-]{60,300}", ("webhook.office",)),
    ("An OpenAI key", r"sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,200}", ("sk-",)),
    ("An Anthropic key", r"sk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{40,200}", ("sk-ant",)),
    ("A Google API key", r"AIza[A-Za-z0-9_-]{35}", ("aiza",)),
    ("A Google OAuth secret or token", r"GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,400}|1//0[A-Za-z0-9_-]{40,120}", ("gocspx", "ya29", "1//0")),
    ("A Stripe key", r"(?:sk|rk|pk|whsec)_(?:live|test|prod)?_?[A-Za-z0-9]{20,250}", ("sk_", "rk_", "pk_", "whsec_")),
    ("A SendGrid, Mailgun or Mailchimp key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}", ("sg.", "key-", "-us")),
    ("A Twilio key", r"(?:SK|AC)[0-9a-f]{32}", ("sk", "ac")),
    ("A package registry token", r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,300}|rubygems_[0-9a-f]{48}|cio[A-Za-z0-9]{32}|oy2[a-z0-9]{43}", ("npm_", "pypi-", "rubygems_", "cio", "oy2")),
    ("A Docker or registry token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,64}", ("dckr_",)),
    ("A Hugging Face token", r"(?:hf|api_org)_[A-Za-z]{30,40}", ("hf_", "api_org_")),
    ("A DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", ("_v1_",)),
    ("A HashiCorp Vault or Terraform token", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,80}", ("hvs.", "hvb.", "hvr.", "atlasv1")),
    ("A Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", ("shpat", "shpca", "shppa", "shpss")),
    ("A Databricks token", r"dapi[0-9a-f]{32}(?:-\d)?", ("dapi",)),
    ("A New Relic, Grafana or Datadog key", r"NR(?:AK|JS|AA|II|IQ)-[A-Za-z0-9_-]{19,42}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,400}|ddp_[A-Za-z0-9]{36}", ("nr", "glsa_", "glc_", "ddp_")),
    ("An Atlassian token", r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=+-]{24,250}", ("atatt", "atctt", "atbb")),
    ("A Telegram bot token", r"\d{8,10}:AA[A-Za-z0-9_-]{32,33}", (":aa",)),
    ("A Square, PayPal or payment key", r"(?:EAAA|sq0(?:atp|csp|idp)-)[A-Za-z0-9_-]{22,64}|access_token\$production\$[a-z0-9]{16}\$[0-9a-f]{32}", ("eaaa", "sq0", "access_token$")),
    ("A Facebook token", r"EAACEdEose0cBA[A-Za-z0-9]+|EAA[A-Za-z0-9]{90,400}", ("eaa",)),
    ("A cloud platform token", r"(?:fo1_[\w-]{43}|FlyV1[ ]fm\d[a-z]?_[A-Za-z0-9+/=,_-]{100,600}|lin_(?:api|oauth)_[0-9A-Za-z]{40,64}|dop_v1_[0-9a-f]{64}|pul-[0-9a-f]{40}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|figd_[\w-]{38,46}|ntn_[A-Za-z0-9]{44,50}|secret_[A-Za-z0-9]{43}|sbp_[0-9a-f]{40}|rnd_[A-Za-z0-9]{32}|gsk_[A-Za-z0-9]{48,56}|xai-[A-Za-z0-9]{70,90}|r8_[A-Za-z0-9]{37}|pplx-[A-Za-z0-9]{40,56}|nvapi-[\w-]{60,70}|AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}|ops_[A-Za-z0-9_-]{200,900}|sntry[su]_[A-Za-z0-9+/=_-]{60,200}|phc_[A-Za-z0-9]{40,50}|phx_[A-Za-z0-9]{40,50}|tfp_[\w]{40,70}|dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32}|EZ[AT]K[A-Za-z0-9]{54}|lob_(?:live|test)_[a-z0-9]+|live_[a-f0-9]{35}|duffel_(?:test|live)_[\w=-]{43}|shippo_(?:live|test)_[a-f0-9]{40}|CLOJARS_[A-Za-z0-9]{60}|pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}|tk-us-[\w-]{48}|waka_[0-9a-f-]{36}|sgp_[A-Za-z0-9_]{40,60}|doo_v1_[a-f0-9]{64}|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,60}|p8e-[a-z0-9]{32}|ICO-[A-Za-z0-9]{32}|NRAK-[A-Z0-9]{27})", ()),
    ("An Azure key", r"(?:AccountKey|SharedAccessKey|sig)=(?P<value>[A-Za-z0-9+/%]{40,100}={0,2})|[\w~.-]{3}8Q~[\w~.-]{34}", ("key=", "sig=", "8q~")),
    ("A JSON web token", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{0,}", ("eyj",)),
    ("A JSON web token", r"eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)*", ("eyj",)),
)  # fmt: skip
KEY_NAME: Final = r"""
    [\w.-]{0,40}(?:pass(?:word|wd|phrase|code)?|pwd|pswd|passwort|kennwort|contraseña|mot[ _]de[ _]passe|secret|token|api[_.-]?key|apikey
    |access[_.-]?key|secret[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|auth[_.-]?key|account[_.-]?key|shared[_.-]?key
    |master[_.-]?key|license[_.-]?key|storage[_.-]?key|credentials?|client[_.-]?secret|bearer|authorization|connection[_.-]?string|conn[_.-]?str
    |session[_.-]?(?:id|key)|cookie|salt|pin|otp|auth|dsn|webhook)(?:[_.-]?(?:key|token|id|value|string|default|live|prod|test|dev|v?\d+)){0,2}"""
SECRET_WORDS: Final = (
    "pass",
    "pwd",
    "pswd",
    "kennwort",
    "contrase",
    "secret",
    "token",
    "key",
    "credential",
    "bearer",
    "authorization",
    "conn",
    "session",
    "cookie",
    "salt",
    "pin",
    "otp",
    "auth",
    "dsn",
    "webhook",
)


def entropy(text: str) -> float:
    """Give Shannon's entropy in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def is_random(text: str) -> bool:
    """Say whether a run of characters looks drawn by a machine: mixed classes and high entropy for its length."""
    if len(text) < 16 or len(set(text)) < 8 or re.fullmatch(r"[a-z]+(?:[-_./][a-z]+)*|[A-Z]+(?:[-_][A-Z]+)*", text):
        return False
    is_hex = re.fullmatch(r"[0-9a-fA-F-]+", text) is not None
    if is_hex:
        return len(text) >= 32 and entropy(text) > 3.0
    classes = sum(bool(re.search(one, text)) for one in (r"[a-z]", r"[A-Z]", r"\d"))
    return classes >= 2 and bool(HOLDS_A_DIGIT.search(text)) and entropy(text) > 3.3 + 0.01 * min(len(text), 40)


def is_wordy(text: str) -> bool:
    """Say whether a run of characters is made of dictionary words: a path, an identifier, a file's name."""
    pieces = re.findall(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}", text)
    return (
        bool(pieces) and sum(map(len, pieces)) > len(text) / 2 and all(p.lower() in words.dictionary() for p in pieces)
    )


def is_key_like(text: str) -> bool:
    """Say whether a run of characters beside a word such as key may be one: letters with digits, no words."""
    is_identifier = re.fullmatch(r"[A-Z0-9]+(?:_[A-Z0-9]+)+=*", text) is not None
    is_path = "/" in text and not HOLDS_A_DIGIT.search(text)
    if len(text) < 16 or is_identifier or is_path or is_wordy(text) or len(set(text)) < 6:
        return False
    holds_both = bool(HOLDS_A_DIGIT.search(text)) and any(character.isalpha() for character in text)
    is_mixed = not text.islower() and not text.isupper() and entropy(text) > 3.8
    return holds_both or (len(text) >= 20 and is_mixed)


def stands_out(text: str) -> bool:
    """Say whether a run of characters is so random that it needs no word beside it: three classes, no hash, no words."""
    classes = sum(bool(re.search(one, text)) for one in (r"[a-z]", r"[A-Z]", r"\d"))
    has_prefix = re.match(r"[a-z]{2,10}[_-](?=[A-Za-z0-9_-]{20,}$)", text) is not None
    is_hex = re.fullmatch(r"[0-9a-fA-F-]+", text) is not None
    return (classes == 3 or (has_prefix and classes == 2)) and not is_hex and not is_wordy(text) and entropy(text) > 3.9


def is_value(text: str) -> bool:
    """Say whether what stands after a secret's name may be one: not a placeholder, a variable or a plain word."""
    stripped = text.strip("\"'`,;")
    is_address = re.match(r"https?://[^@?]*$|[A-Za-z][\w.]*\(|-|/|\(|\[|#\{|\\?\$[A-Za-z_{(]", stripped) is not None
    return len(stripped) >= 4 and not is_address and not NO_SECRET.match(stripped) and len(set(stripped)) > 2


def is_said_password(text: str) -> bool:
    """Say whether a word after "password is" is one: not a plain lower-case word."""
    stripped = text.rstrip(".,;:!?\"')")
    return is_value(stripped) and (not stripped.isalpha() or (not stripped.islower() and not stripped.istitle()))


def is_basic(text: str) -> bool:
    """Say whether base64 holds "user:password", as in HTTP Basic."""
    try:
        return b":" in base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False


def is_jwt_head(text: str) -> bool:
    """Say whether a token begins with a JSON object in base64."""
    head = text.split(".")[0]
    try:
        return isinstance(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))), dict)
    except (binascii.Error, ValueError):
        return False


RULES: Final = (
    *(
        Rule(v.SECRET, reason, pattern(rf"(?<![A-Za-z0-9_-])(?:{source})(?![A-Za-z0-9])"), 0.98, None, None, needs)
        for reason, source, needs in VENDOR_KEYS
    ),
    Rule(
        v.SECRET,
        "A private key",
        pattern(
            r"""-----BEGIN[ ](?P<kind>[A-Z0-9 ]{0,40}(?:PRIVATE[ ]KEY(?:[ ]BLOCK)?|OPENSSH[ ]PRIVATE[ ]KEY))-----
            (?:(?:(?!-----).){1,20000}?-----END[ ](?P=kind)-----|[A-Za-z0-9+/=\\\s]{1,8000})""".replace(
                "(?!-----).", r"[^-]|-(?!----)"
            ),
        ),
        1.0,
        needs=("-----begin",),
    ),
    Rule(
        v.SECRET,
        "A password in a connection string",
        pattern(
            r"(?:password|pwd|accountkey|sharedaccesskey|secret)[ ]*=[ ]*(?P<value>[^;\"'\s&]{3,200})", is_any_case=True
        ),
        0.9,
        is_value,
        needs=("pass", "pwd", "key=", "secret"),
    ),
    Rule(
        v.SECRET,
        "A value assigned to a name such as password or token",
        pattern(
            rf"""(?<![\w-])["'`]?{KEY_NAME}["'`]?[ \t]{{0,16}}(?:=>|:=|={{1,3}}|!={{1,2}}|:|->|,(?=[ ]?["'`]))[ \t]{{0,16}}
            (?:(?P<quote>["'`])(?P<value>[^"'`\n]{{4,300}})(?P=quote)|(?:Bearer[ ]|Basic[ ]|Token[ ])?(?P<value>[^\s"'`,;<>()\[\]{{}}]{{4,300}}))""",
            is_any_case=True,
        ),
        0.85,
        is_value,
        needs=SECRET_WORDS,
    ),
    Rule(
        v.SECRET,
        "A password said in a sentence",
        pattern(
            r"""(?<!\w)(?:pass(?:word|wd|phrase|code)|pwd|pin(?:[ ]code)?|passwort|kennwort|contraseña|mot[ ]de[ ]passe|wachtwoord|senha|
            credentials?|api[ ]key|secret|token|access[ ]code|otp)(?:[ ](?:for|to|of|on)[ ][\w .-]{1,30}?)?
            [ ]?(?:(?:is|was|are|ist|lautet|est|es|reset[ ]to|set[ ]to|changed[ ]to|now|still|set|=|:|->)[ ]{0,2}){1,3}["'`“]?
            (?P<value>[^\s"'`”;]{3,120}[^\s"'`”;,.:!?)])""",
            is_any_case=True,
        ),
        0.85,
        is_said_password,
        needs=SECRET_WORDS,
    ),
    Rule(
        v.SECRET,
        "A user name and password side by side",
        pattern(
            r"(?:log[ -]?in|sign[ -]?in|credentials?|creds|access)(?:[ ]\w+){0,3}[ ]?(?:is|are|with|:|=)[ ]*[\w.@-]{2,40}[ ]?[/:|][ ]?(?P<value>[^\s\"'`,;]{4,60})",
            is_any_case=True,
        ),
        0.85,
        is_said_password,
        needs=("log", "sign", "cred", "access"),
    ),
    Rule(
        v.SECRET,
        "An HTTP authorization header",
        pattern(
            r"(?:authorization[\"']?[ ]*[:=][ ]*[\"']?)?(?:bearer|token|apikey)[ ]+(?P<value>[A-Za-z0-9_.+/=~-]{16,2000})",
            is_any_case=True,
        ),
        0.9,
        is_random,
        needs=("bearer", "token", "apikey"),
    ),
    Rule(
        v.SECRET,
        "A user name and password in an HTTP header",
        pattern(r"basic[ ]+(?P<value>[A-Za-z0-9+/]{8,200}={0,2})(?!\w)", is_any_case=True),
        0.9,
        is_basic,
        needs=("basic",),
    ),
    Rule(
        v.SECRET,
        "A password on a command line",
        pattern(
            r"""(?<!\S)(?:-u[ ]?["']?[\w.@-]+:(?P<value>[^\s"']{3,100})|(?:sshpass[ ]-p|--password(?!-)|--pass|--token|--secret|--api-key|mysql\b[^\n]{0,80}?[ ]-p)[ =]?["']?(?P<value>[^\s"']{4,200}))""",
            is_any_case=True,
        ),
        0.85,
        is_value,
        needs=("-u", "-p", "--pass", "--token", "--secret", "--api-key"),
    ),
    Rule(
        v.SECRET,
        "A password's hash",
        pattern(
            r"(?<!\w)(?:\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$(?:1|5|6|y|argon2id?|argon2d|apr1)\$[^\s:\"']{20,200}|pbkdf2_sha256\$\d+\$\S{20,120}|\{SSHA\d*\}[A-Za-z0-9+/=]{20,120})"
        ),
        0.95,
        needs=("$", "{ssha"),
    ),
    Rule(
        v.SECRET,
        "A quoted password",
        pattern(
            r"""(?<![\w-])(?:[\w.]{0,30}(?:pass(?:word|wd|phrase)|pwd|secret))(?:[ ](?:for|of)[ ][\w ."'-]{1,40}?)?
            [ ]{0,3}(?:is[ ]{1,3}|,[ ]?)?(?P<quote>["'`])(?P<value>[^"'`\s]{3,100})(?P=quote)""",
            is_any_case=True,
        ),
        0.85,
        lambda text: len(text) > 3 and not NO_SECRET.match(text),
        needs=("pass", "pwd", "secret"),
    ),
    Rule(
        v.SECRET,
        "A random string beside words such as key or secret",
        pattern(
            r"(?<![A-Za-z0-9/+.])[A-Za-z0-9][A-Za-z0-9_+/.~-]{15,300}={0,2}(?![\w=\"'])|(?<![A-Za-z0-9/+.])[A-Za-z0-9][A-Za-z0-9_+/.~-]{15,300}={0,2}(?=[\"'](?!\w))"
        ),
        0.82,
        is_key_like,
        near(r"[\w.-]*(?:key|secret|token|password|pat|private|access|auth|credential|signature|api|client)s?"),
        needs=(*SECRET_WORDS, "pat", "private", "access", "api", "client"),
    ),
    Rule(
        v.SECRET,
        "A random string",
        pattern(
            r"(?<![\w/+.=%-])(?!sha\d{3}-)[A-Za-z0-9][A-Za-z0-9_-]{23,300}(?:\.[A-Za-z0-9_-]{16,300})*={0,2}(?![\w./])"
        ),
        0.81,
        stands_out,
    ),
)

"""Codes for doors, alarms, safes and telephones, and passwords named after the word that announces them."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, at_words, near, pattern

LOCKED: Final = (
    r"(?:alarm|door|gate|safe|vault|lock|keypad|entry|access|security|garage|building|office|server[ ]?room|locker|lift|"
    r"printer|voicemail|sim|card|unlock|lockbox|key[ ]?box|key[ ]?safe|cabinet|shed|barrier|lobby|entrance|archive|portail|immeuble|portón|cancello|hek|screen|phone|tablet|wi-?fi|router|tür|alarmanlage|tresor|türcode|porte|alarme|coffre|puerta|alarma|porta|allarme|deur|kluis)"
)
LOCKED_WORDS: Final = "lockbox box cabinet shed barrier lobby entrance archive portail immeuble portón cancello hek codice código codigo code alarm door gate safe vault lock keypad entry access security garage building office room locker lift printer voicemail sim card unlock screen phone tablet wifi wi router tür alarmanlage tresor türcode porte alarme coffre puerta alarma porta allarme deur kluis code pin combination combo otp tan passcode"
SHUT: Final = (
    r"(?:alarm|door|gate|safe|vault|lock|keypad|entry|garage|lift|lockbox|key[ ]?box|key[ ]?safe|shed|barrier|entrance)"
)
WORD_BEFORE: Final = r"(?:[ ](?:is|was|are|=|:|to|ist|lautet|est|es|è|é|now|still)|[ ]?[:=])?"

AFTER_A_CODE: Final = r"(?:now|again|and|or|then|but|at|on|in|from|before|after|since|until|till|as|if|when|while|every|only|still|today|for|too|instead|not|please)(?!\w)"
"""How a sentence goes on behind a code; anything else is what a number counts: `with 250 people`."""

NOUN: Final = r"(?:pass(?:word|code|phrase|wd)?|pwd?|pin)"
NOUN_IN_ANY: Final = r"(?:pass(?:word|code|phrase|wort)|pwd?|passwort|kennwort|contrase[nñ]a|clave|mot[ ]de[ ]passe|mdp|wachtwoord|senha)"
NOUN_WORDS: Final = "password passcode passphrase pass pw pwd pin passwd passwort kennwort contraseña contrasena clave mot mdp wachtwoord senha"


ABOUT_PASSWORDS: Final = near(
    "passwords?",
    "pass(?:code|phrase|wort|wd)s?",
    "pass",
    "pwd?s?",
    "pins?",
    "kennw(?:ort|örter)",
    "logins?",
    "credentials?",
    "codes?",
    "keys?",
    "mots? de passe",
    "contrase[nñ]as?",
    "wachtwoord(?:en)?",
    "senhas?",
)


NO_PHRASE: Final = re.compile(
    r"(?i)\b(?:must|should|not|wrong|incorrect|required|needed|invalid|too|stored|used|asked|the same|case|at least|longer|shorter|correct one|empty|missing|ignored|never|always)\b"
)


def is_drawn_password(text: str) -> bool:
    """Say whether a value is written as passwords are: small and capital letters with a digit, or a sign among both."""
    has_letters = re.search(r"[a-z]", text) is not None and re.search(r"[A-Z!@#$%&*_+?-]", text) is not None
    return has_letters and is_said_with_a_digit(text.rstrip(".,?!:")) and "/" not in text and "." not in text[:-1]


def is_surely_drawn(text: str) -> bool:
    """Say whether a value that nothing but its form shows to be a password is one: with a sign, or four digits in a row."""
    return is_drawn_password(text) and re.search(r"[!@#$%&*+?]|\d{4}", text) is not None


def is_typed(text: str) -> bool:
    """Say whether what opens something is typed: letters and digits, and no name of a program with its number."""
    return is_said_with_a_digit(text) and not shapes.NAMES_WITH_NUMBERS.fullmatch(text) and "." not in text


def is_phrase(text: str) -> bool:
    """Say whether words after "passphrase is" are one: none that says what it must be or where it is."""
    return NO_PHRASE.search(text) is None and not shapes.is_placeholder(text)


def is_said_value(text: str) -> bool:
    """Say whether what stands where a password is said may be one: letters and digits or signs, no placeholder."""
    is_mixed = re.search(r"[^\W\d_]", text) is not None and re.search(r"[\d_!@#$%&*+-]", text) is not None
    return is_mixed and not shapes.is_placeholder(text) and not shapes.is_code(text)


def is_said_with_a_digit(text: str) -> bool:
    """Say so of a place where words with dashes may stand as well: there a digit must be in it."""
    return is_said_value(text) and re.search(r"\d", text) is not None


RULES: Final = (
    Rule(
        v.SECRET,
        "The code of a door, an alarm, a safe or a telephone",
        pattern(
            rf"""(?<![\w-]){LOCKED}[ ']?s?[ ]?(?:code|pin|combination|combo|nummer|passcode)(?:[ ](?:for|of|to|in|at|für|von)[ ](?:the[ ])?[\w-]{{1,20}}(?:[ ][\w-]{{1,20}})?)?{WORD_BEFORE}[ ](?P<value>[*\#]?\d{{3,10}}[\#*]?|\d{{2,3}}(?:[ -]\d{{2,3}}){{1,3}})(?![\w%]|[.,]\d)
            |(?<![\w-])(?:pin|otp|tan|one[ -]time[ ](?:code|password)|passcode|(?:verification|sms|2fa|mfa|auth)[ ]code)(?:[ ](?:for|of|to|in|at|für|von|vom|zur|do|da|del|della|du|de|des|van)[ ](?:the[ ]|la[ ]|el[ ]|de[ ]|het[ ])?[\w'-]{{1,20}}(?:[ ][\w-]{{1,20}})?)?(?:[ ]\d(?=[ ]?=))?{WORD_BEFORE}[ ](?P<value>[*\#]?\d{{4,10}}[\#*]?|\d{{3}}[ -]\d{{3,4}})(?![\w%]|[.,]\d)
            |(?<![\w-])(?:code|codice|c[óo]digo)[ ](?:for|of|to|in|at|du|de|des|del|della|do|da|van|für|vom|zur|zum)[ ](?:the[ ]|our[ ]|la[ ]|el[ ]|l'|de[ ]|het[ ])?(?:[\w-]{{1,16}}[ ])?{LOCKED}{WORD_BEFORE}[ ](?P<value>[*\#]?[A-Z]?\d{{3,10}}[A-Z]?[\#*]?)(?![\w%]|[.,]\d)
            |(?<![\w-])comb(?:ination|o)(?:[ ](?:of|for|to)[ ](?:the[ ])?[\w-]{{1,20}}(?:[ ][\w-]{{1,20}})?)?{WORD_BEFORE}[ ](?P<value>\d{{1,2}}(?:[ -]\d{{1,2}}){{2,4}}|\d{{4,8}})(?![\w%]|[.,]\d)""",
            is_any_case=True,
        ),
        0.84,
        place=at_words(LOCKED_WORDS, before=12, after=90, digits=3),
    ),
    Rule(
        v.SECRET,
        "What an alarm is armed with, and the key of a meeting's host",
        pattern(
            r"""(?<!\w)(?:dis)?arm(?:s|ed|ing)?[ ](?:it[ ]|the[ ]alarm[ ])?(?:with|by|using)[ ](?:the[ ])?(?:code[ ]|pin[ ])?(?P<value>[*\#]?\d{4,8}[\#*]?)(?![\w%]|[.,]\d|[ ](?!(?:and|or|then|to|on|at|in|from|when|before|after)[ ])[a-z])
            |(?<!\w)snmp[ ]community[ ](?!(?:strings?|names?|support|public|private|values?)\b)(?P<value>[^\s"'`,;.()]{4,40})[ \t]*$
            |(?<![\w-])(?:host[ ]key|(?:moderator|participant|attendee|host)[ ](?:pin|code))(?:[ ](?:is|was)|[ ]?[:=])?[ ](?P<value>\d{4,10})(?![\w%]|[.,]\d)""",
            is_any_case=True,
        ),
        0.84,
        needs=("arm with", "arm by", "arms with", "armed with", "arm it with", "alarm with", "snmp community", "host key", "host pin", "host code", "moderator", "participant", "attendee"),
    ),
    Rule(
        v.SECRET,
        "The code of a door said beside another",
        pattern(
            rf"""(?<![\w-])(?:celui|celle|quello|quella)[ ](?:du|de[ ]la|de[ ]l['\u2019]|del|della|dello|dell['\u2019])[ ]?(?:{LOCKED}|garage|box|cancello|cave){WORD_BEFORE}[ ](?P<value>[*\#]?[A-Z]\d{{3,8}}|[*\#]?(?!(?:19|20)\d\d(?!\w))\d{{4,10}}[A-Z]?[\#*]?)(?![\w%]|[.,]\d)
            |(?<![\w-]){SHUT}[ ]code[ ](?:[a-z]{{1,12}}[ ]){{0,2}}from[ ](?P<value>[*\#]?\d{{4,10}}[\#*]?)(?=[ ]to[ ][*\#]?\d{{4}})
            |(?P<value>[*\#]?\d{{4,10}}[\#*]?)(?<={SHUT}[ ]code[ ](?:[a-z]{{1,12}}[ ]){{0,2}}from[ ][*\#]?\d{{4,10}}[\#*]?[ ]to[ ][*\#]?\d{{4,10}}[\#*]?)(?![\w%]|[.,]\d)""",
            is_any_case=True,
        ),
        0.84,
        needs=("celui d", "celle d", "quello d", "quella d", "code changed from", "code was changed from", "code has changed from", "code went from", "code has been changed from"),
    ),
    Rule(
        v.SECRET,
        "The key of a wireless network",
        pattern(
            r"(?<![\w-])(?:wi-?fi|wlan|ssid|hotspot|wireless)(?![\w-])[^\n.;]{0,40}?[ ,](?:key|psk|pass|pw|code|clave|clé|schlüssel|chiave|sleutel|chave)[ ]?[:=]?[ ](?P<value>[^\s,;.()]{6,60})",
            is_any_case=True,
        ),
        0.84,
        is_said_value,
        place=at_words("wifi wi wlan ssid hotspot wireless", after=140),
        opens=opens_with("wifi", "wi-fi", "wlan", "ssid", "hotspot", "wireless"),
    ),
    Rule(
        v.SECRET,
        "A password in parentheses after its word",
        pattern(
            r"(?<![\w-])(?:pass(?:word|code|phrase|wort)?|pwd?|passwort|kennwort|contrase[nñ]a|mot[ ]de[ ]passe|wachtwoord|senha)(?![\w-])[^\n().]{0,70}?[ ]\((?:(?:is|it['\u2019]?s|still|now|currently|e\.g\.)[ ])?[\"'`]?(?P<value>[^\s()\"'`]{4,40})[\"'`]?\)",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        needs=("(",),
        place=at_words("pass password passcode passphrase passwort pw pwd kennwort contraseña contrasena mot wachtwoord senha", after=160),
    ),
    Rule(
        v.SECRET,
        "Another password than the one said before",
        pattern(
            r"(?<![\w-])(?:pass(?:word|code|phrase|wort)?s?|pwd?s?|keys?|pins?|passwort|kennwort)(?![\w-])[^\n]{0,100}?[ ](?:one|other|second|old|new|ones|andere|zweite)[ ](?:is|was|are|ist)[ ][\"'`]?(?P<value>[^\s\"'`,;()<>]{4,40}[^\s\"'`,;.()<>?!])",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        place=at_words("pass password passwords passcode passphrase passwort pw pws pwd key keys pin pins kennwort", after=190),
    ),
    Rule(
        v.SECRET,
        "Codes to get an account back",
        pattern(
            r"(?<![\w-])(?:recovery|backup|2fa|mfa|rescue|emergency|scratch|one[ -]time)[ ](?:codes?|keys?|passwords?)[ ]?(?:are|is|:|=|-)?[ ]{0,2}(?P<value>(?=[\w-]*\d)[\w-]{6,40}(?:(?:,[ ]?|[ ]|,?[ ]and[ ]|\n)(?=[\w-]*\d)[\w-]{6,40}){0,15})",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        place=at_words("recovery backup fa mfa rescue emergency scratch time", before=6, after=300),
    ),
    Rule(
        v.SECRET,
        "What is to be used as the password",
        pattern(
            rf"""(?<!\w)(?:use|using|used|with|try|set|choose|enter|type|put|typed|entered)[ ]["'`]?(?P<value>[^\s"'`,;()<>]{{4,40}})["'`]?[ ]as[ ](?:(?:the|a|my|your|our|his|her|their)[ ])?(?:[\w-]{{1,16}}[ ]){{0,2}}?{NOUN}(?!\w)
            |(?<!\S)["'`]?(?P<value>[^\s"'`,;()<>]{{4,40}})["'`]?[ ]is[ ](?:still[ ]|now[ ])?(?:the|my|your|our|his|her|their)[ ](?:[\w-]{{1,16}}[ ]){{0,3}}?{NOUN}(?!\w)(?![ ](?:for|of)[ ](?:success|a))""",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        place=at_words(NOUN_WORDS, before=110, after=20),
    ),
    Rule(
        v.SECRET,
        "Codes to get an account back, a line each",
        pattern(
            r"(?<![\w-])(?:recovery|backup|2fa|mfa|rescue|emergency|scratch|one[ -]time)[ ](?:codes?|keys?)(?!\w)[^\n]{0,80}\n(?:[ \t]{0,8}\n)?(?P<value>(?:[ \t]{0,8}(?:[-*\u2022]|\d{1,2}[.)])?[ ]?(?=[\w-]{0,40}\d)[\w-]{6,40}[ \t]{0,4}(?:\n|\Z)){2,20})",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        needs=(" code", " key"),
        place=at_words("recovery backup fa mfa rescue emergency scratch time", before=6, after=700),
    ),
    Rule(
        v.SECRET,
        "What opens an account or a machine",
        pattern(
            r"(?<!\w)(?:opens?|opened|unlocks?|unlocked|starts[ ]up|decrypts?|decrypted)[ ](?:it[ ])?with[ ][\"'`]?(?P<value>[^\s\"'`,;()<>]{6,40}[^\s\"'`,;.()<>?!:])",
            is_any_case=True,
        ),
        0.83,
        is_typed,
        needs=("open", "unlock", "start", "decrypt"),
        place=at_words("open opens opened unlock unlocks unlocked starts decrypt decrypts decrypted", after=70),
    ),
    Rule(
        v.SECRET,
        "What somebody's password was reset to",
        pattern(
            r"(?<!\w)(?:re)?set[ ](?:(?:him|her|them|everyone|everybody|(?:his|her|their|the|my)[ ](?:account|login|user|mailbox|password|pw))[ ](?:back[ ])?to[ ](?:(?:the|our|a)[ ](?:usual|standard|default|temporary|temp|initial|old|same)[ ](?:one[ ]|password[ ])?)?|it[ ](?:back[ ])?to[ ](?:the|our)[ ](?:usual|standard|temporary|initial|old|same)[ ](?:one[ ]|password[ ])?)[\"'`]?(?P<value>[^\s\"'`,;()<>]{5,40}[^\s\"'`,;.()<>?:])",
            is_any_case=True,
        ),
        0.83,
        is_drawn_password,
        needs=("pass", "pw", "log", "user", "mailbox", "account"),
        place=at_words("set reset", after=110),
    ),
    Rule(
        v.SECRET,
        "A password that somebody thinks of or tried",
        pattern(
            r"(?<!\w)(?:thinking[ ](?:of|about)|considering|(?:what|how)[ ]about|(?:old|usual|previous|last|new|other)[ ]one,?|chang(?:e|ed|ing)[ ](?:it|that|mine)[ ]to)[ ][\"'`(]?(?P<value>[^\s\"'`,;()<>]{5,40}[^\s\"'`,;.()<>?:])",
            is_any_case=True,
        ),
        0.83,
        is_surely_drawn,
        needs=("pass", "pw", "kennwort"),
        place=at_words("thinking considering what how old usual previous last new other change changed changing", after=80),
    ),
    Rule(
        v.SECRET,
        "A password behind a user and a stroke",
        pattern(
            r"(?<!\w)(?:user(?:name)?|login)[ :=]{1,2}[\w.@\\-]{2,40}[ ]/[ ](?P<value>[^\s\"'`,;]{5,60}[^\s\"'`,;.?!])",
            is_any_case=True,
        ),
        0.84,
        is_drawn_password,
        needs=(" / ",),
        place=at_words("user username login", after=130),
    ),
    Rule(
        v.SECRET,
        "What a password was before, and then",
        pattern(
            r"(?<!\w)(?:fr[üu]her|vorher|zuvor|zuerst|before|previously|formerly|originally|first|avant|antes|prima|eerst)[ ,]{1,2}(?:it[ ]was|war[ ]es|war[ ]das|c['\u2019]était|era|was[ ]het)[ ][\"'`]?(?P<value>[^\s\"'`,;()<>]{5,40}[^\s\"'`,;.()<>?:])"
            r"|(?<=\S[\d!?\#$%*],[ ])(?:and[ ])?(?:danach|dann|then|later|after[ ]that|puis|ensuite|luego|después|poi|daarna|depois)[ ][\"'`]?(?P<value>[^\s\"'`,;()<>]{5,40}[^\s\"'`,;.()<>?:])",
            is_any_case=True,
        ),
        0.83,
        is_drawn_password,
        needs=("pass", "pw", "kennwort", "contrase", "clave", "mdp", "wachtwoord", "senha"),
        place=at_words(
            "früher fruher vorher zuvor zuerst before previously formerly originally first avant antes prima eerst danach dann then later after puis ensuite luego después poi daarna depois",
            before=10,
            after=70,
        ),
    ),
    Rule(
        v.SECRET,
        "What a password was changed from and to",
        pattern(
            r"(?<!\w)from[ ][\"'`]?(?P<value>[^\s\"'`,;()<>]{5,40})[\"'`]?(?=[ ]to[ ][\"'`]?[^\s\"'`,;()<>]{5,40})|(?<=(?<!\w)from[ ][\"'`]?[^\s\"'`,;()<>]{5,40}[\"'`]?[ ]to[ ][\"'`]?)(?P<value>[^\s\"'`,;()<>]{5,40})",
            is_any_case=True,
        ),
        0.83,
        is_drawn_password,
        ABOUT_PASSWORDS,
        place=at_words("from", after=100),
    ),
    Rule(
        v.SECRET,
        "A password some words after its name",
        pattern(
            rf"""(?<![\w-]){NOUN_IN_ANY}(?!\w)(?:[ ](?!(?:is|est|es|ist)[ ])[\w.@/'-]{{1,20}}){{1,7}}?(?:[ ]?[:=]|[ ](?:is|was|ist|lautet|est|es|è|é|era))(?:[ ](?:still|now|just|currently|noch|toujours|ancora))?[ ]{{1,2}}["'`]?
            (?P<value>(?=[^\s]{{0,40}}\d)(?=[^\s]{{0,40}}[^\W\d_])[^\s"'`,;()<>]{{4,60}}[^\s"'`,;.()<>?!:])""",
            is_any_case=True,
        ),
        0.83,
        is_said_with_a_digit,
        place=at_words(NOUN_WORDS, after=200),
    ),
    Rule(
        v.SECRET,
        "A user and a password named by a letter",
        pattern(
            r"(?<!\w)u(?:ser|sr|n)?[ ]?[:=][ ]?[\"'`]?[\w.@\\-]{2,40}[\"'`]?[ ,;/|]{1,3}p(?:ass|wd?)?[ ]?[:=][ ]?[\"'`]?(?P<value>[^\s\"'`,;]{4,60})"
            r"|(?<!\w)(?:log(?:ged|ging)?|sign(?:ed|ing)?)[ -]?(?:in|on)(?:[ ]to[ ][\w.-]{2,30})?[ ](?:as|with|using)[ ](?:user[ ])?[\w.@\\-]{2,40}(?:,?[ ](?:with|and|using|then|/)(?:[ ]then)?)?(?:[ ](?:type|typed|enter|entered|give|gave|use|used|put|typing|entering)(?:[ ]in)?)?[ ](?:the[ ])?(?:(?:pass(?:word|code)?|pw|pin)[ ])?[\"'`]?(?P<value>[^\s\"'`,;]{4,60}[^\s\"'`,;.?!])",
            is_any_case=True,
        ),
        0.84,
        is_said_with_a_digit,
        place=at_words("u user username usr un log logged logging login logon sign signed signing", after=160),
    ),
    Rule(
        v.SECRET,
        "An answer to a question of security",
        pattern(
            r"(?<![\w-])(?:security|secret|recovery)[ ]answer(?:[ ]is|[ ]?[:=])[ ]{1,2}[\"'`]?(?P<value>[^\s\"'`,;.]{3,30})",
            is_any_case=True,
        ),
        0.82,
        lambda answer: answer.lower() not in {"not", "the", "wrong", "correct", "incorrect", "required", "case", "stored", "never"},
        place=at_words("security secret recovery", after=70),
    ),
    Rule(
        v.SECRET,
        "The seed of a second factor or of a wallet",
        pattern(
            r"(?<![\w-])(?i:t?otp|2fa|mfa|two[ -]factor|authenticator|google[ ]authenticator)[ ](?i:seed|secret|key|setup[ ]key)(?:[ ][a-z]{1,12}){0,5}?[ ]?[:=]?[ ](?P<value>[A-Z2-7]{16,64}(?!\w)|(?:[A-Z2-7]{4}[ -]){3,15}[A-Z2-7]{4}(?!\w))"
            r"|(?<![\w-])(?i:seed|recovery|mnemonic|wallet|backup|secret)[ ](?i:phrase|words)(?:[ ]is|[ ]are|[ ]?[:=-])?[ ]{1,2}[\"'`]?(?P<value>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})(?!\w)"
        ),
        0.86,
        place=at_words("otp totp fa 2fa mfa two authenticator seed recovery mnemonic wallet backup secret", before=4, after=300),
    ),
    Rule(
        v.SECRET,
        "What is typed into or read from an authenticator",
        pattern(
            r"(?<![\w-])(?P<value>(?:[A-Z2-7]{4}[ -]){3,15}[A-Z2-7]{4})(?![\w-])|(?:[Ss]hows|[Rr]eads|code[ ](?:such[ ]as|like))[ ](?:me[ ]|a[ ]code[ ](?:such[ ]as|like)[ ])?(?P<value>\d{3}[ ]\d{3})(?![\w%]|[., ]\d)"
        ),
        0.84,
        lambda text: re.search(r"[2-7]", text) is not None and text[:3] != text[-3:],
        needs=("authenticator", "2fa", "totp", "mfa"),
        prefilter=re.compile(r"[A-Z2-7]{4}[ -][A-Z2-7]{4}[ -]|\d{3} \d{3}"),
    ),
    Rule(
        v.SECRET,
        "What only its owner is meant to answer",
        pattern(
            r"(?<![\w-])(?:(?i:maiden[ ]name|first[ ]pet|name[ ]of[ ](?:my|his|her)[ ](?:first[ ])?pet|first[ ]school|favou?rite[ ]teacher|first[ ]car)(?:['\u2019]s[ ]name)?(?:[ ](?:is|was)[ ]|[ ]?[:=][ ]?|[ ])[\"'(\u201c]{0,2}(?P<value>\p{Lu}\p{Ll}{2,20})(?=[ ]*(?:[).,;:!?\"'\u201d]|$)|[ ](?:and|or|und|et)[ ])|(?i:memorable[ ](?:word|name|place)|secret[ ]word)(?:[ ](?:is|was)[ ]|[ ]?[:=][ ]?|[ ](?=[\"'(\u201c]))[\"'(\u201c]{0,2}(?P<value>\p{L}{4,24})(?=[ ]*(?:[).,;!?\"'\u201d]|$)|[ ]and[ ])|(?i:memorable[ ]word)[ ](?P<value>\p{L}{4,24})(?=[ ]*(?:[).,;]|$)))"
        ),
        0.82,
        lambda answer: answer.lower() not in {"not", "the", "wrong", "correct", "incorrect", "required", "case", "stored", "never", "field", "optional", "must", "should", "asked"},
        place=at_words("maiden first name favourite favorite memorable secret", after=90),
    ),
    Rule(
        v.SECRET,
        "What opens a door or a network",
        pattern(
            rf"""(?<![\w-]){LOCKED}[^\n.;]{{0,40}}?[ ](?:opens|disarmed|disarms|unlocks|unlocked|opened|armed|works)[ ]with[ ](?:the[ ])?(?:(?:code|pin)[ ](?P<value>[*\#]?\d{{3,10}}[\#*]?)|(?P<value>[*\#]?\d{{3,10}}[\#*]?|\d{{1,3}}(?:-\d{{1,3}}){{2,4}})(?![ ](?!{AFTER_A_CODE})\p{{L}}))(?![\w%]|[.,]\d)
            |(?<![\w-])(?:enter|type|dial|press|key[ ]in|punch[ ]in)[ ](?P<value>[*\#]?\d{{4,8}}[\#*]?)[ ](?:at|on|into)[ ](?:the[ ])?(?:[\w-]{{1,16}}[ ])?{LOCKED}(?!\w)
            |(?<![\w-])(?:snmp|community)[ ](?:community[ ])?string[ ](?:is[ ]|=[ ]?|:[ ]?)?["'`]?(?P<value>(?=[^\s]{{0,30}}\d)[^\s"'`,;.()]{{4,40}})
            |(?<![\w-])(?:shared|enable|radius|tacacs)[ ](?:shared[ ])?secret[ ](?:is[ ]|=[ ]?|:[ ]?)?["'`]?(?P<value>(?=[^\s]{{0,30}}\d)[^\s"'`,;.()]{{4,40}})""",
            is_any_case=True,
        ),
        0.84,
        place=at_words(LOCKED_WORDS + " network enter type dial press punch snmp community shared enable radius tacacs", before=4, after=110),
    ),
    Rule(
        v.SECRET,
        "A phrase that is a password",
        pattern(
            r"""(?<![\w-])(?:pass[ -]?phrase|(?:wi-?fi|wlan|network|wireless|disk|disc|encryption)[ ](?:pass(?:word|phrase)|key))(?:[ ]for[ ][\w.-]{1,20})?(?:[ ]is|[ ]?[:=])[ ]{1,2}(?:["'`\u201c](?P<value>[^"'`\u201d\n]{6,80})["'`\u201d]|(?P<value>[a-z]{2,12}(?:[ -][a-z]{1,12}){2,7}?)[ ]*(?=$|[.,;\n"'\u201d]|(?<=[ ])(?:and|but|so|which|und|et)[ ]))""",
            is_any_case=True,
        ),
        0.84,
        is_phrase,
        place=at_words("passphrase pass wifi wi wlan network wireless disk disc encryption", after=140),
    ),
    Rule(
        v.SECRET,
        "A password handed on in a command",
        pattern(
            r"""(?<![\w-])echo[ ](?:-n[ ])?["']?(?P<value>[^\s"'$|]{5,60})["']?[ ]?\|[ ]?(?:sudo[ ]-S|docker[ ]login|passwd|gpg|openssl)|(?<!\S)-U[ ][\w.@\\-]{2,40}%(?P<value>[^\s]{4,60})|(?<![\w-])(?:try|tried|either)[ ]["'`]?(?P<value>[^\s"'`,;]{5,40})["'`]?[ ]or[ ]["'`]?[^\s"'`,;]{5,40}["'`]?[ ]as[ ](?:the[ ]|a[ ]|my[ ])?(?:pass|pw)""",
            is_any_case=True,
        ),
        0.84,
        is_said_value,
        needs=("echo ", "-u ", "try ", "tried ", "either "),
        place=at_words("echo u try tried either", after=140),
    ),
    Rule(
        v.SECRET,
        "A password behind a user in a command",
        pattern(
            r"(?<![\w-])net[ ]use[ ][^\n]{0,80}?/user:[\w.@\\-]{2,60}[ ](?P<value>[^\s/*][^\s]{3,60})|(?<![\w-])htpasswd[ ](?:-\w+[ ])*-\w*b\w*[ ](?:-\w+[ ])*[^\s]{1,80}[ ][\w.@-]{1,40}[ ](?P<value>[^\s]{4,60})",
            is_any_case=True,
        ),
        0.86,
        is_said_value,
        place=at_words("net htpasswd", after=240),
    ),
)  # fmt: skip

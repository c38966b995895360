"""What people are called online: names on forums, in chats and games, and what they sign posts with."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.recognisers.contact import NO_USER
from apps.privacy.rules import Rule, at_words, near, pattern

SERVICE: Final = (
    r"(?:skype|icq|aim|msn|yim|wechat|weixin|kik|snapchat|insta(?:gram)?|ig|twitter|telegram|discord|psn|xbl|gamer[ ]?tag|battle[ ]?tag|"
    r"twitch|tiktok|venmo|cash[ ]?app|soundcloud|tumblr|keybase|github|gitlab|slack|teams"
    r"|(?:steam|riot|snap|line|qq|tg|viber|xbox|youtube|reddit|mastodon|bluesky|threads)[ ]?(?=id|name|user|handle|tag|account|nick))"
)
"""Services on which people have a name; those whose own name means something else only before a word such as ID."""

SERVICE_WORDS: Final = (
    "skype icq aim msn yim wechat weixin kik snapchat insta instagram ig twitter telegram discord psn xbl gamer gamertag battle battletag "
    "twitch tiktok venmo cash cashapp soundcloud tumblr keybase github gitlab slack teams steam riot snap line qq tg viber xbox youtube "
    "reddit mastodon bluesky threads"
)
NICK: Final = r"[A-Za-z_][\w.-]{1,30}\w"
DEEDS: Final = r"(?:posted|submitted|uploaded|commented|asked|answered|shared|started|created|edited|reported)"
KIN: Final = (
    r"(?:grand(?:ma|pa|mother|father)|granny|nana|aunt(?:ie|y)?|uncle|cousin|sis|bro|bestie|buddy|boss|coworker|co-worker|flatmate"
    r"|gf|bf|hubby|wifey|wife|husband|son|daughter|niece|nephew|girlfriend|boyfriend|fianc[ée]e?)"
)
KIN_WORDS: Final = (
    "grandma grandpa grandmother grandfather granny nana aunt auntie aunty uncle cousin sis bro bestie buddy boss coworker co worker flatmate "
    "gf bf hubby wifey wife husband son daughter niece nephew girlfriend boyfriend fiancé fiancée fiance fiancee"
)
PART: Final = re.compile(r"[A-Z][a-z]+")
FILE: Final = re.compile(
    r"(?i)\.(?:com|org|net|io|dev|example|py|js|ts|md|txt|json|html?|csv|ya?ml|sql|php|png|jpe?g|pdf)$"
)


def is_nick(name: str) -> bool:
    """Say whether a word in the place of a nickname is one: no everyday word, no product, no file and no site."""
    word = name.strip("@.-_").lower()
    is_known = word in words.dictionary() or word in words.allowed() or word in NO_USER or word in words.places()
    return len(word) > 1 and not is_known and not FILE.search(word) and not word.startswith("your")


def is_marked_nick(name: str) -> bool:
    """Say whether a word is written as nicknames are and hardly anything else: with a digit, a dot or an underscore."""
    return (
        is_nick(name)
        and re.search(r"[A-Za-z]", name) is not None
        and re.search(r"[\d_.@]", name.strip(".")) is not None
    )


def is_tag(name: str) -> bool:
    """Say whether a word before "#1234" may be a player: no ticket, no abbreviation in capitals."""
    word = name.partition("#")[0]
    return word.lower() not in NO_TAGS and not (len(word) <= LONGEST_ABBREVIATION and word.isupper())


NO_TAGS: Final = frozenset(
    [
        "issue",
        "issues",
        "pr",
        "mr",
        "pull",
        "merge",
        "bug",
        "ticket",
        "task",
        "case",
        "story",
        "epic",
        "card",
        "item",
        "order",
        "room",
        "line",
    ]
)
LONGEST_ABBREVIATION: Final = 5


def is_person_s_nick(name: str) -> bool:
    """Say whether a word beside the account of a service is somebody's: marked, with a dash or as a nickname."""
    return (
        is_nick(name)
        and all(part.lower() not in words.allowed() for part in name.split("-"))
        and not name[-4:].isdigit()
    )


def is_handle(name: str) -> bool:
    """Say whether letters behind an at sign call a person; with a capital it may be an annotation in a program."""
    return is_nick(name) and (name.islower() or name.lower() in words.first_names())


def is_given_name(name: str) -> bool:
    """Say whether a word in small letters is a first name, and no everyday word."""
    word = name.lower()
    return words.is_first_name(word) and word not in words.common()


def is_signature(name: str) -> bool:
    """Say whether the word that ends a letter is a first name; there a word that is one too means the name."""
    return words.is_first_name(name.lower())


def is_name_run_together(tag: str) -> bool:
    """Say whether the words of a tag begin with a first name and a surname: `JaneKowalski`."""
    parts = [part.lower() for part in PART.findall(tag)]
    is_first = words.is_first_name(parts[0])
    is_last = parts[1] not in words.dictionary() and parts[1] not in words.places()
    return is_first and (is_last or parts[1] in words.surnames_also_words())


RULES: Final = (
    Rule(
        v.USERNAME,
        "A user of a forum",
        pattern(r"(?<![\w/.:-])/?u(?:ser)?/(?P<value>[A-Za-z_][\w-]{2,29})(?![\w/.(-])"),
        0.82,
        is_nick,
        needs=("u/", "user/"),
    ),
    Rule(
        v.USERNAME,
        "A name with the number that a chat gave it",
        pattern(r"(?<![\w#&/.-])(?P<value>[^\W\d_][\w.]{1,31}[#]\d{4,5})(?![\w-])"),
        0.82,
        is_tag,
        near(
            "discord",
            "battle ?tag",
            "battle ?net",
            "riot",
            "add",
            "dm",
            "pm",
            "hmu",
            "friends?",
            "invite",
            "message",
            "tag",
            "game",
            "play",
        ),
        needs=("#",),
    ),
    Rule(
        v.USERNAME,
        "A name on a service",
        pattern(
            rf"""(?<![\w./@-]){SERVICE}(?:[ ]?(?:id|name|user(?:name)?|handle|tag|account|nick))?(?:[ ]is[ ]|[ ]?[:=][ ]?|[ ]-[ ]?)["'`]?
            (?P<value>(?:live:)?[@$]?[A-Za-z0-9_][\w.\#-]{{1,30}}[\w](?:[ ]\d{{1,4}}(?![\w.,:]))?)""",
            is_any_case=True,
        ),
        0.82,
        is_nick,
        place=at_words(SERVICE_WORDS, after=90),
    ),
    Rule(
        v.USERNAME,
        "A name beside a service",
        pattern(
            rf"(?<![\w./@-]){SERVICE}(?:[ ]?(?:id|name|user|handle|tag|nick))?[ ](?P<value>@?(?=[\w-]*[\d_.])[a-z_][\w.-]{{2,30}}\w)(?![\w@/(])",
            is_any_case=True,
        ),
        0.8,
        is_marked_nick,
        place=at_words(SERVICE_WORDS, after=50),
    ),
    Rule(
        v.USERNAME,
        "A user, a channel or an account of a service",
        pattern(
            rf"(?<![\w./@-])(?:{SERVICE}|xbox|youtube|reddit|mastodon|bluesky|threads|steam)[ ](?:user|channel|account|profile|member|repo|stream|server|id|name|tag)[ ](?P<value>@?(?=[\w.-]{{0,30}}[\d_.-])[a-z_][\w.-]{{2,30}}\w)(?![\w@/(])"
            rf"|(?<![\w./@-])(?:xbox|psn|gamertag|steam)[ ](?P<value>(?=[\w-]{{0,30}}[\d_])[a-z_][\w-]{{3,30}}\w)(?![\w@/(.])"
            rf"|(?<![\w./@:-])(?P<value>@?(?=[\w.-]{{0,30}}[\d_])[a-z][\w.-]{{3,30}}\w)[ ](?=on[ ]{SERVICE}(?!\w))",
            is_any_case=True,
        ),
        0.8,
        is_person_s_nick,
        place=at_words(SERVICE_WORDS, before=50, after=60),
    ),
    Rule(
        v.USERNAME,
        "What somebody is called on a service",
        pattern(
            rf"(?<![\w-])on[ ]{SERVICE}[ ](?:i[ ]am|i['\u2019]?m|as|under|my[ ](?:nick|name|handle)[ ]is)[ ](?P<value>@?{NICK})(?![\w@/(])",
            is_any_case=True,
        ),
        0.8,
        is_nick,
        place=at_words(SERVICE_WORDS, before=4, after=70),
    ),
    Rule(
        v.USERNAME,
        "Whose account it is",
        pattern(
            r"""(?<![\w-])(?<!(?i:not|to|must|can|could|should|will|would|may|might|that|which|we|they|also|and|fully)[ ](?=account[ ]for[ ]))(?i:mfa|2fa|passwor[dt]s?|mailbox|account|licen[cs]e|login)[ ](?:for|of)[ ](?:user[ ])?
            (?P<value>(?!lib[a-z0-9]{4})[a-z]{2,}(?:[._][a-z0-9]+)+|[a-z]{2,}-(?:adm|admin|priv)|[a-z]{3,}\d{0,4})(?![\w@/.(-]|[.]\w)"""
        ),
        0.8,
        is_nick,
        place=at_words("mfa fa password passwords passwort mailbox account licence license login", after=60),
    ),
    Rule(
        v.USERNAME,
        "Who speaks in a chat",
        pattern(
            rf"""^(?:[\[(]?\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[ ]?[AaPp][Mm])?[\])]?[ ])<[ @+%~&]?(?P<value>{NICK})>[ ](?=\S)
            |^<[@+%~&]?(?P<value>{NICK})>[ ](?=[^<\n]*$)
            |^\[\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[ ]?[AaPp][Mm])?\][ ](?P<value>{NICK}):[ ]"""
        ),
        0.8,
        is_nick,
        needs=("> ", "] "),
    ),
    Rule(
        v.USERNAME,
        "Who posted it",
        pattern(
            rf"""(?<![\w-]){DEEDS}[ ]by:?[ ](?:user[ ])?(?P<value>@?{NICK})(?=[ ]*(?:[|,(\[]|[ ](?:on|at|in)[ ]|\d|$))
            |(?<![\w-])(?:quote[ ]from:?|originally[ ]posted[ ]by:?)[ ](?P<value>@?{NICK})(?!\w)""",
            is_any_case=True,
        ),
        0.8,
        is_nick,
        place=at_words(
            "posted submitted uploaded commented asked answered shared started created edited reported quote originally"
        ),
    ),
    Rule(
        v.USERNAME,
        "Who wrote what is quoted",
        pattern(
            rf"^[ ]{{0,4}}(?P<value>@?{NICK})[ ](?:wrote|writes|said|schrieb|a[ ]écrit|escribió|ha[ ]scritto|schreef|escreveu)[ ]?:"
        ),
        0.8,
        is_nick,
        needs=(" wrote", " writes", " said", " schrieb", " a écrit", " escrib", " ha scri", " schreef", " escreveu"),
    ),
    Rule(
        v.PERSON,
        "A name that ends a post",
        pattern(
            r"(?<!(?:^|\n)[ ]*[-~*\u2013\u2022][^\n]{0,80}\n)(?<!:[ ]*\n)^[ ]*(?:[-~\u2013\u2014]{1,2}[ ]?|xo(?:xo)*[, ]+|love,?[ ])(?P<value>\p{L}{3,15})[ ]*[.!x]{0,3}[ ]*(?=\Z|\n[ ]*(?:\n|\Z))"
        ),
        0.82,
        is_signature,
        needs=("-", "~", "\u2013", "\u2014", "xo", "love"),
    ),
    Rule(
        v.PERSON,
        "A name after a word for somebody close",
        pattern(rf"(?<![\w-]){KIN},?[ ](?P<value>[a-z]{{3,15}}|[A-Z][a-z]{{2,14}})(?![\w-])"),
        0.75,
        is_given_name,
        place=at_words(KIN_WORDS, after=40),
    ),
    Rule(
        v.PERSON,
        "A name in a tag",
        pattern(r"(?<![\w&#/])[#](?P<value>[A-Z][a-z]{2,14}[A-Z][a-z]{2,14}(?:[A-Z][a-z]{1,14}){0,3})(?!\w)"),
        0.75,
        is_name_run_together,
        needs=("#",),
    ),
    Rule(
        v.USERNAME,
        "A handle without digits",
        pattern(
            r"""(?<!\b[A-Z]{3,}\b[^\n]{0,40})(?:(?<=[\w,.!?:;)(][ ])|(?<=[ (][\"'\u201c(])|(?<=^RT[ ]))@(?P<value>[A-Za-z][A-Za-z-]{2,24})(?![\w@/(.-]|[.]\w)
            |(?:^)@(?P<value>[A-Za-z][A-Za-z-]{2,24})(?=[,:!?]?[ ][A-Za-z'\u2019]+[ ,.!?][^;{}()=<>\n]*$)"""
        ),
        0.7,
        is_handle,
        needs=("@",),
    ),
)

"""Names in small letters and short forms, where only their place says that somebody is meant."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.openings import opens_with_words
from apps.privacy.recognisers.handles import is_marked_nick
from apps.privacy.recognisers.logins import is_login, is_login_in_prose
from apps.privacy.recognisers.people import PARTICLE
from apps.privacy.rules import Rule, at_words, pattern

WORDS_AND_NAMES: Final = (
    "summer charity april barb destiny reed clay duke heath rod hunter mason cooper tanner parker archer pierce chance chase trace harmony "
    "mercy prudence verity sage willow poppy precious blessing paige sonny ned hal cal val sal vic al ed norm skip dusty rusty rocky "
    "jade opal candy brook chip buck drew will rich autumn winter serenity trinity sunny star pearl grant ward bishop"
)
"""First names that are words first: they count only where nothing but a name stands."""

SMALL_TITLE: Final = (
    r"(?:mr|mrs|ms|dr|mister|missus|miss|prof|professor|herr|frau|monsieur|madame|mme|señora?|signora?|meneer|mevrouw)"
)
SMALL_TITLE_WORDS: Final = "mr mrs ms dr mister missus miss prof professor herr frau monsieur madame mme señor señora signor signora meneer mevrouw"
NO_INITIALS: Final = "us uk eu un ad bc am pm ps nb qed la dc sa nv bv ag kg ie eg ce bce ca usa uae phd md rn ba ma bs ms llb llm nda pr hr it ai id ip tv dj pc ac vs jr sr st no vp cv pa gp uno rip asap etc usd vat nw ne sw se"
"""Letters with full stops that are abbreviations."""

ROLE: Final = r"(?:nurse|agent|rep|dev|developer|engineer|intern|driver|technician|tech|manager|supervisor|assistant|trainee|apprentice|temp|accountant|lawyer|teacher|doctor|therapist|carer|cleaner|guard|receptionist|operator|clerk|colleague|contractor|plumber|courier|recruiter|buyer|seller|lodger|tenant|landlord|landlady|neighbour|neighbor)"
ROLE_WORDS: Final = "nurse agent rep dev developer engineer intern driver technician tech manager supervisor assistant trainee apprentice temp accountant lawyer teacher doctor therapist carer cleaner guard receptionist operator clerk colleague contractor plumber courier recruiter buyer seller lodger tenant landlord landlady neighbour neighbor"
LISTED: Final = re.compile(
    r"(?<![\w.@/:=-])@?[A-Za-z][\w.#-]{1,40}(?:(?: \([^()\n]{1,40}\))?(?:, ?|,? (?:and|or|und|oder|et|ou|y|o|e|en) )@?[A-Za-z][\w.#-]{1,40}){1,40}(?![\w@/(=])"
)
ONE_LISTED: Final = re.compile(r"[A-Za-z][\w.#-]{1,40}(?<=\w)")
SHORTEST_LOGIN: Final = 3
LONGEST_INITIALS: Final = 4
LISTED_USER: Final = "A user name listed beside another user name"

WORD_NAMES: Final = frozenset(WORDS_AND_NAMES.split())
ABBREVIATIONS: Final = frozenset(NO_INITIALS.split())


def is_small_name(name: str) -> bool:
    """Say whether a word in small letters after a title is a name: no word of the dictionary that is no surname."""
    word = re.split(r"[ ']", name)[-1]
    first = word.split("-")[0]
    return words.is_part_of_names(first) or (first not in words.dictionary() and first not in words.allowed())


def is_initials(name: str) -> bool:
    """Say whether letters with full stops are somebody's initials and no abbreviation."""
    return name.replace(".", "").lower() not in ABBREVIATIONS


def is_named_here(name: str) -> bool:
    """Say whether a word where a name stands is a first name, be it a word as well."""
    word = name.lower()
    return words.is_first_name(word) or word in WORD_NAMES


GREETING_WORDS: Final = "hi hiya hey hello hallo dear thanks thx cheers ciao salut coucou hola oi olá moin servus hej"
CHILDREN: Final = r"(?:twins|triplets|kids?|sons?|daughters?|children|wife|husband|baby|toddler|grandson|granddaughter|nephew|niece|fianc[ée]e?|girlfriend|boyfriend)"
KIN_WORDS: Final = (
    "dad daddy mum mom mother father parent parents grandma grandpa grandmother grandfather carer guardian owner aunt uncle brother sister twins "
    "triplets kid kids son sons daughter daughters children wife husband baby toddler grandson granddaughter nephew niece girlfriend boyfriend fiancé fiancée fiance fiancee"
)
NO_KIN: Final = frozenset(
    [
        "god",
        "christ",
        "jesus",
        "mary",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "i",
        "in",
        "on",
        "at",
        "english",
        "french",
        "german",
        "spanish",
        "american",
        "british",
        "the",
        "one",
        "this",
        "that",
        "when",
        "and",
        "or",
        "if",
        "so",
        "we",
        "he",
        "she",
        "they",
        "it",
        "you",
        "my",
    ]
)


def is_kin(names: str) -> bool:
    """Say whether one or two words behind *dad of* or *my twins* are names: a first name, be it a thing's as well."""
    first, *_ = parts = [part.lower() for part in re.split(r" (?:and|&) ", names)]
    return is_named_here(first) and not NO_KIN.intersection(parts)


RULES: Final = (
    Rule(
        v.PERSON,
        "A name in small letters after a title",
        pattern(
            rf"(?<![\w.-]){SMALL_TITLE}\.?[ ](?P<value>(?:{PARTICLE}[ ]){{0,2}}(?:o')?\p{{Ll}}{{3,20}}(?:-\p{{Ll}}{{2,20}})?)(?![\w@/(])"
        ),
        0.81,
        is_small_name,
        place=at_words(SMALL_TITLE_WORDS),
        opens=opens_with_words(SMALL_TITLE_WORDS),
    ),
    Rule(
        v.PERSON,
        "A name in small letters that a message begins with",
        pattern(
            r"(?:^|[\n\"“])[ ]{0,4}(?:hi|hiya|hey|hello|hallo|dear|thanks|thx|cheers|ciao|salut|coucou|hola|oi|olá|moin|servus|hej)[ ](?:again[ ])?(?P<value>\p{Ll}{2,15})(?=[ ]?[,!\n]|$)"
        ),
        0.82,
        is_named_here,
        place=at_words(GREETING_WORDS, before=8, after=40),
    ),
    Rule(
        v.PERSON,
        "Who belongs to somebody",
        pattern(
            rf"(?<![\w-])(?:(?:dad|daddy|mum|mom|mother|father|parents?|grand(?:ma|pa|mother|father)|carer|guardian|owner|aunt|uncle|brother|sister)[ ]of|{CHILDREN}(?:[ ](?:is|are|was|were|named|called))?(?:,|[ ]\(|:)?)[ ](?:(?:{CHILDREN},?[ ])?)(?P<value>\p{{Lu}}\p{{Ll}}{{1,14}}(?:[ ](?:and|&)[ ]\p{{Lu}}\p{{Ll}}{{1,14}})?)(?![\w@/-]|[ ]\p{{Lu}})"
        ),
        0.81,
        is_kin,
        place=at_words(KIN_WORDS, before=2, after=70),
    ),
    Rule(
        v.PERSON,
        "Initials in the place of a name",
        pattern(
            r"(?<=(?<!\w)(?:with|w/|and|by|told|tell|asked|ask|says|said|for|from|cc|to|thanks|dear|hi|applicant|witness|claimant|employee|patient|client)[ ])(?P<value>\p{Lu}\.(?:[ -]?\p{Lu}\.){1,3})(?![\w-]|[ ]\p{Lu}\p{Ll})"
            r"|(?<![\w.])(?P<value>\p{Lu}\.(?:[ -]?\p{Lu}\.){1,3})(?=(?:['\u2019]s)?[ ](?:denies|denied|says|said|told|asked|agreed|confirmed|stated|refused|claims|claimed|reported|replied|wants|wrote|called|left|resigned|was[ ]born|complained|admitted|explained|works|worked|lives|lived)(?!\w))"
        ),
        0.8,
        is_initials,
        needs=(".",),
        prefilter=re.compile(r"[^\W\d_a-z]\.[ -]?[^\W\d_a-z]\."),
    ),
    Rule(
        v.PERSON,
        "A passenger as airlines write one",
        pattern(
            r"(?<![\w/.-])(?P<value>\p{Lu}{2,20}/\p{Lu}{2,20}(?:[ ]\p{Lu}{2,20})?[ ]?(?:MR|MRS|MS|MISS|MSTR|DR))(?!\w)"
        ),
        0.85,
        needs=("/",),
        prefilter=re.compile(r"[^\W\d_a-z]/[^\W\d_a-z]{2,20}(?: [^\W\d_a-z]{2,20})? ?(?:M[RSI]|DR)"),
    ),
    Rule(
        v.PERSON,
        "A name in an electronic business card",
        pattern(
            r"^(?:N|FN|NICKNAME|ORGANIZER|ATTENDEE)(?:;[A-Z0-9=;,-]{1,60})?:(?!mailto)(?P<value>\p{L}[^\n:;]{1,40}(?:;\p{L}[^\n:;]{0,40})*)"
        ),
        0.85,
        needs=("begin:v",),
    ),
    Rule(
        v.USERNAME,
        "Who is called so in a directory",
        pattern(
            r"(?<![\w.-])(?:cn|uid|samaccountname)=(?P<value>[A-Za-z][^,=\"\n]{1,60})(?=,[ ]?(?:ou|dc|cn|o)=)",
            is_any_case=True,
        ),
        0.82,
        needs=("cn=", "uid=", "samaccountname="),
    ),
    Rule(
        v.USERNAME,
        "What is typed where a terminal asks who logs in",
        pattern(
            r"(?<!\w)(?:log(?:ged)?[ ]?(?:in|on)|sign(?:ed)?[ ]?in|connect(?:ed)?)[ ]as:[ ]?[\"'`]?(?P<value>[a-z][\w.-]{1,40}(?<=\w))",
            is_any_case=True,
        ),
        0.82,
        is_login,
        needs=(" as:",),
    ),
    Rule(
        v.USERNAME,
        "A user before a password, each named by a letter",
        pattern(
            r"(?<!\w)u(?:ser|sr|n)?[ ]?[:=][ ]?[\"'`]?(?P<value>[a-z][\w.@-]{1,40}(?<=\w))[\"'`]?[ ,;/|]{1,3}p(?:ass|wd?)?[ ]?[:=]",
            is_any_case=True,
        ),
        0.82,
        is_login,
        place=at_words("u user usr un", after=60),
    ),
    Rule(
        v.PERSON,
        "Who speaks, between sentences",
        pattern(r"(?<=[.!?;][ ])(?P<value>\p{L}{2,15})(?=:[ ]\p{L}[\w']*[ ,.!?])"),
        0.8,
        is_named_here,
        needs=(": ",),
        prefilter=re.compile(r"[.!?;] [^\W\d_]{2,15}: "),
    ),
    Rule(
        v.PERSON,
        "A name beside what its bearer does",
        pattern(
            rf"(?<![\w-]){ROLE}(?:[ ](?:on|in|from|at|of|for)[ ](?:the[ ])?\p{{L}}{{2,15}})?,[ ](?P<value>\p{{L}}{{2,15}})(?=,[ ])"
        ),
        0.8,
        is_named_here,
        place=at_words(ROLE_WORDS, after=80),
        opens=opens_with_words(ROLE_WORDS),
    ),
)


def users_beside(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give the user names in a list (`kfischer, ext-9 and p.lund`) of which one begins at one of `places`."""
    known = set(places)
    starts = {start for start, _ in known}
    if not starts:
        return
    for run in LISTED.finditer(text):
        listed = list(ONE_LISTED.finditer(text, run.start(), run.end()))
        if any(one.start() in starts for one in listed):
            for one in listed:
                if one.span() not in known and (is_marked_nick(one[0]) or is_marked_login(one[0])):
                    yield one.span()


def is_marked_login(name: str) -> bool:
    """Say whether a word beside user names is one: written as such, or letters that are no word."""
    return len(name) > SHORTEST_LOGIN and is_login_in_prose(name)


PRESENT: Final = re.compile(
    r"(?i)(?<![\w-])(?:present|attendees|attending|participants|in attendance|anwesend|teilnehmer|présents?|excusés|asistentes|presenti|aanwezig|presentes|apologies(?: from)?|absent|verteiler)[ ]?(?:[:\u2013\u2014-][ ]?|[ ])"
)
PRESENT_WORDS: Final = (
    "present",
    "attend",
    "particip",
    "anwesend",
    "teilnehmer",
    "présent",
    "excus",
    "asistent",
    "aanwezig",
    "apolog",
    "absent",
    "verteiler",
)
ONE_PRESENT: Final = re.compile(r"[^\W\d_a-z][\w.'\u2019-]{0,20}(?: [^\W\d_a-z][\w.'\u2019-]{0,20}){0,3}")
BETWEEN_PRESENT: Final = re.compile(
    r"(?: \([^()\n]{1,20}\))?(?:, ?|; ?|,? (?:and|und|et|y|e|en|&) )(?:(?:Mr|Mrs|Ms|Dr|Hr|Fr|Herr|Frau|Mme|M)\.? )?"
)
MOST_PRESENT: Final = 40
PRESENT_REASON: Final = "Who is said to be present or absent"


def present(text: str) -> Iterator[tuple[int, int]]:
    """Give the names in a list of who was there, initials and first names alike, if there are two at least."""
    folded = text.lower()
    if not any(word in folded for word in PRESENT_WORDS):
        return
    for head in PRESENT.finditer(text):
        found: list[tuple[int, int]] = []
        name = ONE_PRESENT.match(text, head.end())
        while name is not None and len(found) < MOST_PRESENT:
            found.append(name.span())
            joint = BETWEEN_PRESENT.match(text, name.end())
            name = ONE_PRESENT.match(text, joint.end()) if joint is not None else None
        if len(found) > 1:
            yield from (span for span in found if _is_somebody(text[slice(*span)]))


def _is_somebody(name: str) -> bool:
    parts = [part.lower() for part in re.findall(r"[^\W\d_]+", name)]
    is_initials = name.isupper() and len(name) <= LONGEST_INITIALS
    return is_initials or any(is_named_here(part) or part not in words.dictionary() for part in parts)

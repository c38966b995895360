"""How a person or a machine is reached: e-mail, user names, links with credentials, network addresses."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import ipaddress
import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.recognisers import disguised
from apps.privacy.rules import Rule, at_codes, at_words, pattern

DOMAIN: Final = r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.)+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,40})"
DOT: Final = r"(?:\.|\[\.\]|\(\.\)|[ ]\.[ ])"
SERVICE_ACCOUNTS: Final = re.compile(r"(?i)git@(?:github|gitlab|bitbucket|ssh\.dev\.azure)\.")
PICTURE: Final = re.compile(r"(?i)@\dx\.(?:png|jpe?g|webp|gif|svg|avif)$")
"""A picture for dense screens: `logo@2x.png`."""

USER_LABEL: Final = r"""(?:user(?:[ _-]?(?:name|id))?|login|log-?in[ ](?:name|id)|account[ ]name|screen[ ]name|nick(?:name)?|handle|alias|uid|
    benutzer(?:name|kennung)?|anmeldename|kennung|utilisateur|identifiant|pseudo|usuario|nombre[ ]de[ ]usuario|utente|nome[ ]utente|gebruiker(?:snaam)?|
    usu[áa]rio|utilizador)"""
NO_USERS: Final = (
    "none null nil true false name required string str char int admin administrator root not the a an is are was were and or "
    "of for to in on with by user username anonymous guest nobody test tester testuser example default demo system service self alias "
    "current_user localhost apache nginx postgres mysql ubuntu runner sudo pass password passwd login await async new return"
)
"""What stands in the place of a user name and is nobody."""

NO_USER: Final = frozenset(NO_USERS.split())


FIELD: Final = re.compile(r"(?!my[A-Z])[a-z]{2,}(?:[A-Z][a-z]+){1,4}")
DIGEST: Final = re.compile(r"(?i)(?=[a-f]*\d)[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What a machine counts by: a commit, an object of a cluster."""

EVERYBODYS: Final = frozenset(["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"])
"""Name servers that anybody may ask."""

VOLUME: Final = re.compile(r"\d{1,4}::")
"""A volume before a page: `21::`, which is a network of version 6 too."""


def is_mailbox(address: str) -> bool:
    """Say whether an address belongs to somebody: not the shared account of a code host."""
    return not SERVICE_ACCOUNTS.match(address) and not PICTURE.search(address)


def is_ip(address: str) -> bool:
    """Say whether this is an IP address that tells something: not loopback, not unspecified, no netmask."""
    plain = re.sub(r"[\[\]() ]", "", address).split("%")[0].split("/")[0]
    if VOLUME.fullmatch(plain):
        return False
    try:
        parsed = ipaddress.ip_address(plain)
    except ValueError:
        return False
    return plain not in EVERYBODYS and not (parsed.is_loopback or parsed.is_unspecified or plain.startswith("255."))


def is_user(name: str) -> bool:
    """Say whether a word after "user" names one: no role, no type, no field of a program, no small number."""
    if (name.isdigit() and len(name) < 4) or DIGEST.fullmatch(name):
        return False
    return (
        name.lower() not in NO_USER and not OWNED.match(name) and not TYPE_NAME.fullmatch(name) and not _is_field(name)
    )


def _is_field(name: str) -> bool:
    """Say whether a name is a field of a program, of words alone: `startTime`; `mayaLind` and `roseGrant` are not."""
    humps = re.findall(r"[A-Z]?[a-z]+", name) if FIELD.fullmatch(name) else []
    if not humps or words.is_first_name(humps[0].lower()):
        return False
    return all(words.is_made_of_words(hump.lower()) or hump.lower() in SHORT for hump in humps)


def is_drawn_name(name: str) -> bool:
    """Say whether letters after "user" are a name made for a computer: no word, nor made of words, nor short for one."""
    parts = [part for part in re.split(r"[_.-]", name) if part]
    is_worded = all(words.is_made_of_words(part) for part in parts)
    is_known = name in SHORT or name in words.allowed() or name in words.beside_users()
    return is_user(name) and not is_known and not is_worded


SHORT_WORDS: Final = "config conf auth mgmt repo env param params perms prefs prefs info admin dirs func args init ctrl dashboard dropdown metadata json uuid username userid async"
SHORT: Final = frozenset(SHORT_WORDS.split())
"""Words of the trade that no dictionary has."""

HIDDEN: Final = re.compile(r"(?i)[*x.\u2022#_-]{2,}|[<\[{].*|\$.*|%[\w(].*")


def carries_password(userinfo: str) -> bool:
    """Say whether the user and password of a link hold a password and not only what stands for one."""
    return HIDDEN.fullmatch(userinfo.partition(":")[2]) is None


SITE_PAGES: Final = r"(?:login|signup|features|about|sponsors|orgs|settings|marketplace|explore|topics|sharer?|intent|hashtag|search|help|plugins|dialog|privacy|legal|terms|policies|business|home|events|groups|p|apps|docs|pricing|security|i|pages|story|watch|discover|charts|directory|jobs|downloads|upload|stream)(?![\w-])"
"""What follows the name of a site and is nobody's page."""

A_VERSION: Final = r"\b(?i:version|release|build|firmware|driver|(?:up|down)grade|(?:up|down)graded|upgrading|bump|bumped|patch|hotfix|v)[ ](?:[a-z]{1,12}[ ]){0,3}(?:[\d.]{5,15}[ ](?:to|and|or|auf|à|a|naar)[ ])?"
"""What stands before four numbers with dots that count releases."""

A_DECORATOR: Final = (
    r"(?<=^[ \t]{0,40})@[\w.]+(?:\([^\n]*)?[ ]*(?:\n[ \t]*(?:[@)}]|(?:async|def|class|public|private|protected|static|fun|export|const|override|final|abstract|void|return|function|data|open|interface|enum|record)[ ])"
    r"|\.\w+\(|\Z)"
)
"""An annotation in a program: on a line of its own above what it is about."""

OWNED: Final = re.compile(
    r"(?:user|self|request|data|this|obj|args|kwargs|ctx|context|event|session|req|res|row|cls|config|settings|os|env|process|params|form|account|item)\."
)
TYPE_NAME: Final = re.compile(r"(?:[A-Z][a-z]{2,}){2,}\d?|[A-Z][a-z]+(?:\.[A-Z][A-Za-z]+)+")

RULES: Final = (
    Rule(
        v.EMAIL,
        "An e-mail address",
        pattern(
            rf"(?<![\w.+%-])(?<!://[^\s/:@]{{0,80}}:)[\w+](?:[\w!#$&'*+/?^`{{|}}~%.-]|(?<=[+-][\w.%-]{{1,63}})=(?=[a-z0-9.-]{{1,60}}\.[a-z]{{2,24}}@)){{0,63}}(?<=[\w+%-])@{DOMAIN}(?![\w@])",
            is_any_case=True,
        ),
        1.0,
        is_mailbox,
        needs=("@",),
    ),
    Rule(
        v.EMAIL,
        "An e-mail address at a machine",
        pattern(
            r"(?<![\w.+%-])(?:\"[^\"\s@]{1,40}(?:[ ][^\"\s@]{1,40}){0,3}\"@[\w.-]+\.\w{2,24}|[\w+][\w.+-]{0,63}@\[[\da-f.:]{7,45}\])",
            is_any_case=True,
        ),
        0.95,
        needs=('"@', "@["),
    ),
    *disguised.RULES,
    Rule(
        v.SECRET,
        "A user name and password in a link",
        pattern(r"\b[a-z][a-z0-9+.-]{1,20}://(?P<value>[^\s/:@\"'<>]*:[^\s/@\"'<>]+)@[^\s\"'<>]+", is_any_case=True),
        0.97,
        carries_password,
        needs=("://",),
    ),
    Rule(
        v.URL,
        "A link to a person's own page",
        pattern(
            rf"""\b(?:https?://)?(?:www\.)?(?:linkedin\.com/in/|(?:facebook|instagram|x|twitter)\.com/(?!{SITE_PAGES})|
            (?<!api\.)(?:github|gitlab)\.com/(?!{SITE_PAGES})(?=[\w.%@-]{{3,60}}+/?(?![\w/-]|\.\w))|t\.me/|tiktok\.com/@?|xing\.com/profile/|medium\.com/@|
            (?:soundcloud|patreon)\.com/(?!{SITE_PAGES})|twitch\.tv/(?!{SITE_PAGES})|youtube\.com/(?:user/|c/|@)|reddit\.com/u(?:ser)?/|
            steamcommunity\.com/id/|snapchat\.com/add/|threads\.(?:net|com)/@|bsky\.app/profile/)[\w.%@-]{{3,60}}/?""",
            is_any_case=True,
        ),
        0.8,
        needs=(".com/", "t.me/", "twitch.tv/", "threads.net/", "bsky.app/"),
    ),
    Rule(
        v.IP,
        "An IP address",
        pattern(
            rf"(?<![\w.])(?<!\brv:)(?<!\b[A-Za-z]{{3,20}}/)(?<!\b(?i:section|clause|chapter|article|version|release)[ -])(?<!{A_VERSION})\d{{1,3}}(?:{DOT}\d{{1,3}}){{3}}(?![\w]|\.\d)"
        ),
        0.96,
        is_ip,
        place=at_codes(before=1, after=8, digits=4),
        prefilter=re.compile(r"\d[\[( ]?\.[\]) ]?\d"),
    ),
    Rule(
        v.IP,
        "An IP address (version 6)",
        pattern(
            r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?:%\w+)?(?![\w:])",
            is_any_case=True,
        ),
        0.96,
        is_ip,
        needs=(":",),
        place=at_codes(before=24, after=40),
    ),
    Rule(
        v.MAC,
        "A hardware (MAC) address",
        pattern(
            r"(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})(?![\w:-])",
            is_any_case=True,
        ),
        0.96,
        lambda address: len(set(re.sub(r"\W", "", address))) > 2,
        needs=(":", "-", "."),
        place=at_codes(),
        prefilter=re.compile(r"[:.-][0-9a-fA-F]{2}(?:[:-]|[0-9a-fA-F]{2}\.)"),
    ),
    Rule(
        v.USERNAME,
        "A user name after its label",
        pattern(
            rf"""(?<![\w-])(?<!(?:dashboard|panel|folder|source|rule|device|card|pod|resource)[ ])(?:[a-z]{{2,16}}_(?=user|login))?{USER_LABEL}["'`]?[ ]?(?:is[ ](?![a-z]{{2,20}}(?:ed|ing|ken|wn)(?!\w))|lautet[ ]|ist[ ](?!(?:ge|be|ver|ent|nicht|ab|an)\w{{0,14}}(?:t|en)(?!\w))|est[ ](?!\w{{2,16}}ée?(?!\w))|(?:es|è|é)[ ](?!\w{{2,16}}[aiu][td][oa](?!\w))|:|=|[ ]->)[ ]*["'`]?
            (?P<value>@?[a-z0-9](?:[\w@\\-]|\.(?=\w)){{1,40}}+(?<=\w))["'`]?(?![(\[]|[ ]=[ ])(?!(?-i:(?<=[ "'][A-Z][a-z]{{1,12}})[ ][a-z]))""",
            is_any_case=True,
        ),
        0.8,
        is_user,
        place=at_words(
            "user username userid login log account screen nick nickname handle alias uid benutzer benutzername kennung "
            "benutzerkennung anmeldename utilisateur identifiant pseudo usuario nombre utente nome gebruiker usuário "
            "gebruikersnaam utilizador",
            before=18,
            after=70,
        ),
    ),
    Rule(
        v.USERNAME,
        "A user name in a sentence",
        pattern(
            r"""(?<![\w-])(?:user|username|login|account|handle|benutzer|utilisateur|usuario|utente|gebruiker)[ ]["'`@]?
            (?P<value>(?=[\w-]*[\d_]|[\w-]+\.[a-z])[a-z][\w.-]{2,40}\w)(?![\w@(])""",
            is_any_case=True,
        ),
        0.8,
        lambda name: (
            not re.search(
                r"\.(?:py|js|ts|md|txt|json|com|org|net|io|html|csv|ya?ml|sql|php|id|name|email)$", name.lower()
            )
        ),
        place=at_words("user username login account handle benutzer utilisateur usuario utente gebruiker", before=1),
    ),
    Rule(
        v.USERNAME,
        "A user name of letters in a sentence",
        pattern(
            r"""(?<![\w.(-])(?i:(?:invalid|unknown|for|net|from|by|of|ad|domain|windows|unix|linux|sap)[ ])?(?i:user|username|login|uid)[ ]["'`]?(?P<value>[a-z]{4,20})(?=["'`]?(?:[ ,;]|[.!?]?(?:\s|$)))
            |(?<![\w-])(?i:account)[ ]["'`](?P<value>[a-z]{4,20})["'`]
            |(?<![\w-])(?i:benutzer|utilisateur|identifiant|usuario|utente|gebruiker|utilizador|usuário)[ ](?P<value>[a-z]{4,20})(?=,[ ]?(?:pass|kenn|mot|contra|clave|wacht|senha|pw))"""
        ),
        0.8,
        is_drawn_name,
        place=at_words(
            "user username login uid account benutzer utilisateur identifiant usuario utente gebruiker utilizador usuário",
            before=12,
        ),
    ),
    Rule(
        v.USERNAME,
        "An account in a command, a log or a list of reviewers",
        pattern(
            r"""(?<!\S)(?:sudo[ ]-u|su[ ]-|chown|runuser[ ]-u|kinit|passwd|usermod(?:[ ]-\w+)*)[ ](?P<value>[a-z][a-z0-9._-]{2,30})(?![\w/(])
            |(?<![\w.])(?:owner|assignee|reviewers?|approver|uname|whoami|principal|author)[ ]?(?:[:=]|->)[ ]?@?(?P<value>[a-z][a-z0-9._-]{2,30})(?![\w@(/])
            |(?i:assigned[ ]to|reviewed[ ]by|approved[ ]by|requested[ ]by|created[ ]by|closed[ ]by|opened[ ]by|principal)[ ]@?(?P<value>[a-z][a-z0-9._-]{2,30})(?![\w(/])"""
        ),
        0.8,
        is_drawn_name,
        place=at_words(
            "sudo su chown runuser kinit passwd usermod owner assignee reviewer reviewers approver uname whoami principal author assigned reviewed approved requested created closed opened",
            after=140,
        ),
    ),
    Rule(
        v.USERNAME,
        "Who is to do what a comment says",
        pattern(r"(?<!\w)(?:TODO|FIXME|XXX|HACK|NOTE|REVIEW|OPTIMIZE)\(@?(?P<value>[a-z][\w.-]{2,30})\)"),
        0.85,
        lambda name: name not in words.common() or name in words.first_names_also_words(),
        needs=("todo(", "fixme(", "xxx(", "hack(", "note(", "review(", "optimize("),
    ),
    Rule(
        v.USERNAME,
        "A user at a machine",
        pattern(
            r"(?<![\w.@/+-])(?P<value>(?!git@|root@|admin@|user@)[a-z][\w.-]{1,31})@(?!(?:latest|next|beta|alpha|canary|stable|dev|edge|main|master|v\d|sha\d{1,3}|md5)\b)(?:[a-z][\w-]{1,40}(?=[:\s]|$)|\d{1,3}(?:\.\d{1,3}){3}(?!\w))",
            is_any_case=True,
        ),
        0.8,
        needs=("@",),
    ),
    Rule(
        v.USERNAME,
        "An account of a Windows domain",
        pattern(r"(?<![\w\\:/.])[A-Z][A-Z0-9-]{1,14}\\{1,2}(?P<value>[a-z][\w.-]{2,30})(?![\w\\])"),
        0.82,
        needs=("\\",),
    ),
    Rule(
        v.USERNAME,
        "The owner of a home folder",
        pattern(
            r"(?:/home/|/Users/|/volume\d{1,2}/homes/|[A-Z]:\\{1,2}Users\\{1,2})(?P<value>[\w.-]{2,40})(?=[/\\\s\"']|$)"
        ),
        0.85,
        lambda name: (
            name.lower()
            not in {
                "public",
                "shared",
                "default",
                "user",
                "admin",
                "runner",
                "ubuntu",
                "root",
                "app",
                "you",
                "me",
                "username",
            }
        ),
        needs=("/home/", "/users/", "/homes/", "users\\"),
    ),
    Rule(
        v.USERNAME,
        "A handle",
        pattern(rf"(?<![\w@/.`*:>}}\]-])(?!{A_DECORATOR})@(?P<value>[A-Za-z][\w.-]{{2,30}}\w)(?![\w@/(]|\.\w)"),
        0.7,
        lambda name: any(character.isdigit() or character in "_." for character in name),
        needs=("@",),
    ),
)

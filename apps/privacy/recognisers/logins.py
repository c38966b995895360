"""What a user name looks like: beside a label, in a sentence, and by itself."""

# ruff: noqa: E501 - lists are read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import words
from apps.privacy.recognisers.contact import NO_USER, OWNED, SHORT

ROLE_NAMES: Final = """
    sshpass ldapsearch ldapmodify htpasswd journalctl kubectl nslookup gid sgid euid incoterms bin daemon wheel staff users group groups adm sys mail news games man proxy backup list www www-data sshd systemd dbus cron operator msgid msgstr msgctxt dbname sdist bpython regexes ftp git svn hg
    node vagrant ec2-user centos fedora debian opc pi azureuser jenkins gitlab-runner docker podman oracle redis mongodb elasticsearch kibana grafana prometheus
    rabbitmq tomcat jboss apache2 httpd haproxy squid bind named postfix dovecot exim ntp chrony sa sysdba dbo public information_schema authenticated anon app
    api web worker bot robot renovate dependabot github-actions actions-user github-bot everyone someone somebody anybody nobody unassigned me you us them him her
    myself yourself default none null minikube kubernetes-admin cluster-admin readonly readwrite superuser sudoers new old same another other this that it
    legal management accident mistake hand design law
"""
ROLES: Final = frozenset(ROLE_NAMES.split())
"""Accounts that are the same on every machine, and words that stand for nobody in particular."""

ENDS_LIKE_A_FILE: Final = re.compile(
    r"(?i)\.(?:com|org|net|io|dev|local|example|corp|int|eu|de|fr|es|it|nl|pt|uk|py|js|ts|tsx|jsx|go|rs|rb|java|kt|cs|cpp|hpp|c|h|sh|ps1|bat|exe|dll|so|md|txt|rst|json|html?|css|scss|csv|xml|ya?ml|toml|ini|cfg|conf|env|lock|log|sql|php|png|jpe?g|gif|svg|pdf|docx?|xlsx?|pptx?|zip|gz|tar|tgz|jar|war|whl|deb|rpm|bak|tmp|id|name|email|length|size|value|key|items?|data|type|get|set)$"
)
ONSET_PAIRS: Final = "bl br ch cl cr dr dw dj fl fr gh gl gn gr kh kl kn kr ll mc my ph pl pf pn pr ps qu rh sc sch sf sh sk sl sm sn sp sq st sv sw th tr ts tw tz vl vr wh wr zw zh sy ty by cy dy fy gy hy ky ly py ry wy xy"
ONSETS: Final = frozenset(ONSET_PAIRS.split())
"""Two consonants with which a word may begin; a name behind an initial often begins with two others."""

INITIAL_AND_NAME: Final = re.compile(r"[b-df-hj-np-tv-xz]{2}[a-z]{3,16}")
PRONOUNCED: Final = re.compile(r".{1,3}[aeiouy].*")
MARKED: Final = re.compile(
    r"(?:svc|adm|admin|ext|guest|sa|srv|usr|tmp|temp|test|batch|dev|prod|priv|ops|x|a|t)[_.-][a-z][a-z0-9]*(?:[_-][a-z0-9]+)*"
    r"|[a-z]{2,}[_-](?:adm|admin|priv|ext|svc|test|dev|prod)"
    r"|[a-z]{3,}[_.-][a-z]|[a-z][_.-][a-z]{3,}"
    r"|[a-z]{2,}[_.-][a-z]{3,}\d{0,4}"
    r"|(?=[a-z]*[aeiou])[a-z]{4,}\d{1,4}|[a-z]{1,3}\d{4,8}|[A-Z]{1,3}\d{4,8}"
)
"""How user names are written and ordinary words are not: with a dot, an underscore, a prefix of the trade or digits."""

DIGEST: Final = re.compile(r"(?i)(?=[a-f]*\d)[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What a machine counts by: a commit, the account of a cloud."""

LIBRARY: Final = re.compile(r"lib[a-z0-9]{3,20}(?:-[a-z0-9]{2,10})*")
LONGEST: Final = 64
SPLIT: Final = re.compile(r"[_.-]|\d+")


def is_login(name: str) -> bool:
    """Say whether what stands where only a user name can is one: no role, no word, no variable, no file."""
    if len(name) > LONGEST or DIGEST.fullmatch(name):
        return False
    word = name.strip("@\"'").lower()
    if word in NO_USER or word in ROLES or word in SHORT or word in words.allowed() or OWNED.match(word):
        return False
    if word.isdigit() or ENDS_LIKE_A_FILE.search(word) or (word[-1:].isdigit() and _is_word(word.rstrip("0123456789"))):
        return False
    parts = [part for part in SPLIT.split(word) if part]
    return any(not _is_word(part) for part in parts)


def is_login_in_prose(name: str) -> bool:
    """Say whether a word in a sentence is a user name: by its marks, or letters that are no word of seven languages."""
    word = name.strip("@\"'")
    if LIBRARY.fullmatch(word) and word not in words.first_names():
        return False
    return is_login(word) and (MARKED.fullmatch(word) is not None or _is_drawn(word))


def is_shaped_login(name: str) -> bool:
    """Say whether a word looks like a user name by itself: an initial and a name, a first name and a surname, digits."""
    if name.isalpha():  # most words are told by their first letters, which is cheaper than by the lists
        return is_initial_and_name(name) and is_login(name)
    if not is_login(name):
        return False
    parts = SPLIT.split(name)
    if "." in name or "_" in name or "-" in name:
        return _has_name(parts) or (parts[0] in OF_MACHINES and len(parts) > 1)
    if name[-1].isdigit():
        letters = name.rstrip("0123456789")
        return len(letters) >= SHORTEST and len(name) - len(letters) >= MARKING_DIGITS and _is_drawn(letters)
    return is_initial_and_name(name)


def is_initial_and_name(name: str) -> bool:
    """Say whether letters begin with two that begin no word, as an initial and a surname do: `kfischer`, `jdoe`."""
    is_one = INITIAL_AND_NAME.fullmatch(name) is not None and name[:2] not in ONSETS
    return is_one and PRONOUNCED.fullmatch(name[1:]) is not None and _is_drawn(name)


SHORTEST: Final = 4
MARKING_DIGITS: Final = 2
MOST_INITIALS: Final = 2
OF_MACHINES: Final = frozenset(["svc", "adm", "srv", "ext"])


def _has_name(parts: list[str]) -> bool:
    first, *others = parts
    is_given = (first in words.first_names() and first not in words.dictionary()) or 0 < len(first) <= MOST_INITIALS
    return bool(others) and is_given and all(len(other) >= SHORTEST and not _is_word(other) for other in others)


def _is_drawn(word: str) -> bool:
    lower = word.lower()
    return len(word) > 2 and lower.isascii() and not _is_word(lower)


def _is_word(part: str) -> bool:
    """Say whether letters are a word, one made of words, or one of those that stand beside "user" in other languages."""
    return (
        part in words.common()
        or part in words.beside_users()
        or part in ROLES
        or part in NO_USER
        or part in SHORT
        or part in words.allowed()
        or words.is_made_of_words(part)
    )

"""
What may be the value that a label announces, and what can be said of it: signs, each of them true or not.

A label is a word such as `password`, `Benutzer` or `dossier`, alone in a sentence or part of a name (`smtp_pass`); what
may be meant by it are the words and numbers that follow it closely.
"""

# ruff: noqa: E501, RUF001, SIM905 - lists are read whole; people write curly quotes and long dashes

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from apps.privacy import words
from apps.privacy.reading import Reading
from apps.privacy.recognisers.contact import NO_USER
from apps.privacy.recognisers.credentials import made_up, shapes
from apps.privacy.recognisers.logins import ROLES, is_initial_and_name
from apps.privacy.recognisers.references import PUBLIC

REACH: Final = 110
"""So many characters after a label a value is looked for."""

MOST: Final = 8
"""So many words after a label may be its value."""

TOKEN: Final = re.compile(
    r"""(?P<open>["'`“„«‘]|\*\*)(?P<quoted>[^"'`”“»’*\n]{2,60})(?P<shut>["'`”“»’]|\*\*)
    |(?P<plain>\d{1,5}(?:[ ]\d{2,5}){1,5}(?![\w.])|\d{6,12}[ ][A-Z](?!\w)|[^\s"'`“”„«»‘’<>,;|(){}\[\]=]+)""",
    re.VERBOSE,
)
LINE: Final = re.compile(
    r"[ \t]{0,4}[:=][ \t]{0,4}(?P<plain>[^\s\"'`#;<>{}\[\](),=:]+(?:[ ][^\s\"'`#;<>{}\[\](),=:]+){1,5})[ \t]*(?=\n|\Z)"
)
"""The rest of a setting's line, where it is some words."""

REST_OF_NAME: Final = re.compile(r"[\w.-]*")
HEAD_OF_NAME: Final = re.compile(r"[\w.$-]*\Z")
PARTS: Final = re.compile(r"[A-Z]?[a-z\u00df-\u00ff]+|[A-Z]+(?![a-z])|\d+")
STOP: Final = re.compile(r"[.!?…][)\"'”»]?\s+(?=[A-ZÀ-Þ\"“„«¿¡])|\n[ \t]*\n|;[ ]")
WORD: Final = re.compile(r"[^\W\d_]+")

COPULAS: Final = frozenset(
    "is was are be ist war lautet sind bleibt est etait sont es era son sera e are zijn was wordt to auf als as naar en remains called say says type use try reads becomes c'est".split()
)
OF: Final = frozenset(
    "for of to on in at the my our your his her their a an from fur zum zur vom der die das dem den des pour de du des la le les l d del el los las para por do da dos das o os di della dell il lo per al alla alle voor van het een im am an und and beim".split()
)
WITH: Final = frozenset("with mit avec con com met and und et y e en or oder ou o plus".split())
MUST: Final = frozenset(
    "must should cannot can will would may might not never no if when that which who has have had were does do did muss darf nicht kein doit peut pas ne debe puede deve moet mag niet geen nao non nunca jamais".split()
)
OFF: Final = frozenset(
    "length len size count type policy policies file path dir url uri ttl expiry expires expiration expired age min max label title text error message msg hint format field column policy history reset forgot show hide strength placeholder rotation retries attempts attempt limit name names class style color encoding encryption encrypted algorithm version provider manager required validator ref store enabled disabled timeout laenge lange longitud longueur caducidad sperre status invalid".split()
)
ACCESS: Final = frozenset(
    "door wifi wlan wi fi alarm safe unlock gate room entry access backup recovery one time voicemail printer screen phone sim guest vpn admin root master shared initial temp temporary first default router hotspot api secret private signing hmac turcode tur alarmanlage porte entree alarme coffre puerta parking alarma porta allarme deur kluis achterdeur notfall einmal smtp db database mail signature webhook pre wpa snmp enable scanner tablet pass".split()
)
NO_ACCESS: Final = frozenset(
    "partition sort shard cache idempotency error exit status postal zip post country source area dial colour color bar qr product part article public primary foreign cost dress sort http response return country tracking build order po invoice bill rechnungs bestell auftrags facture commande factura pedido fattura ordine factuur bestelling version model serial port line page item batch lot phone telephone flight gate room vlan asset pallet delivery article event ticket trace run".split()
)
OF_PERSONS: Final = frozenset(
    "customer client patient employee staff personnel member policy claim case contract student matric candidate badge passport national tax social insurance licence account meter hospital membership file court frequent hotel loyalty teamviewer anydesk alien kunden personal personen mandant mitglieds versicherten versicherungs akten steuer ausweis client contrat sinistre dossier salarie fiscal securite sejour cliente poliza empleado expediente afiliacion contratto pratica dipendente klant personeels polis dossier colaborador funcionario processo subscriber our their your".split()
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word or a number that may be the value of a label of some kind, with what speaks for and against it."""

    kind: str
    label: int
    start: int
    end: int
    signs: tuple[str, ...]


@cache
def _labels() -> tuple[dict[str, tuple[tuple[str, str], ...]], tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    exact: dict[str, tuple[tuple[str, str], ...]] = {}
    endings: list[tuple[str, str, str]] = []
    for line in (words.FOLDER / "label_words.tsv").read_text(encoding="utf-8").splitlines():
        if line and line[0] != "#":
            kind, group, names = line.split("\t")
            for name in names.split():
                plain = name.lstrip("*")
                exact.setdefault(plain, ((kind, group),))
                if name[0] == "*":
                    endings.append((plain, kind, group))
    return exact, tuple(endings), tuple(ending for ending, _, _ in endings)


def kinds_of(word: str) -> tuple[tuple[str, str], ...]:
    """Say what a word in small letters announces: kinds and groups."""
    exact, endings, any_ending = _labels()
    plain = folded(word)
    if plain in exact:
        return exact[plain]
    if not plain.endswith(any_ending) or len(plain) >= LONGEST_LABEL:
        return ()
    return next(((kind, group),) for ending, kind, group in endings if plain.endswith(ending))


LONGEST_LABEL: Final = 40


def folded(word: str) -> str:
    """Give a word in small letters without accents. Nothing of it is kept: it may be a password."""
    if word.isascii():
        return word.lower()
    return "".join(one for one in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(one))


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Give every candidate of a text, label by label, in order. Linear: a label looks no farther than `REACH`."""
    text = reading.text
    labels = sorted(
        (place, word, kinds) for word, places in reading.words.items() if (kinds := kinds_of(word)) for place in places
    )
    genre = None
    for place, word, kinds in labels:
        genre = genre or genre_of(text)
        yield from _after(text, place, place + len(word), kinds, genre, reading)


def genre_of(text: str) -> tuple[str, ...]:
    """Say what kind of text it is, by the marks in it."""
    lines = text.count("\n") + 1
    pairs = len(re.findall(r"(?m)^[ \t#-]*[\w.\"'-]{1,60}[ ]?[:=]", text))
    signs = [f"genre:pairs{min(3, pairs * 4 // (lines + 1))}"]
    if text.count("{") + text.count(";\n") + text.count("();") > 2:
        signs.append("genre:code")
    if len(WORD.findall(text)) > 9 * lines:
        signs.append("genre:prose")
    return tuple(signs)


def _after(
    text: str, start: int, end: int, kinds: tuple[tuple[str, str], ...], genre: tuple[str, ...], reading: Reading
) -> Iterator[Candidate]:
    if text[start - 1 : start] in {"/", "\\"} or text[end : end + 1] in {"/", "("}:
        return  # a folder, a function
    if "public" in text[start:end].lower():
        return
    name_end = end
    rest = REST_OF_NAME.match(text, end)
    if rest is not None:
        name_end = end + len(rest[0].rstrip(".-"))
    suffix = text[end:name_end]
    head = HEAD_OF_NAME.search(text, max(0, start - 40), start)
    prefix = head[0] if head else ""
    limit = min(len(text), name_end + REACH)
    stop = STOP.search(text, name_end, limit)
    if stop is not None:
        limit = stop.start() + 1
    about = _of_label(text, start, end, prefix, suffix)
    if "about:public" in about or (kinds[0][0] == "ID" and "about:other" in about and "about:person" not in about):
        return
    if kinds[0][1] == "id" and "about:person" not in about:
        return  # most numbers called so are a machine's
    seen: list[str] = []
    number, reached = 0, name_end
    whole = LINE.match(text, name_end) if "named:part" in about or "named:first" in about else None
    while number < MOST and (token := whole or TOKEN.search(text, reached, limit)) is not None:
        plain = token["plain"] is not None
        first, last = token.span("plain" if plain else "quoted")
        while last > first and text[last - 1] in ".,:!?…*":
            last -= 1
        while first < last and text[first] in "@*>:→–—":
            first += 1
        is_whole, whole = whole is not None, None
        reached = name_end if is_whole else token.end()
        value = text[first:last]
        if not any(one.isalnum() for one in value):
            continue
        if "\n" in text[name_end:first] and (seen or text.count("\n", name_end, first) > 1):
            return
        here = kinds_of(folded(value))
        if here and here[0][0] != kinds[0][0] and (here[0][0] == "SECRET" or any(HARD.search(one) for one in seen)):
            return
        if cannot_be(text, first, last) or not may_be(*kinds[0], value):
            seen.append(folded(value))
            number += 1
            continue
        gap = _of_gap(text, name_end, first, number, seen)
        is_word = plain and value.isalpha() and not is_announced(gap) and not is_initial_and_name(value)
        if is_word or (kinds[0][0] == "ID" and "gap:bracket" in gap):
            seen.append(folded(value))
            number += 1
            continue
        signs = (*about, *gap, *_of_value(text, first, last, is_quoted=not plain), *genre)
        if is_whole:
            signs = (*signs, REST_OF_LINE)
        for kind, group in kinds:
            yield Candidate(
                kind,
                start,
                first,
                last,
                (f"label:{group}", *signs, *(f"{group}&{one}" for one in signs if one[:5] in CROSSED)),
            )
        if not is_whole:
            seen.append(folded(value))
            number += 1
            if ASSIGNS.fullmatch(text, name_end, first) and not GOES_ON.match(text, last):
                return


ASSIGNS: Final = re.compile(r"[\"'`\])]{0,3}\s{0,8}(?:=>|:=|[:=])\s{0,8}[\[\"'`]{0,3}")
GOES_ON: Final = re.compile(r"[\"'`]?(?:,[ ]?|[ ](?:and|or|und|et|y|e|en|/)[ ])")
"""Between a name and what it is set to, and before another value of the same name."""


def may_be(kind: str, group: str, value: str) -> bool:
    """Say whether a value could be of a kind at all: numbers have digits, users letters, keys are no numbers."""
    digits = sum(one.isdigit() for one in value)
    if kind == "ID":
        is_sentence = " " in value and any(one.islower() for one in value)
        is_public = (
            YEAR.fullmatch(value) is not None
            or DIGEST.fullmatch(value) is not None
            or PUBLIC.fullmatch(value) is not None
        )
        return digits >= FEWEST_DIGITS and len(value) <= LONGEST_NUMBER and not is_sentence and not is_public
    if kind == "USERNAME":
        plain = value.lower()
        is_word = (value.isupper() or shape_of(value) == "camel-known") and words.is_made_of_words(plain)
        shape = shape_of(value)
        is_drawn = len(SWITCH.findall(value)) > MOST_SWITCHES or shape in {"random", "upper-mixed"}
        is_topic = shape == "camel-known" or (group == "account" and value.isalpha())
        is_nobody = is_drawn or is_topic or is_word or plain in NO_USER or plain in ROLES
        is_written_so = value[0].isalpha() and value[-1].isalnum() and not any(one in "/:" for one in value)
        return is_written_so and len(value) > 2 and VERSION.fullmatch(value) is None and not is_nobody
    if group in OF_MACHINES and (digits == len(value) or " " in value or shape_of(value).endswith("-known")):
        return False
    return len(value) > SHORTEST_SECRET and PATH.fullmatch(value) is None and not made_up.is_crossed_out(value)


SWITCH: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
MOST_SWITCHES: Final = 3
OF_MACHINES: Final = frozenset(["token", "key", "secret", "licence"])
"""Labels of what machines draw: never a number alone, never words."""

YEAR: Final = re.compile(r"[A-Za-z]+[_ -]?(?:19|20)\d\d")
DIGEST: Final = re.compile(r"(?i)(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{12,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FEWEST_DIGITS: Final = 4
LONGEST_NUMBER: Final = 40
SHORTEST_SECRET: Final = 3
VERSION: Final = re.compile(r"v\d.*")
PATH: Final = re.compile(r"[a-z_.-]+(?:[/:][\w_.-]+)+")


def cannot_be(text: str, start: int, end: int) -> bool:
    """Say whether words are no value of anything: a label, a date, a file, a piece of code, what stands for a value."""
    value = text[start:end]
    before, after = text[max(0, start - 2) : start], text[end : end + 3].lstrip("\"'`")
    if value[0] == "-" or before[-1:] in {"<", "-", "$", "/"} or before == "</":
        return True
    if text.startswith(("...", "…"), end) or plain_none(value):
        return True
    if after[:1] in {"(", "[", "{", "="} or after[:2] == " =":
        return True
    if after[:1] == ":" and not after[1:2].isalnum():
        return True
    plain = folded(value)
    if kinds_of(plain) or (" " in plain and any(kinds_of(one) for one in WORD.findall(plain))):
        return True
    if (
        ("_" in value or ("-" in value and value.islower()))
        and any(kinds_of(folded(one)) for one in PARTS.findall(value))
        and not HARD_DIGITS.search(value)
    ):
        return True
    return (
        shapes.is_placeholder(value)
        or shapes.is_code(value)
        or shapes.is_placeholder(plain)
        or ("@" not in value and "." in value and value.rpartition(".")[2] in FILES)
        or DATED.fullmatch(value) is not None
        or plain in COPULAS
        or plain in OF
        or plain in WITH
        or plain in MUST
    )


def plain_none(value: str) -> bool:
    """Say whether a word says that there is nothing."""
    return folded(value) in NOTHING


NOTHING: Final = frozenset(
    "none nobody ninguno ninguna keine keiner kein niemand aucun aucune personne nessuno nessuna geen niemand nenhum nenhuma ninguem obligatorio obligatoire pflicht verplicht requerido oui non ja nein si sim nee leer vide vacio vuoto leeg vazio".split()
)
HARD_DIGITS: Final = re.compile(r"\d{2}")
FILES: Final = frozenset(
    "com org net io dev local py js ts tsx go rs rb java kt cs cpp sh ps1 bat exe dll so md txt rst json html htm css csv xml yaml yml toml ini cfg conf env lock log sql php png jpg jpeg gif svg pdf docx doc xlsx xls pptx zip gz tar tgz jar war whl deb rpm bak tmp de fr es it nl pt uk example length value key type create delete reset revoke rotate view get set body create".split()
)


REST_OF_LINE: Final = "rest of line"
CROSSED: Final = frozenset(["shape", "copul", "gap:n", "befor", "named"])


def is_announced(gap: Iterable[str]) -> bool:
    """Say whether what stands before a word says that it is what is meant: a colon, "is", "as"."""
    return not ANNOUNCING.isdisjoint(gap)


ANNOUNCING: Final = frozenset(["copula::", "copula:=", "copula:>", "copula:dash", "before:copula"])


def _of_label(text: str, start: int, end: int, prefix: str, suffix: str) -> list[str]:
    signs = []
    is_name = (
        bool(prefix.strip("-")) or bool(suffix) or (text[start - 1 : start] in "\"'" and text[end : end + 1] in "\"'")
    )
    signs.append("named:part" if is_name else "named:word")
    if text[start:end].isupper():
        signs.append("named:capitals")
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip(" \t-*#\"'<"):
        signs.append("named:first")
    around = {folded(one) for one in PARTS.findall(suffix)}
    if around & OFF:
        signs.append("suffix:off")
    if {"name", "id"} & around:
        signs.append("suffix:name")
    if prefix.endswith("-") and prefix.strip("-") == "":
        signs.append("named:flag")
    if prefix.startswith("$") or text[max(0, start - 2) : start] == "${":
        signs.append("named:variable")
    before = {folded(one) for one in PARTS.findall(text[max(line, start - 45) : start])[-3:]}
    ahead = {folded(one) for one in WORD.findall(text[end : end + 30].split("\n")[0])[:3]}
    if before & ACCESS or ahead & ACCESS:
        signs.append("about:access")
    if "public" in before:
        signs.append("about:public")
    if before & NO_ACCESS:
        signs.append("about:other")
    if (before | ahead) & OF_PERSONS:
        signs.append("about:person")
    if before & OFF:
        signs.append("about:off")
    return signs


def _of_gap(text: str, start: int, end: int, number: int, seen: list[str]) -> list[str]:
    gap = text[start:end]
    signs = [f"gap:n{min(number, 6)}"]
    bare = gap.rstrip("\"'`“„«‘*@(<[ \t")
    last = bare[-1:]
    if last in ":=" and last:
        signs.append(f"copula:{last}")
    elif last and last in ">→":
        signs.append("copula:>")
    elif last and last in "–—-/|\t":
        signs.append("copula:dash")
    elif last and last in ",;":
        signs.append("copula:comma")
    elif not seen:
        signs.append("copula:blank")
    if seen:
        word = seen[-1]
        side = (
            "copula"
            if word in COPULAS
            else "with"
            if word in WITH
            else "of"
            if word in OF
            else "must"
            if word in MUST
            else "label"
            if kinds_of(word)
            else "other"
        )
        signs.append(f"before:{side}")
        signs += [
            f"among:{name}"
            for name, group in (("copula", COPULAS), ("of", OF), ("must", MUST))
            if not group.isdisjoint(seen)
        ]
        if any(kinds_of(one) for one in seen):
            signs.append("among:label")
        if any(HARD.search(one) for one in seen):
            signs.append("among:marked")
    if "\n" in gap:
        signs.append("gap:newline")
    if "," in gap:
        signs.append("gap:comma")
    if ":" in gap:
        signs.append("gap:colon")
    if "=" in gap:
        signs.append("gap:equals")
    if "(" in gap or "{" in gap:
        signs.append("gap:bracket")
    return signs


HARD: Final = re.compile(r"\d|[^\W\d_][!@#$%&*+_][^\W_]")


def _of_value(text: str, start: int, end: int, *, is_quoted: bool) -> list[str]:
    value = text[start:end]
    signs = [f"shape:{shape_of(value)}", f"size:{min(len(value), 30) // 3 if len(value) > 8 else len(value)}"]
    if is_quoted:
        signs.append("quoted")
        if text[start - 2 : start - 1].isalnum():
            signs.append("quoted:odd")
    after = text[end : end + 2].lstrip("\"'`”»")
    if after[:1] in "=([{":
        signs.append(
            f"after:{'opens' if after[:1] in '([{' and after[:1] else 'end'}" if after[:1] != "=" else "after:equals"
        )
    elif after[:1] == ":":
        signs.append("after:colon")
    elif not after.strip() and ("\n" in after or not after):
        signs.append("after:line")
    elif after[:1] in ".,;":
        signs.append("after:stop")
    plain = folded(value)
    if kinds_of(plain):
        signs.append("is:label")
    if plain in COPULAS or plain in OF or plain in WITH or plain in MUST:
        signs.append("is:small")
    if plain in OFF or plain in ACCESS or plain in NO_ACCESS:
        signs.append("is:topic")
    if value[:1].isupper():
        signs.append("is:capital")
    if "." in value:
        signs.append("has:dot")
    if "_" in value:
        signs.append("has:underscore")
    if "-" in value:
        signs.append("has:dash")
    if "/" in value:
        signs.append("has:slash")
    if "@" in value:
        signs.append("has:at")
    if ":" in value:
        signs.append("has:colon")
    if " " in value:
        signs.append("has:blank")
    if shapes.is_placeholder(value):
        signs.append("is:placeholder")
    if shapes.is_code(value):
        signs.append("is:code")
    if LIKE_A_FILE.search(value):
        signs.append("is:file")
    if DATED.fullmatch(value):
        signs.append("is:date")
    if len(value) > 4 and text.count(value) > 1:
        signs.append("again")
    return signs


LIKE_A_FILE: Final = re.compile(r"\.[a-z]{2,5}$")
DATED: Final = re.compile(
    r"\d+(?:\.\d+)?[smhdwykKM]|\d+(?:ms|min|[kmg]b)|v?\d{1,4}(?:[./:-]\d{1,4}){1,3}(?:\.x)?|\d{4}-\d\d-\d\dT.*|(?:19|20)\d\d"
)


def shape_of(value: str) -> str:
    """Say what a value is made of."""
    letters = [one for one in value if one.isalpha()]
    digits = sum(one.isdigit() for one in value)
    if " " in value:
        known = [folded(one) for one in WORD.findall(value)]
        return "phrase-digits" if digits else f"phrase{min(len(known), 5)}"
    if not letters:
        return f"digits{min(digits, 9)}" if digits == len(value) else f"digits-signs{min(digits, 9) // 3}"
    if not digits:
        if value.isalpha():
            plain = folded(value)
            is_known = words.is_made_of_words(plain) or plain in words.common() or plain in words.beside_users()
            case = (
                "lower" if value.islower() else "upper" if value.isupper() else "title" if value.istitle() else "camel"
            )
            return f"{case}-{'known' if is_known else 'new'}"
        if all(one.isalpha() or one in "._-'’" for one in value):
            pieces = WORD.findall(value)
            is_known = all(words.is_made_of_words(folded(piece)) for piece in pieces)
            return f"joined-{'known' if is_known else 'new'}-{'lower' if value.islower() else 'mixed'}"
        return "letters-signs"
    if len(value) >= 16 and shapes.is_long_random(value):
        return "random"
    if any(one in "!#$%&*+?^~" for one in value):
        return "mixed-signs"
    if re.fullmatch(r"[A-Za-z]{1,4}[-/_.]?\d{3,}(?:[-/.]\d+)*", value):
        return "prefix-digits"
    if re.fullmatch(r"[^\W\d_]+\d{1,4}", value):
        return f"word-digits-{'upper' if value.isupper() else 'lower' if value.islower() else 'title'}"
    if re.fullmatch(r"[A-Z0-9]+", value):
        return "upper-mixed"
    if all(one.isalnum() for one in value):
        return "mixed"
    return "mixed-joined"

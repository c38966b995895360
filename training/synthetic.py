"""
Write texts as people paste them, with exact labels: sentences of `templates/`, tables, records, logs, transcripts.

A template is one line; ``{slots}`` are filled by `SLOTS`, ``\\n`` is a line break. Files called ``*.clean.txt`` hold what
looks like names and is none.
"""

# ruff: noqa: E501 - tables of slots and columns are read whole

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from apps.privacy.tagger.labels import ADDRESS, LOCATION, ORGANIZATION, PERSON
from training import abroad, nicknames, novel, people, science, values
from training.documents import Document, Draft, Mark
from training.people import Person

FOLDER: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt")
SLOT: Final = re.compile(r"(?<!\{)\{([A-Za-z]+)\}(?!\})")
CLEAN_SHARE: Final = 0.3
SENTENCES: Final = (1, 1, 1, 1, 2, 2, 3, 4)


class Scene:
    """Who and what one text speaks of; the same few people return, as they do in real texts."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.language = language
        self.cast = [people.person(rng, language=language) for _ in range(3)]

    def somebody(self) -> Person:
        """Give one of the cast, or somebody new."""
        return (
            self.rng.choice(self.cast) if self.rng.random() < 0.5 else people.person(self.rng, language=self.language)
        )


def _full(scene: Scene) -> tuple[str, str]:
    return people.full_name(scene.rng, scene.somebody(), language=scene.language), PERSON


def _foreign(rng: random.Random) -> str:
    who = people.foreigner(rng)
    return f"{who.first} {who.last}"


def _address(scene: Scene) -> tuple[str, str]:
    """Write a whole address: street, perhaps a unit, town, perhaps a state and a country; in a row or in lines."""
    rng, language = scene.rng, scene.language
    if rng.random() < 0.4:
        return abroad.address(rng, language=language), ADDRESS
    street = values.street(rng, scene.somebody().last, language=language)
    if rng.random() < 0.06:
        return (
            f"{rng.choice(('corner of ', '', ''))}{street} and {values.street(rng, scene.somebody().last, language=language)}",
            ADDRESS,
        )
    separator = rng.choice((", ", "\n", ", ", " ", "\n "))
    parts = [street, *([values.unit(rng)] if rng.random() < 0.3 else [])]
    zip_code, city = values.postcode(rng, language=language), values.city(rng, language=language)
    state = "".join(rng.choice("ABCDEFGHIKLMNOPRSTUVWY") for _ in range(2))
    town = (
        f"{zip_code} {city}",
        f"{city} {zip_code}",
        city,
        f"{city}, {state} {zip_code}",
        f"{city}{separator}{state}{separator}{zip_code}",
    )
    parts.append(town[rng.choice((0, 0, 2, 1) if language != "en" else (0, 1, 1, 2, 3, 3, 4))])
    if rng.random() < 0.2:
        parts.append(rng.choice(values.WORLD))
    return separator.join(parts), ADDRESS


def _handle(scene: Scene) -> tuple[str, str]:
    who = scene.somebody()
    return (who.first + scene.rng.choice(("", "_", str(scene.rng.randint(1, 99)))) + who.last[:3]).lower().replace(
        " ", ""
    ), ""


def _mail(scene: Scene) -> tuple[str, str]:
    who = scene.somebody()
    return f"{who.first}.{who.last}@{scene.rng.choice(values.COMPANY_WORDS)}.example".lower().replace(" ", ""), ""


SLOTS: Final[dict[str, Callable[[Scene], tuple[str, str]]]] = {
    "full": _full,
    "first": lambda scene: (scene.somebody().first, PERSON),
    "last": lambda scene: (scene.somebody().last, PERSON),
    "wordname": lambda scene: (scene.rng.choice(values.WORD_NAMES), PERSON),
    "var": lambda scene: (values.identifier(scene.rng), ""),
    "Var": lambda scene: (scene.rng.choice(values.CODE_WORDS).title(), ""),
    "Type": lambda scene: (values.type_name(scene.rng), ""),
    "call": lambda scene: (values.function_name(scene.rng), ""),
    "Call": lambda scene: (values.type_name(scene.rng), ""),
    "placename": lambda scene: (scene.rng.choice(values.PLACE_NAMES), PERSON),
    "nameplace": lambda scene: (scene.rng.choice(values.PLACE_NAMES), LOCATION),
    "plainlast": lambda scene: (scene.rng.choice(values.PLAIN_SURNAMES), PERSON),
    "foreign": lambda scene: (_foreign(scene.rng), PERSON),
    "title": lambda scene: (values.choice_of(values.TITLES, scene.rng, language=scene.language), ""),
    "org": lambda scene: (
        values.company(scene.rng, scene.somebody(), scene.somebody(), language=scene.language),
        ORGANIZATION,
    ),
    "city": lambda scene: (values.city(scene.rng, language=scene.language), LOCATION),
    "street": lambda scene: (values.street(scene.rng, scene.somebody().last, language=scene.language), ADDRESS),
    "addr": _address,
    "zip": lambda scene: (values.postcode(scene.rng, language=scene.language), ADDRESS),
    "product": lambda scene: (scene.rng.choice(values.PRODUCTS), ""),
    "role": lambda scene: (values.choice_of(values.ROLES, scene.rng, language=scene.language), ""),
    "month": lambda scene: (values.choice_of(values.MONTHS, scene.rng, language=scene.language), ""),
    "day": lambda scene: (values.choice_of(values.DAYS, scene.rng, language=scene.language), ""),
    "date": lambda scene: (values.date(scene.rng, language=scene.language), ""),
    "time": lambda scene: (f"{scene.rng.randint(0, 23):02}:{scene.rng.randint(0, 59):02}", ""),
    "year": lambda scene: (str(scene.rng.randint(1950, 2029)), ""),
    "num": lambda scene: (str(scene.rng.randint(1, 900)), ""),
    "code": lambda scene: (values.code(scene.rng), ""),
    "phone": lambda scene: (values.phone(scene.rng), ""),
    "money": lambda scene: (
        f"{scene.rng.choice(('$', '€', '£', 'EUR ', 'CHF '))}{scene.rng.randint(1, 999)},{scene.rng.randint(100, 999)}",
        "",
    ),
    "handle": _handle,
    "mail": _mail,
    "famous": lambda scene: (nicknames.famous(scene.rng), PERSON),
    "Label": lambda scene: (scene.rng.choice(values.LABELS), ""),
    "thing": lambda scene: (scene.rng.choice(values.FAMOUS_THINGS), ""),
    "team": lambda scene: (scene.rng.choice(values.FAMOUS_GROUPS), ORGANIZATION),
    "nick": lambda scene: (nicknames.nickname(scene.rng, scene.somebody()), PERSON),
    "firm": lambda scene: (
        values.firm(scene.rng, scene.somebody(), scene.somebody(), language=scene.language),
        ORGANIZATION,
    ),
    "reference": lambda scene: (f"{scene.somebody().last}, {people.initials(scene.rng)}", PERSON),
    "initials": lambda scene: (f"{people.initials(scene.rng)} {scene.somebody().last}", PERSON),
    "term": lambda scene: (novel.plain(scene.rng), ""),
    "Term": lambda scene: (novel.plain(scene.rng).title(), ""),
    "TERM": lambda scene: (novel.plain(scene.rng).upper(), ""),
    "slang": lambda scene: (scene.rng.choice(values.SLANG), ""),
    "Slang": lambda scene: (scene.rng.choice(values.SLANG).capitalize(), ""),
    "babble": lambda scene: (abroad.babble(scene.rng), ""),
    "brand": lambda scene: (values.invented(scene.rng), ""),
    "work": lambda scene: (values.work(scene.rng), ""),
    "substance": lambda scene: (science.substance(scene.rng), ""),
    "Substance": lambda scene: (science.substance(scene.rng).title(), ""),
    "Gene": lambda scene: (science.gene(scene.rng), ""),
    "taxon": lambda scene: (science.taxon(scene.rng), ""),
    "Family": lambda scene: (science.taxon(scene.rng).split()[0] + scene.rng.choice(("idae", "aceae", "inae")), ""),
    "Star": lambda scene: (scene.rng.choice((scene.somebody().first, science.taxon(scene.rng).split()[0])), ""),
}


@cache
def templates(name: str) -> tuple[str, ...]:
    """Read a file of templates."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.replace("\\n", "\n") for line in lines if line.strip())


def fill(template: str, scene: Scene) -> Document:
    """Fill a template's slots."""
    draft, position = Draft(), 0
    for slot in SLOT.finditer(template):
        draft.add(template[position : slot.start()])
        draft.add(*SLOTS[slot[1]](scene))
        position = slot.end()
    draft.add(template[position:])
    return draft.finish()


def sentences(rng: random.Random, language: str) -> Document:
    """Write a short text of a few templates of one language."""
    scene, draft = Scene(rng, language), Draft()
    for number in range(rng.choice(SENTENCES)):
        is_clean = rng.random() < CLEAN_SHARE
        draft.add(rng.choice((" ", "\n", "\n\n", " ")) if number else "")
        draft.add_document(fill(rng.choice(templates(f"{language}.clean" if is_clean else language)), scene))
    return draft.finish()


def post(rng: random.Random, language: str) -> Document:
    """Write what people post: a line or two, in a hurry. English, as the lists of templates are."""
    scene, draft = Scene(rng, "en"), Draft()
    for number in range(rng.choice((1, 1, 1, 2))):
        draft.add(rng.choice((" ", "\n", ". ")) if number else "")
        source = rng.choice(("en.posts", "en.posts", "en.posts", "en.posts.clean", "en.posts.clean", "en.news"))
        draft.add_document(fill(rng.choice(templates(source)), scene))
    return in_haste(draft.finish(), rng)


def prompt(rng: random.Random, language: str) -> Document:
    """Write what people ask a machine for, or tell about their lives, in one paste."""
    scene, draft = Scene(rng, language), Draft()
    sources = ENGLISH_PROMPTS if language == "en" else (f"{language}.posts", f"{language}.posts", f"{language}.terms")
    for number in range(rng.choice((1, 1, 1, 2, 3))):
        draft.add(rng.choice((" ", "\n", "\n\n")) if number else "")
        draft.add_document(fill(rng.choice(templates(rng.choice(sources))), scene))
    return in_haste(draft.finish(), rng)


ENGLISH_PROMPTS: Final = ("en.prompts", "en.prompts", "en.life", "en.life", "en.prompts.clean")


def form(rng: random.Random, language: str) -> Document:
    """Write forms and notes: what a field is called, and who or what is in it. English, as its templates are."""
    scene, draft = Scene(rng, "en"), Draft()
    for number in range(rng.choice((1, 1, 2, 3, 4))):
        draft.add(rng.choice(("\n", "\n", " ", " | ")) if number else "")
        draft.add_document(fill(rng.choice(templates(rng.choice(("en.forms", "en.forms", "en.forms.clean")))), scene))
    return draft.finish()


def terms(rng: random.Random, language: str) -> Document:
    """Write contracts, headings and firms: capitals without people."""
    scene, draft = Scene(rng, language), Draft()
    for number in range(rng.choice((1, 1, 2, 3))):
        draft.add(rng.choice((" ", "\n")) if number else "")
        draft.add_document(fill(rng.choice(templates(f"{language}.terms")), scene))
    return draft.finish()


def learned(rng: random.Random, language: str) -> Document:
    """Write sentences of reference works, papers and reports: full of capitals, with few people. English."""
    scene, draft = Scene(rng, "en"), Draft()
    for number in range(rng.choice((1, 1, 2, 3))):
        draft.add(" " if number else "")
        draft.add_document(fill(rng.choice(templates("en.learned")), scene))
    return draft.finish()


def code(rng: random.Random, language: str) -> Document:
    """Write a few lines of a program, a log or a query: everything in it is nobody."""
    scene, draft = Scene(rng, language), Draft()
    for number in range(rng.choice((1, 2, 3, 5))):
        draft.add("\n" if number else "")
        draft.add_document(fill(rng.choice(templates("code")), scene))
    text = draft.finish().text.replace("{{", "{").replace("}}", "}")
    return Document(text, ())


def table(rng: random.Random, language: str) -> Document:
    """Write rows of people and things as CSV, TSV, Markdown or with semicolons."""
    scene, draft = Scene(rng, language), Draft()
    separator = rng.choice((",", ";", "\t", " | ", ", "))
    columns = rng.sample(
        ("full", "first", "last", "city", "org", "mail", "phone", "role", "date", "num", "street", "product", "code"),
        rng.randint(2, 6),
    )
    if rng.random() < 0.6:
        draft.add(separator.join(rng.choice((column, column.title(), column.upper())) for column in columns) + "\n")
    for _ in range(rng.randint(2, 8)):
        for number, column in enumerate(columns):
            draft.add(separator if number else "")
            text, label = SLOTS[column](scene)
            quote = '"' if "," in text and separator == "," else ""
            draft.add(quote)
            draft.add(text, label)
            draft.add(quote)
        draft.add("\n")
    return draft.finish()


KEYS: Final = {
    "full": ("name", "full_name", "customer", "author", "owner", "assignee", "contactName", "patient", "employee", "user", "displayName", "created_by"),
    "first": ("first_name", "firstName", "vorname", "prenom", "nombre", "given_name"),
    "last": ("last_name", "lastName", "surname", "nachname", "nom", "apellido"),
    "city": ("city", "town", "ort", "location"),
    "org": ("company", "organization", "employer", "vendor"),
    "street": ("street", "address", "line1", "strasse"),
    "product": ("product", "service", "app", "component", "name", "title"),
    "mail": ("email", "mail"),
    "code": ("id", "ticket", "order_id"),
    "role": ("role", "title", "position"),
    "num": ("count", "amount", "age"),
    "date": ("date", "created_at", "hired"),
}  # fmt: skip


def record(rng: random.Random, language: str) -> Document:
    """Write one record as JSON, YAML, XML, a log line, SQL or `key=value`."""
    scene, draft = Scene(rng, language), Draft()
    before, between, after, opening, closing = rng.choice(RECORDS)
    draft.add(opening)
    slots = rng.sample(sorted(KEYS), rng.randint(2, 7))
    for number, slot in enumerate(slots):
        key = rng.choice(KEYS[slot])
        text, label = SLOTS[slot](scene)
        draft.add(before.replace("KEY", key))
        draft.add(text, label)
        draft.add(after.replace("KEY", key))
        draft.add(between if number < len(slots) - 1 else "")
    draft.add(closing)
    return draft.finish()


RECORDS: Final = (
    ('"KEY": "', ", ", '"', "{", "}"),
    ('  "KEY": "', ",\n", '"', "{\n", "\n}"),
    ("KEY: ", "\n", "", "", "\n"),
    ("- KEY: ", "\n", "", "items:\n", "\n"),
    ("<KEY>", "\n", "</KEY>", "<record>\n", "\n</record>"),
    ("KEY=", " ", "", "2026-03-04 10:22:01 INFO request ", ""),
    ('KEY="', " ", '"', 'level=info msg="saved" ', ""),
    ("'", ", ", "'", "INSERT INTO customers VALUES (", ");"),
    ("KEY = '", " AND ", "'", "SELECT * FROM users WHERE ", ";"),
    ("KEY = '", ", ", "'", "UPDATE employees SET ", " WHERE id = 7;"),
    ("KEY: ", " | ", "", "", ""),
    ("KEY\t", "\n", "", "", ""),
    ("**KEY:** ", "\n", "", "", ""),
    ("KEY: ", ", ", "", "", ""),
    ("'KEY': '", ", ", "'", "user = {", "}"),
)


def chat(rng: random.Random, language: str) -> Document:
    """Write a conversation of two or three people, each line begun by its speaker."""
    scene, draft = Scene(rng, language), Draft()
    form = rng.choice(("NAME: ", "NAME: ", "[10:32] NAME: ", "NAME (10:32)\n", "<NAME> ", "NAME > ", "10:32 NAME: "))
    names = [
        rng.choice((who.first, who.first, f"{who.first} {who.last}", f"{who.first[0]}. {who.last}"))
        for who in scene.cast
    ]
    if rng.random() < 0.3:
        names[0] = ""
    for number in range(rng.randint(2, 8)):
        name = rng.choice(names)
        head, tail = form.split("NAME")
        draft.add(("\n" if number else "") + head)
        draft.add(name or rng.choice(("Agent", "Bot", "Customer", "User", "Support", "me")), PERSON if name else "")
        draft.add(tail)
        draft.add_document(fill(rng.choice(templates(f"{language}.chat")), scene))
    return draft.finish()


def roster(rng: random.Random, language: str) -> Document:
    """Write a list of names, one a line or in a row."""
    scene, draft = Scene(rng, language), Draft()
    head = rng.choice(("", "- ", "* ", "1. ", "[ ] ", "• "))
    separator = rng.choice(("\n", "\n", ", ", "; ", " / "))
    for number in range(rng.randint(2, 9)):
        draft.add((separator if number else "") + (head if separator == "\n" else ""))
        draft.add(*SLOTS[rng.choice(("full", "full", "full", "first", "last"))](scene))
    return draft.finish()


GENRES: Final = (
    (sentences, 0.27), (prompt, 0.18), (terms, 0.11), (post, 0.22), (learned, 0.1), (form, 0.07), (code, 0.05), (table, 0.05), (record, 0.07), (chat, 0.06),
    (roster, 0.04),
)  # fmt: skip


def write(rng: random.Random) -> Document:
    """Write one text: a language (English half of the time), a genre, and perhaps a careless hand."""
    language = "en" if rng.random() < 0.5 else rng.choice(LANGUAGES[1:])
    genres, shares = zip(*GENRES, strict=True)
    return disturb(rng.choices(genres, shares)[0](rng, language), rng)


def documents(*, seed: int, count: int) -> Iterator[Document]:
    """Write `count` texts, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield write(rng)


def in_haste(document: Document, rng: random.Random) -> Document:
    """Misspell words that are no names, as people do: letters dropped, doubled, swapped, dragged out, shouted."""
    if rng.random() < 0.5:
        return document
    draft, position = Draft(), 0
    for mark in document.marks:
        draft.add(HASTY_WORD.sub(lambda word: _hasty(word[0], rng), document.text[position : mark.start]))
        draft.add_marked(document.text[mark.start : mark.end], mark)
        position = mark.end
    draft.add(HASTY_WORD.sub(lambda word: _hasty(word[0], rng), document.text[position:]))
    return replace(draft.finish(), certainty=document.certainty)


def _hasty(word: str, rng: random.Random) -> str:
    place, roll = rng.randrange(1, len(word) - 1), rng.random()
    if roll < 0.04:
        return word[:place] + word[place + 1 :]
    if roll < 0.08:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if roll < 0.11:
        return word[:-1] + word[-1] * rng.randint(2, 5)
    if roll < 0.14:
        return word[:place] + word[place] * rng.randint(2, 5) + word[place + 1 :]
    if roll < 0.16:
        return word.upper()
    return word.title() if roll < 0.19 else word


WORD_BEGINS: Final = re.compile(r"(?<![^\W\d_])(?<!['\u2019])[^\W\d_]")
HASTY_WORD: Final = re.compile(r"(?<![\w@#])[A-Za-z][a-z]{3,}(?!\w)")


def disturb(document: Document, rng: random.Random) -> Document:
    """Now and then drop capitals, write in capitals only, drop accents or punctuation; places stay as they are."""
    roll = rng.random()
    if roll < 0.13:
        return replace(document, text=_same_length(document.text, str.lower))
    if roll < 0.16:
        return replace(document, text=_same_length(document.text, str.upper))
    if roll < 0.2:
        return _lower_some(document, rng)
    if roll < 0.25:
        return replace(document, text=_same_length(document.text, _without_accent))
    if roll < 0.28:
        return replace(document, text=re.sub(r"[.,;:!?\"]", " ", document.text))
    if roll < 0.33:
        return _as_html(document, rng)
    if roll < 0.355:
        return replace(document, text=WORD_BEGINS.sub(lambda word: _same_length(word[0], str.upper), document.text))
    return document


def _lower_some(document: Document, rng: random.Random) -> Document:
    """Write the names in lower case and leave the rest."""
    text = document.text
    for mark in document.marks:
        if mark.label == PERSON and rng.random() < 0.8:
            text = text[: mark.start] + _same_length(text[mark.start : mark.end], str.lower) + text[mark.end :]
    return replace(document, text=text)


def _as_html(document: Document, rng: random.Random) -> Document:
    """Put the text between tags, and some names too."""
    draft, position = Draft(), 0
    opening, closing = rng.choice((("<p>", "</p>"), ("<div>", "</div>"), ("<li>", "</li>"), ("<td>", "</td>")))
    draft.add(opening)
    for mark in document.marks:
        inner = rng.random() < 0.25
        draft.add(document.text[position : mark.start].replace("\n", f"{closing}{opening}") + ("<b>" if inner else ""))
        draft.add_marked(document.text[mark.start : mark.end], mark)
        draft.add("</b>" if inner else "")
        position = mark.end
    draft.add(document.text[position:].replace("\n", f"{closing}{opening}") + closing)
    return replace(draft.finish(), certainty=document.certainty)


def _same_length(text: str, change: Callable[[str], str]) -> str:
    return "".join(changed if len(changed := change(character)) == 1 else character for character in text)


def _without_accent(character: str) -> str:
    return unicodedata.normalize("NFKD", character)[0]


def cut(document: Document, start: int, end: int) -> Document:
    """Take a part of a document; marks that are cut go."""
    inside = [mark for mark in document.marks if mark.start >= start and mark.end <= end]
    marks = tuple(Mark(mark.start - start, mark.end - start, mark.label, mark.certainty) for mark in inside)
    return Document(document.text[start:end], marks, document.certainty, is_whole=document.is_whole)

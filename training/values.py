"""Invent what stands around people: places, streets, organisations, products, numbers, words that look like names."""

# ruff: noqa: E501 - lists are read whole

from __future__ import annotations

import importlib
import random
import re
import string
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from training import novel
from training.people import Person

LISTS: Final = Path(__file__).parent / "lists"


def listed(name: str) -> tuple[str, ...]:
    return tuple((LISTS / f"{name}.txt").read_text(encoding="utf-8").split())


def lines(name: str) -> tuple[str, ...]:
    """Read a list of `lists/`, an entry a line."""
    return tuple((LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines())


LOCALES: Final = {
    "en": ("en_US", "en_GB", "en_IE", "en_AU", "en_CA", "en_IN"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_CH", "fr_CA"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CO", "es_CL"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "pt": ("pt_BR", "pt_PT"),
}
PRODUCTS: Final = listed("products")
SLANG: Final = listed("slang")
WORD_NAMES: Final = listed("word_names")
FAMOUS_THINGS: Final = lines("famous_things")
FAMOUS_GROUPS: Final = lines("famous_groups")
LABELS: Final = listed("labels")
FIRM_ENDS: Final = listed("firm_ends")
PLAIN_SURNAMES: Final = listed("plain_surnames")
COMPANY_WORDS: Final = listed("company_words")
SUFFIXES: Final = {
    "en": (
        "Inc.",
        "Ltd",
        "LLC",
        "Group",
        "Corp",
        "plc",
        "Partners",
        "Holdings",
        "Labs",
        "Bank",
        "University",
        "Hospital",
    ),
    "de": ("GmbH", "AG", "KG", "GmbH & Co. KG", "eG", "Versicherung", "Bank", "Klinik", "Logistik"),
    "fr": ("SA", "SARL", "SAS", "et Fils", "Assurances", "Groupe"),
    "es": ("S.A.", "S.L.", "y Asociados", "Seguros", "Banco"),
    "it": ("S.p.A.", "S.r.l.", "e Figli", "Assicurazioni", "Gruppo"),
    "nl": ("B.V.", "N.V.", "Groep", "& Zonen", "Verzekeringen"),
    "pt": ("Lda", "S.A.", "Ltda", "e Filhos", "Seguros"),
}
ROLES: Final = {
    "en": "manager,engineer,analyst,accountant,nurse,director,team lead,consultant,clerk,developer,HR partner,auditor",
    "de": "Leiterin,Sachbearbeiter,Ingenieurin,Buchhalter,Pflegerin,Direktor,Beraterin,Entwickler,Prüferin",
    "fr": "directrice,ingénieur,comptable,infirmière,responsable RH,consultant,développeuse,auditeur",
    "es": "directora,ingeniero,contable,enfermera,responsable de RR. HH.,consultor,desarrolladora,auditor",
    "it": "direttrice,ingegnere,contabile,infermiera,responsabile HR,consulente,sviluppatore,revisore",
    "nl": "directeur,ingenieur,boekhouder,verpleegkundige,HR-adviseur,consultant,ontwikkelaar,auditor",
    "pt": "diretora,engenheiro,contabilista,enfermeira,gestora de RH,consultor,programador,auditora",
}
MONTHS: Final = {
    "en": "January,February,March,April,May,June,July,August,September,October,November,December",
    "de": "Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember",
    "fr": "janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre",
    "es": "enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre",
    "it": "gennaio,febbraio,marzo,aprile,maggio,giugno,luglio,agosto,settembre,ottobre,novembre,dicembre",
    "nl": "januari,februari,maart,april,mei,juni,juli,augustus,september,oktober,november,december",
    "pt": "janeiro,fevereiro,março,abril,maio,junho,julho,agosto,setembro,outubro,novembro,dezembro",
}
DAYS: Final = {
    "en": "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday",
    "de": "Montag,Dienstag,Mittwoch,Donnerstag,Freitag,Samstag,Sonntag",
    "fr": "lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche",
    "es": "lunes,martes,miércoles,jueves,viernes,sábado,domingo",
    "it": "lunedì,martedì,mercoledì,giovedì,venerdì,sabato,domenica",
    "nl": "maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag,zondag",
    "pt": "segunda-feira,terça-feira,quarta-feira,quinta-feira,sexta-feira,sábado,domingo",
}
TITLES: Final = {
    "en": "Mr,Mr.,Mrs,Mrs.,Ms,Ms.,Dr,Dr.,Prof.,Judge,Officer,Captain,Sir",
    "de": "Herr,Frau,Dr.,Prof. Dr.,Herrn",
    "fr": "M.,Mme,Monsieur,Madame,Dr,Me,Maître",
    "es": "Sr.,Sra.,Don,Doña,Dr.,Dra.",
    "it": "Sig.,Sig.ra,Dott.,Dott.ssa,Avv.,Ing.",
    "nl": "Dhr.,Mevr.,Meneer,Mevrouw,Dr.",
    "pt": "Sr.,Sra.,Dr.,Dra.,Eng.",
}
KINDS_OF_STREET: Final = (
    "Street",
    "St",
    "Road",
    "Rd",
    "Avenue",
    "Ave",
    "Lane",
    "Drive",
    "Dr",
    "Way",
    "Court",
    "Blvd",
    "Place",
    "Close",
    "Terrace",
)
STREETS: Final[dict[str, Callable[[random.Random, str], str]]] = {
    "en": lambda rng, name: f"{rng.randint(1, 9900)} {name} {rng.choice(KINDS_OF_STREET)}",
    "de": lambda rng, name: f"{name}{rng.choice(('straße', 'str.', 'weg', 'allee', 'gasse', '-Straße', 'platz'))} {rng.randint(1, 180)}{rng.choice(('', '', 'a', 'b'))}",
    "fr": lambda rng, name: f"{rng.randint(1, 180)}{rng.choice((',', '', ' bis'))} {rng.choice(('rue', 'avenue', 'boulevard', 'place', 'chemin', 'allée'))} {rng.choice(('', 'de ', 'du ', 'de la '))}{name}",
    "es": lambda rng, name: f"{rng.choice(('Calle', 'C/', 'Avenida', 'Avda.', 'Plaza', 'Paseo'))} {rng.choice(('', 'de ', 'del '))}{name}{rng.choice((', ', ' ', ', n.º '))}{rng.randint(1, 180)}{rng.choice(('', '', ', 2º B', ', 4º izq.'))}",
    "it": lambda rng, name: f"{rng.choice(('Via', 'Viale', 'Piazza', 'Corso', 'Vicolo'))} {rng.choice(('', 'della ', 'dei '))}{name}{rng.choice((', ', ' '))}{rng.randint(1, 180)}",
    "nl": lambda rng, name: f"{name}{rng.choice(('straat', 'laan', 'weg', 'plein', 'gracht', 'kade'))} {rng.randint(1, 180)}{rng.choice(('', '', '-2', 'bis', 'A'))}",
    "pt": lambda rng, name: f"{rng.choice(('Rua', 'Avenida', 'Av.', 'Travessa', 'Praça', 'Largo'))} {rng.choice(('', 'da ', 'do ', 'de '))}{name}{rng.choice((', ', ', n.º ', ' '))}{rng.randint(1, 180)}",
}  # fmt: skip


@cache
def cities(language: str) -> tuple[str, ...]:
    """Give names of towns in the countries of a language, and of the world's."""
    found: set[str] = set()
    for locale in LOCALES[language]:
        provider = importlib.import_module(f"faker.providers.address.{locale}").Provider
        for name in ("cities", "city_names", "towns", "municipalities", "states", "provinces", "regions", "countries"):
            values = getattr(provider, name, ())
            found.update(value for value in values if isinstance(value, str) and 2 < len(value) < 30)
    return tuple(sorted(found | set(WORLD)))


PLACE_NAMES: Final = listed("place_names")
"""Towns and countries whose names people bear too."""

CODE_WORDS: Final = listed("code_words")
WORLD: Final = listed("world")


def city(rng: random.Random, *, language: str) -> str:
    """Name a town or a country."""
    return rng.choice(cities(language if rng.random() < 0.8 else "en"))


def street(rng: random.Random, surname: str, *, language: str) -> str:
    """Write street and number, the street named after somebody or something."""
    name = rng.choice((surname, rng.choice(COMPANY_WORDS), rng.choice(PLAIN_SURNAMES), rng.choice(cities(language))))
    roll = rng.random()
    if roll < 0.25:
        return foreign_street(rng, name)
    return STREETS[language if roll < 0.8 else rng.choice(sorted(STREETS))](rng, name)


ELSEWHERE: Final = (
    "ul. {} N",
    "{} utca N",
    "{}katu N",
    "{}vej N",
    "{}gatan N",
    "{}gata N",
    "Jl. {} No. N",
    "N {} Marg",
    "{} Cad. No: N",
    "N {}",
    "N {} N",
    "{} N",
    "{} u. N.",
    "Str. {} nr. N",
    "{} tänav N",
    "N {} Crescent",
    "{} House, N High Street",
    "{}ova N",
    "N, {} Nagar",
    "Blk N {} Ave N",
    "N {} Parkway",
    "N {} Highway",
    "{} Point N",
)
"""Streets of other countries, as they stand in texts of any language."""

UNITS: Final = (
    "Apt. N",
    "Apt N",
    "Suite N",
    "Unit N",
    "Flat N",
    "#N",
    "Floor N",
    "Apartment N",
    "Room N",
    "Top N",
    "Bldg. N",
    "PO Box N",
)


def foreign_street(rng: random.Random, surname: str) -> str:
    """Write a street as in a country whose language the text is not written in."""
    return re.sub(
        "N", lambda _: str(rng.randint(1, 9999 if rng.random() < 0.3 else 199)), rng.choice(ELSEWHERE)
    ).format(surname)


def identifier(rng: random.Random) -> str:
    """Make up a variable's name."""
    first, second = rng.choice(CODE_WORDS), rng.choice(CODE_WORDS)
    return rng.choice((first, first[0], f"{first}_{second}", first + second.title(), f"{first}{rng.randint(1, 9)}"))


def function_name(rng: random.Random) -> str:
    """Make up a function's name."""
    verb = rng.choice(
        ("get", "find", "load", "lade", "save", "is", "has", "create", "update", "delete", "parse", "build")
    )
    return rng.choice((f"{verb}{rng.choice(CODE_WORDS).title()}", f"{verb}_{rng.choice(CODE_WORDS)}", verb))


def type_name(rng: random.Random) -> str:
    """Make up the name of a type."""
    return rng.choice(CODE_WORDS).title() + rng.choice(("", "", rng.choice(CODE_WORDS).title()))


def unit(rng: random.Random) -> str:
    """Name a flat, a suite, a floor."""
    return rng.choice(UNITS).replace("N", str(rng.randint(1, 999)))


def postcode(rng: random.Random, *, language: str) -> str:
    """Write a postcode as in a country of the language."""
    digits = "".join(rng.choice(string.digits) for _ in range(5))
    if language == "nl":
        return f"{digits[:4]} {rng.choice(string.ascii_uppercase)}{rng.choice(string.ascii_uppercase)}"
    if language == "pt":
        return f"{digits[:4]}-{digits[2:]}"
    if language == "en" and rng.random() < 0.4:
        letters = string.ascii_uppercase
        return f"{rng.choice(letters)}{rng.choice(letters)}{digits[0]} {digits[1]}{rng.choice(letters)}{rng.choice(letters)}"
    return digits


SYLLABLES: Final = (
    "ba",
    "be",
    "bi",
    "bo",
    "ca",
    "co",
    "cu",
    "da",
    "de",
    "di",
    "do",
    "fa",
    "fe",
    "fi",
    "ga",
    "go",
    "ha",
    "hi",
    "jo",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "li",
    "lo",
    "lu",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "no",
    "nu",
    "pa",
    "pe",
    "po",
    "qua",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "si",
    "so",
    "ta",
    "te",
    "ti",
    "to",
    "va",
    "ve",
    "vi",
    "vo",
    "xa",
    "xi",
    "ya",
    "za",
    "ze",
    "zi",
    "zo",
)
ENDINGS: Final = (
    "",
    "",
    "n",
    "r",
    "x",
    "s",
    "l",
    "ly",
    "io",
    "ify",
    "tech",
    "soft",
    "net",
    "era",
    "ex",
    "oo",
    "us",
    "on",
    "gen",
    "lytics",
    "hub",
    "Works",
    "Labs",
)
INSTITUTIONS: Final = (
    "Foundation",
    "Scientific",
    "Medical Supply",
    "Soup Company",
    "Motors",
    "Industries",
    "Airlines",
    "Pharmacy",
    "Farms",
    "Press",
    "Records",
    "Capital",
    "Consulting",
    "Law Firm",
    "Street Station",
    "Institute",
    "University",
    "Memorial Hospital",
    "Medal",
    "Award",
    "Prize",
    "School",
    "College",
    "Library",
    "Museum",
    "Theatre",
    "Airport",
    "Station",
    "Stadium",
    "Bank",
    "Clinic",
    "Church",
    "Park",
    "Bridge",
    "Center",
)


def invented(rng: random.Random) -> str:
    """Make up a name as young companies do: of syllables, or of an everyday word and what firms put behind it."""
    if rng.random() < 0.4:
        stem, end = rng.choice(novel.plain_words()).title(), rng.choice(FIRM_ENDS)
        return stem + rng.choice((end, end, end.title(), rng.choice(novel.plain_words())))
    word = "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))) + rng.choice(ENDINGS)
    return word[0].upper() + word[1:]


def company(rng: random.Random, who: Person, other: Person, *, language: str) -> str:
    """Name an organisation: after its founders, a place, a word, or by a word nobody has heard."""
    suffix, word, roll = rng.choice(SUFFIXES[language]), rng.choice(COMPANY_WORDS), rng.random()
    if roll < 0.3:
        return rng.choice(
            (invented(rng), f"{invented(rng)} {suffix}", word + rng.choice(("soft", "tech", "gen", "media", "pharma")))
        )
    if roll < 0.5:
        return f"{rng.choice((who.last, word, word))} {suffix}"
    if roll < 0.6:
        return rng.choice(
            (
                f"{who.last}, {other.last} and {rng.choice(PLAIN_SURNAMES)}",
                f"{who.last}-{other.last}",
                f"{who.last} & {other.last}",
                f"{who.last} and Sons",
                f"{who.last} Group",
                f"{who.last} & Partner",
            )
        )
    if roll < 0.72:
        return f"{rng.choice((f'{who.first} {who.last}', who.last, rng.choice(cities(language)), f'St. {who.first}'))} {rng.choice(INSTITUTIONS)}"
    if roll < 0.78:
        return (
            rng.choice(("University of", "Bank of", "Ministry of", "City of", "Museum of", "Port of"))
            + f" {rng.choice(cities(language))}"
        )
    return f"{word} {suffix}" if roll < 0.9 else f"{word} & {rng.choice(COMPANY_WORDS)} {suffix}"


def firm(rng: random.Random, who: Person, other: Person, *, language: str) -> str:
    """Name a firm after the people who founded it."""
    suffix = rng.choice(SUFFIXES[language])
    return rng.choice(
        (
            f"{who.last} {suffix}",
            f"{who.first} {who.last} {suffix}",
            f"{who.last} & {other.last}",
            f"{who.last} & {other.last} {suffix}",
            f"{who.last} {other.last}",
            f"{who.last} {rng.choice(INSTITUTIONS)}",
            f"{who.last} {rng.choice(COMPANY_WORDS)} {suffix}",
            f"{who.last} {other.last} {rng.choice(INSTITUTIONS)}",
            f"{who.last}, {other.last} & Co.",
            f"{who.last} Bros.",
            f"{who.last} and {rng.choice(('Sons', 'Daughters', 'Company', 'Partners'))}",
            f"{who.last}-{other.last}",
            f"{who.last}-{other.last}",
            f"{who.last}, {other.last} and {novel.word_surname(rng) if rng.random() < 0.3 else who.last}",
            f"{other.last}, {who.last} and {rng.choice(PLAIN_SURNAMES)}",
        )
    )


def choice_of(lists: dict[str, str], rng: random.Random, *, language: str) -> str:
    """Draw one entry of a comma-separated list."""
    return rng.choice(lists[language].split(","))


def code(rng: random.Random) -> str:
    """Make a ticket, order or contract number."""
    prefix = "".join(rng.choice(string.ascii_uppercase) for _ in range(rng.randint(2, 4)))
    return rng.choice(
        (f"{prefix}-{rng.randint(100, 99999)}", f"#{rng.randint(1000, 999999)}", str(rng.randint(10**4, 10**10)))
    )


def date(rng: random.Random, *, language: str) -> str:
    """Write a date in one of the usual ways."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1950, 2029)
    word = MONTHS[language].split(",")[month - 1]
    return rng.choice(
        (
            f"{day} {word} {year}",
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}",
            f"{word} {day}, {year}",
            f"{day}/{month}/{year}",
            f"{day} {word}",
            word,
        )
    )


def phone(rng: random.Random) -> str:
    """Write a phone number."""
    digits = [str(rng.randint(0, 9)) for _ in range(10)]
    number = "".join(digits)
    return rng.choice(
        (
            f"+{rng.randint(1, 99)} {number[:3]} {number[3:]}",
            f"({number[:3]}) {number[3:6]}-{number[6:]}",
            number,
            f"0{number[:3]} {number[3:]}",
        )
    )


def work(rng: random.Random) -> str:
    """Invent the title of a film, a song or a book, of plain words."""
    words = [rng.choice(novel.plain_words()).title() for _ in range(rng.randint(1, 3))]
    joint = rng.choice((" ", " ", " of the ", " and ", " in the "))
    return rng.choice(("", "", "The ", "A ")) + (joint.join(words) if len(words) == 2 else " ".join(words))

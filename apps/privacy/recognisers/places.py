"""Postal addresses and dates of birth."""

# ruff: noqa: E501, RUF001 - a pattern is read whole; quotation marks are meant

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.openings import AT_DIGITS
from apps.privacy.rules import Rule, at_codes, at_mixed, at_numbers, at_words, near, pattern

WORD: Final = r"(?:\p{Lu}[\p{L}'’.-]*|\d{1,3}(?:st|nd|rd|th))"
STREET: Final = r"""(?:Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|Pkwy|
    Highway|Hwy|Circle|Cir|Crescent|Cres|Close|Gardens|Gdns|Grove|Hill|Mews|Park|Row|Walk|Trail|Trl|Alley|Plaza|Pike|Turnpike|Loop|Quay|Wharf|
    Heights|Ridge|Run|Point|Path|Route|Rte|Broadway|Expressway|Esplanade|Parade|Pde|Green|Rise|View|Vista|Crossing|Landing|Bypass|Causeway)"""
UNIT: Final = r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|Bldg|Building|Dept|PO[ ]Box|\#)\.?[ ]?\#?[\w-]{1,6})"
CITY: Final = rf"(?:{WORD}(?:[ ]{WORD}){{0,3}})"
REGION: Final = r"(?:[A-Z]{2}|\p{Lu}\p{Ll}+(?:[ ]\p{Lu}\p{Ll}+)?)"
US_ZIP: Final = r"\d{5}(?:-\d{4})?"
UK_POSTCODE: Final = r"(?:GIR[ ]?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y])[ ]?\d[ABD-HJLNP-UW-Z]{2})"
GERMAN_STREET: Final = r"\p{Lu}[\p{L}.-]*(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|ufer|damm|chaussee|vej|gade|veien|vegen|gata|gatan|vägen|tie|katu|kuja|utca|út|tere?|laan|straat|weg|plein|gracht|kade|dreef|singel)"
ROMANCE_STREET: Final = r"""(?:rue|avenue|boulevard|bd|place|chemin|impasse|allée|quai|route|cours|calle|avenida|avda?\.?|av\.?|paseo|plaza|carrera|camino|ronda|via|viale|piazza|
    corso|largo|vicolo|strada|rua|travessa|praça|estrada|alameda|beco|r\.|c/|ul\.|ulica|aleja|al\.|plac|ulice|u\.|trg)"""
MONTH: Final = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
MONTHS: Final = rf"""(?:{MONTH}|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|
    enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|
    januari|februari|maart|mei|augustus|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro)"""
DATE: Final = (
    rf"(?:\d{{1,4}}[./-][ ]?\d{{1,2}}[./-][ ]?\d{{2,4}}|\d{{1,2}}[./ -]{MONTHS}[./ -]\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th|er|º|°)?\.?[ ](?:of[ ]|de[ ])?{MONTHS}\.?,?[ ](?:de[ ]|del[ ])?\d{{4}}"
    rf"|{MONTHS}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?,?[ ]\d{{4}}|(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
)
NUMBER: Final = r"\d{1,6}[A-Za-z]?(?:[-/]\d{1,5}[A-Za-z]?)?"
CAPITAL: Final = r"(?!(?:Phone|Tel|Mobile?|Handy|Telefon|Fax|Email|E-[Mm]ail|Desk|Office|Cell|National[ ]Ins|NI[ ](?:[Nn]o|[Nn]umber|\p{Lu}{2}[ ]?\d{2})|SSN|DOB|VAT|IBAN|BIC|Passport|Policy|Steuer-|(?:Kunden|Konto|Steuer|Personal|Vertrags)(?:nr|nummer)|Geb\.|Geboren|Born|Tél|Móvil|NIF|DNI|CPF|BSN)(?![\p{Ll}])|(?:Kunden|Konto|Steuer|Personal|Vertrags)(?:nr|nummer))\(?\p{Lu}[\p{L}\p{M}'’.-]*\)?"
JOINT: Final = r"(?:de|du|des|del|della|di|da|do|dos|das|la|le|las|los|el|of|an|am|der|den|im|in|bei|van|von|u|y|e|d'|l'|sur|sous|aux?|nan|null)"
NO_LINE_OF_AN_ADDRESS: Final = r"""(?!\p{L}[\p{L} _/-]{0,24}[ ]?[:=]|(?i:regards|sincerely|thanks|thank[ ]you|cheers|best|kind|warm|yours|greetings|dear|hi|hello|please|mit
    |viele|liebe|beste|cordialement|merci|saludos|atentamente|gracias|saluti|grazie|cordiali|met|groeten|bedankt|obrigad[oa]|atenciosamente|cumprimentos|amicalement)\b)"""
SEPARATOR: Final = rf"(?:,?[ ]|[ ]{{0,3}},?[ ]?\n[ ]{{0,6}},?[ ]?{NO_LINE_OF_AN_ADDRESS})"
POSTCODE: Final = rf"(?:{UK_POSTCODE}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d|(?:[A-Z]{{1,2}}-)?\d{{4,6}}(?:-\d{{3,4}})?(?:[ ][A-Z]{{2}}(?![\w]))?|\d{{3}}[ ]\d{{2}})"
ROOM: Final = rf"(?:{UNIT}|{SEPARATOR}(?:Apt|Apartment|Suite|Ste|Unit|Flat)\.?[ ]?\#?\w{{1,6}})"
TAIL: Final = (
    rf"(?:{ROOM}{{0,2}}(?:(?:{SEPARATOR}(?:{CAPITAL}|{JOINT})){{1,8}}?{SEPARATOR}{POSTCODE}(?![\w-])(?:,?[ ]{CAPITAL}){{0,2}}"
    rf"|{SEPARATOR}{POSTCODE}(?![\w-])(?:[ ]{CAPITAL}){{1,3}})|{ROOM}{{1,2}}(?:,?[ ](?:{JOINT}[ ]){{0,2}}{CAPITAL}){{0,5}}|(?:,[ ]{CAPITAL}(?:[ ]{CAPITAL}){{0,3}}){{0,3}})"
)
HOLDS_WORD: Final = re.compile(r"[^\W\d_]{3}")
HOLDS_DIGIT: Final = re.compile(r"\d")
A_DATE: Final = re.compile(rf"(?ix)\b{MONTHS}\b[ .,]*\d|\d[ ]?(?:am|pm|gb|mb|kg|km|ms)\b")
NO_STREET: Final = re.compile(
    r"(?i)\b(?:version|chapter|section|article|table|figure|page|step|part|level|series|windows|python|java|group|class|phase|type|issue"
    r"|release|day|week|year|quarter|protocol|law|act|rule|nos?|article|articles|regulation|volume|vol|building|player|season|episode)\b"
)


def is_address(text: str) -> bool:
    """Say whether words between numbers may be a street: no date, no version, no section of a book."""
    return (
        bool(HOLDS_DIGIT.search(text) and HOLDS_WORD.search(text))
        and not A_DATE.search(text)
        and not NO_STREET.search(text)
    )


def is_unusual_address(text: str) -> bool:
    """Say so of an address whose only signs are numbers: its street has a word that is in no dictionary."""
    found = re.findall(r"[^\W\d_]{3,}", text.split(",")[0])
    if all(word.isupper() and len(word) < 5 for word in found):
        return False
    return is_address(text) and any(word.lower() not in words.dictionary() for word in found)


def is_street_between_numbers(text: str) -> bool:
    """Say so of a street between two numbers: one word between short numbers is a product or a model (`2 Atom 9`)."""
    names = re.findall(r"[^\W\d_]{2,}", text)
    if all(name.isupper() and len(name) < 5 for name in names):  # a unit or a norm, as in `250 VAC 16`
        return False
    return is_unusual_address(text) and (len(names) > 1 or re.search(r"\d{3}|[,\n]", text) is not None)


def is_unusual_street(text: str) -> bool:
    """Say whether a street without a number tells something: its name is no everyday word, as in Wall Street."""
    return any(word.lower() not in words.dictionary() for word in text.split()[:-1])


NUMBERS_SAID: Final = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    "|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|and|oh"
)
NO_STREET_SAID: Final = re.compile(
    r"(?i)[ ](?:more|other|of|in|on|at|to|down|up|along|across|left|days?|weeks?|hours?|minutes?|miles?|blocks?|people|the|a|an|and|or|is|was|new|different|main|full|very|were|are|be|been|that|this|with|for|from|per|each|every|my|our|your|his|her|their)[ ]"
)


def is_street_said(text: str) -> bool:
    """Say whether words after a number said in words are a street's: no measure, no article, nothing counted."""
    return not text.lower().startswith(("and ", "oh ")) and NO_STREET_SAID.search(text) is None


def is_house(text: str) -> bool:
    """Say whether a house's name and what follows is an address: there is a lane, a road or a postal code in it."""
    return re.search(r"(?:Lane|Road|Street|Row|Hill|Green|End|Close|Way|Avenue|Drive)\b|\d", text) is not None


def is_town(text: str) -> bool:
    """Say whether a town that everybody knows stands behind a postal code, or the code has its country's dash."""
    code, town = text.split(" ", 1)
    is_year = len(code) == 4 and code[:2] in {"18", "19", "20"}
    return "-" in code or (town.lower() in words.places() and not is_year)


RULES: Final = (
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"""(?<![\w.,$€£-])(?:\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,5}})?[ ]+(?:\d{{1,5}}[ ])?(?:[NSEW]{{1,2}}\.?[ ]+|(?:North|South|East|West)[ ]+)?(?:{WORD}[ ]+){{1,4}}?{STREET}\b\.?(?:[ ][NSEW]{{1,2}}\b)?)
            (?:{UNIT}?(?:,?(?:[ ]|[ ]?\n[ ]?){CITY},?[ ]{REGION},?[ ]+{US_ZIP}|,?(?:[ ]|[ ]?\n[ ]?)(?:{CITY},?[ ])?{UK_POSTCODE})|{TAIL})?"""
        ),
        0.88,
        place=at_codes(before=2, after=160),
        prefilter=re.compile(r"\d[A-Za-z]? +[^a-z\s]"),
        opens=AT_DIGITS,
    ),
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"(?<!\w)(?:\d{{1,6}}[ ])?(?:\p{{Lu}}[\p{{L}}.-]*[ ]){{0,2}}(?:{GERMAN_STREET}|\p{{Lu}}\p{{L}}+(?:er|sche|sche[rn])[ ](?:Stra(?:ß|ss)e|Str\.|Weg|Allee|Platz|Ring|Damm|Ufer|Gasse))[ ]?\d{{1,4}}[ ]?[a-z]?(?:[ ]?[-/][ ]?\d{{1,4}})?(?!\w)(?:,?[ ]\d{{1,2}}\.[ ]?(?:OG|UG|Stock|Etage)(?:[ ](?:links|rechts|mitte))?|,?[ ]EG)?(?:,?(?:[ ]|[ ]?\n[ ]?)(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:[ ][A-Z]{{2}})?[ ]\p{{Lu}}[\p{{L}}-]+(?:[ ](?:am|an[ ]der|im|bei)[ ]\p{{Lu}}[\p{{L}}-]+)?|{TAIL})?"
        ),
        0.88,
        is_unusual_address,
        place=at_words(
            "straße str strasse weg allee platz ring damm ufer gasse",
            endings="straße strasse str weg allee platz gasse ufer damm chaussee ring vej gade veien vegen gata gatan vägen tie katu kuja utca út tere laan "
            "straat plein gracht kade dreef singel",
            before=60,
            after=160,
            digits=1,
        ),
        prefilter=re.compile(r"(?:[^\W\d_]|\.) ?\d"),
    ),
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"(?<!\w)(?:\d{{1,6}}(?:[ ]?(?:bis|ter))?,?[ ]){{0,2}}(?i:{ROMANCE_STREET})[ ](?:(?i:de|du|des|de[ ]la|del|della|dei|d'|l'|da|do|dos|las|los|la|le)[ ']?){{0,2}}\p{{Lu}}[\p{{L}}'.-]+(?:[ ](?:(?:de|du|des|del|della|di|la|le|y|e)[ ])?\p{{Lu}}[\p{{L}}'.-]+){{0,3}}(?:,?[ ](?:n[°º.][ ]?)?\d{{1,4}}[a-z]?)?(?:,?[ ]\d{{1,2}}\.?[ºª°oa][ ]?(?:[A-Z]|izq(?:da|uierda)?|izda|dcha|dta|dto|esq|int)?\.?)?(?:,?[ ]\d{{4,5}}(?:-\d{{3}})?[ ]\p{{Lu}}[\p{{L}}-]+(?:[ ]\p{{Lu}}[\p{{L}}-]+)?|{TAIL})?(?!\w)"
        ),
        0.85,
        is_address,
        place=at_words(
            "rue avenue boulevard bd place chemin impasse allée quai route cours calle avenida avd avda av paseo plaza carrera camino ronda via viale piazza "
            "corso largo vicolo strada rua travessa praça estrada alameda beco r c ul ulica aleja al plac ulice u trg",
            before=14,
            after=160,
            digits=1,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A house number, a street and what follows",
        pattern(
            rf"(?<![\w.,$€£%:/-]){NUMBER}[ ](?:{CAPITAL}|\d{{1,5}})(?:[ ](?:{JOINT}[ ])?{CAPITAL}){{0,5}}[ ]{NUMBER}(?![\w%]|[.,:]\d){TAIL}?"
        ),
        0.82,
        is_street_between_numbers,
        place=at_codes(before=2, after=160),
        prefilter=re.compile(r"\d[A-Za-z]? [^a-z\s]"),
        opens=AT_DIGITS,
    ),
    Rule(
        v.ADDRESS,
        "A house number and a street, with a postal code",
        pattern(
            rf"(?<![\w.,$€£%:/-]){NUMBER}[ ](?:{NUMBER}[ ])?{CAPITAL}(?:[ ](?:{JOINT}[ ])?{CAPITAL}){{0,5}}{UNIT}{{0,2}}(?:{SEPARATOR}(?:{CAPITAL}|{JOINT})){{1,8}}?{SEPARATOR}{POSTCODE}(?![\w-])"
        ),
        0.82,
        is_unusual_address,
        place=at_codes(before=2, after=160),
        prefilter=re.compile(r"\d[A-Za-z]? [^a-z\s]"),
        opens=AT_DIGITS,
    ),
    Rule(
        v.ADDRESS,
        "An address after words that announce one",
        pattern(
            rf"""(?<!\w)(?i:address(?:[ ]is|[ ]was|[ ]to)?:?|(?:live|lives|lived|living|resid(?:e|es|ed|ing))[ ](?:at|in)|located[ ](?:at|in)|(?:ship|shipped|deliver|delivered|send|sent|mail|mailed|return|forward|move|moved)(?:[ ]\w+){{0,3}}[ ]to|
            office[ ]is[ ](?:at|in|on)|taxi[ ]to|corner[ ]of|anschrift:?|adresse[ ]?(?:ist|est|:)|wohn(?:e|t|haft)[ ](?:in|an)|(?:habite|demeurant|domicili[ée]e?)[ ](?:au|à|aux)?|direcci[óo]n[ ]?(?:es|:)|domicilio[ ]?(?:en|es|:)|vive[ ]en|indirizzo[ ]?(?:è|:)|residente[ ](?:in|a)|adres[ ]?(?:is|:)|woont?[ ](?:in|op|aan)|morada[ ]?(?:é|:)|endere[çc]o[ ]?(?:é|:)|reside[ ](?:em|na|en))
            [ ]{{0,8}}(?:the[ ]corner[ ]of[ ])?(?P<value>(?:{CAPITAL}|{NUMBER})(?:(?<!\p{{Ll}}{{4}}[.]){SEPARATOR}(?:{JOINT}[ ]){{0,2}}(?:{CAPITAL}|{NUMBER}(?!\w)|{POSTCODE}(?!\w))){{1,14}})"""
        ),
        0.82,
        is_address,
        place=at_words(
            "address live lives lived living reside resides resided residing located ship shipped deliver delivered send sent mail mailed return forward "
            "move moved office taxi corner anschrift adresse wohne wohnt wohnhaft habite demeurant domicilié domiciliée dirección direccion domicilio vive indirizzo "
            "residente adres woon woont morada endereço endereco reside",
            after=200,
            digits=1,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A corner of two streets",
        pattern(
            rf"(?<!\w)(?P<value>(?:the[ ])?corner[ ]of[ ](?:{CAPITAL}|{NUMBER})(?:[ ](?:(?:{JOINT}|and|the)[ ])?(?:{CAPITAL}|{NUMBER}|str)){{0,8}})"
        ),
        0.82,
        place=at_words("corner", before=5),
    ),
    Rule(
        v.ADDRESS,
        "A street's name",
        pattern(
            rf"(?<![\w-])(?P<value>(?:{CAPITAL}[ ]){{1,3}}(?:Street|Avenue|Road|Lane|Boulevard|Crescent|Terrace)(?![\w-]))"
        ),
        0.7,
        is_unusual_street,
        place=at_words("street avenue road lane boulevard crescent terrace", before=40, after=10),
    ),
    Rule(
        v.ADDRESS,
        "A postal code and its town",
        pattern(
            r"(?<![\w.,-])(?:\d{2}-\d{3}|\d{4}-\d{3}|\d{4,5})[ ](?P<town>\p{Lu}[\p{L}-]{2,}(?:[ ](?:am|an[ ]der|ob[ ]der|sur|la|le|de|del|di)[ ]\p{Lu}[\p{L}-]+)?)(?!\w)"
        ),
        0.81,
        is_town,
        place=at_numbers(4, before=2, after=40),
    ),
    Rule(
        v.ADDRESS,
        "A street address with its flat or suite",
        pattern(
            r"""(?<![\w.,$€£-])\d{1,6}[A-Za-z]?(?:[ ]\d{1,4}(?:st|nd|rd|th)?)?[ ]{1,2}[\p{L}\d][\p{L}\d.'-]*(?:[ ][\p{L}\d][\p{L}\d.'-]*){0,5}?
            ,?\s{1,5}(?:Apt|Apartment|Suite|Ste|Unit|Flat)\.?[ ]?\#?\d{1,5}[A-Z]?\b
            (?:,?[ ]?\n[ ]*(?:(?!\d)[\p{L}.'-]+[ ]?){1,4}){0,2}(?:(?:,?[ ]?\n[ ]*|,[ ]|[ ]?,?\s{1,5})(?:\p{L}[\p{L}.'-]*,?[ ]){0,4}\d{4,6}(?:-\d{3,4})?\b)?""",
            is_any_case=True,
        ),
        0.86,
        needs=("apt", "apartment", "suite", "ste", "unit", "flat"),
        place=at_codes(before=2, after=160),
        opens=AT_DIGITS,
    ),
    Rule(
        v.ADDRESS,
        "A street address with its postal code",
        pattern(
            r"""(?<![\w.,$€£-])(?:\d{1,5}[a-z]?[ ])?(?:\p{Lu}[\p{L}.'-]+[ ]){1,4}\d{1,5}[a-z]?\.?,?[ ]?\n?[ ]{0,4}(?:[A-Z]{1,2}[- ])?\d{4,6}[ ]\p{Lu}[\p{L}-]+(?!\w)
            |(?<![\w.,$€£-])(?:\d{1,5}[ ])?(?:\p{Lu}[\p{L}.'-]+[ ]){1,4}\d{1,4}[a-z]?\.?[ ]?\n[ ]{0,4}(?:\p{L}[\p{L}.'-]*,?[ ]?){1,4}\n[ ]{0,4}(?:\p{L}[\p{L}.'-]*,?[ ]?){1,3}\d{4,6}\b"""
        ),
        0.84,
        is_unusual_address,
        place=at_codes(before=60, after=120, digits=5),
        prefilter=re.compile(r"\d{4} [^a-z\s]|\d[a-z]?\.? ?\n"),
    ),
    Rule(
        v.ADDRESS,
        "A block and a ward, as Japanese addresses have",
        pattern(
            r"(?<![\w./-])\d{1,3}-\d{1,3}(?:-\d{1,4})?,?[ ]\p{Lu}\p{Ll}{2,20}(?:[ -]\p{Lu}?\p{Ll}{2,20}){0,2}(?:,[ ]?\p{Lu}\p{Ll}{2,20}-(?:ku|shi|cho|machi|gun|mura)){1,3}(?:,[ ]?\p{Lu}\p{Ll}{2,20}){0,2}(?:,?[ ]\u3012?\d{3}-\d{4}(?![\w-]))?"
        ),
        0.84,
        needs=("-ku", "-shi", "-cho", "-machi", "-gun", "-mura"),
        place=at_codes(before=2, after=140),
    ),
    Rule(
        v.ADDRESS,
        "A unit before the number of its house",
        pattern(
            rf"(?<!\w)(?:Unit|Flat|Apt|Apartment|Suite|Shop|Villa)[ ]?\d{{1,4}}[A-Z]?/\d{{1,5}}[A-Z]?[ ](?:{CAPITAL}[ ]){{1,3}}{STREET}(?!\w)(?:,?[ ]{CAPITAL}){{0,4}}(?:[ ]{POSTCODE}(?![\w-]))?"
        ),
        0.82,
        needs=("unit", "flat", "apt", "apartment", "suite", "shop", "villa"),
        place=at_words("unit flat apt apartment suite shop villa", before=2, after=120),
    ),
    Rule(
        v.ADDRESS,
        "A unit of a building or an estate",
        pattern(
            rf"(?<!\w)(?:(?:Unit|Suite|Flat|Floor|Building|Block|Warehouse)[ ]\w{{1,5}},?[ ])(?:{CAPITAL}[ ]){{1,4}}(?:Park|Estate|House|Court|Tower|Towers|Centre|Center|Building|Plaza|Quarter|Campus|Mews|Yard|Works|Mill)(?!\w)(?:(?:,[ ]{CAPITAL}(?:[ ]{CAPITAL}){{0,2}}){{0,2}}?,?[ ]{POSTCODE}(?![\w-]))?"
        ),
        0.83,
        place=at_words("unit suite flat floor building block warehouse", before=2, after=140),
    ),
    Rule(
        v.ADDRESS,
        "An address in Japan",
        pattern(
            rf"(?<![\w-])(?:(?:\d{{1,3}}-)?\d{{1,2}}-?ch[oōôu]{{1,2}}me(?:-\d{{1,4}}){{0,3}}(?:,?[ ](?:{CAPITAL})){{0,5}}|(?:{CAPITAL},?[ ]){{0,2}}\d{{1,2}}-?ch[oōôu]{{1,2}}me(?:[ -]\d{{1,4}}){{0,3}})(?:,?[ ]{CAPITAL}){{0,4}}(?:,?[ ]\d{{3}}-\d{{4}})?(?!\w)"
        ),
        0.86,
        needs=("chome", "chōme", "chôme", "choume"),
    ),
    Rule(
        v.ADDRESS,
        "A street address said in words",
        pattern(
            rf"(?<![\w-])(?P<value>(?:(?:{NUMBERS_SAID})[ -]){{1,5}}(?:[ab][ ])?(?:\p{{L}}{{2,16}}[ ]){{1,3}}(?:street|road|avenue|lane|grove|crescent|terrace|boulevard|mews)(?:(?:,|[ ]comma)?[ ]\p{{L}}{{3,16}}(?=[ ]comma|,|[ ]new[ ]|\.|$))?)(?!\w)",
            is_any_case=True,
        ),
        0.83,
        is_street_said,
        place=at_words(
            "street road avenue lane drive grove crescent close terrace gardens court square boulevard mews",
            before=90,
            after=30,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A part of an address in its field",
        pattern(
            r"""(?:["']|^[ \t]{0,12}(?:-[ ])?)(?:town|city|ort|stadt|wohnort|ville|ciudad|citt[àa]|cidade|plaats|woonplaats|village|suburb|district|county|province)["']?[ ]?[:=][ ]?["']?(?P<value>\p{L}[\p{L} .'-]{1,40}(?<=\p{L}))["']?(?=[ ]*(?:[,;}\n]|$))""",
            is_any_case=True,
        ),
        0.82,
        None,
        near(
            "street",
            "streetaddress",
            "strasse",
            "straße",
            "zip",
            "zipcode",
            "postcode",
            "postalcode",
            "plz",
            "rue",
            "calle",
            "straat",
            "address",
        ),
        place=at_words(
            "town city ort stadt wohnort ville ciudad città citta cidade plaats woonplaats village suburb district county province",
            before=16,
            after=90,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A house with a name",
        pattern(
            rf"(?<![\w-])(?:[Tt]he[ ])?(?:{CAPITAL}[ ]){{1,3}}(?:Cottage|House|Forge|Barn|Mill|Lodge|Farm|Hall|Manor|Rectory|Vicarage|Granary|Stables|Villa|Bungalow|Grange|Farmhouse|Chapel|Dairy|Bakery|Smithy|Parsonage|Priory|Croft|Tannery|Orchard|Schoolhouse)(?:,[ ]{NUMBER}(?:[ ]{CAPITAL}){{1,4}}|,[ ]{CAPITAL}(?:[ ]{CAPITAL}){{0,3}}){{1,5}}(?:,?[ ]{POSTCODE})?(?!\w)"
        ),
        0.83,
        is_house,
        place=at_words(
            "cottage house forge barn mill lodge farm hall manor rectory vicarage granary stables villa bungalow grange farmhouse chapel dairy bakery smithy parsonage priory croft tannery orchard schoolhouse",
            before=60,
            after=160,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A quarter or an estate, with a lot, a block or a house",
        pattern(
            r"(?<![\w-])(?:Bairro|Barrio|Urbanizaci[óo]n|Urb\.|Colonia|Col\.|Asentamiento[ ]Humano|AA\.HH\.|Residencial|Conjunto|Quadra|Zone[ ]Industrielle|Z\.I\.|Lotissement|Pol[íi]gono[ ]Industrial|Zona[ ]Industriale|Gewerbegebiet|Gewerbepark|Industriegebiet|Industriestra(?:ß|ss)e|Fracc\.|Fraccionamiento|Desa|Kampung|Kg\.|Taman|Soi|Moo|Jalan|Jl\.|Lorong|Barangay|Brgy\.|Purok|Sitio)"
            r"(?:[ ](?:(?:de|del|do|da|dos|das|los|las|la|el)[ ])?[\p{Lu}\d][\w'’./-]{0,20}){1,4}(?:,?[ ](?i:rua|calle|lotes?|lot|lt\.?|mz\.?|manzana|quadra|casa|bloque|bloco|block|blk|nave|n\.?[º°]|no\.?|nr\.?|apto\.?|torre|rt|rw|km)[ .]{0,2}(?:n\.?º[ ]?)?\w{1,5}(?!\w)){1,4}(?:,[ ]\p{Lu}[\p{L}'-]{1,20}(?:[ ]\p{Lu}[\p{L}'-]{1,20}){0,2}){0,2}"
        ),
        0.83,
        place=at_words(
            "bairro barrio urbanización urbanizacion urb colonia col asentamiento aa residencial conjunto quadra zone z lotissement polígono poligono zona gewerbegebiet gewerbepark industriegebiet industriestraße fracc fraccionamiento desa kampung kg taman soi moo jalan jl lorong barangay brgy purok sitio",
            before=2,
            after=140,
        ),
    ),
    Rule(
        v.ADDRESS,
        "A street by its abbreviation",
        pattern(
            rf"(?<![\w.-])(?:C\.so|P\.zza|P\.za|V\.le|L\.go|Str\.|Bd\.?|Bld\.|Av\.|Avda\.|Pza\.|Pl\.|Ctra\.|Cra\.?|Kr\.?|Cl\.|Bul\.|bul\.|ul\.|al\.|os\.|pr\.|prosp\.|nám\.)[ ](?:\p{{L}}[\p{{L}}'.-]{{1,20}}[ ]){{1,4}}(?:[IVX]{{1,4}}[ ])?(?:n\.?[º°]?[ ]?)?{NUMBER}(?!\w)(?:,[ ]{POSTCODE}(?!\w)(?:[ ]{CAPITAL}){{0,2}})?"
        ),
        0.82,
        place=at_words(
            "c p v l str bd bld av avda pza pl ctra cra kr cl bul ul al os pr prosp nám", before=2, after=90, digits=1
        ),
    ),
    Rule(
        v.ADDRESS,
        "A military address",
        pattern(
            r"(?<!\w)(?:PSC|CMR|Unit|USNS|USS|USCGC|USNV)[ ]\w{2,12}(?:,?[ ]Box[ ]\d{1,5})?,?\s{1,3}[AFD]PO[ ]A[AEP][ ]\d{5}(?:-\d{4})?(?!\w)",
            is_any_case=True,
        ),
        0.9,
        needs=("apo", "fpo", "dpo"),
    ),
    Rule(
        v.ADDRESS,
        "A post box",
        pattern(
            rf"(?<!\w)(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Apartado|B\.?P\.?)[ ]\#?\d{{1,7}}(?:,?[ ]{CITY},?[ ]{REGION}[ ]{US_ZIP})?(?!\w)"
        ),
        0.85,
        needs=("box", "postfach", "apartado", "b.p", "bp"),
    ),
    Rule(
        v.ADDRESS,
        "A UK postcode",
        pattern(rf"(?<![\w-]){UK_POSTCODE}(?![\w-])"),
        0.85,
        lambda code: " " in code,
        place=at_mixed(),
    ),
    Rule(
        v.ADDRESS,
        "A Canadian or Dutch postal code",
        pattern(
            r"(?<![\w-])(?:[ABCEGHJ-NPRSTVXY]\d[A-Z][ ]\d[A-Z]\d|[1-9]\d{3}[ ](?!SA|SD|SS|AM|PM|MB|GB|TB|KB|KM|KG|MM|CM|ML|EU|US|UK|AD|BC|CE|AN|OF|IN|TO|IS|IT|AT|ON|BY|OR|AS|HZ|MW|KW|GT)[A-Z]{2})(?![\w-])"
        ),
        0.8,
        place=at_codes(),
        prefilter=re.compile(r"\d(?:[A-Z] \d[A-Z]\d|\d\d [A-Z]{2})"),
    ),
    Rule(
        v.ADDRESS,
        "A city with its state and ZIP code",
        pattern(
            rf"(?<!\w)(?:{CITY},[ ])?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])[ ]{US_ZIP}(?!\w)"
        ),
        0.85,
        place=at_codes(before=60, digits=5),
        prefilter=re.compile(r"[A-Z]{2} \d{5}"),
    ),
    Rule(
        v.ADDRESS,
        "A postal code beside its label",
        pattern(r"(?<![\w.-])(?:(?:[A-Z]{1,2}-)?\d{3,6}(?:-\d{3,4})?(?:[ ][A-Z]{2})?|\d{3}[ ]\d{2})(?![\w-])"),
        0.82,
        None,
        near(
            "zip",
            "zip ?code",
            "postcode",
            "postal ?code",
            "post code",
            "plz",
            "postleitzahl",
            "code postal",
            "código postal",
            "cap",
        ),
        needs=("zip", "post", "plz", "postal", "cap"),
        place=at_codes(),
    ),
    Rule(
        v.LOCATION,
        "Coordinates on the map",
        pattern(
            r"(?<![\w.-])(?<!\d\.\d{4,20},[ ]{0,2})(?<!\[)[-+]?(?:[1-8]?\d|90)\.\d{4,}[ ]?°?[ ]?[NS]?,[ ]?[-+]?(?:1[0-7]\d|[1-9]?\d|180)\.\d{4,}[ ]?°?[ ]?[EW]?(?![\w.]|,[ ]?-?\d+\.\d{4})"
        ),
        0.85,
        place=at_codes(before=4, after=30, digits=8),
    ),
    Rule(
        v.DATE_OF_BIRTH,
        "A date beside words such as born",
        pattern(DATE, is_any_case=True),
        0.85,
        None,
        near(
            "born",
            "birth",
            "birthday",
            "birthdate",
            r"d\.?o\.?b\.?",
            "date of birth",
            "geboren",
            "geb",
            "geburtsdatum",
            "né",
            "née",
            "naissance",
            "nacid[oa]",
            "birth ?date",
            "b ?day",
            "geburtstag",
            "nacque",
            "cumpleaños",
            "compleanno",
            "verjaardag",
            "anniversaire",
            "aniversário",
            "nacimiento",
            "nat[oa]",
            "nascita",
            "geboortedatum",
            "nascimento",
        ),
        needs=(
            "born",
            "birth",
            "dob",
            "d.o.b",
            "geb",
            "né",
            "naissance",
            "naci",
            "nat",
            "nascita",
            "nascimento",
            "birthda",
        ),
        place=at_words(
            "born birth birthday birthdate bday dob d geboren geb geburtsdatum geburtstag né née naissance nacido nacida nacimiento "
            "nato nata nascita nacque geboortedatum nascimento cumpleaños compleanno verjaardag anniversaire aniversário",
            before=50,
            after=90,
            digits=3,
        ),
    ),
)

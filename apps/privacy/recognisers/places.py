"""Postal addresses and dates of birth."""

# ruff: noqa: E501, RUF001 - a pattern is read whole; quotation marks are meant

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.rules import Rule, near, pattern

WORD: Final = r"(?:\p{Lu}[\p{L}'’.-]*|\d{1,3}(?:st|nd|rd|th))"
STREET: Final = r"""(?:Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|Pkwy|
    Highway|Hwy|Circle|Cir|Crescent|Cres|Close|Gardens|Gdns|Grove|Hill|Mews|Park|Row|Walk|Trail|Trl|Alley|Plaza|Pike|Turnpike|Loop|Quay|Wharf|
    Heights|Ridge|Run|Point|Path|Route|Rte|Broadway|Expressway|Esplanade|Parade|Pde|Green|Rise|View|Vista|Crossing|Landing|Bypass|Causeway)"""
UNIT: Final = r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|Bldg|Building|Dept|PO[ ]Box|\#)\.?[ ]?\#?[\w-]{1,6})"
CITY: Final = rf"(?:{WORD}(?:[ ]{WORD}){{0,3}})"
REGION: Final = r"(?:[A-Z]{2}|\p{Lu}\p{Ll}+(?:[ ]\p{Lu}\p{Ll}+)?)"
US_ZIP: Final = r"\d{5}(?:-\d{4})?"
UK_POSTCODE: Final = r"(?:GIR[ ]?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y])[ ]?\d[ABD-HJLNP-UW-Z]{2})"
GERMAN_STREET: Final = r"\p{Lu}[\p{L}.-]*(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|ufer|damm|chaussee|vej|gade|veien|vegen|gata|gatan|vägen|tie|katu|kuja|utca|laan|straat|weg|plein|gracht|kade|dreef|singel)"
ROMANCE_STREET: Final = r"""(?:rue|avenue|boulevard|bd|place|chemin|impasse|allée|quai|route|cours|calle|avenida|avda?\.?|paseo|plaza|carrera|via|viale|piazza|
    corso|largo|vicolo|rua|travessa|praça|estrada|c/)"""
MONTH: Final = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
DATE: Final = rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th)?[ ]{MONTH}\.?,?[ ]\d{{4}}|{MONTH}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?,?[ ]\d{{4}}|\d{{1,2}}\.[ ]\p{{L}}{{3,10}}[ ]\d{{4}})"

RULES: Final = (
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"""(?<![\w.,$€£-])(?:\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,5}})?[ ]+(?:[NSEW]{{1,2}}\.?[ ]+|(?:North|South|East|West)[ ]+)?(?:{WORD}[ ]+){{1,4}}?{STREET}\b\.?(?:[ ][NSEW]{{1,2}}\b)?)
            {UNIT}?(?:,?(?:[ ]|[ ]?\n[ ]?){CITY},?[ ]{REGION},?[ ]+{US_ZIP}|,?(?:[ ]|[ ]?\n[ ]?)(?:{CITY},?[ ])?{UK_POSTCODE}|,[ ]{CITY}(?:,[ ]{REGION})?(?:[ ]{US_ZIP})?)?"""
        ),
        0.88,
    ),
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"(?<!\w)(?:\d{{1,6}}[ ])?(?:\p{{Lu}}[\p{{L}}-]*[ ])?{GERMAN_STREET}[ ]?\d{{1,4}}[ ]?[a-z]?(?:[ ]?[-/][ ]?\d{{1,4}})?(?!\w)(?:,?(?:[ ]|[ ]?\n[ ]?)(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:[ ][A-Z]{{2}})?[ ]\p{{Lu}}[\p{{L}}-]+(?:[ ](?:am|an[ ]der|im|bei)[ ]\p{{Lu}}[\p{{L}}-]+)?)?"
        ),
        0.88,
    ),
    Rule(
        v.ADDRESS,
        "A street address",
        pattern(
            rf"(?<!\w)(?:\d{{1,4}}(?:[ ]?(?:bis|ter))?,?[ ])?(?i:{ROMANCE_STREET})[ ](?:(?i:de|du|des|de[ ]la|del|della|dei|d'|l'|da|do|dos|las|los|la|le)[ ']?){{0,2}}\p{{Lu}}[\p{{L}}'.-]+(?:[ ](?:(?:de|du|des|del|della|di|la|le|y|e)[ ])?\p{{Lu}}[\p{{L}}'.-]+){{0,3}}(?:,?[ ](?:n[°º.][ ]?)?\d{{1,4}}[a-z]?)?(?:,?[ ]\d{{4,5}}(?:-\d{{3}})?[ ]\p{{Lu}}[\p{{L}}-]+(?:[ ]\p{{Lu}}[\p{{L}}-]+)?)?(?!\w)"
        ),
        0.85,
        lambda address: any(character.isdigit() for character in address),
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
    ),
    Rule(
        v.ADDRESS,
        "A street address with its postal code",
        pattern(
            r"""(?<![\w.,$€£-])(?:\d{1,5}[a-z]?[ ])?(?:\p{Lu}[\p{L}.'-]+[ ]){1,4}\d{1,5}[a-z]?\.?,?[ ]?\n?[ ]{0,4}(?:[A-Z]{1,2}[- ])?\d{4,6}[ ]\p{Lu}[\p{L}-]+(?!\w)
            |(?<![\w.,$€£-])(?:\d{1,5}[ ])?(?:\p{Lu}[\p{L}.'-]+[ ]){1,4}\d{1,4}[a-z]?\.?[ ]?\n[ ]{0,4}(?:\p{L}[\p{L}.'-]*,?[ ]?){1,4}\n[ ]{0,4}(?:\p{L}[\p{L}.'-]*,?[ ]?){1,3}\d{4,6}\b"""
        ),
        0.84,
    ),
    Rule(
        v.ADDRESS,
        "A military address",
        pattern(
            r"(?<!\w)(?:PSC|CMR|Unit|USNS|USS)[ ]\w{2,12}(?:,?[ ]Box[ ]\d{1,5})?,?\s{1,3}[AFD]PO[ ]A[AEP][ ]\d{5}(?:-\d{4})?(?!\w)",
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
    Rule(v.ADDRESS, "A UK postcode", pattern(rf"(?<![\w-]){UK_POSTCODE}(?![\w-])"), 0.85, lambda code: " " in code),
    Rule(
        v.ADDRESS,
        "A city with its state and ZIP code",
        pattern(
            rf"(?<!\w)(?:{CITY},[ ])?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])[ ]{US_ZIP}(?!\w)"
        ),
        0.85,
    ),
    Rule(
        v.ADDRESS,
        "A postal code beside its label",
        pattern(r"(?<![\w-])(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?(?:[ ][A-Z]{2})?(?![\w-])"),
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
    ),
    Rule(
        v.LOCATION,
        "Coordinates on the map",
        pattern(
            r"(?<![\w.-])[-+]?(?:[1-8]?\d|90)\.\d{4,}[ ]?°?[ ]?[NS]?,[ ]?[-+]?(?:1[0-7]\d|[1-9]?\d|180)\.\d{4,}[ ]?°?[ ]?[EW]?(?![\w.])"
        ),
        0.85,
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
            "nacimiento",
            "nat[oa]",
            "nascita",
            "geboortedatum",
            "nascimento",
        ),
        needs=("born", "birth", "dob", "d.o.b", "geb", "né", "naissance", "naci", "nat", "nascita", "nascimento"),
    ),
)

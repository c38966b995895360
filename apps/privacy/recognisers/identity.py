"""Numbers that states and insurers give to people, with the check digits of their countries."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers import check_digits as c
from apps.privacy.rules import Rule, near, pattern

Check = Callable[[str], bool]


def _sure(reason: str, source: str, check: Check | None, *, score: float = 0.95) -> Rule:
    """Make a rule whose shape and check digits together leave little doubt."""
    return Rule(v.ID, reason, pattern(rf"(?<![\w.-])(?:{source})(?![\w-])"), score, check)


def _beside(reason: str, source: str, check: Check | None, *terms: str) -> Rule:
    """Make a rule for plain digits, which count only beside the words that name them."""
    needs = tuple(term.lower().replace("\\", "")[:4] for term in terms)
    return Rule(
        v.ID, reason, pattern(rf"(?<![\w.-])(?:{source})(?![\w-])", is_any_case=True), 0.95, check, near(*terms), needs
    )


RULES: Final = (
    _sure("A US social security number", r"\d{3}-\d{2}-\d{4}|\d{3}[ ]\d{2}[ ]\d{4}", c.us_ssn, score=1.0),
    _beside(
        "A US social security number",
        r"\d{9}|\d{3}[-. ]\d{2}[-. ]\d{4}",
        c.us_ssn,
        "ssn",
        "social security",
        "social",
        "itin",
        "tin",
        "taxpayer",
    ),
    _beside("A US provider number (NPI)", r"[12]\d{9}", c.us_npi, "npi", "provider"),
    _beside(
        "A US Medicare number",
        r"[1-9][AC-HJ-KM-NP-RT-Y][AC-HJ-KM-NP-RT-Y0-9]\d-?[AC-HJ-KM-NP-RT-Y][AC-HJ-KM-NP-RT-Y0-9]\d-?[AC-HJ-KM-NP-RT-Y]{2}\d{2}",
        None,
        "mbi",
        "medicare",
    ),
    _beside("A US employer number", r"\d{2}-\d{7}", None, "ein", "fein", "employer identification", "tax id"),
    _sure(
        "A UK national insurance number",
        r"(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z](?<!BG|GB|NK|KN|TN|NT|ZZ)[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]",
        None,
    ),
    _sure("A UK health service number", r"\d{3}[ -]\d{3}[ -]\d{4}", c.uk_nhs, score=0.86),
    _beside("A UK health service number", r"\d{10}|\d{3}[ -]\d{3}[ -]\d{4}", c.uk_nhs, "nhs", "health service"),
    _beside("A UK tax reference", r"\d{10}|\d{5}[ ]\d{5}", None, "utr", "unique taxpayer"),
    _beside(
        "A German tax number",
        r"\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}",
        c.de_tax_id,
        "steuer-?id",
        "steueridentifikationsnummer",
        "idnr",
        "steuernummer",
        "tax id",
        "identifikationsnummer",
        "tin",
    ),
    _sure("A German social insurance number", r"\d{2}[ ]?\d{6}[ ]?[A-Z][ ]?\d{3}", c.de_social_insurance),
    _beside(
        "A German identity card",
        r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?",
        None,
        "ausweis",
        "personalausweis",
        "reisepass",
        "ausweisnummer",
    ),
    _sure(
        "A French social security number",
        r"[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[AB])[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}",
        c.fr_nir,
    ),
    _sure("A Spanish identity number (DNI or NIE)", r"(?:\d{8}|[XYZ]-?\d{7})[ -]?[A-HJ-NP-TV-Z]", c.es_dni),
    _sure("An Italian fiscal code", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", c.it_codice_fiscale),
    _beside(
        "An Italian VAT number",
        r"(?:IT)?\d{11}",
        lambda number: c.it_vat(number[-11:]),
        "partita iva",
        r"p\.? ?iva",
        "vat",
        "iva",
    ),
    _beside(
        "A Dutch citizen number (BSN)",
        r"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}",
        c.nl_bsn,
        "bsn",
        "burgerservicenummer",
        "sofinummer",
        "citizen service",
    ),
    _sure("A Belgian national number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", c.be_national),
    _beside(
        "A Belgian national number",
        r"\d{11}",
        c.be_national,
        "rijksregister",
        "rijksregisternummer",
        "registre national",
        "national number",
        "insz",
        "niss",
    ),
    _beside("A Portuguese tax number", r"\d{3}[ ]?\d{3}[ ]?\d{3}", c.pt_nif, "nif", "contribuinte"),
    _beside("A Polish PESEL number", r"\d{11}", c.pl_pesel, "pesel"),
    _sure("A Swedish personal number", r"(?:19|20)?\d{6}[-+]\d{4}", c.se_personal),
    _beside(
        "A Norwegian national number",
        r"\d{6}[ ]?\d{5}",
        c.no_national,
        "fødselsnummer",
        "fodselsnummer",
        "personnummer",
        "national id",
    ),
    _beside("A Danish CPR number", r"\d{6}-?\d{4}", c.dk_cpr, "cpr", "cpr-nummer", "personnummer"),
    _sure("A Finnish personal code", r"\d{6}[-+ABCDEFYXWVU]\d{3}[0-9A-FHJ-NPR-Y]", c.fi_hetu),
    _sure("A Swiss social security number", r"756\.?\d{4}\.?\d{4}\.?\d{2}", c.ch_ahv),
    _beside(
        "An Austrian social insurance number",
        r"\d{4}[ ]?\d{6}",
        c.at_svnr,
        "svnr",
        "sozialversicherungsnummer",
        "versicherungsnummer",
        r"sv-?nummer",
    ),
    _sure("A Czech or Slovak birth number", r"\d{6}/\d{3,4}", c.cz_birth_number),
    _beside("A Romanian personal number (CNP)", r"[1-9]\d{12}", c.ro_cnp, "cnp"),
    _beside("A Bulgarian personal number (EGN)", r"\d{10}", c.bg_egn, "egn", "егн"),
    _beside("A Greek tax number", r"\d{9}", None, "afm", "αφμ"),
    _beside("A Croatian personal number (OIB)", r"\d{11}", c.iso_7064_11_10, "oib"),
    _sure("An Irish personal number (PPS)", r"\d{7}[A-W][A-IW]?", c.ie_pps),
    _beside("A Turkish identity number", r"[1-9]\d{10}", c.tr_identity, "tckn", r"t\.?c\.?", "kimlik"),
    _sure("A Brazilian CPF number", r"\d{3}\.\d{3}\.\d{3}-\d{2}", c.br_cpf),
    _beside("A Brazilian CPF number", r"\d{11}", c.br_cpf, "cpf"),
    _sure("A Brazilian company number (CNPJ)", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", c.br_cnpj),
    _sure("A Chilean identity number (RUT)", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", c.cl_rut),
    _sure("An Argentine tax number (CUIT)", r"(?:20|23|24|27|30|33|34)-\d{8}-\d", c.ar_cuit),
    _sure(
        "A Mexican personal code (CURP)",
        r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-ZÑ]{3}[A-Z0-9]\d",
        c.mx_curp,
    ),
    _beside(
        "A Canadian social insurance number", r"\d{3}[ -]?\d{3}[ -]?\d{3}", c.ca_sin, "sin", "social insurance", "nas"
    ),
    _beside("An Australian tax file number", r"\d{3}[ ]?\d{3}[ ]?\d{3}", c.au_tfn, "tfn", "tax file"),
    _beside("An Australian Medicare number", r"[2-6]\d{3}[ ]?\d{5}[ ]?\d(?:/\d)?", c.au_medicare, "medicare"),
    _beside("An Australian business number", r"\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}", c.au_abn, "abn", "business number"),
    _beside("A New Zealand tax number", r"\d{2,3}-?\d{3}-?\d{3}", c.nz_ird, "ird"),
    _sure("An Indian PAN", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", None, score=0.85),
    _sure("An Indian Aadhaar number", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", c.verhoeff),
    _beside("An Indian Aadhaar number", r"[2-9]\d{11}", c.verhoeff, "aadhaar", "aadhar", "uidai"),
    _sure("A Korean resident number", r"\d{6}-[1-8]\d{6}", c.kr_rrn),
    _sure("A Chinese resident number", r"[1-9]\d{5}(?:19|20)\d{2}\d{4}\d{3}[\dXx]", c.cn_resident),
    _beside(
        "A Japanese individual number",
        r"\d{4}[ -]?\d{4}[ -]?\d{4}",
        c.jp_my_number,
        "my number",
        "mynumber",
        "individual number",
    ),
    _sure("A Singapore identity number", r"[STFGM]\d{7}[A-Z]", c.sg_nric),
    _beside("An Israeli identity number", r"\d{9}", c.il_identity, "teudat", "israeli id"),
    _beside("A South African identity number", r"\d{13}", c.za_identity, "id", "identity", "south african"),
    _beside("A Thai identity number", r"\d-?\d{4}-?\d{5}-?\d{2}-?\d", c.th_identity, "thai", "national id", "identity"),
    _beside(
        "A passport number",
        r"[A-Z]{0,3}[ ]?\d{6,9}[A-Z]?|(?=[A-Z0-9]*\d{2})[A-Z0-9]{7,10}",
        None,
        "passport",
        "reisepass",
        "passeport",
        "pasaporte",
        "passaporto",
        "paspoort",
        "passaporte",
    ),
    _beside(
        "A driving licence number",
        r"(?=[A-Z0-9-]*\d{3})[A-Z0-9][A-Z0-9-]{5,19}",
        None,
        "driver'?s? licen[cs]e",
        "driving licen[cs]e",
        "licen[cs]e number",
        "führerschein",
        "fuehrerschein",
        "permis",
        "dl",
        "licencia",
    ),
    _beside(
        "A national identity number",
        r"(?=[A-Z0-9-]*\d{4})[A-Z0-9][A-Z0-9-]{5,19}",
        None,
        "national id",
        "id card",
        "identity card",
        "id number",
        "national insurance",
        "tax id",
        "tax number",
        "vat id",
        "vat number",
        "residence permit",
        "carte d'identité",
    ),
    _beside(
        "A medical record number",
        r"(?=[A-Z0-9-]*\d{3})[A-Z0-9][A-Z0-9-]{4,15}",
        None,
        "mrn",
        "medical record",
        "patient id",
        "patient number",
        "health plan",
        "insurance number",
        "policy number",
        "member id",
    ),
    Rule(
        v.VEHICLE,
        "A vehicle identification number with a valid check digit",
        pattern(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?![\w-])"),
        0.95,
        c.vin,
    ),
    Rule(
        v.VEHICLE,
        "A vehicle identification number",
        pattern(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?![\w-])"),
        0.9,
        None,
        near("vin", "chassis", "vehicle"),
        ("vin", "chassis", "vehicle"),
    ),
    Rule(
        v.VEHICLE,
        "A vehicle's registration plate",
        pattern(
            r"(?<![\w-])(?:[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ ]?\d{1,4}[EH]?|[A-Z]{2}\d{2}[ ]?[A-Z]{3}|[A-Z]{2}-\d{3}-[A-Z]{2}|\d{4}[ ]?[BCDFGHJ-NPRSTV-Z]{3}|[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,4})(?![\w-])"
        ),
        0.8,
        lambda plate: (
            any(character.isdigit() for character in plate) and any(character.isalpha() for character in plate)
        ),
        near(
            "plate",
            "plates",
            "number plate",
            "license plate",
            "licence plate",
            "registration",
            "reg",
            "kennzeichen",
            "matrícula",
            "targa",
            "immatriculation",
            "kenteken",
            "vrm",
        ),
        ("plate", "regis", "reg", "kennzeichen", "matr", "targa", "immat", "kenteken", "vrm"),
    ),
    _beside("A device's IMEI", r"\d{15}|\d{2}-?\d{6}-?\d{6}-?\d", c.imei, "imei"),
)

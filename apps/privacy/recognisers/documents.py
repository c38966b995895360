"""Passports, licences, medical records, vehicles and devices, and identity numbers behind their label."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers import check_digits as c
from apps.privacy.recognisers.ids import beside
from apps.privacy.rules import Rule, at_codes, at_mixed, at_words, near, pattern

ID_LABEL: Final = r"""ssn|social[ ]security|itin|ein|tin|npi|national[ ]provider[ ]identifier|nino|ni[ ]number|nhs|utr|tax[ ]?(?:id|payer|file|identification)|vat(?:[ ]id)?
    |passport|driver'?s?[ ]licen[cs]e|driving[ ]licen[cs]e|licen[cs]e|national[ ]id(?:entity)?|identity[ ]card|id[ ]card|residence[ ]permit|visa[ ]number|green[ ]card
    |mrn|medical[ ]record|patient[ ]id|health[ ](?:plan|insurance|card)|insurance|policy|medicare|medicaid|beneficiary|member[ ]id|steuer-?id(?:nr)?|steuernummer|idnr
    |sozialversicherungs(?:nummer|nr)|versicherungs(?:nummer|nr)|krankenversicherungs(?:nummer|nr)|personalausweis(?:nummer|nr)?|ausweis(?:nummer|nr)?|reisepass(?:nummer|nr)?|führerschein(?:nummer|nr)?
    |num[ée]ro[ ]de[ ]s[ée]curit[ée][ ]sociale|s[ée]curit[ée][ ]sociale|n[ée]?[ ]?s[ée]cu|nir|insee|passeport|carte[ ](?:nationale[ ])?d'identit[ée]|cni|permis[ ]de[ ]conduire|carte[ ]vitale
    |dni|nie|nif|cif|pasaporte|seguridad[ ]social|nuss|codice[ ]fiscale|partita[ ]iva|carta[ ]d'identit[àa]|patente|passaporto|tessera[ ]sanitaria
    |bsn|burgerservicenummer|paspoort(?:nummer)?|rijbewijs(?:nummer)?|identiteitskaart|contribuinte|cart[ãa]o[ ]de[ ]cidad[ãa]o|cpf|cnpj|rg|passaporte|niss|pesel|personn(?:umme)?r|sv-?nr|p\.?[ ]?iva|rentenversicherungs(?:nummer|nr)|svnr|f[øo]dselsnummer|personnummer|henkil[öo]tunnus|hetu|rodn[ée][ ][čc][íi]slo|ktp|nik|hkid|siret|siren|kvk(?:-nummer)?|cnh|t[íi]tulo[ ]de[ ]eleitor|cuit|cuil|rut|rfc|curp|c[ée]dula|i-94|ahv(?:-nr)?|eori|handelsregister|pnr|(?:booking|confirmation)[ ](?:code|reference)|dea|i-?20|kra[ ]pin|bvn|nin|ghana[ ]card|omang|emso|jmbg|egn|cnp|amka|afm|adószám|taj|pps|ppsn|mykad|nric|fin
    |マイナンバー|個人番号|身份证号?|身份證|身分證字號|주민등록번호|teudat[ ]zehut|תעודת[ ]זהות|снилс|инн|паспорт|cpr|oib|aadhaar|pan|cnic|nric"""
ID_LABEL_WORDS: Final = (
    "ssn social itin ein tin npi national nino ni nhs utr tax taxpayer vat passport driver drivers driving license licence identity id "
    "residence visa green mrn medical patient health insurance policy medicare medicaid beneficiary member steuer steuerid "
    "steuernummer idnr sozialversicherungsnummer sozialversicherungsnr versicherungsnummer versicherungsnr "
    "krankenversicherungsnummer personalausweis personalausweisnummer ausweis ausweisnummer reisepass reisepassnummer "
    "führerschein führerscheinnummer numéro numero sécurité securite nir insee passeport carte cni permis dni nie nif cif "
    "pasaporte seguridad nuss codice partita carta patente passaporto tessera bsn burgerservicenummer paspoort "
    "paspoortnummer rijbewijs rijbewijsnummer identiteitskaart contribuinte cartão cartao cpf cnpj rg passaporte niss pesel "
    "personnr sv iva マイナンバー 個人番号 身份证号 身份证 身份證 身分證字號 주민등록번호 teudat תעודת снилс инн паспорт "
    "rentenversicherungsnummer rentenversicherungsnr svnr fødselsnummer fodselsnummer personnummer henkilötunnus henkilotunnus hetu rodné rodne ktp nik hkid siret siren kvk "
    "cnh título titulo cuit cuil rut rfc curp cédula cedula i ahv eori handelsregister pnr booking confirmation dea kra bvn nin ghana omang emso jmbg egn cnp amka afm adószám taj pps ppsn mykad fin "
    "personnummer cpr oib aadhaar pan cnic nric steueridnr"
)

RULES: Final = (
    beside(
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
        digits=2,
    ),
    beside(
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
        digits=2,
    ),
    beside(
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
        digits=2,
    ),
    beside(
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
        digits=2,
    ),
    Rule(
        v.VEHICLE,
        "A vehicle identification number with a valid check digit",
        pattern(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?![\w-])"),
        0.95,
        c.vin,
        place=at_mixed(digits=3),
    ),
    Rule(
        v.VEHICLE,
        "A vehicle identification number",
        pattern(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?![\w-])"),
        0.9,
        None,
        near("vin", "chassis", "vehicle", "fahrgestellnummer", "fin", "bastidor", "telaio"),
        ("vin", "chassis", "vehicle", "fahrgestell", "fin"),
        at_mixed(),
    ),
    Rule(
        v.VEHICLE,
        "A vehicle's registration plate",
        pattern(
            r"(?<![\w-])(?:[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ ]?\d{1,4}[EH]?|[A-Z]{2}\d{2}[ ]?[A-Z]{3}|[A-Z]{2}-\d{3}-[A-Z]{2}|\d-[A-Z]{3}-\d{3}|(?:[A-Z]{1,3}|\d{1,3})-(?:[A-Z]{2,3}|\d{2,3})-(?:[A-Z]{1,2}|\d{1,2})|[A-Z]{2}[ ]?\d{3}[ ]?[A-Z]{2}|\d{4}[ ]?[BCDFGHJ-NPRSTV-Z]{3}|[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,4})(?![\w-])"
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
            "drives",
            "driving",
            "parked",
            "(?:his|her|my|their|your|company) (?:car|van|truck|lorry|bike)",
        ),
        (
            "plate",
            "reg",
            "kennzeichen",
            "matr",
            "targa",
            "immat",
            "kenteken",
            "vrm",
            "driv",
            "parked",
            "car",
            "van",
            "truck",
            "lorry",
            "bike",
        ),
        at_codes(before=8, after=8),
    ),
    Rule(
        v.ID,
        "An identity number of digits and letters in groups, behind its label",
        pattern(
            r"(?<![\w-])(?i:driving[ ]licen[cs]e|driver'?s?[ ]licen[cs]e|rentenversicherungs(?:nummer|nr)|sozialversicherungs(?:nummer|nr)|sv-?nr|versicherungs(?:nummer|nr)|insurance|handelsregister|licen[cs]e)(?:[ ](?i:no\.?|nr\.?|number|id))?[ ]?:?[ ](?P<value>[A-Z0-9]{1,8}(?:[ ](?=[A-Z0-9]*\d|[A-Z]{1,3}[ ]\d)[A-Z0-9]{1,8}){1,5})(?!\w)"
        ),
        0.86,
        lambda number: sum(map(str.isdigit, number)) >= 4,
        place=at_words(
            "driving driver drivers driver's rentenversicherungsnummer rentenversicherungsnr sozialversicherungsnummer sozialversicherungsnr sv svnr versicherungsnummer versicherungsnr insurance handelsregister licence license",
            after=80,
            digits=4,
        ),
    ),
    Rule(
        v.ID,
        "A Finnish identity number",
        pattern(r"(?<![\w-])[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Y](?![\w-])"),
        0.82,
        None,
        near("henkilötunnus", "hetu", "personbeteckning", "finnish", "finland", "id", "born", "ssn"),
        place=at_codes(before=8, after=8, digits=6),
    ),
    Rule(
        v.ID,
        "A French social security number in its groups",
        pattern(
            r"(?<![\w.-])[12][ ]\d{2}[ ](?:0[1-9]|1[0-2]|[2-9]\d)[ ]\d[\dAB][ ]\d{3}[ ]\d{3}(?:[ ]\d{2})?(?![\w-])"
        ),
        0.9,
        place=at_codes(before=14, after=14, digits=3),
        prefilter=re.compile(r"[12] \d\d \d\d \d"),
    ),
    beside("A device's IMEI", r"\d{15}|\d{2}-?\d{6}-?\d{6}-?\d", c.imei, "imei"),
    Rule(
        v.ID,
        "An identity number behind its label",
        pattern(
            rf"""(?<![\w-])(?:{ID_LABEL})(?![^\W\d_])(?:[ _-]?(?:number|numbers|no\.?|nr\.?|num\.?|id|code|\#|card|nummer|numéro|número|numero|n[°º]|details?))?["'`]?\)?
            [ ]{{0,2}}(?:is|was|are|on[ ]file|reads|ist|lautet|est|es|è|é|:|=|\#|-|->)?[ :]{{0,2}}["'`]?(?!of[ ]|for[ ]|at[ ]|in[ ])(?P<value>(?=[A-Z0-9 ./-]{{0,8}}\d)[A-Z0-9](?:[A-Z0-9./-]|[ ](?=\d|(?-i:[A-D](?![\w'\u2019])))){{4,24}}[A-Z0-9](?:\([A-Z0-9]\))?)(?!\w)""",
            is_any_case=True,
        ),
        0.86,
        lambda number: sum(map(str.isdigit, number)) >= 4,
        place=at_words(ID_LABEL_WORDS, before=2, after=100, digits=4),
    ),
)

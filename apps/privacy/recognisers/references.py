"""Numbers by which a company knows a person or a deal: customers, contracts, invoices, cases, employees."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers.phones import DIGIT_WORDS
from apps.privacy.rules import Rule, at_codes, at_mixed, at_words, pattern

KIND: Final = r"""(?:customer|client|account|contract|agreement|invoice|order|purchase[ ]order|po|case|ticket|claim|policy|booking|reservation|
    membership|member|employee|staff|personnel|badge|payroll|student|patient|matter|file|loan|mortgage|subscription|tracking|shipment|docket|
    application|registration|reference|record|cust|emp|crime|hospital|meter|lead|prospect|deal|quote|warranty|repair|parcel|docket|incident|service|user|participant|subject|applicant|beneficiary|donor|tax|medical|health|
    kunden|kd|vertrags?|rechnungs?|auftrags?|bestell|personal|mitarbeiter|akten|patienten|mitglieds?|versicherungs?|vorgangs?|fall|matrikel|steuer|
    client|facture|contrat|dossier|commande|salari[ée]|employ[ée]|adh[ée]rent|abonn[ée]|affaire|requ[êe]te|cliente|contrato|factura|pedido|
    expediente|empleado|socio|p[óo]liza|caso|pratica|contratto|fattura|ordine|dipendente|matricola|polizza|klant|contract|factuur|bestelling|
    relatie|debiteur(?:en)?|debitor(?:en)?|kreditor(?:en)?|gast|socia|assur[ée]e?|patiente|sinistre|
    dossier|personeels|polis|zaak|cliente|contrato|fatura|processo|funcion[áa]rio|ap[óo]lice|encomenda|utente|matricule|medewerker)"""
KIND_WORDS: Final = (
    "customer client account contract agreement invoice order purchase po case ticket claim policy booking reservation membership member "
    "employee staff personnel badge payroll student patient matter file loan mortgage subscription tracking shipment docket application "
    "registration reference record incident service user participant subject applicant beneficiary donor tax medical health kunden kunde "
    "vertrag rechnung auftrag bestell bestellung personal mitarbeiter akten patienten mitglied versicherung vorgang fall matrikel facture contrat "
    "dossier commande salarié employé adhérent abonné affaire requête cliente contrato factura pedido expediente empleado socio póliza caso "
    "cust emp crime hospital meter lead prospect deal quote warranty repair parcel relatie debiteur debitor kreditor gast socia assuré assurée patiente sinistre "
    "pratica contratto fattura ordine dipendente matricola polizza klant factuur bestelling personeel polis zaak fatura processo "
    "funcionário apólice encomenda utente matricule medewerker"
)
NUMBER: Final = r"(?=[A-Z0-9/_.-]*\d)[A-Z0-9][A-Z0-9/_.-]{2,24}[A-Z0-9](?!-[A-Z0-9])"
UUID: Final = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
DIGEST: Final = re.compile(r"(?i)(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{16,64}")
OF_A_CLOUD: Final = r"(?:subscription|client|application|service|account|registration|resource|tenant)[ _-]?id[\"'`]?[ ]?[:=]?[ ]?[\"'`]?"
"""Whose UUID is public: it names a program or a contract with a cloud, and is sent with every call."""

PREFIX: Final = r"""(?:CUST|CUS|KD|KDNR|CLI|CTR|CON|CONTRACT|VTR|INV|RE|RG|ORD|ORDER|PO|SO|EMP|PERS|POL|CLM|MEM|ACCT|ACC|CASE|TKT|INC|SR|CR|MRN|MED|PAT|
    UID|HR|REF|TRX|TRANS|DOC|BK|RES|LN|STU|CID|EID|PID|AZ|VN|KN|RN|BN|MA|USR)"""
PUBLIC: Final = re.compile(
    r"(?:CVE|CWE|KB|MS|RFC|ISO|IEC|IEEE|DIN|EN|BS|ANSI|ASTM|NIST|SP|PEP|JSR|PMID|PMC|DOI|ISBN|ISSN|SHA|MD|AES|RSA|UTC|GMT|UTF|CP"
    r"|UA|HTTP|TLS|GPT|LTS|RTX|GTX|RX|EPYC|XEON|UN|EU|US|UK|GDPR|HIPAA|IFRS|IAS|ASC|FAS|SFAS|USD|EUR|GBP|CHF|JPY|FY|Q|V|R|S|H|P|E|B|C|DD|DDR|CPU|PCI)-?\d+(?:-\d+)?"
)


LABELLED: Final = (
    r"(?:number|numbers|no\.?|nr\.?|num\.?|id|ref(?:erence)?\.?|code|card|\#|nummer|numéro|número|numero|n[°º])"
)
CARD: Final = r"(?:frequent[ ](?:flyer|traveller|traveler|guest)|loyalty|mileage|miles|rewards?|bonus|clubcard|bahncard|payback|library|gift|travel|fuel)"
SPOKEN: Final = "|".join(DIGIT_WORDS.split())
SPOKEN_SIGNS: Final = r"dash|minus|hyphen|slash|stroke|dot|point|bindestrich|strich|[a-z]"
FEWEST_DIGITS: Final = 5


def is_grouped(number: str) -> bool:
    """Say whether digits in groups behind a label are a number that somebody has: no year, no date, no amount."""
    digits = [part for part in re.split(r"\D+", number) if part]
    is_date = re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:19|20)\d\d[ -](?:19|20)\d\d", number) is not None
    return sum(map(len, digits)) >= FEWEST_DIGITS and not is_date


def is_code_of_somebody(number: str) -> bool:
    """Say whether letters and digits after what they count name a person or a deal: no norm, no range, no date."""
    digits = sum(map(str.isdigit, number))
    fewest = FEWEST_DIGITS - 1 if re.search(r"[A-Z]", number) else FEWEST_DIGITS
    is_range = re.fullmatch(r"(?:19|20)\d\d-(?:19|20)?\d\d|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{4}-\d{2}-\d{2}", number)
    return digits >= fewest and is_range is None and not PUBLIC.fullmatch(number.replace(" ", ""))


def is_private(number: str) -> bool:
    """Say whether a code may name a person or a deal: not a norm, an advisory or a product."""
    is_long = sum(map(str.isdigit, number)) >= 6 and not re.match(
        r"(?:CVE|RFC|ISO|PMID|PMC|DOI|ISBN|KB|USD|EUR|GBP|UA)", number
    )
    return is_long or not PUBLIC.fullmatch(number)


RULES: Final = (
    Rule(
        v.REFERENCE,
        "A customer, contract or case number after its label",
        pattern(
            rf"""(?<!\w)(?:(?:num[ée]ro|n[°º]|n[úu]mero|nummer|codice|c[óo]digo|code|number)[ ](?:(?:de|du|di|da|del|do|della|of)[ ])?{KIND}|{KIND}[ _-]?(?:number|numbers|no\.?|nr\.?|num\.?|id|ids|ref(?:erence)?\.?|code|key|\#|nummer|numéro|número|numero|nummers|n[°º]))["'`]?
            [ ]?(?:is|was|:|=|\#|-|ist|lautet|est|es|è|é)?[ ]?["'`]?(?P<value>(?<!{OF_A_CLOUD}){UUID}|{NUMBER})(?!\w)""",
            is_any_case=True,
        ),
        0.85,
        lambda number: DIGEST.fullmatch(number) is None,
        place=at_words(
            "no nos nr num id ids ref reference code key n numéro número numero codice código codigo",
            endings="nummer number numbers nummers numero id nr ref",
            before=24,
            after=50,
            digits=1,
        ),
    ),
    Rule(
        v.REFERENCE,
        "A customer, contract or case number",
        pattern(
            rf"(?<!\w)(?i:{KIND})[ ]?[\#:]?[ ]?(?P<value>[A-Z]{{1,6}}[-/_]?\d[A-Z0-9/_-]{{3,20}}|(?:19|20)\d\d[-/]\d{{3,8}}|\d{{5,14}})(?![\w.])"
        ),
        0.82,
        place=at_words(KIND_WORDS, before=2, after=40, digits=2),
    ),
    Rule(
        v.REFERENCE,
        "A customer, contract or case number by its prefix",
        pattern(
            rf"(?<![\w-]){PREFIX}(?:[-_ ]?\#?\d{{5,14}}|[-_\#][A-Z0-9]{{0,8}}\d{{3,12}})(?:[-/]\d{{1,8}})*(?![\w-])"
        ),
        0.8,
        is_private,
        place=at_codes(before=12, digits=4),
    ),
    Rule(
        v.REFERENCE,
        "A code of letters and digits, as records have",
        pattern(r"(?<![\w./:#=&?-])[A-Z]{1,5}-?\d{6,12}(?:-[A-Z0-9]{1,4})?(?![\w/]|[.-]\w)"),
        0.8,
        is_private,
        place=at_mixed(before=1, digits=6),
    ),
    Rule(
        v.REFERENCE,
        "A number in groups after its label",
        pattern(
            rf"""(?<!\w)(?:(?:num[ée]ro|n[°º]|n[úu]mero|nummer|number)[ ](?:(?:de|du|di|da|del|do|della|of)[ ])?{KIND}|(?:{KIND}|{CARD})(?:[ _-]?{LABELLED}|(?<=flyer|traveller|traveler|guest|loyalty|clubcard|bahncard|payback)))["'`]?
            [ ]?(?:is|was|:|=|\#|-|ist|lautet|est|es|è|é)?[ ]?["'`]?(?P<value>(?:[A-Z]{{1,4}}[ -]?)?\d{{2,5}}(?:[ ./-]\d{{2,5}}){{1,6}})(?![\w%]|[.,]\d)""",
            is_any_case=True,
        ),
        0.83,
        is_grouped,
        place=at_words(
            "no nos nr num id ids ref reference code card n numéro número numero flyer traveller traveler guest loyalty clubcard bahncard payback",
            endings="nummer number numbers nummers numero id nr ref",
            before=24,
            after=60,
            digits=2,
        ),
    ),
    Rule(
        v.REFERENCE,
        "A number said digit by digit after its label",
        pattern(
            rf"""(?<!\w){KIND}[ _-]?(?:number|no\.?|id|code|nummer|numéro|número|numero)[ ](?:is[ ]|was[ ]|ist[ ]|est[ ]|es[ ])?
            (?P<value>(?:{SPOKEN}|[a-z](?=[ ](?:{SPOKEN}))|\d)(?:[ ,-]{{1,2}}(?:{SPOKEN}|{SPOKEN_SIGNS}|\d{{1,2}})(?!\w)){{2,20}})(?!\w)""",
            is_any_case=True,
        ),
        0.83,
        place=at_words("number id code nummer numéro número numero", endings="nummer", before=24, after=160),
    ),
    Rule(
        v.REFERENCE,
        "A number with letters, dashes or strokes after what it counts",
        pattern(
            rf"""(?<!\w)(?i:{KIND})(?:[ ](?i:{LABELLED}))?[ ]?[:\#]{{0,2}}[ ]?(?P<value>(?:[A-Z]{{1,5}}[ /-]?)?\d{{1,6}}(?:[/-][A-Z]{{0,4}}-?\d{{1,6}}){{1,4}}(?:-[A-Z]{{1,3}})?|[A-Z]{{1,5}}[ ]\d{{2,6}}(?:[ /-]\d{{2,6}}){{1,4}}|[A-Z]{{1,5}}/\d{{2,6}}(?:/\d{{1,6}}){{0,3}}|\d{{2,4}}-\d{{6,12}}|(?:19|20)\d\d-[A-Z]{{1,4}}-\d{{2,6}}|\d{{3,6}}-[A-Z]{{1,2}})(?![\w%]|[.,]\d)
            |(?<!\w)(?i:codice|código|numéro)[ ](?i:{KIND})[ ](?P<value>[A-Z]{{1,4}}[ -]?\d{{2,6}}(?:[ /-]\d{{2,6}}){{0,4}})(?![\w%]|[.,]\d)
            |(?<![\w-])(?i:no|nr|n[°º]|ref|id|nummer)(?:[ ]|[.:][ ]?)(?P<value>[A-Z]{{1,4}}[ /-]?\d{{2,8}}(?:[ /-]\d{{2,6}}){{0,4}})(?![\w%]|[.,]\d)"""
        ),
        0.82,
        is_code_of_somebody,
        place=at_words(KIND_WORDS + " no nr n ref id nummer codice código", before=2, after=50, digits=2),
        prefilter=re.compile(r"[A-Z]{1,5}[ /-]?\d|\d[/-][A-Z\d]"),
    ),
    Rule(
        v.REFERENCE,
        "A file number of a court",
        pattern(
            r"(?<![\w/.-])(?:\d{1,3}[ ](?:C|O|S|T|U|W|F|K|B|Ca|Sa|Ta|AZR|ZR|StR|Ss|Ds|Ls|Js|KLs|Cs|Qs|BvR|BvL|ZB|AR|IN|IK|VK|L|E|A)[ ]\d{1,6}/\d{2}|\d:\d{2}-(?:cv|cr|mj|bk|ap|mc|md)-\d{4,6}(?:-[A-Z]{2,4}){0,2})(?![\w/-])"
        ),
        0.82,
        place=at_codes(before=12, after=20, digits=2),
        prefilter=re.compile(r"\d [A-Z][A-Za-z]{0,2} \d+/\d\d|:\d\d-[a-z]{2}-\d"),
    ),
    Rule(
        v.REFERENCE,
        "What is on a badge or a device",
        pattern(
            r"""(?<![\w-])(?:badge|warrant|shield|clock|locker)[ ]?(?:no\.?|nr\.?|number|id|\#)?[ ]?[:\#]?[ ]?(?P<value>[A-Z]{0,3}-?\d{3,8})(?![\w%:]|[.,]\d)
            |(?<![\w-])(?:serial|s/n|imsi|iccid|asset[ ]tag)(?:[ ](?:no\.?|nr\.?|number|\#))?[ ]?[:\#]?[ ]?(?P<value>(?=[A-Z-]{0,12}\d)(?=[\d-]{0,12}[A-Z])[A-Z0-9][A-Z0-9-]{5,24})(?!\w|\.\w)""",
            is_any_case=True,
        ),
        0.82,
        place=at_words("badge warrant shield clock locker serial s imsi iccid asset", before=2, after=60, digits=2),
    ),
    Rule(
        v.REFERENCE,
        "A number in parentheses behind whom it is for",
        pattern(r"\([\#](?P<value>[A-Z]{1,3}-?\d{4,12})\)"),
        0.82,
        needs=("(#",),
    ),
    Rule(
        v.REFERENCE,
        "A file number as courts and authorities give",
        pattern(
            r"""(?<![\w])(?:nos?\.?|n[°º.o]s?|nr\.?|n[úu]ms?\.?|az\.?|aktenzeichen|gesch(?:äfts)?z(?:eichen)?\.?|case|application|docket|requêtes?|demandas?|plots?)[ ]{0,2}(?:nos?\.?|n[°º]s?|:)?[ ]{0,2}
            (?P<value>\d{1,7}(?:[ ]?/[ ]?\d{1,4})+(?:(?:,|,?[ ](?:and|et|y|und|e|en))[ ]\d{1,7}(?:[ ]?/[ ]?\d{1,4})+)*
            |(?<=plots?[ ]nos?\.[ ])\d{1,5}(?:[./]\d+)*(?:(?:,|,?[ ]and)[ ]\d{1,5}(?:[./]\d+)*)*)(?!\w)""",
            is_any_case=True,
        ),
        0.82,
        needs=("/", "plot"),
        place=at_codes(before=24, after=12),
    ),
    Rule(
        v.REFERENCE,
        "A number given by an authority",
        pattern(
            r"(?<!\w)(?:registration|register|application|file|licen[cs]e|permit|certificate|deed|folio|decree|entry|serial)[ ](?:nos?\.?|numbers?|\#)[ ]?(?P<value>[A-Z]{0,3}[ -]?\d[\d./-]{2,14}\d)(?!\w)",
            is_any_case=True,
        ),
        0.82,
        needs=(
            "registration ",
            "register ",
            "application ",
            "file ",
            "licence ",
            "license ",
            "permit ",
            "certificate ",
            "deed ",
            "folio ",
            "decree ",
            "entry ",
            "serial ",
        ),
        place=at_codes(before=30),
    ),
)

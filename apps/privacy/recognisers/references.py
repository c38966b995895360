"""Numbers by which a company knows a person or a deal: customers, contracts, invoices, cases, employees."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.rules import Rule, pattern

KIND: Final = r"""(?:customer|client|account|contract|agreement|invoice|order|purchase[ ]order|po|case|ticket|claim|policy|booking|reservation|
    membership|member|employee|staff|personnel|badge|payroll|student|patient|matter|file|loan|mortgage|subscription|tracking|shipment|
    kunden|vertrags?|rechnungs?|auftrags?|bestell|personal|mitarbeiter|akten|client|facture|contrat|cliente|contrato|factura|pedido)"""
NUMBER: Final = r"(?=[A-Z0-9/_.-]*\d)[A-Z0-9][A-Z0-9/_.-]{2,24}[A-Z0-9]"

RULES: Final = (
    Rule(
        v.REFERENCE,
        "A customer, contract or case number after its label",
        pattern(
            rf"""(?<!\w){KIND}[ _-]?(?:number|numbers|no\.?|nr\.?|num|id|ref(?:erence)?\.?|code|key|\#|nummer|numéro|número|n°)
            [ ]?(?:is|was|:|=|\#|-)?[ ]?["'`]?(?P<value>{NUMBER})(?!\w)""",
            is_any_case=True,
        ),
        0.85,
    ),
    Rule(
        v.REFERENCE,
        "A customer, contract or case number",
        pattern(
            rf"(?<!\w)(?i:{KIND})[ ]?\#?[ ]?(?P<value>[A-Z]{{1,6}}[-/_]?\d[A-Z0-9/_-]{{3,20}}|\d{{5,14}})(?![\w.])"
        ),
        0.82,
    ),
    Rule(
        v.REFERENCE,
        "A customer, contract or case number by its prefix",
        pattern(
            r"(?<![\w-])(?:CUST|CUS|KD|KDNR|CLI|CTR|CON|CONTRACT|VTR|INV|RE|RG|ORD|PO|SO|EMP|PERS|POL|CLM|MEM|ACCT|ACC|CASE|TKT|INC|SR|CR)[-_ #]\d{3,12}(?:[-/]\d{1,8})*(?![\w-])"
        ),
        0.8,
    ),
)

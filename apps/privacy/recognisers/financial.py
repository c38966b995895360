"""Cards, bank accounts and cryptocurrency addresses."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.recognisers import check_digits
from apps.privacy.rules import Rule, at_codes, at_mixed, at_numbers, at_words, near, pattern

BANKS_COUNTRY: Final = (
    "(?:A[TU]|B[EG]|C[AHNYZ]|D[EK]|E[ES]|F[IR]|G[BR]|H[KRU]|I[ENT]|JP|L[TUV]|MT|N[LO]|P[LT]|RO|S[EGIK]|TR|US|ZA)"
)
SAID: Final = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
SAID_WORDS: Final = SAID.replace("|", " ")
CARDS: Final = ("card", "cards", "visa", "mastercard", "amex")
CARD: Final = "A card number with a valid check digit"


def _iban_shapes() -> str:
    """Spell out, for each length, the countries that use it: a pattern that took more would swallow what follows."""
    countries = sorted(check_digits.IBAN_LENGTHS.items(), key=lambda item: (-item[1], item[0]))
    return "|".join(
        rf"(?:{'|'.join(code for code, _ in group)})[ ]?[0-9]{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"
        for length, group in groupby(countries, key=lambda item: item[1])
    )


def _card(source: str) -> Rule:
    return Rule(v.CARD, CARD, pattern(rf"(?<![\w.]){source}"), 1.0, check_digits.card, place=at_numbers(12))


RULES: Final = (
    _card(r"\d{12,19}(?!\w)"),
    _card(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?!\w)"),
    _card(r"\d{4}([ -])\d{6}\1\d{4,5}(?!\w)"),
    _card(r"\d{4}([./_\xb7]|[ ]-[ ]|[ ]{2,3})\d{4}\1\d{4}\1\d{4}(?!\w)"),
    _card(r"(?:\d[ -]?){11,18}\d(?!\w)"),
    _card(r"\d{4}[ -]\d{4}[ ]?\n[ ]{0,8}\d{4}[ -]\d{4}(?!\w)"),
    Rule(
        v.IBAN,
        "An IBAN with valid check digits",
        pattern(rf"(?<![^\W_])(?=[A-Za-z]{{2}}[ ]?[0-9]{{2}})(?i:{_iban_shapes()})(?![^\W_])"),
        1.0,
        check_digits.iban,
        place=at_mixed(after=44),
        prefilter=re.compile(r"[A-Za-z]{2} ?[0-9]{2}(?:[ -]?[^\W_]){11}"),
    ),
    Rule(
        v.IBAN,
        "An IBAN with valid check digits",
        pattern(
            r"(?<![^\W_])[A-Za-z]{2}[ ]?\d{2}(?:[ -]?[A-Za-z0-9]{4}){1,7}(?:[ ]?\n[ ]{0,8}[A-Za-z0-9]{2,4}(?:[ -]?[A-Za-z0-9]{4}){0,6})?(?:[ -]?[A-Za-z0-9]{1,3})?(?![^\W_])"
        ),
        1.0,
        check_digits.iban,
        place=at_numbers(12, before=4, after=8),
        prefilter=re.compile(r"[A-Za-z]{2} ?\d{2}[ -]?[A-Za-z0-9]{4}"),
    ),
    Rule(
        v.IBAN,
        "A number in the shape of an IBAN",
        pattern(r"(?<![^\W_])[A-Z]{2}\d{2}[ ]?(?:[A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{0,4}(?![^\W_])"),
        0.82,
        lambda number: len(check_digits.compact(number)) == check_digits.IBAN_LENGTHS.get(number[:2]),
        place=at_mixed(after=44),
    ),
    Rule(
        v.CARD,
        "Digits beside words such as card",
        pattern(r"(?<![\w.-])\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?!\w)"),
        0.82,
        None,
        near(
            "card",
            "cards",
            "credit",
            "debit",
            "visa",
            "mastercard",
            "amex",
            "karte",
            "kreditkarte",
            "carte",
            "tarjeta",
            "carta",
        ),
        needs=("card", "credit", "debit", "visa", "amex", "karte", "carte", "tarjeta", "carta"),
        place=at_numbers(12),
    ),
    Rule(
        v.ACCOUNT,
        "A US bank routing number",
        pattern(r"(?<![\w.-])\d{9}(?![\w.-])"),
        0.9,
        check_digits.us_routing,
        near("routing", "aba", "rtn"),
        needs=("routing", "aba", "rtn"),
        place=at_numbers(9),
    ),
    Rule(
        v.ACCOUNT,
        "Digits beside words such as account",
        pattern(r"(?<![\w.,-])\d(?:[ -]?\d){5,17}(?![\w-])"),
        0.8,
        None,
        near("account", "acct", "a/c", "acc", "konto", "kontonummer", "compte", "cuenta", "conto", "rekening", "conta"),
        needs=("acc", "a/c", "kont", "compte", "cuenta", "conto", "rekening", "conta"),
        place=at_numbers(6),
    ),
    Rule(
        v.ACCOUNT,
        "A UK sort code",
        pattern(r"(?<![\w-])\d{2}([ -]?)\d{2}\1\d{2}(?![\w-])"),
        0.85,
        None,
        near("sort code", "sortcode", "sort-code"),
        needs=("sort",),
        place=at_numbers(6),
    ),
    Rule(
        v.ACCOUNT,
        "A bank's SWIFT code",
        pattern(r"(?<![\w-])[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![\w-])"),
        0.85,
        None,
        near("swift", "bic", "swift/bic", "bic/swift"),
        needs=("swift", "bic"),
    ),
    Rule(
        v.ACCOUNT,
        "A bank's SWIFT code",
        pattern(rf"(?<![\w-])[A-Z]{{4}}{BANKS_COUNTRY}[A-Z0-9]{{2}}XXX(?![\w-])"),
        0.85,
        needs=("xxx",),
    ),
    Rule(
        v.ACCOUNT,
        "A bank's SWIFT code",
        pattern(rf"(?<![\w-])[A-Z]{{4}}{BANKS_COUNTRY}(?=[A-Z]?\d)[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?![\w-])"),
        0.85,
        None,
        near(
            "iban",
            "bank",
            "banque",
            "banco",
            "banca",
            "sparkasse",
            "account",
            "acct",
            "konto",
            "branch",
            "transfer",
            "beneficiary",
        ),
        place=at_codes(before=16, after=16),
    ),
    Rule(
        v.CARD,
        "A card number with digits crossed out",
        pattern(
            r"(?<![\w*])(?=[\dxX*•]{4}[ -]?[\dxX*•]{0,2}[*xX•]{2})\d{0,6}(?:[ -]?[\dxX*•]{4}|[*xX•]{2}){2,4}[ -]?\d{2,4}(?![\w*])|(?<![\w*])\d{4}[ -]\d{2}[*xX•]{2}[ -][*xX•]{4}[ -]\d{4}(?![\w*])"
        ),
        0.82,
        lambda number: sum(map(str.isdigit, number)) >= 4,
        near(
            *CARDS,
            "credit",
            "debit",
            "karte",
            "carte",
            "tarjeta",
            "carta",
            "kaart",
            "cartão",
            "account",
            "konto",
        ),
        place=at_codes(before=20, after=24, digits=4),
    ),
    Rule(
        v.CARD,
        "The last digits of a card, said in words",
        pattern(
            rf"(?<!\w)(?:{SAID})(?:[ ,-]{{1,2}}(?:{SAID})){{2,4}}(?!\w)",
            is_any_case=True,
        ),
        0.8,
        None,
        near("last four", "last 4", "card", "ending", "security code", "cvv", "sort code"),
        needs=("card", "last four", "last 4", "ending", "code"),
        place=at_words(SAID_WORDS, before=2, after=60),
    ),
    Rule(
        v.CARD,
        "A card's security code",
        pattern(
            r"(?:cvv2?|cvc2?|cvn|security[ ]code|card[ ]code|(?<=\d[/-]\d{2,4},?[ ])code)[\"']?[ ]*(?:is|:|=|\#|number)?[ ]*[\"']?(?P<value>\d{3,4})(?!\w)",
            is_any_case=True,
        ),
        0.9,
        needs=("cv", "code"),
    ),
    Rule(
        v.CARD,
        "A card's expiry date",
        pattern(
            r"(?:exp(?:iry|ires|iration)?(?:[ ]date)?|valid[ ](?:thru|until))[ .:=]*(?P<value>(?:0[1-9]|1[0-2])[ ]?[/-][ ]?(?:20)?\d\d)(?!\w)",
            is_any_case=True,
        ),
        0.85,
        None,
        near(
            *CARDS,
            "maestro",
            "credit",
            "debit",
            "cvv",
            "cvc",
            "karte",
            "carte",
            "tarjeta",
            "carta",
            "kaart",
            "cartão",
            "passport",
            "licence",
            "license",
            r"\d{4}",
        ),
        needs=("exp", "valid"),
    ),
    Rule(
        v.CRYPTO,
        "A Bitcoin address with a valid checksum",
        pattern(r"(?<!\w)[13][1-9A-HJ-NP-Za-km-z]{25,34}(?!\w)"),
        1.0,
        check_digits.base58_check,
        place=at_mixed(),
    ),
    Rule(
        v.CRYPTO,
        "A Bitcoin address",
        pattern(r"(?<!\w)(?:bc1[a-z0-9]{25,87}|BC1[A-Z0-9]{25,87})(?!\w)"),
        0.95,
        needs=("bc1",),
    ),
    Rule(
        v.CRYPTO,
        "An Ethereum address",
        pattern(r"(?<!\w)0x[0-9a-fA-F]{40}(?!\w)"),
        0.95,
        needs=("0x",),
    ),
    Rule(
        v.CRYPTO,
        "A cryptocurrency address",
        pattern(
            r"(?<!\w)(?:ltc1[a-z0-9]{30,60}|addr1[a-z0-9]{50,110}|r[1-9A-HJ-NP-Za-km-z]{24,34}|T[1-9A-HJ-NP-Za-km-z]{33}|D[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93})(?!\w)"
        ),
        0.9,
        None,
        near(
            "wallet",
            "address",
            "litecoin",
            "ltc",
            "ripple",
            "xrp",
            "tron",
            "trx",
            "dogecoin",
            "doge",
            "cardano",
            "monero",
            "xmr",
            "send",
            "sent",
            "crypto",
        ),
        needs=(
            "wallet",
            "addr",
            "coin",
            "ltc",
            "ripple",
            "xrp",
            "tron",
            "trx",
            "doge",
            "cardano",
            "xmr",
            "sen",
            "crypt",
        ),
        place=at_mixed(),
    ),
    Rule(
        v.CARD,
        "The last digits of a card or an account",
        pattern(
            r"""(?<![\w-])(?<!\b(?:years?|periods?|quarters?|months?|seasons?|terms?)[ ])(?:ending|ends|ended)(?:[ ](?:in|with|on))?[ ]?:?\s{1,2}[*x]{0,4}(?P<value>\d{4})(?![\w%]|[.,:/-]\d)
            |(?<![\w-])(?P<value>\d{4,6}[*x\u2022]{4,12}\d{4})(?!\w)
            |(?<![\w-])last[ ](?:four|4)(?:[ ]digits?)?(?:[ ](?:of|on|from)[ ](?:the[ ]|my[ ]|his[ ]|her[ ])?\w{2,12})?(?:[ ](?:are|is|were|was))?[ ]?:?[ ](?P<value>\d{4})(?![\w%]|[.,:/-]\d)
            |(?<![\w-])(?:card|visa|mastercard|amex|karte|carte|tarjeta|carta|kaart|cart[ãa]o)[ ](?:no\.?[ ]|nr\.?[ ])?(?:x{1,12}|[*\u2022.]{1,16}|\u2026)[ -]?(?P<value>\d{4})(?![\w%]|[.,:/-]\d)""",
            is_any_case=True,
        ),
        0.82,
        None,
        near(
            *CARDS,
            "account",
            "acct",
            "debit",
            "credit",
            "digits",
            "charged",
            "refund",
            "iban",
            "karte",
            "carte",
            "tarjeta",
            "carta",
            "kaart",
            "cartão",
        ),
        place=at_words(
            "ending ends ended last card visa mastercard amex karte carte tarjeta carta kaart cartão cartao",
            after=60,
            digits=4,
        ),
    ),
    Rule(
        v.ACCOUNT,
        "A French account, as its bank prints it",
        pattern(r"(?<![\w-])\d{5}[ ]\d{5}[ ][\dA-Z]{11}[ ]\d{2}(?![\w-])"),
        0.85,
        place=at_numbers(12, before=2, after=4),
    ),
    Rule(
        v.ACCOUNT,
        "The branch of a bank beside an account",
        pattern(
            r"(?<![\w-])(?:ag[êe]ncia|agencia|ag\.|sucursal|filiale|blz|bankleitzahl|bsb|clabe|ifsc|rib|giro|girokonto)[ ]?(?:n[°º.]?[ ]?|:[ ]?)?(?P<value>\d{3,5}(?:-\d{1,3})?|\d{8,18}|\d{3}[ -]\d{3}(?:[ -]\d{2})?|[A-Z]{4}0[A-Z0-9]{6})(?![\w-]|[.,]\d)",
            is_any_case=True,
        ),
        0.82,
        needs=("ncia", "ag.", "sucursal", "filiale", "blz", "bankleitzahl", "bsb", "clabe", "ifsc", "rib", "giro"),
        place=at_words(
            "agência agencia ag sucursal filiale blz bankleitzahl bsb clabe ifsc rib giro girokonto", after=40, digits=3
        ),
    ),
)

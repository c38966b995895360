"""The kinds of values that are masked; each names its placeholders, as in ``<PERSON_1>``."""

# ruff: noqa: S105 - SECRET is a type, not a secret

from __future__ import annotations

from typing import Final

PERSON: Final = "PERSON"
EMAIL: Final = "EMAIL"
PHONE: Final = "PHONE"
ADDRESS: Final = "ADDRESS"
USERNAME: Final = "USERNAME"
DATE_OF_BIRTH: Final = "DATE_OF_BIRTH"
ID: Final = "ID"
REFERENCE: Final = "REFERENCE"
CARD: Final = "CARD"
IBAN: Final = "IBAN"
ACCOUNT: Final = "ACCOUNT"
CRYPTO: Final = "CRYPTO"
IP: Final = "IP"
MAC: Final = "MAC"
VEHICLE: Final = "VEHICLE"
SECRET: Final = "SECRET"
URL: Final = "URL"
ORGANIZATION: Final = "ORGANIZATION"
LOCATION: Final = "LOCATION"
PROJECT: Final = "PROJECT"
CODE_NAME: Final = "CODE_NAME"
PRODUCT: Final = "PRODUCT"
COMPANY_TERM: Final = "COMPANY_TERM"
LITERAL: Final = "LITERAL"

WORDS_FOR: Final[dict[str, str]] = {
    PERSON: "name",
    EMAIL: "e-mail address",
    PHONE: "phone number",
    ADDRESS: "postal address",
    USERNAME: "user name",
    DATE_OF_BIRTH: "date of birth",
    ID: "identity number",
    REFERENCE: "customer, contract or case number",
    CARD: "card number",
    IBAN: "bank account number (IBAN)",
    ACCOUNT: "account number",
    CRYPTO: "cryptocurrency address",
    IP: "IP address",
    MAC: "hardware address",
    VEHICLE: "vehicle number",
    SECRET: "password or key",
    URL: "private link",
    ORGANIZATION: "organisation",
    LOCATION: "place",
    PROJECT: "project",
    CODE_NAME: "code name",
    PRODUCT: "product",
    COMPANY_TERM: "company term",
    LITERAL: "text that looks like a placeholder",
}
TYPES: Final = frozenset(WORDS_FOR)

"""Identifiers of many countries, each in a sentence: found whole and called what they are. The numbers are invented."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer

# Country, sentence around it, number with valid check digits.
OF_STATES = [
    ("US", "SSN {}", "526-01-8159"),
    ("GB", "NHS number {}", "181 909 3786"),
    ("DE", "Steuer-ID {}", "76031372159"),
    ("DE", "RV {}", "29051179W975"),
    ("FR", "sécu {}", "104047510399315"),
    ("ES", "DNI {}", "94724873V"),
    ("IT", "P. IVA IT{}", "25517329048"),
    ("NL", "BSN {}", "200080623"),
    ("BE", "nr {}", "64.03.22-976.20"),
    ("PT", "NIF {}", "268058253"),
    ("PL", "PESEL {}", "67021598271"),
    ("SE", "pnr {}", "651203-8479"),
    ("NO", "fødselsnummer {}", "10106281330"),
    ("DK", "CPR {}", "021058-1195"),
    ("FI", "hetu {}", "010179-5951"),
    ("CH", "AHV {}", "756.1556.5898.29"),
    ("AT", "SVNR {}", "1424 160950"),
    ("CZ", "rodné číslo {}", "840907/8249"),
    ("RO", "CNP {}", "1950708353564"),
    ("BG", "EGN {}", "6304241420"),
    ("GR", "AMKA {}", "05075746155"),
    ("HR", "OIB {}", "38171310634"),
    ("IE", "PPS {}", "3238831A"),
    ("HU", "TAJ {}", "475 893 268"),
    ("EE", "isikukood {}", "39207054618"),
    ("LV", "kods {}", "091156-15656"),
    ("SI", "EMŠO {}", "2801993509663"),
    ("IS", "kt {}", "180152-7179"),
    ("LU", "matricule {}", "1964052155893"),
    ("UA", "РНОКПП {}", "7151257715"),
    ("RU", "ИНН {}", "777841119667"),
    ("RU", "{}", "762-826-278 33"),
    ("TR", "TCKN {}", "19631180920"),
    ("BR", "CPF {}", "378.233.226-17"),
    ("CL", "RUT {}", "18.882.804-3"),
    ("AR", "CUIT {}", "20-07758072-8"),
    ("CO", "NIT {}", "975.784.856-9"),
    ("PE", "RUC {}", "10980993502"),
    ("EC", "cédula {}", "1737427813"),
    ("MX", "CURP {}", "LARL830726HDFDDD04"),
    ("CA", "SIN {}", "149 805 517"),
    ("AU", "TFN {}", "311 538 902"),
    ("NZ", "IRD {}", "75-083-673"),
    ("IN", "Aadhaar {}", "2887 5321 6056"),
    ("KR", "RRN {}", "880221-1980067"),
    ("CN", "{}", "110105198103285096"),
    ("JP", "my number {}", "8340 6558 1947"),
    ("SG", "NRIC {}", "S1541881H"),
    ("HK", "HKID {}", "A882252(5)"),
    ("TW", "{}", "A187232881"),
    ("MY", "{}", "750702-06-2082"),
    ("ID", "NIK {}", "3171482502767665"),
    ("AE", "{}", "784-1983-6284303-3"),
    ("SA", "iqama {}", "2976468930"),
    ("IL", "teudat zehut {}", "272359837"),
    ("ZA", "identity {}", "7605277606637"),
    ("TH", "Thai {}", "1-4189-28074-63-5"),
    ("PK", "CNIC {}", "37014-4720496-2"),
]
FOUND = [
    ("PHONE", "call +33 6 12 34 56 78 now", "+33 6 12 34 56 78"),
    ("PHONE", "+44 (0)20 7946 0958 is the desk", "+44 (0)20 7946 0958"),
    ("PHONE", "Tel. 06-10446904-Office", "06-10446904"),
    ("PHONE", "fax 001-748-088-2851x818", "001-748-088-2851x818"),
    ("PHONE", "(790)091-7442 office", "(790)091-7442"),
    ("PHONE", "416 60 039 office", "416 60 039"),
    ("PHONE", "Handy 0171 2345678", "0171 2345678"),
    ("PHONE", "call 212-555-0123 ext. 44", "212-555-0123 ext. 44"),
    ("ID", "please call about 536-90-4399", "536-90-4399"),
    ("CARD", "call about 4111-1111-1111-1111", "4111-1111-1111-1111"),
    ("IBAN", "phone: DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ("ID", "The provider's NPI is 9283276480.", "9283276480"),
    ("ID", "Sozialversicherungsnummer: 15 070649 C 103", "15 070649 C 103"),
    ("ID", "driver's license number: D123-4567-8901", "D123-4567-8901"),
    ("ID", "DE136695976 is the VAT number", "DE136695976"),
    ("REFERENCE", "Task MRN-421879 was assigned", "MRN-421879"),
    ("REFERENCE", "Kundennummer: 44712290", "44712290"),
    ("REFERENCE", "numéro de dossier 2024/1187-B", "2024/1187-B"),
    ("REFERENCE", "número de cliente: 88341209", "88341209"),
    ("REFERENCE", "codice cliente: CL88341", "CL88341"),
    ("REFERENCE", "klantnummer 5521903", "5521903"),
    ("REFERENCE", "an application (no. 7076/05) against", "7076/05"),
    ("ADDRESS", "ship to 9721 Dalmatinova 43 Apt. 678 Velenje", "9721 Dalmatinova 43 Apt. 678 Velenje"),
    ("ADDRESS", "wohnt Villacher Straße 89, 9020 Klagenfurt", "Villacher Straße 89, 9020 Klagenfurt"),
    ("ADDRESS", "habite 12 rue de la Paix, 75002 Paris", "12 rue de la Paix, 75002 Paris"),
    ("ADDRESS", "vive en Calle de Alcalá 45, 28014 Madrid", "Calle de Alcalá 45, 28014 Madrid"),
    ("ADDRESS", "abita in Via Roma 12, 00184 Roma", "Via Roma 12, 00184 Roma"),
    ("ADDRESS", "woont Prinsengracht 263, 1016 GV Amsterdam", "Prinsengracht 263, 1016 GV Amsterdam"),
    ("ADDRESS", "mora na Rua Augusta 24, 1100-053 Lisboa", "Rua Augusta 24, 1100-053 Lisboa"),
    ("ADDRESS", "742 Evergreen Terrace, Springfield, IL 62704", "742 Evergreen Terrace, Springfield, IL 62704"),
    ("DATE_OF_BIRTH", "DOB: 1984-03-12", "1984-03-12"),
    ("DATE_OF_BIRTH", "geboren am 12.03.1984", "12.03.1984"),
    ("DATE_OF_BIRTH", "née le 3 avril 1990", "3 avril 1990"),
    ("DATE_OF_BIRTH", "fecha de nacimiento: 3 de abril de 1990", "3 de abril de 1990"),
    ("DATE_OF_BIRTH", "born 03/12/84", "03/12/84"),
    ("USERNAME", "the account mholloway_7 was locked", "mholloway_7"),
    ("USERNAME", "Benutzername: mholloway", "mholloway"),
    ("USERNAME", r"log in as CORP\mholloway", "mholloway"),
    ("IP", "ping 10[.]20[.]30[.]40", "10[.]20[.]30[.]40"),
    ("VEHICLE", "number plate AB12 CDE", "AB12 CDE"),
    ("ID", "IMEI 490154203237518", "490154203237518"),
    ("PERSON", "Sehr geehrte Frau Lindqvist,", "Lindqvist"),
    ("PERSON", "Estimado Sr. Vasquez:", "Vasquez"),
    ("PERSON", "Chère Mme Desrosiers,", "Desrosiers"),
    ("PERSON", "Gentile Dott.ssa Bianchetti,", "Bianchetti"),
    ("PERSON", "Geachte mevrouw Kuipers,", "Kuipers"),
    ("PERSON", "Prezada Sra. Figueiredo,", "Figueiredo"),
    ("PERSON", "Ansprechpartnerin: Ines Falkenrath", "Ines Falkenrath"),
    ("PERSON", "represented by Mr R. Hammarberg.", "R. Hammarberg"),
]
LEFT_ALONE = [
    "Chapter 3 Section 12 of the manual",
    "5 Musicians Of The 70s",
    "It is a 2001 American film",
    "CVE-2024-12345 and RFC 2616",
    "On Wall Street and Main Street prices rose.",
    "The point is that 30 dots are enough.",
    "Version 3.11.7 on 4 cores with 16 GB",
    "Between 2019 and 2024 sales grew by 12 %, from 1.200.000 to 1.344.000.",
    "General Accident Insurance Company filed an appeal.",
]


def spans(text: str) -> list[tuple[str, str]]:
    """List type and value of everything found."""
    return [(finding.type, text[finding.start : finding.end]) for finding in analyzer.find(text)]


@pytest.mark.parametrize(("country", "sentence", "number"), OF_STATES)
def test_a_number_that_a_state_gave_to_a_person_is_found(country: str, sentence: str, number: str) -> None:
    assert any(type_ == "ID" and number in value for type_, value in spans(f"The {sentence.format(number)} is on file"))


def test_the_numbers_of_at_least_thirty_countries_are_known() -> None:
    assert len({country for country, _, _ in OF_STATES}) >= 30


@pytest.mark.parametrize(("type_", "text", "value"), FOUND, ids=[case[2] for case in FOUND])
def test_an_identifier_is_found_whole_and_as_what_it_is(type_: str, text: str, value: str) -> None:
    is_name = type_ == "PERSON"  # what a model sees may stick out of what the rules are sure of

    assert any(type_ == found and (value == what or (is_name and value in what)) for found, what in spans(text))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_an_identifier_is_left_alone(text: str) -> None:
    assert spans(text) == []


def test_a_year_behind_a_word_that_ends_like_a_street_is_no_address() -> None:
    assert "ADDRESS" not in {type_ for type_, _ in spans("During 2019, Norvexa opened two plants.")}
    assert ("ADDRESS", "Tellersring 19, 10115 Berlin") in spans("Sie wohnt Tellersring 19, 10115 Berlin.")

"""Check digits of further countries; see `check_digits` for the common formulas."""

from __future__ import annotations

import string
from typing import Final

from apps.privacy.recognisers.check_digits import compact, luhn, weighted

LETTERS: Final = string.ascii_uppercase


def is_day(month: str, day: str, *, most_days: int = 31) -> bool:
    """Say whether two pairs of digits may be a month and a day."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= most_days


def hu_taj(number: str) -> bool:
    """Check a Hungarian social security number (TAJ)."""
    digits = compact(number)
    return weighted(digits, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == int(digits[8])


def hu_tax(number: str) -> bool:
    """Check a Hungarian personal tax number: it begins with 8, the last digit is modulo 11."""
    digits = compact(number)
    return digits[0] == "8" and weighted(digits, tuple(range(1, 10))) % 11 == int(digits[9])


def ee_lt_personal(number: str) -> bool:
    """Check an Estonian or Lithuanian personal code (two rounds modulo 11)."""
    digits = compact(number)
    check = weighted(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(digits, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(digits[10]) and is_day(digits[3:5], digits[5:7])


def lv_personal(number: str) -> bool:
    """Check a Latvian personal code; those given out since 2017 begin with 32 and have no date."""
    digits = compact(number)
    if digits.startswith("32"):
        return True
    check = (1101 - weighted(digits, (1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11
    return check == int(digits[10]) and is_day(digits[2:4], digits[:2])


def jmbg(number: str) -> bool:
    """Check a JMBG or EMŠO (Slovenia, Serbia, Bosnia, Montenegro, North Macedonia)."""
    digits = compact(number)
    check = -weighted(digits, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return check == int(digits[12]) and is_day(digits[2:4], digits[:2])


def is_kennitala(number: str) -> bool:
    """Check an Icelandic kennitala."""
    digits = compact(number)
    return -weighted(digits, (3, 2, 7, 6, 5, 4, 3, 2)) % 11 == int(digits[8]) and is_day(
        digits[2:4], digits[:2], most_days=71
    )


def lu_national(number: str) -> bool:
    """Check a Luxembourg national number: a date and Luhn over the first twelve digits."""
    digits = compact(number)
    return is_day(digits[4:6], digits[6:8]) and luhn(digits[:12])


def gr_amka(number: str) -> bool:
    """Check a Greek social security number (AMKA): a date and Luhn."""
    digits = compact(number)
    return is_day(digits[2:4], digits[:2]) and luhn(digits)


def gr_afm(number: str) -> bool:
    """Check a Greek tax number (AFM)."""
    digits = compact(number)
    return weighted(digits, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(digits[8]) and len(set(digits)) > 1


def ua_tax(number: str) -> bool:
    """Check a Ukrainian taxpayer number."""
    digits = compact(number)
    return weighted(digits, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == int(digits[9])


def ru_inn(number: str) -> bool:
    """Check a Russian taxpayer number of a person (12 digits, two check digits)."""
    digits = compact(number)
    first = weighted(digits, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    second = weighted(digits, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    return (first, second) == (int(digits[10]), int(digits[11]))


def ru_snils(number: str) -> bool:
    """Check a Russian pension insurance number (SNILS)."""
    digits = compact(number)
    check = weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 101
    return check % 100 == int(digits[9:11])


def co_nit(number: str) -> bool:
    """Check a Colombian tax number (NIT)."""
    digits = compact(number)
    check = weighted(digits[-2::-1], (3, 7, 13, 17, 19, 23, 29, 37, 41, 43)) % 11
    return (check if check < 2 else 11 - check) == int(digits[-1])


def ec_cedula(number: str) -> bool:
    """Check an Ecuadorian identity card (province and Luhn)."""
    digits = compact(number)
    return 1 <= int(digits[:2]) <= 30 and luhn(digits)


def uy_cedula(number: str) -> bool:
    """Check a Uruguayan identity card."""
    digits = compact(number).zfill(8)
    return -weighted(digits, (2, 9, 8, 7, 6, 3, 4)) % 10 == int(digits[7])


def do_cedula(number: str) -> bool:
    """Check a Dominican identity card (Luhn)."""
    return luhn(number) and len(set(compact(number))) > 1


def hk_identity(number: str) -> bool:
    """Check a Hong Kong identity card."""
    whole = compact(number)
    head = whole[:-1].rjust(8)
    values = [36 if character == " " else int(character, 36) for character in head]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return "0A987654321"[total % 11] == whole[-1]


def tw_identity(number: str) -> bool:
    """Check a Taiwanese identity card."""
    whole = compact(number)
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    code = order.index(whole[0]) + 10
    digits = f"{code}{whole[1:]}"
    return weighted(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def my_nric(number: str) -> bool:
    """Check a Malaysian identity card by its date."""
    digits = compact(number)
    return is_day(digits[2:4], digits[4:6])


def id_nik(number: str) -> bool:
    """Check an Indonesian NIK by province and date (women's days are 40 higher)."""
    digits = compact(number)
    return 11 <= int(digits[:2]) <= 96 and is_day(digits[8:10], f"{int(digits[6:8]) % 40:02d}")


def emirates_id(number: str) -> bool:
    """Check an Emirates identity card (Luhn)."""
    return luhn(number)


def sa_identity(number: str) -> bool:
    """Check a Saudi identity number (Luhn)."""
    return luhn(number)


def eg_identity(number: str) -> bool:
    """Check an Egyptian identity number by century and date."""
    digits = compact(number)
    return digits[0] in "23" and is_day(digits[3:5], digits[5:7])


def kw_civil(number: str) -> bool:
    """Check a Kuwaiti civil number."""
    digits = compact(number)
    return (11 - weighted(digits, (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11) == int(digits[11])


def pk_cnic(number: str) -> bool:
    """Check a Pakistani identity card by its province."""
    return compact(number)[0] in "1234567"


def lk_nic(number: str) -> bool:
    """Check a Sri Lankan identity card by its day of the year (women's are 500 higher)."""
    return 1 <= int(compact(number)[2:5]) % 500 <= 366


def fr_siren(number: str) -> bool:
    """Check a French company number (Luhn)."""
    return luhn(number) and len(set(compact(number))) > 1


def es_cif(number: str) -> bool:
    """Check a Spanish company number (CIF)."""
    whole = compact(number)
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in whole[1:8:2])
    check = -(odd + sum(map(int, whole[2:8:2]))) % 10
    return odd > 0 and whole[8] in {str(check), "JABCDEFGHI"[check]}


def gb_vat(number: str) -> bool:
    """Check a British VAT number (two schemes modulo 97)."""
    digits = compact(number).removeprefix("GB")[:9]
    total = weighted(digits, (8, 7, 6, 5, 4, 3, 2)) + int(digits[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0


def nl_vat(number: str) -> bool:
    """Check a Dutch VAT number: the citizen number's formula, or modulo 97 of the whole for sole traders."""
    whole = compact(number)
    digits = whole[2:11]
    is_old = weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0
    return is_old or int("".join(str(int(character, 36)) for character in whole)) % 97 == 1


def pe_ruc(number: str) -> bool:
    """Check a Peruvian tax number (RUC)."""
    digits = compact(number)
    return (11 - weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 10 == int(digits[10])


def dea(number: str) -> bool:
    """Check a US prescriber's number (DEA)."""
    digits = compact(number)[2:]
    odd, even = sum(map(int, digits[0:6:2])), sum(map(int, digits[1:6:2]))
    return (odd + 2 * even) % 10 == int(digits[6])


def fr_tax(number: str) -> bool:
    """Check a French tax number (SPI): remainder modulo 511."""
    digits = compact(number)
    return int(digits[:10]) % 511 == int(digits[10:13])

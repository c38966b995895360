"""Check digits: each function says whether a number, spaces and dashes in it or not, is valid by its own arithmetic."""

from __future__ import annotations

import hashlib
import re
import string
from typing import Final

ALPHABET_36: Final = string.digits + string.ascii_uppercase
BASE_58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def compact(number: str) -> str:
    """Drop everything but letters and digits; upper case."""
    return re.sub(r"[\W_]+", "", number).upper()


def luhn(number: str) -> bool:
    """Check by Luhn's formula (ISO/IEC 7812-1)."""
    digits = [int(digit) for digit in compact(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def card(number: str) -> bool:
    """Check a payment card: a known issuer's beginning and length, and Luhn."""
    digits = compact(number)
    is_known = re.fullmatch(
        r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}"
        r"|3(?:0[0-5]|[689]\d)\d{11,16}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|(?:2131|1800|35\d\d)\d{11,12}"
        r"|(?:5[06-8]\d\d|6\d{3})\d{8,15}|62\d{14,17}|220[0-4]\d{12}",
        digits,
    )
    return bool(is_known) and len(set(digits)) > 1 and luhn(digits)


def iban(number: str) -> bool:
    """Check an IBAN: its country's length and the remainder modulo 97 (ISO 13616)."""
    whole = compact(number)
    return len(whole) == IBAN_LENGTHS.get(whole[:2]) and _mod_97(whole[4:] + whole[:4]) == 1


def _mod_97(characters: str) -> int:
    return int("".join(str(int(character, 36)) for character in characters)) % 97


def weighted(number: str, weights: tuple[int, ...]) -> int:
    """Sum digit times weight."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def us_ssn(number: str) -> bool:
    """Check a US social security or taxpayer number by the ranges that were ever given out."""
    digits = compact(number)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if digits in {"123456789", "078051120"} or len(set(digits)) == 1:
        return False
    return area not in {"000", "666"} and group != "00" and serial != "0000" and not "900" <= area <= "911"


def verhoeff(number: str) -> bool:
    """Check by Verhoeff's dihedral scheme (Aadhaar)."""
    check = 0
    for position, digit in enumerate(reversed(compact(number))):
        check = _dihedral(check, _permuted(int(digit), position))
    return check == 0


def _dihedral(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 + (0 if right < 5 else 5)
    return (left - right) % 5 + (5 if right < 5 else 0)


def _permuted(digit: int, times: int) -> int:
    step = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    for _ in range(times % 8):
        digit = step[digit]
    return digit


def uk_nhs(number: str) -> bool:
    """Check a UK National Health Service number (modulo 11)."""
    digits = compact(number)
    check = 11 - weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and check % 11 == int(digits[9]) and len(set(digits)) > 1


def de_tax_id(number: str) -> bool:
    """Check a German tax identification number (ISO 7064 MOD 11,10, one digit repeated)."""
    digits = compact(number)
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[0] != "0" and counts[-1] in {2, 3} and iso_7064_11_10(digits)


def iso_7064_11_10(digits: str) -> bool:
    """Check by ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        product = (int(digit) + product) % 10 or 10
        product = product * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def de_social_insurance(number: str) -> bool:
    """Check a German social insurance number (letter as two digits, digit sums of products)."""
    whole = compact(number)
    letters = f"{ord(whole[8]) - 64:02d}"
    digits = whole[:8] + letters + whole[9:11]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(whole[11])


def fr_nir(number: str) -> bool:
    """Check a French social security number (97 minus remainder; Corsica's letters as digits)."""
    whole = compact(number).replace("2A", "19").replace("2B", "18")
    return whole.isdigit() and 97 - int(whole[:13]) % 97 == int(whole[13:])


def es_dni(number: str) -> bool:
    """Check a Spanish DNI or NIE by its letter."""
    whole = compact(number)
    digits = whole[:-1].translate(str.maketrans("XYZ", "012"))
    return digits.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == whole[-1]


def it_codice_fiscale(number: str) -> bool:
    """Check an Italian fiscal code by its last letter."""
    whole = compact(number)
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    total = 0
    for position, character in enumerate(whole[:15]):
        value = int(character) if character.isdigit() else ord(character) - 65
        total += value if position % 2 else odd[value]
    return chr(65 + total % 26) == whole[15]


def it_vat(number: str) -> bool:
    """Check an Italian VAT number (Luhn)."""
    return luhn(number) and len(set(compact(number))) > 1


def nl_bsn(number: str) -> bool:
    """Check a Dutch citizen service number (eleven test)."""
    digits = compact(number)
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(digits)) > 1


def be_national(number: str) -> bool:
    """Check a Belgian national number (97 minus remainder, with 2 before it from the year 2000)."""
    digits = compact(number)
    return any(97 - int(prefix + digits[:9]) % 97 == int(digits[9:]) for prefix in ("", "2"))


def pt_nif(number: str) -> bool:
    """Check a Portuguese tax number (modulo 11)."""
    digits = compact(number)
    check = 11 - weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check > 9 else check) == int(digits[8]) and len(set(digits)) > 1


def pl_pesel(number: str) -> bool:
    """Check a Polish PESEL."""
    digits = compact(number)
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 and len(set(digits)) > 1


def pl_nip(number: str) -> bool:
    """Check a Polish tax number (modulo 11)."""
    digits = compact(number)
    return weighted(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(digits[9])


def es_nuss(number: str) -> bool:
    """Check a Spanish social security number (remainder modulo 97)."""
    digits = compact(number)
    return int(digits[:10]) % 97 == int(digits[10:]) or int(digits[:2] + digits[2:10].lstrip("0")) % 97 == int(
        digits[10:]
    )


def se_personal(number: str) -> bool:
    """Check a Swedish personal number (Luhn over the last ten digits, a possible date)."""
    digits = compact(number)[-10:]
    return _is_date(digits[2:4], digits[4:6], most_days=91) and luhn(digits)


def no_national(number: str) -> bool:
    """Check a Norwegian national number (two check digits modulo 11)."""
    digits = compact(number)
    first = -weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (first, second) == (int(digits[9]), int(digits[10]))


def dk_cpr(number: str) -> bool:
    """Check a Danish CPR number by its date; its check digit is no longer guaranteed."""
    digits = compact(number)
    return _is_date(digits[2:4], digits[:2])


def fi_hetu(number: str) -> bool:
    """Check a Finnish personal code by its last character."""
    whole = number.strip().upper()
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(whole[:6] + whole[7:10]) % 31] == whole[10]


def ch_ahv(number: str) -> bool:
    """Check a Swiss social security number (EAN-13)."""
    digits = compact(number)
    return (10 - weighted(digits, (1, 3) * 6) % 10) % 10 == int(digits[12])


def at_svnr(number: str) -> bool:
    """Check an Austrian social insurance number."""
    digits = compact(number)
    check = weighted(digits[:3] + digits[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11
    return check == int(digits[3]) and _is_date(digits[6:8], digits[4:6])


def cz_birth_number(number: str) -> bool:
    """Check a Czech or Slovak birth number (divisible by 11, a possible date)."""
    digits = compact(number)
    return int(digits) % 11 == 0 and int(digits[2:4]) % 50 % 20 in range(1, 13)


def ro_cnp(number: str) -> bool:
    """Check a Romanian CNP."""
    digits = compact(number)
    check = weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if check == 10 else check) == int(digits[12]) and _is_date(digits[3:5], digits[5:7])


def bg_egn(number: str) -> bool:
    """Check a Bulgarian EGN."""
    digits = compact(number)
    check = weighted(digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10
    return check == int(digits[9]) and int(digits[2:4]) % 20 in range(1, 13)


def ie_pps(number: str) -> bool:
    """Check an Irish PPS number by its letter."""
    whole = compact(number)
    extra = (ord(whole[8]) - 64) * 9 if len(whole) == 9 and whole[8] != "W" else 0
    total = weighted(whole[:7], (8, 7, 6, 5, 4, 3, 2)) + extra
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == whole[7]


def tr_identity(number: str) -> bool:
    """Check a Turkish identity number (two check digits)."""
    digits = [int(digit) for digit in compact(number)]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def br_cpf(number: str) -> bool:
    """Check a Brazilian CPF (two check digits)."""
    digits = compact(number)
    first = weighted(digits, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(digits, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return (first, second) == (int(digits[9]), int(digits[10])) and len(set(digits)) > 1


def br_cnpj(number: str) -> bool:
    """Check a Brazilian company number (two check digits)."""
    digits = compact(number)
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    first, second = (-weighted(digits, weights[1:]) % 11, -weighted(digits, weights) % 11)
    return (first % 10 * (first < 10), second % 10 * (second < 10)) == (int(digits[12]), int(digits[13]))


def cl_rut(number: str) -> bool:
    """Check a Chilean RUT."""
    whole = compact(number)
    total = sum(int(digit) * (position % 6 + 2) for position, digit in enumerate(reversed(whole[:-1])))
    return "0K987654321"[total % 11] == whole[-1]


def ar_cuit(number: str) -> bool:
    """Check an Argentine CUIT or CUIL."""
    digits = compact(number)
    return -weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11 % 10 == int(digits[10])


def ca_sin(number: str) -> bool:
    """Check a Canadian social insurance number (Luhn)."""
    digits = compact(number)
    return digits[0] not in "08" and luhn(digits)


def au_tfn(number: str) -> bool:
    """Check an Australian tax file number."""
    digits = compact(number)
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and len(set(digits)) > 1


def au_medicare(number: str) -> bool:
    """Check an Australian Medicare number."""
    digits = compact(number)
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(digits[8])


def au_abn(number: str) -> bool:
    """Check an Australian business number."""
    digits = compact(number)
    first = str(int(digits[0]) - 1) if digits[0] != "0" else "0"
    return weighted(first + digits[1:], (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


def nz_ird(number: str) -> bool:
    """Check a New Zealand tax number."""
    digits = compact(number).zfill(9)
    first = -weighted(digits, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    check = -weighted(digits, (7, 4, 3, 2, 5, 2, 7, 6)) % 11 if first == 10 else first
    return check == int(digits[8])


def kr_rrn(number: str) -> bool:
    """Check a Korean resident number by its date; since 2020 its last digits are random."""
    digits = compact(number)
    return _is_date(digits[2:4], digits[4:6])


def cn_resident(number: str) -> bool:
    """Check a Chinese resident number (ISO 7064 MOD 11-2)."""
    whole = compact(number)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[weighted(whole, weights) % 11] == whole[17] and _is_date(whole[10:12], whole[12:14])


def jp_my_number(number: str) -> bool:
    """Check a Japanese individual number."""
    digits = compact(number)
    remainder = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if remainder <= 1 else 11 - remainder) == int(digits[11])


def sg_nric(number: str) -> bool:
    """Check a Singapore NRIC or FIN by its letter."""
    whole = compact(number)
    total = weighted(whole[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(whole[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    index = 10 - total % 11 if whole[0] == "M" else total % 11
    return letters[whole[0]][index] == whole[8]


def il_identity(number: str) -> bool:
    """Check an Israeli identity number (Luhn)."""
    return luhn(compact(number).zfill(9))


def za_identity(number: str) -> bool:
    """Check a South African identity number (Luhn, a possible date)."""
    digits = compact(number)
    return _is_date(digits[2:4], digits[4:6]) and luhn(digits)


def mx_curp(number: str) -> bool:
    """Check a Mexican CURP by its last digit."""
    whole = compact(number)
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(alphabet.index(character) * (18 - position) for position, character in enumerate(whole[:17]))
    return -total % 10 == int(whole[17])


def th_identity(number: str) -> bool:
    """Check a Thai identity number."""
    digits = compact(number)
    return (11 - weighted(digits, tuple(range(13, 1, -1))) % 11) % 10 == int(digits[12])


def us_npi(number: str) -> bool:
    """Check a US national provider identifier (Luhn with the prefix 80840)."""
    return luhn("80840" + compact(number))


def us_routing(number: str) -> bool:
    """Check a US bank routing number (ABA)."""
    digits = compact(number)
    is_region = int(digits[:2]) in {*range(1, 13), *range(21, 33), *range(61, 73), 80}
    return is_region and weighted(digits, (3, 7, 1) * 3) % 10 == 0


def vin(number: str) -> bool:
    """Check a vehicle identification number by its ninth character (ISO 3779, North America)."""
    whole = compact(number)
    values = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ0123456789",
            [*range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10), *range(10)],
            strict=True,
        )
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    if any(character not in values for character in whole):
        return False
    total = sum(values[character] * weight for character, weight in zip(whole, weights, strict=True))
    return "0123456789X"[total % 11] == whole[8]


def imei(number: str) -> bool:
    """Check a mobile device's IMEI (Luhn)."""
    return luhn(number) and len(set(compact(number))) > 2


def base58_check(address: str) -> bool:
    """Check a Bitcoin-like address by its double SHA-256."""
    number = 0
    for character in address:
        number = number * 58 + BASE_58.index(character)
    raw = number.to_bytes(25, "big") if number < 1 << 200 else b""
    if len(raw) != 25:
        return False
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _is_date(month: str, day: str, *, most_days: int = 31) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= most_days

"""What is planted: made-up people and secrets of many kinds, in texts as people write them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass

FIRST = [
    "Grace", "Maria", "Ahmed", "Priya", "Henrik", "Olga", "Yusuf", "Claire", "Marco", "Ingrid", "Daniel", "Sofia",
    "Rajesh", "Emma", "Pedro", "Hannah",
]  # fmt: skip
SYLLABLES = [
    "bar", "ven", "dal", "mor", "kes", "tin", "wel", "for", "gra", "hol", "run", "pes", "quin", "sor", "ted", "vil",
]  # fmt: skip
STREETS = ["Maple Street", "Oak Avenue", "Station Road", "Church Lane", "Mill Road", "Park Avenue"]
WORDS = [
    "copper", "lantern", "granite", "orchard", "saddle", "thunder", "marble", "kettle", "basket", "window", "bridge",
    "pillow", "engine", "carpet",
]  # fmt: skip
DIGITS = ["the", "one", "two", "green", "four", "red", "blue", "old", "new", "last"]
CARDS = ("4", "51", "37")


@dataclass(frozen=True)
class Plant:
    """A planted value: `kind` for the report, `needles` what must never leave."""

    kind: str
    value: str
    needles: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A text with its plants, and a harmless `mark` by which the capture shows that the text did leave."""

    text: str
    plants: tuple[Plant, ...]
    mark: str


class Planter:
    """Makes plants and texts; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up people, no secrets
        self._seed, self._marks = seed, 0

    def question(self) -> Text:
        """Write what somebody asks, with four to six things planted."""
        person, mail, phone = self.person(), self.email(), self.phone()
        more = [self._any()() for _ in range(self._random.randint(1, 3))]
        mark = self._mark()
        lines = [
            f"Please draft a reply about {mark}.",
            f"Customer: Ms {person.value}",
            f"E-mail: {mail.value}, phone: {phone.value}",
            *(f"{LABELS[plant.kind]}: {plant.value}" for plant in more),
            f"Regards, {self._random.choice(FIRST)}",
        ]
        return Text("\n".join(lines), (person, mail, phone, *more), mark)

    def aside(self) -> Text:
        """Write a sentence in plain prose."""
        person, mail, mark = self.person(), self.email(), self._mark()
        return Text(
            f"By the way, my colleague {person.value} ({mail.value}) asks the same about {mark}.", (person, mail), mark
        )

    def record(self) -> tuple[str, Text]:
        """Write the title and the text of a document about one customer."""
        plants = [self.person(), self.email(), self.phone(), self.iban(), self.address()]
        mark = self._mark()
        lines = [f"The file on {mark} was opened last spring.", f"Account manager: Mr {plants[0].value}."]
        lines += [f"{LABELS[plant.kind]}: {plant.value}" for plant in plants[1:]]
        return mark, Text("\n\n".join(lines), tuple(plants), mark)

    def long_paste(self, characters: int) -> Text:
        """Write many questions below each other."""
        parts = [self.question() for _ in range(characters // 250)]
        filler = "The shipment was late and the invoice is still open. Nobody has answered since Monday. "
        text = "\n\n".join(f"{part.text}\n{filler}" for part in parts)
        return Text(text, tuple(plant for part in parts for plant in part.plants), parts[-1].mark)

    def person(self) -> Plant:
        """Make a person; the surname alone must not leave either."""
        surname = "".join(self._random.choice(SYLLABLES) for _ in range(3)).title()
        return Plant("name", f"{self._random.choice(FIRST)} {surname}", (surname,))

    def email(self) -> Plant:
        return _plain("e-mail address", f"{self._letters(5)}.{self._letters(7)}@{self._letters(8)}.com")

    def phone(self) -> Plant:
        return _plain(
            "phone number", f"+1 {self._number(212, 979)} {self._number(210, 989)} {self._number(1000, 9999)}"
        )

    def card(self) -> Plant:
        beginning = self._random.choice(CARDS)
        length = 15 if beginning == "37" else 16
        digits = beginning + self._digits(length - 1 - len(beginning))
        return _plain("card number", digits + _luhn_digit(digits))

    def iban(self) -> Plant:
        account = self._digits(18)
        check = 98 - int(account + "131400") % 97
        return _plain("IBAN", f"DE{check:02d}{account}")

    def ssn(self) -> Plant:
        number = f"{self._number(101, 665)}-{self._number(10, 99)}-{self._number(1000, 9999)}"
        return _plain("social security number", number)

    def key(self) -> Plant:
        beginning, length, letters = self._random.choice(
            [("AKIA", 16, string.ascii_uppercase + "234567"), ("ghp_", 36, string.ascii_letters + string.digits)]
        )
        return _plain("key", beginning + "".join(self._random.choice(letters) for _ in range(length)))

    def password(self) -> Plant:
        return _plain(
            "password", f"{self._letters(5).title()}{self._number(100, 999)}!{self._letters(4)}#{self._number(10, 99)}"
        )

    def address(self) -> Plant:
        street = f"{self._number(11, 9899)} {self._random.choice(STREETS)}"
        return _plain("postal address", street)

    def _any(self) -> Callable[[], Plant]:
        return self._random.choice([self.card, self.iban, self.ssn, self.key, self.password, self.address])

    def _mark(self) -> str:
        self._marks += 1
        words = self._random.sample(WORDS, 3)
        return f"the {' '.join(words)} matter {_in_letters(self._seed * 100 + self._marks)}"

    def _letters(self, count: int) -> str:
        return "".join(self._random.choice(string.ascii_lowercase) for _ in range(count))

    def _digits(self, count: int) -> str:
        return "".join(self._random.choice(string.digits) for _ in range(count))

    def _number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


LABELS = {
    "name": "Customer",
    "e-mail address": "E-mail",
    "phone number": "Phone",
    "card number": "Card number",
    "IBAN": "IBAN",
    "social security number": "SSN",
    "key": "API key",
    "password": "Password",
    "postal address": "Address",
}


def _plain(kind: str, value: str) -> Plant:
    return Plant(kind, value, (value,))


def _luhn_digit(digits: str) -> str:
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)


def _in_letters(number: int) -> str:
    """Write a number in everyday words, as nothing that looks like a number or a name."""
    return " ".join(DIGITS[int(digit)] for digit in str(number))

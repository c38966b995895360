"""
Names by a model, inside Presidio: a language engine that tags a text and a recogniser that turns tags into results.

The default is a small network of our own (`tagger`), on one core and in pieces, so memory stays bounded for any length
of text. Presidio's own engines run tagger, parser and lemmatizer to feed context words that our rules do not use.
"""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from apps.privacy import name_model, words
from apps.privacy import vocabulary as v
from apps.privacy.recognisers import people
from apps.privacy.rules import LANGUAGE, result
from apps.privacy.tagger import names
from apps.privacy.tagger.network import Network
from apps.privacy.tagger.spans import Span
from apps.privacy.tagger.tokens import DENSE, DENSE_CHARACTER, MARKS
from apps.privacy.tagger.weights import Weights

SCORE: Final = 0.6
SURE: Final = 0.8
SURE_OF_SMALL: Final = 0.85
"""How sure the network must be of an ordinary word: with a capital, and in small letters."""

CERTAIN: Final = 0.97
"""How sure it must be of what is written as abbreviations and variables are."""

REASONS: Final = {
    v.PERSON: "A name recognised by the language model",
    v.ADDRESS: "An address recognised by the language model",
}
LONGEST_ACRONYM: Final = 4
EDGES: Final = re.compile(
    rf"^[\W_]+|[^\w.{MARKS}]+$|(?<=\w)['\u2019]s?$"
    rf"|(?<=[{DENSE}])\.$|(?<=[^\W\d_]{{3}})(?<!Esq|esq|Jun|jun|Sen|sen|PhD)\.$"
)
"""What is no part of a name at its ends; a full stop is, where it ends an initial or *Jr.*"""

FIRST_WORD: Final = re.compile(r"([^\W\d_]+)[\s,]+")
LAST_WORD: Final = re.compile(r"[\s,]+([^\W\d_]+)\Z")
NUMBER_BEFORE: Final = re.compile(
    r"(?i)[\s,;.]*[^\W\d_]{3,}(?:nummer|number|nr\.?)[: ]{1,2}[\w-]*\d[\w-]*[,;.]?\s+(?=[^\W\d_])"
)
LABEL_BEHIND: Final = re.compile(
    r"(?i)[\s,;.]{1,3}(?:(?:national(?: insurance)?|ni|ssn|dob|vat|iban|bic|passport|policy|steuer-?\w{0,6}"
    r"|[^\W\d_]{2,12}(?:nummer|nr|-id)|geb(?:oren)?|born|nif|dni|cpf|bsn|tel|tél|phone|fax|e-?mail)\.?:?"
    r"(?: (?:no|nr|number|n[°º])\.?:?)?)\Z"
)
"""A customer's number before an address, and what the next number is called behind it."""

NO_ADDRESS: Final = frozenset(["and", "or", "for", "in", "at", "is", "the", "to", "from", "with", "of", "office"])
VERB_ENDS: Final = ("s", "ed", "ing")
"""How a verb in small letters ends that a model takes for a surname: `Pawel paints`."""

CRY: Final = re.compile(
    r"(?:h+[aeiou]+|a+h+|l+(?:o+l+)+|w+o+w+|a+w+|o+h+|u+g+h+|y+a+y+|h+m+|e+h+|y+o+h+)+", re.IGNORECASE
)
"""A cry or a laugh: `haha`, `aww`, `lololol`."""

LONGEST_CRY: Final = 30
LETTERS_OF_A_CRY: Final = 3
"""A longer word, which would take the pattern too long, is a cry if it is made of so few letters."""

ORDERED: Final = re.compile(r" (?:the|an?|this|that|these|those|it|them|your|our|my|each|all|any|every)\b")
JOINED_BEFORE: Final = re.compile(r"[\w.@/-]")
JOINED_AFTER: Final = re.compile(r"[\w@/-]|\.\w")
DRAGGED: Final = re.compile(r"(.)\1{2,}")

NEAR: Final = 80
DOTTED: Final = re.compile(r"[._/=\\]\w")
CODE_LINE: Final = re.compile(
    r"[;{}]\s*$|\b(?:if|elif|while|for|switch) ?\(|\w\(\w*\)"
    r"|[\w\])] ?(?:[-+*/%&|!=<>]=|&&|\|\||->|::) ?\w|\w \*\w|\w = \w|\(\w+ \*\)"
)
"""Signs of a program in a line: a statement's end, a condition, a call, an operator, a pointer."""

DECORATOR: Final = re.compile(
    r"[\w.]*(?:\(.*\))?[ \t]*\n[ \t]*(?:@|def |async |class |public |private |static |export )"
)
"""What follows the beginning of a line ``@word`` in a program: the rest of it, and a definition on the next."""

REST_OF_A_NAME: Final = re.compile(r"-([^\W\d_]{2,12})(?![\w-])|, [A-Z][a-z]{0,2}\.(?=[ \t]|$)", re.MULTILINE)
"""What follows a name and belongs to it: the rest of a double name (`Seo-yeon`), an initial (`Lund, Ch.`)."""

GREETING: Final = re.compile(r"([^\W\d_]+)\.?,? +(?=[^\W\d_])")
MOST_BEFORE_A_NAME: Final = 3
INITIALS_BEFORE: Final = re.compile(r"(?:(?<=\s)|(?<=[(\"':])|^)(?:[B-HJ-Z]\.? ){1,3}\Z")
LONGEST_INITIALS: Final = 10
NO_VOWEL: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{2}")
HAS_LETTERS: Final = re.compile(rf"[^\W\d_]{{2}}|[{DENSE}]|[^\W\d_][{MARKS}]")
IS_CODE: Final = re.compile(r"[@\\=<>{}\[\]|#$%^*~`]|\w\(\)|\w\.[a-z]")
HAS_HUMPS: Final = re.compile(r"[a-z][A-Z]{2}|^[a-z]+[A-Z]")


class NameEngine(NlpEngine):
    """Presidio's language engine reduced to what our recognisers read: the names that a model sees."""

    engine_name = "portcullis_names"

    def load(self) -> None:
        """Load the model."""
        raise NotImplementedError

    def names_in(self, text: str) -> Iterator[Span]:
        """Give the names, and the values if the model sees any, in a text of any length."""
        raise NotImplementedError

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Find the names; there are no tokens and no lemmas, since no rule of ours reads them."""
        found: list[Any] = list(self.names_in(text))
        tokens: Any = []
        return NlpArtifacts(found, tokens, [], [], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Process texts one after the other."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Say whether a word is a stop word: an everyday word that names nobody."""
        return word.lower() in words.common()

    def is_punct(self, word: str, language: str) -> bool:
        """Say whether a word is punctuation."""
        return not any(character.isalnum() for character in word)

    def get_supported_entities(self) -> list[str]:
        """Give the types that the recogniser over this engine reports."""
        return sorted(REASONS)

    def get_supported_languages(self) -> list[str]:
        """Give Presidio's name for the one configuration we run; the model itself reads many languages."""
        return [LANGUAGE]


class OwnNameEngine(NameEngine):
    """The network of our own."""

    def __init__(self) -> None:
        self._network: Network | None = None

    def load(self) -> None:
        """
        Load the shipped weights and describe everyday words, in half a second.

        :raises ModelDamaged: if they are missing or not what was shipped.
        """
        everyday = words.common()
        self._network = Network(Weights.load(), {*everyday, *map(str.title, everyday), *string.punctuation})

    def is_loaded(self) -> bool:
        """Say whether the weights are in memory."""
        return self._network is not None

    def names_in(self, text: str) -> Iterator[Span]:
        """Tag the text piece by piece. About 3 ms of CPU for 1,000 characters."""
        if self._network is None:
            raise RuntimeError("The name model is not loaded. Call load() first.")
        for start, piece in pieces(text):
            for span in names.find(piece, self._network):
                yield replace(span, start=start + span.start, end=start + span.end)


class ModelNameRecognizer(LocalRecognizer):
    """Turns the model's names into results, without what cannot be one, such as everyday words in small letters."""

    def __init__(self) -> None:
        super().__init__(supported_entities=sorted(REASONS), name="model_names", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the model belongs to the engine."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Give the names and addresses the model saw."""
        wanted = frozenset(entities) & REASONS.keys()
        found: list[Any] = nlp_artifacts.entities
        return [
            result(span.kind, start, end, SCORE, REASONS[span.kind])
            for span in found
            if span.kind in wanted
            for start, end in _trimmed(text, span)
            if is_plausible(text[start:end], is_certain=span.odds >= CERTAIN)
            if not _is_code(text, start, end) and not _is_inside(text, start, end)
            if span.odds >= CERTAIN or not _is_acronym(text, start, end)
            if not _is_order(text, start, end)
            if not _is_a_word_by_itself(text, start, end)
            if text[start:end] not in words.common() or _is_a_name_too(text[start:end], span.odds)
            if span.odds >= _enough(text[start:end]) or not _is_ordinary(text, start, end, is_worded=span.is_worded)
        ]


def _is_a_word_by_itself(text: str, start: int, end: int) -> bool:
    """Say whether the whole text is one word of the dictionary in small letters: `tea` says nothing of anybody."""
    word = text[start:end]
    return word.islower() and word in words.dictionary() and text.strip() == word


def _enough(name: str) -> float:
    return SURE_OF_SMALL if name.islower() else SURE


def _is_a_name_too(word: str, odds: float) -> bool:
    """Say whether an everyday word in small letters is a first name as well, and the model sure that it is one here."""
    return odds >= SURE_OF_SMALL and words.is_first_name(word)


def is_plausible(name: str, *, is_certain: bool = False) -> bool:
    """
    Say whether what the model names can be a name: it has letters, is no code, cry, rank or term never masked.

    A name with capitals in its middle (`iBranvold`) is believed if the model is certain of it.
    """
    is_known = name.lower() in words.allowed() or all(
        word in words.allowed() or word in people.RANKS for word in name.lower().split()
    )
    if name.lower() in people.NO_NAMES or NO_VOWEL.fullmatch(name):
        return False
    is_code = IS_CODE.search(name) or (HAS_HUMPS.search(name) and not is_certain)
    return bool(HAS_LETTERS.search(name)) and not is_code and not _is_cry(name) and not is_known


def _is_cry(word: str) -> bool:
    """Say whether a word is a cry, or an everyday word dragged out: `noooo`."""
    if len(word) > LONGEST_CRY:
        return len(set(word.lower())) <= LETTERS_OF_A_CRY
    return CRY.fullmatch(word) is not None or (
        DRAGGED.search(word) is not None and DRAGGED.sub(r"\1", word.lower()) in words.dictionary()
    )


def _is_acronym(text: str, start: int, end: int) -> bool:
    """Say whether a short word in capitals among others that are not is an abbreviation: no name on any list."""
    word = text[start:end]
    if not word.isupper() or not word.isalpha() or len(word) > LONGEST_ACRONYM or words.is_part_of_names(word.lower()):
        return False
    around = text[max(0, start - NEAR) : start] + text[end : end + NEAR]
    return sum(map(str.islower, around)) > sum(map(str.isupper, around))


def _is_order(text: str, start: int, end: int) -> bool:
    """Say whether a word begins a sentence that orders something: `Mark the invoice`, `Bill your customer`."""
    is_first = (
        not text[:start].rstrip() or text[:start].rstrip()[-1] in ".!?:;\n" or "\n" in text[max(0, start - 3) : start]
    )
    return (
        is_first and text[start:end].lower() in words.first_names_also_words() and ORDERED.match(text, end) is not None
    )


def _is_ordinary(text: str, start: int, end: int, *, is_worded: bool) -> bool:
    """Say whether a name may be ordinary words: by the lists, or because the same word is written small as well."""
    word = text[start:end]
    return is_worded or _is_plain(word) or (word.isalpha() and word.istitle() and _is_written_small(text, word.lower()))


def _is_written_small(text: str, word: str) -> bool:
    """Say whether a word stands in small letters somewhere in the text, as a word and not as part of an address."""
    place = text.find(word)
    while place >= 0:
        before, after = text[max(place - 1, 0) : place], text[place + len(word) : place + len(word) + 2]
        if not JOINED_BEFORE.match(before) and not JOINED_AFTER.match(after):
            return True
        place = text.find(word, place + 1)
    return False


def _is_plain(name: str) -> bool:
    """Say whether a name may be ordinary words: each of them in the dictionary, and in lower case or no known name."""
    found = re.findall(r"[^\W\d_]+", name.lower())
    is_worded = all(word in words.dictionary() for word in found)
    return is_worded and (name.islower() or not any(words.is_part_of_names(word) for word in found))


def _is_code(text: str, start: int, end: int) -> bool:
    """Say whether a word is part of a program or an address: called, a member, half of a dotted name, a scheme."""
    if " " in text[start:end]:
        return False
    if text.startswith("://", end) or (text[start:end].isupper() and text[end : end + 1].isdigit()):
        return True
    return _is_called(text, start, end) or (text[start:end].islower() and _is_variable(text, start, end))


def _is_variable(text: str, start: int, end: int) -> bool:
    if DOTTED.match(text, end):
        return True
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    line = text[max(first, start - NEAR) : min(last if last >= 0 else len(text), end + NEAR)]
    return CODE_LINE.search(line) is not None and text[start:end] not in words.first_names()


def _is_called(text: str, start: int, end: int) -> bool:
    """
    Say whether a word is a function, a member behind a dot, or a decorator: `Konto(…)`, `row.konto`, `@property`.

    In scripts without blanks a bracket stands right behind any word.
    """
    if DENSE_CHARACTER.match(text, end - 1):
        return False
    if text[start - 1 : start] == "@" and DECORATOR.match(text, end):
        return True
    is_member = text[start - 1 : start] == "." and text[start].islower() and text[start - 2 : start - 1].isalnum()
    return is_member or (text[end : end + 1] == "(" and " " not in text[start:end])


def _is_inside(text: str, start: int, end: int) -> bool:
    """
    Say whether letters stand in the middle of a longer run, as `deb` in the digits of a checksum.

    In scripts that put no blanks between words all names do.
    """
    if DENSE_CHARACTER.match(text, start) or DENSE_CHARACTER.match(text, end - 1):
        return False
    return text[max(start - 1, 0) : start].isalnum() and text[end : end + 1].isalnum()


def chosen_engine() -> NameEngine:
    """
    Load the model that the setting names.

    :raises ModelDamaged, ModelMissing: if it is not there: nothing can be analysed then, and nothing is sent.
    """
    choice = name_model.chosen()
    if choice == name_model.OWN:
        engine: NameEngine = OwnNameEngine()
    else:
        from apps.privacy.spacy_names import SpacyNameEngine

        engine = SpacyNameEngine(choice.removeprefix(name_model.SPACY))
    engine.load()
    return engine


def _trimmed(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """Drop punctuation at the edges and a possessive; a person's name does not run over a line's end."""
    lines = re.finditer(r"[^\n\r\t]+", text[span.start : span.end]) if span.kind == v.PERSON else [None]
    for line in lines:
        start, end = _address(text, span) if line is None else (span.start + line.start(), span.start + line.end())
        while (edge := EDGES.search(text[start:end])) and start < end:
            start, end = (start + edge.end(), end) if edge.start() == 0 else (start, start + edge.start())
        if line is not None:
            start = _without_a_greeting(text, start, end)
            end = _without_an_everyday_end(text, start, end)
            end = _with_its_rest(text, start, end)
            start = _with_its_initials(text, start)
        if start < end:
            yield start, end


def _without_a_greeting(text: str, start: int, end: int) -> int:
    """Take the words of a greeting and titles off the front of a name: `Dear Mrs Halvorsen`."""
    for _ in range(MOST_BEFORE_A_NAME):
        word = GREETING.match(text, start, end)
        if word is None or word[1].lower() not in people.BEFORE_A_NAME or word[1].lower() in words.first_names():
            return start
        start = word.end()
    return start


def _with_its_initials(text: str, start: int) -> int:
    """Take in the initials before a surname: `P T OKORO`."""
    if text[start - 1 : start] != " " or not text[start : start + 1].isupper():
        return start
    initials = INITIALS_BEFORE.search(text[max(0, start - LONGEST_INITIALS) : start])
    return start - len(initials[0]) if initials is not None else start


def _with_its_rest(text: str, start: int, end: int) -> int:
    """Take in the rest of a double name, unless it is a word (`Kafka-like`), and an initial behind a surname."""
    rest = (
        REST_OF_A_NAME.match(text, end)
        if text[end : end + 1] in {"-", ","} and text[start : start + 1].isupper()
        else None
    )
    if rest is None or (rest[1] is not None and rest[1].lower() in words.dictionary()):
        return end
    return rest.end() if rest[1] is not None or " " not in text[start:end] else end


def _without_an_everyday_end(text: str, start: int, end: int) -> int:
    """
    Take an everyday word in lower case off a name that has two words without it: `patricia desrosiers soon`.

    Off a name with a capital a verb of the dictionary: `Pawel paints`.
    """
    word = LAST_WORD.search(text, start, end)
    if word is None or not word[1].islower():
        return end
    if len(word[1]) == 1 and text[start].isupper():  # a preposition in many languages, no initial
        return word.start()
    is_verb = text[start].isupper() and word[1].endswith(VERB_ENDS) and word[1] in words.dictionary()
    is_everyday = word[1] in words.common() and " " in text[start : word.start()]
    return word.start() if is_everyday or is_verb else end


def _address(text: str, span: Span) -> tuple[int, int]:
    """Take words off the ends that belong to the sentence, or to a number beside it, and not to the address."""
    start, end = span.start, span.end
    number = NUMBER_BEFORE.match(text, start, end)
    start = number.end() if number is not None else start
    label = LABEL_BEHIND.search(text, start, end)
    end = label.start() if label is not None and label.start() > start else end
    while (word := FIRST_WORD.match(text, start, end)) and word[1] in NO_ADDRESS:
        start = word.end()
    while (word := LAST_WORD.search(text, start, end)) and word[1] in NO_ADDRESS:
        end = word.start()
    return start, end


PIECE: Final = 4_000
SENTENCE_ENDS: Final = (".", "\u3002", ",", "\uff0c", "\u3001")
"""Where a text without blanks is cut."""


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into pieces of at most `PIECE` characters, at the end of a line or a word where there is one."""
    start = 0
    while start < len(text):
        end = min(len(text), start + PIECE)
        if end < len(text):
            cut = max(text.rfind("\n", start + PIECE // 2, end), text.rfind(" ", start + PIECE * 3 // 4, end))
            cut = cut if cut > 0 else max(text.rfind(sign, start + PIECE * 3 // 4, end) for sign in SENTENCE_ENDS)
            end = cut + 1 if cut > 0 else end
        yield start, text[start:end]
        start = end

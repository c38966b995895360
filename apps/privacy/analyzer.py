"""
The engine proper: Presidio's analyzer with our language engine, our recognisers and our way to settle overlaps.

Free of Django, so that the engine's own process stays small.
"""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult

from apps.privacy import encoded, gazetteer, growing, literals, nobodys, normalise, overlaps, stated, words
from apps.privacy import vocabulary as v
from apps.privacy.consistency import KnownValues
from apps.privacy.dictionary import EMPTY, Dictionary, Sightings
from apps.privacy.findings import Finding, checked
from apps.privacy.gazetteer import FirstNameRecognizer
from apps.privacy.judged import neighbours
from apps.privacy.judged.judge import LabelRecognizer
from apps.privacy.ner import ModelNameRecognizer, chosen_engine
from apps.privacy.reading import Reading
from apps.privacy.recognisers import (
    accounts,
    contact,
    credentials,
    documents,
    financial,
    handles,
    identity,
    identity_world,
    log_lines,
    mentions,
    people,
    phones,
    places,
    references,
    tables,
)
from apps.privacy.recognisers.credentials import public_parts
from apps.privacy.rules import LANGUAGE, REASON, RuleRecognizer
from apps.privacy.stated import StatedRecognizer

RULES: Final = (
    *contact.RULES,
    *handles.RULES,
    *accounts.RULES,
    *log_lines.RULES,
    *phones.RULES,
    *financial.RULES,
    *identity.RULES,
    *identity_world.RULES,
    *documents.RULES,
    *credentials.RULES,
    *references.RULES,
    *people.RULES,
    *mentions.RULES,
    *places.RULES,
)


class Analyzer(AnalyzerEngine):
    """
    Presidio's analyzer without its quadratic pass over duplicates and its lemma-based context.

    Overlaps are settled once, by `overlaps.resolve`; context is part of our rules.
    """

    @cache  # noqa: B019 - there is one analyzer in a process, and its registry is filled before it is made
    def _chosen(self, language: str) -> Sequence[EntityRecognizer]:
        """Ask the registry for its recognisers, which it sorts and copies anew each time."""
        return tuple(self.registry.get_recognizers(language=language, all_fields=True))

    def look(self, reading: Reading, *, language: str = LANGUAGE) -> list[RecognizerResult]:
        """Run every registered recogniser over a text and give all results, overlapping ones included."""
        text = reading.text
        artifacts = self.nlp_engine.process_text(text, language)
        found: list[RecognizerResult] = []
        for recognizer in self._chosen(language):
            if isinstance(recognizer, RuleRecognizer | tables.TableRecognizer | FirstNameRecognizer | LabelRecognizer):
                found += recognizer.read(reading)
            else:
                found += recognizer.analyze(text, recognizer.supported_entities, artifacts)
        return found


def find(text: str, dictionary: Dictionary = EMPTY) -> tuple[Finding, ...]:
    """
    Find everything personal or secret in `text`: in order, never overlapping, offsets into the text as given.

    The company's own terms are found as well, and those it allows are not taken for names. A value found once is found
    wherever it stands in the text. About 10 to 20 ms of CPU per 1,000 characters.
    """
    view = normalise.view(text)
    own = dictionary.look(view.text)
    reading = Reading(view.text)
    raw = [finding for finding in _raw(reading) if not public_parts.is_public(view.text, finding)]
    phrases = list(_phrases(reading)) if raw else []
    seen = [finding for finding in raw if not _is_allowed(view.text, finding, own, phrases)]
    if not any(finding.score >= overlaps.STRONG for finding in seen):  # nothing says that the text is about people
        seen = [finding for finding in seen if finding.reason != gazetteer.UNHEARD_OF]
    seen += [finding for finding in _listed(view.text, seen) if not _is_allowed(view.text, finding, own, phrases)]
    seen += own.findings
    seen += growing.grown(view.text, seen)
    settled = overlaps.resolve(seen, text=view.text)
    whole = set(seen)
    seen = [finding for finding in settled if finding.score >= overlaps.STRONG or not _is_no_secret(view.text, finding)]
    seen = [
        finding
        for finding in seen
        if finding in whole or not (nobodys.is_left_over(view.text, finding) or stated.is_left_over(view.text, finding))
    ]
    known = KnownValues()
    for finding in seen:
        known.add(finding.type, view.text[finding.start : finding.end])
    spread = overlaps.resolve([*seen, *known.find(view.text, besides=seen)], text=view.text)
    originals = [_moved(finding, view) for finding in spread]
    inside = encoded.find(text, look=lambda inside: _raw(Reading(inside)))
    return checked(overlaps.resolve([*originals, *inside, *literals.find(text)], text=text), text=text)


@cache
def analyzer() -> Analyzer:
    """Build the analyzer, once for each process. Takes a second or two and loads the language model."""
    nlp_engine = chosen_engine()
    registry = RecognizerRegistry(
        [
            RuleRecognizer("rules", RULES),
            tables.TableRecognizer(),
            LabelRecognizer(),
            FirstNameRecognizer(),
            ModelNameRecognizer(),
            StatedRecognizer(),
        ],
        supported_languages=[LANGUAGE],
    )
    return Analyzer(registry=registry, nlp_engine=nlp_engine, supported_languages=[LANGUAGE])


def _raw(reading: Reading) -> Iterator[Finding]:
    for found in analyzer().look(reading):
        yield Finding(found.entity_type, found.start, found.end, found.score, found.recognition_metadata[REASON])


def _listed(text: str, seen: Sequence[Finding]) -> list[Finding]:
    persons = [(finding.start, finding.end) for finding in seen if finding.type == v.PERSON]
    users = [place for place in persons if text[slice(*place)].islower() and " " not in text[slice(*place)]]
    users += [(finding.start, finding.end) for finding in seen if finding.type == v.USERNAME]
    names = [
        Finding(v.PERSON, start, end, gazetteer.SCORE, gazetteer.IN_A_LIST)
        for start, end in gazetteer.beside(text, persons)
    ]
    names += [
        Finding(v.PERSON, start, end, gazetteer.SCORE, mentions.PRESENT_REASON) for start, end in mentions.present(text)
    ]
    listed = [
        Finding(v.USERNAME, start, end, gazetteer.SCORE, mentions.LISTED_USER)
        for start, end in mentions.users_beside(text, users)
    ]
    return names + listed + list(neighbours.beside(text, [*seen, *listed]))


def _is_allowed(text: str, finding: Finding, own: Sightings, phrases: Sequence[tuple[int, int]]) -> bool:
    if own.is_allowed(finding):
        return True
    is_in_phrase = any(start <= finding.start and finding.end <= end for start, end in phrases)
    return finding.score < overlaps.STRONG and (
        is_in_phrase or _is_no_secret(text, finding) or nobodys.is_nobodys(text, finding)
    )


def _phrases(reading: Reading) -> Iterator[tuple[int, int]]:
    """Give the places of phrases that hold a name and are nobody's, where lower case keeps the length."""
    folded = reading.folded
    by_word = words.allowed_phrases_by_word()
    if len(folded) == len(reading.text):
        for word in by_word.keys() & reading.words.keys():
            for phrase in by_word[word]:
                start = folded.find(phrase)
                while start >= 0:
                    yield start, start + len(phrase)
                    start = folded.find(phrase, start + 1)


def _is_no_secret(text: str, finding: Finding) -> bool:
    """Say whether a guess is about what everybody knows: a product, or the name in that of an award or an asteroid."""
    if text[finding.start : finding.end].lower() in words.allowed():
        return True
    start, end = finding.start, finding.end
    return finding.type == v.PERSON and (gazetteer.is_namesake(text, end) or gazetteer.is_asteroid(text, start, end))


def _moved(finding: Finding, view: normalise.View) -> Finding:
    start, end = view.to_original(finding.start, finding.end)
    return Finding(finding.type, start, end, finding.score, finding.reason)

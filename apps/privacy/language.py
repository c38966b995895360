"""
Guess the language of a text by its commonest words. English where nothing speaks for another.

Rules that lean on the English dictionary ask this: in Polish or Turkish every word that begins a sentence is in no
dictionary. Languages that nothing else is known of are told apart from English, not from each other.
"""

# ruff: noqa: RUF001 - Turkish has an i without a dot

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from apps.privacy import words as lists

ENGLISH: Final = "en"
FUNCTION_WORDS: Final = {
    ENGLISH: (
        "the and of to is in that for with was on it this are be as at by from have not you we an or which has his her"
    ),
    "de": (
        "der die das und ist nicht mit von den dem ein eine einen einer zu auf für im sich auch bei wird sind wir ich "
        "sie haben nach ab vom zum zur dem des oder wie bis kann muss hat über mir mich bitte wenn aber noch"
    ),
    "fr": (
        "le la les des une dans pour que qui est avec sur par pas du et au aux il elle ce cette sont été nous vous je "
        "à ne se sur son sa ses leur mais ou où votre notre cet ces peut être"
    ),
    "es": (
        "el los las una para que con por del como está se su al lo y en es un no fue ha más nos yo mi tu sus le les "
        "pero este esta cuando muy sobre hay son puede"
    ),
    "it": (
        "il di che non per una del della sono con è gli nel alla dei le da si un ho ha questo anche mi al dal nella "
        "sul ma come se più i lo gli è tra fra suo sua deve può"
    ),
    "nl": (
        "het een van niet met voor op zijn aan en ik de dat is wordt bij ook naar we heeft je u mijn uw zij maar om "
        "te er als kan moet nog deze dit over uit"
    ),
    "pt": (
        "os que não uma para com dos por são do da em um no na foi ao mais você eu se ao aos das pela pelo seu sua "
        "mas este esta isso tem pode deve após"
    ),
}
OTHER_WORDS: Final = {
    "af": "die en van het nie is in dit wat met vir te om 'n ek jy ons hulle sal kan deur aan ook maar",
    "az": "və bu üçün ilə bir olan da də ki o nə var mən siz bizim sonra kimi daha etmək lazımdır zəhmət",
    "ca": "els les una amb per que del dels és no i al als però aquest aquesta són té hem heu més també",
    "cs": "je se na že to do si jsem jsme za ve pro jak ale jako jsou bude prosím který která nebo podle už",
    "cy": "yn y yr i o ar mae ac am wedi bod fel ei eu nid gyda",
    "da": "og at er det til på af en som ikke med for har jeg vi kan du skal fra den der et vil også eller",
    "et": "ja on ei et see mis kui ka oma ma te me või aga kas palun selle tema olen oli siis",
    "eu": "eta da ez bat du dira izan hau zen dut dugu baina ere bai",
    "fi": "ja on ei että se oli joka kun myös mutta tai olen olemme voi mitä kuin sitä sen ovat kanssa jos",
    "fil": "ang ng sa na mga ay si ni para ko po ba kay namin natin yung lang kung hindi may",
    "ga": "agus an na ar go is tá le sé sí ag mar bhí",
    "gl": "que non unha para con por dos das os as é máis pero este esta ten polo pola",
    "ha": "wannan cewa kuma shi mun suna yana zuwa daga",
    "hr": "je se na da su za od ne što kao ali ili koji koja bi će sam smo iz molim nije treba još samo",
    "hu": "a az és hogy nem is egy van volt meg ez de csak kell kérem mert vagy lesz azt már",
    "id": "yang dan di untuk dengan ini itu dari tidak pada saya kami anda akan ke adalah tolong bisa sudah ada juga",
    "is": "og að er í á ekki það sem við um með til fyrir en var hann hún eru",
    "lt": "ir yra kad ne su iš į ar bet kaip tai po jau tik dėl apie aš mes jūs prašau buvo",
    "lv": "un ir ka ar no par uz ne kas bet vai kā lūdzu tas arī mēs jūs bija pēc",
    "ms": "yang dan di untuk dengan ini itu dari tidak pada saya kami anda akan ke adalah sila boleh telah",
    "nb": "og at er det til på av en som ikke med for har jeg vi kan du skal fra den et vil også eller",
    "pl": "i w na z do nie się że jest to o jak za od po dla ale przez jego czy są proszę już lub ma",
    "ro": "și în de la cu pe nu este să un o pentru din că sunt mai care ce vă ați dar sau prin vă rog",
    "sk": "je sa na že to do si som sme za vo pre ako ale sú bude prosím ktorý ktorá alebo podľa už",
    "sl": "je se na da so za od ne kot ali ki bi bo sem smo iz prosim ni še samo pri tudi",
    "sq": "dhe të në një me për nga që është nuk ka si do ju por kjo ky",
    "sv": "och att är det till på av en som inte med för har jag vi kan du ska från den ett vill också eller",
    "sw": "na ya wa kwa ni za katika la kuwa hii huyo hiyo lakini yake sasa tafadhali cha vya",
    "tr": "ve bir bu için ile da de çok daha olan ne var ben biz siz gibi sonra lütfen değil mi kadar olarak en",
    "uz": "va bu uchun bilan bir ham edi kerak emas qanday men siz biz iltimos",
    "vi": "và của là có cho không được các với này trong một tôi bạn anh chị em đã để nhé giúp",
    "yo": "ni ti ati naa si fun pe wa ko gbogbo",
    "zu": "ukuthi futhi noma kodwa ngoba kanye lokhu",
}
FEWEST: Final = 3
MORE: Final = 1.3
FIRST_AFTER_LATIN: Final = "\u0370"
LATIN_TOO: Final = re.compile("[\u1e00-\u1eff]")
LONG: Final = 3
FEWEST_LONG: Final = 5
ENGLISH_SHARE: Final = 0.25
"""Share of different words of three letters and more in the dictionary: 0.4 in nineteen of twenty English texts."""

UNKNOWN: Final = "unknown"
OTHER_LETTERS: Final = "other"
"""What is not written in Latin letters."""


def _owners(listed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for language, words in listed.items():
        for word in words.split():
            owners[word] = (*owners.get(word, ()), language)
    return owners


OWNERS: Final = _owners(FUNCTION_WORDS)
OTHER_OWNERS: Final = _owners(OTHER_WORDS)


def guess(words: Mapping[str, Sequence[int]]) -> str:
    """Guess the language from the words of a text, in lower case, and the places where they stand."""
    if _is_in_other_letters(words):
        return OTHER_LETTERS
    counts = dict.fromkeys(FUNCTION_WORDS, 0.0)
    for word in OWNERS.keys() & words.keys():
        for language in OWNERS[word]:
            counts[language] += len(words[word]) / len(OWNERS[word])
    best = max(counts, key=lambda language: (counts[language], language == ENGLISH))
    known = best if counts[best] >= FEWEST and counts[best] > MORE * counts[ENGLISH] else ENGLISH
    if known != ENGLISH:
        return _other(words, counts[best]) or known
    return _other(words, counts[best]) or (UNKNOWN if _is_in_no_dictionary(words) else known)


def _other(words: Mapping[str, Sequence[int]], known: float) -> str:
    """Give another language if more words speak for it than for any of the seven: different ones, not one repeated."""
    counts: dict[str, float] = {}
    different: dict[str, int] = {}
    for word in OTHER_OWNERS.keys() & words.keys():
        for language in OTHER_OWNERS[word]:
            counts[language] = counts.get(language, 0) + len(words[word])
            different[language] = different.get(language, 0) + (len(word) > 1)
    best = max(counts, key=lambda language: (counts[language], language), default="")
    return best if best and different[best] >= FEWEST and counts[best] > MORE * known else ""


def _is_in_no_dictionary(words: Mapping[str, Sequence[int]]) -> bool:
    """Say whether so few of the words are English that the text can hardly be, whatever it is."""
    long = [word for word in words if len(word) >= LONG]
    known = lists.dictionary()
    return len(long) >= FEWEST_LONG and sum(word in known for word in long) < ENGLISH_SHARE * len(long)


def _is_in_other_letters(words: Mapping[str, Sequence[int]]) -> bool:
    """Say whether more letters are of other scripts than Latin ones: a word in Chinese is a whole sentence."""
    latin = other = 0
    for word, places in words.items():
        if word[0] >= FIRST_AFTER_LATIN and not LATIN_TOO.match(word):
            other += len(word) * len(places)
        else:
            latin += len(word) * len(places)
    return other > latin

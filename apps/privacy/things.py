"""
What a text itself says is a thing: a method it proposes, a program it installs, a package or a firm it names.

Asked of a name, by the places where the text has it; what stands around each of them is read and nothing else.
"""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly quotes

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from apps.privacy import words

MOST_PLACES: Final = 20
"""A name that stands in a text so often has shown what it is."""

LONGEST_BEFORE: Final = 60
KIND: Final = (
    r"(?:frameworks?|methods?|approach|approaches|benchmarks?|datasets?|algorithms?|architectures?|pipelines?|toolkits?|librar(?:y|ies)|packages?|modules?|plugins?|corpus|simulators?|codecs?|"
    r"optimi[sz]ers?|tokeni[sz]ers?|compilers?|middleware|language models?|diffusion models?|foundation models?|world models?|models? (?:that|for|with|trained|based)|families of|family of)"
)
"""What is made and no person is."""

CALLED_BEHIND: Final = re.compile(
    rf"(?: |(?: ?,| \([^()\n]{{1,40}}\),?)?(?: is| are)?,? (?:an?|the) (?:(?!(?:of|in|from|at|for|by|on|with|and|who|that|which|to)\b)[\w-]{{1,24}} ){{0,5}}?){KIND}(?!\w)|-based(?!\w)"
    r"| (?:(?:is|was) (?:pre-?)?trained on|achieves? (?:state-of-the-art|comparable|competitive|superior)|(?:significantly |consistently )?outperforms (?:existing|prior|previous|all|state|other|several|strong|both|classical))"
)
"""A name just before a word for what is made, said to be one, or doing what only such do."""

PROGRAM_BEHIND: Final = re.compile(r"[=>~]=\d|\.[a-z_]{2,40}\(|\.[A-Z]\w{2,40}\(|\.readthedocs\.|\]: ?https?://")
IN_CAPITALS_BEHIND: Final = re.compile(
    r"-[a-z]|['’]s? (?:semantic|spatial)| (?:features|models?|encoders?|backbones?|assays?|kits?|embeddings?|layers?|scores?|loss|weights|checkpoints?)(?!\w)"
)
PROGRAM_BEFORE: Final = re.compile(
    r"(?m)(?:^[ \t>]{0,40}(?:from|import|use|require|using) |\b(?:pip3?|npm|gem|cargo|apt(?:-get)?|brew|conda|yarn|go|uv) (?:install|add|get) (?:-\S{1,20} ){0,3}"
    r"|\b(?:pypi\.org/project|npmjs\.com/package|crates\.io/crates|shields\.io/pypi/\w{1,12}|anaconda\.org/conda-forge)/)\Z"
)
RELEASE_BEHIND: Final = re.compile(r"[\w.+-]{0,20} \(\d[^()\n]{0,40}\) [a-z-]{3,20};")
"""The head of an entry in a list of changes, as packages have: `name (1.3.2-1) unstable;`."""

FIRM_BEFORE: Final = re.compile(
    r"(?:Inc|Corp|Ltd|Limited|LLC|LLP|PLC|plc|GmbH|Corporation|N\.V|S\.A|AG|L\.P|Bank|Trust)\.?,? \((?:the |collectively,? |together,? )?[“\"]\Z"
)
"""What a contract or a report calls a firm from then on: `Costa Limited (“Costa”)`."""


FIRM_BEHIND: Final = re.compile(
    r"(?: [A-Z][\w&.-]{1,20}){0,2},? (?:Inc|Corp|Corporation|LLC|LLP|Ltd|Limited|PLC|plc|GmbH|N\.V|S\.A|AG)(?!\w)"
)
PERSON_BEFORE: Final = re.compile(
    r"(?i)(?:\b(?:mr|mrs|ms|miss|dr|prof|sir|judge|justice|herr|frau|madame|monsieur)\.?|\b([^\W\d_]{2,20})(?: [A-Z]\.)?) \Z"
)
"""A title or another name: what follows is somebody, whatever firm is called so."""

SPEAKS: Final = re.compile(
    r" (?:sa(?:id|ys)|ask(?:s|ed)|t(?:old|ells)|want(?:s|ed)|agree[sd]|wrote|replied|refused|complain(?:s|ed)|denie[sd]|thinks|thought)(?!\w)"
)
"""What people and firms do, and no method."""

LIVES: Final = re.compile(
    r" (?:resign(?:s|ed)|le(?:aves|ft) (?:on|us|early|work)|(?:is|was|will be) (?:ill|sick|away|out of|on (?:leave|holiday|vacation|maternity|parental)|pregnant|born|hired|fired|promoted|married|divorced|my|our|his|her)"
    r"|has (?:resigned|a (?:wife|husband|son|daughter)))(?!\w)"
)
"""What people do and nothing else: a text that says so of a name means a person, whatever else is called so."""


def is_called_a_thing(text: str, name: str) -> bool:
    """
    Say whether a text uses a word somewhere as the name of a method, a program, a package or a firm.

    Not if it says of one so called what only people do. Each name of a text is looked for once; of texts only the last
    one is kept.
    """
    known = _known_of(text)
    if name not in known:
        known[name] = _is_a_thing_in(text, name)
    return known[name]


@lru_cache(maxsize=1)
def _known_of(_text: str) -> dict[str, bool]:
    return {}


def _is_a_thing_in(text: str, name: str) -> bool:
    places = _places(text, name)
    if any(LIVES.match(text, end) for _, end in places):
        return False
    is_speaking = any(SPEAKS.match(text, end) for _, end in places)
    is_firm = False
    for start, end in places:
        if _is_said_to_be_a_firm(text, start) or (not is_speaking and _shows_a_thing(text, start, end)):
            return True
        if _is_somebody_before(text, start):
            return False
        is_firm = is_firm or (text[start].isupper() and FIRM_BEHIND.match(text, end) is not None)
    return is_firm


def _places(text: str, name: str) -> list[tuple[int, int]]:
    """Give where a name stands as a word of its own, the first places only."""
    folded, word = _folded(text), name.lower()
    found: list[tuple[int, int]] = []
    place = folded.find(word) if len(folded) == len(text) else -1
    for _ in range(MOST_PLACES):
        if place < 0:
            break
        end = place + len(word)
        if not (place and _is_joined(text[place - 1])) and not text[end : end + 1].isalpha():
            found.append((place, end))
        place = folded.find(word, end)
    return found


@lru_cache(maxsize=1)
def _folded(text: str) -> str:
    return text.lower()


def _is_somebody_before(text: str, start: int) -> bool:
    before = PERSON_BEFORE.search(text[max(0, start - LONGEST_BEFORE) : start])
    return before is not None and (before[1] is None or words.is_first_name(before[1].lower()))


def _is_joined(character: str) -> bool:
    return character.isalnum() or character in "_@"


def _shows_a_thing(text: str, start: int, end: int) -> bool:
    if CALLED_BEHIND.match(text, end) or PROGRAM_BEHIND.match(text, end):
        return True
    if text[start:end].isupper() and IN_CAPITALS_BEHIND.match(text, end):
        return True
    if start == 0 or text[start - 1] == "\n":
        return text[start].islower() and RELEASE_BEHIND.match(text, end) is not None
    before = text[max(0, start - LONGEST_BEFORE) : start]
    return before[-1] in " /" and PROGRAM_BEFORE.search(before) is not None


def _is_said_to_be_a_firm(text: str, start: int) -> bool:
    before = text[max(0, start - LONGEST_BEFORE) : start]
    return before[-1:] in {"“", '"'} and FIRM_BEFORE.search(before) is not None

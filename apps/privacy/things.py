"""
What a text itself says is a thing: a method it proposes, a program it installs, a package it names.

Read once for a text, and only where a guess is to be judged.
"""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly apostrophes

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

WORD: Final = r"(?<![\w.@-])([A-Za-z][\w-]{1,40})"
KIND: Final = (
    r"(?:frameworks?|methods?|approach|approaches|benchmarks?|datasets?|algorithms?|architectures?|pipelines?|toolkits?|librar(?:y|ies)|packages?|modules?|plugins?|corpus|simulators?|codecs?|"
    r"optimi[sz]ers?|tokeni[sz]ers?|compilers?|middleware|language models?|diffusion models?|foundation models?|world models?|models? (?:that|for|with|trained|based)|families of|family of)"
)
"""What is made and no person is."""

CALLED: Final = re.compile(
    rf"{WORD}(?: |(?: ?,| \([^()\n]{{1,40}}\),?)?(?: is| are)?,? (?:an?|the) (?:(?!(?:of|in|from|at|for|by|on|with|and|who|that|which|to)\b)[\w-]{{1,24}} ){{0,5}}?){KIND}(?!\w)"
)
"""A name just before such a word, or said to be one."""

BASED: Final = re.compile(rf"{WORD}-based(?!\w)")
TRAINED: Final = re.compile(
    rf"{WORD} (?:(?:is|was) (?:pre-?)?trained on|achieves? (?:state-of-the-art|comparable|competitive|superior)|(?:significantly |consistently )?outperforms (?:existing|prior|previous|all|state|other|several|strong|both|classical))"
)
IN_CAPITALS: Final = re.compile(
    r"(?<![\w.@-])([A-Z]{3,10})(?:-[a-z]|['’]s? (?:semantic|spatial)| (?:features|models?|encoders?|backbones?|assays?|kits?|embeddings?|layers?|scores?|loss|weights|checkpoints?)(?!\w))"
)
DEFINED: Final = re.compile(
    r"(?:Inc|Corp|Ltd|Limited|LLC|LLP|PLC|plc|GmbH|Corporation|N\.V|S\.A|AG|L\.P|Bank|Trust)\.?,? \((?:the |collectively,? |together,? )?[“\"]([A-Z][\w-]{1,40})[”\"]\)"
)
"""What a contract or a report calls a firm from then on: `Costa Limited (“Costa”)`."""

PROGRAM: Final = re.compile(
    r"(?m)^[ \t>]*(?:from|import|use|require|using) ([A-Za-z][\w-]{1,40})(?=$|[ .;:]| import)|\b(?:pip3?|npm|gem|cargo|apt(?:-get)?|brew|conda|yarn|go|uv) (?:install|add|get) (?:-\S{1,20} ){0,3}([A-Za-z][\w-]{1,40})"
    r"|\b([A-Za-z][\w-]{1,40})(?:[=>~]=\d|\.[a-z_]{2,40}\(|\.[A-Z]\w{2,40}\()|\b(?:pypi\.org/project|npmjs\.com/package|crates\.io/crates|shields\.io/pypi/\w{1,12}|anaconda\.org/conda-forge)/([A-Za-z][\w-]{1,40})"
    r"|://([a-z][\w-]{1,40})\.readthedocs\.|^\[([\w-]{2,40})\]: ?https?://|^([a-z][\w.+-]{1,40}) \(\d[^()\n]{0,40}\) [a-z-]{3,20};"
)


@lru_cache(maxsize=2)
def named_in(text: str) -> frozenset[str]:
    """Give, in lower case, the words that a text uses as names of methods, packages and programs."""
    found = {match[1] for one in (BASED, TRAINED, CALLED, IN_CAPITALS, DEFINED) for match in one.finditer(text)}
    found.update(name for match in PROGRAM.finditer(text) for name in match.groups() if name)
    return frozenset(name.lower() for name in found)

"""
Read a language model's file in the GGUF format: what it says of itself, its tables as floats, its tokenizer.

Only what the packaged teacher uses: version 3, little endian, floats and the block formats Q8_0 and Q4_1 (thirty-two
numbers with a scale, and in Q4_1 with a least number besides).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

MAGIC: Final = b"GGUF"
NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ROW = 8, 9
BLOCK: Final = 32
FLOAT32, FLOAT16, Q4_1, Q8_0 = 0, 1, 3, 8


@dataclass(frozen=True, slots=True)
class Language:
    """A language model: `about` is what the file says of it, `tables` its tables by name, rows first."""

    about: dict[str, Any]
    tables: dict[str, Any]


def read(file: Path) -> Language:
    """
    Read a file whole. A model of 135 million parameters takes half a gigabyte as floats.

    :raises ValueError: if it is no such file, or a table has a format that is not known here.
    """
    with file.open("rb") as stream:
        if stream.read(4) != MAGIC:
            raise ValueError(f"{file.name} is no GGUF file. Name the packaged language model.")
        _version, tables, entries = _numbers(stream, "IQQ")
        about = {}
        for _ in range(entries):
            key = _text(stream)
            about[key] = _value(stream, _numbers(stream, "I")[0])
        places = [_place(stream) for _ in range(tables)]
        step = about.get("general.alignment", 32)
        base = -(-stream.tell() // step) * step
        content = np.frombuffer(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    return Language(about, {name: _table(content, base + at, kind, size) for name, size, kind, at in places})


def tokenizer(about: dict[str, Any]) -> Any:
    """Give the model's tokenizer: pairs of bytes that were joined most often, digits one by one."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = {piece: number for number, piece in enumerate(about["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in about["tokenizer.ggml.merges"]]
    made = Tokenizer(models.BPE(vocab=pieces, merges=merges, ignore_merges=False))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return made


def _numbers(stream: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack("<" + layout, stream.read(struct.calcsize("<" + layout)))


def _text(stream: BinaryIO) -> str:
    return stream.read(_numbers(stream, "Q")[0]).decode("utf-8")


def _value(stream: BinaryIO, kind: int) -> Any:
    if kind == TEXT:
        return _text(stream)
    if kind == ROW:
        inner, count = _numbers(stream, "IQ")
        return [_value(stream, inner) for _ in range(count)]
    return _numbers(stream, NUMBERS[kind])[0]


def _place(stream: BinaryIO) -> tuple[str, tuple[int, ...], int, int]:
    """Give a table's name, its size with rows first, its format and where it begins."""
    name = _text(stream)
    size = _numbers(stream, "Q" * _numbers(stream, "I")[0])
    kind, at = _numbers(stream, "IQ")
    return name, tuple(reversed(size)), kind, at


def _table(content: Any, start: int, kind: int, size: tuple[int, ...]) -> Any:
    count = int(np.prod(size))
    if kind == FLOAT32:
        return content[start : start + 4 * count].view(np.float32).reshape(size).copy()
    if kind == FLOAT16:
        return content[start : start + 2 * count].view(np.float16).reshape(size).astype(np.float32)
    if kind not in BLOCKS:
        raise ValueError(f"Tables of the format {kind} are not read here. Take a file in Q4_1 or Q8_0.")
    width, numbers = BLOCKS[kind]
    blocks = content[start : start + count // BLOCK * width].reshape(-1, width)
    return numbers(blocks).reshape(size)


def _eight_bits(blocks: Any) -> Any:
    scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    return scales * np.ascontiguousarray(blocks[:, 2:]).view(np.int8)


def _four_bits(blocks: Any) -> Any:
    """Halves of bytes: the low ones are a block's first sixteen numbers, the high ones the others."""
    scales, least = np.ascontiguousarray(blocks[:, :4]).view(np.float16).astype(np.float32).T
    halves = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    return scales[:, None] * halves + least[:, None]


BLOCKS: Final[dict[int, tuple[int, Callable[[Any], Any]]]] = {Q8_0: (34, _eight_bits), Q4_1: (20, _four_bits)}
"""Bytes of a block, and how they are read."""

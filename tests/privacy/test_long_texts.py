"""Long texts: looked through in pieces, with nothing lost at a cut, and short ones are answered in between."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.privacy import engine, pieces, worker
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.findings import Finding, MalformedFinding
from tests.privacy import faults
from tests.privacy.test_engine import engine_processes

FILLER = "The invoice of last week was paid late and nobody knew why it had been so.\n"
VALUES = ["Grace Hopper", "grace@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "078-05-1120"]
KEY_BLOCK = (
    "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwgg\n" * 60 + "-----END PRIVATE KEY-----"
)


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a text long from 600 characters on, so that a test of many pieces takes a moment."""
    monkeypatch.setattr(pieces, "LONGEST", 600)
    monkeypatch.setattr(pieces, "OVERLAP", 150)


def long_text(characters: int = 4_000) -> str:
    """A text of filler with values planted all over, some of them across every place where a piece could end."""
    lines, length = [], 0
    while length < characters:
        lines.append(f"{VALUES[len(lines) % len(VALUES)]} said: {FILLER}")
        length += len(lines[-1])
    return "".join(lines)


@given(text=st.text(st.sampled_from("ab \n-"), min_size=20, max_size=300), longest=st.integers(8, 60))
@settings(deadline=None, max_examples=150)
def test_pieces_cover_the_text_and_stay_short(text: str, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "LONGEST", longest)
        patch.setattr(pieces, "OVERLAP", longest // 4)

        cut = list(pieces.cut(text))

    end = 0
    for piece in cut:
        assert piece.start <= end
        assert 0 < len(piece.text) <= longest
        assert text[piece.start : piece.start + len(piece.text)] == piece.text
        assert piece.start + len(piece.text) > end
        end = piece.start + len(piece.text)
    assert end == len(text)


@pytest.mark.parametrize("before", range(0, pieces.LONGEST, 997))
def test_a_key_block_is_never_torn(before: int) -> None:
    filler = (FILLER * 200)[:before]

    cut = list(pieces.cut(filler + KEY_BLOCK + FILLER * 100))

    assert any(KEY_BLOCK in piece.text for piece in cut)


def test_nothing_is_lost_at_a_cut(short_pieces: None) -> None:
    text = long_text()

    found = engine.detect(text)

    covered = bytearray(len(text))
    for finding in found:
        covered[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
    for value in VALUES:
        start = text.find(value)
        while start >= 0:
            assert 0 not in covered[start : start + len(value)], (value, start)
            start = text.find(value, start + 1)
    assert not any(covered[start] for start in range(len(text)) if text.startswith("invoice", start))


def test_what_one_piece_reveals_is_masked_in_all_of_them(short_pieces: None) -> None:
    text = "Dear Ms Ondine Vasquez-Thorne,\n" + FILLER * 30 + "then vasquez-thorne paid.\n"

    found = [text[finding.start : finding.end] for finding in engine.detect(text)]

    assert {"vasquez", "thorne"} <= set(found) or "vasquez-thorne" in found


def test_places_that_do_not_fit_their_piece_are_not_believed() -> None:
    piece = pieces.Piece(4, "Grace")

    with pytest.raises(MalformedFinding):
        pieces.united("Ask Grace Hopper", [(piece, [Finding("PERSON", 0, 12, 1.0, "")])])


async def test_a_long_text_has_the_same_answer_here_and_in_the_engines_process(short_pieces: None) -> None:
    text = long_text()
    there = await engine.detect_async(text)
    engine.forget()

    assert engine.detect(text) == there


async def test_a_short_message_is_answered_while_long_pastes_are_looked_through(short_pieces: None) -> None:
    begun, done = asyncio.Event(), []

    async def paste(number: int) -> None:
        await engine.detect_async(f"Paste {number}. {long_text()}", on_progress=lambda part: begun.set())
        done.append("paste")

    pastes = [asyncio.create_task(paste(number)) for number in range(3)]
    await begun.wait()
    await engine.detect_async("Ask Grace Hopper.")
    done.append("short")
    await asyncio.gather(*pastes)

    assert done == ["short", "paste", "paste", "paste"]


async def test_progress_grows_to_the_whole(short_pieces: None) -> None:
    seen: list[float] = []

    await engine.detect_async(long_text(), on_progress=seen.append)

    assert seen == sorted(seen)
    assert len(seen) >= 3
    assert seen[-1] == 1.0


@pytest.mark.thorough
async def test_a_text_that_eats_memory_ends_its_analysis_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    await engine.detect_async("Warm now.")
    monkeypatch.setattr(worker, "find", faults.eats_memory)

    with pytest.raises(ScrubberUnavailable):
        await engine.detect_async("Ask Grace Hopper.")

    assert all(process.memory_info().rss < 2**30 for process in engine_processes())
    monkeypatch.undo()
    assert await engine.detect_async("Ask Grace Hopper.")

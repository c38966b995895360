"""
A teacher with knowledge of the world: a small language model made into one that labels words.

It was made to continue text, so it has read of far more people than we could ever list. Two things are changed: each
word sees what comes after it too, and instead of the next piece of a word it says which of our labels each has.
Wants a GPU: what takes one a minute takes a processor's core a day. See docs/privacy-model.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from apps.privacy.tagger.labels import LABELS
from training.gguf import Language
from training.wordpieces import Pieces

RATE: Final = 1.3e-4
HEAD_RATE: Final = 1e-3
PIECES_A_BATCH: Final = 32_000
DROPOUT: Final = 0.1
WARM_UP: Final = 0.1
ALIGNED: Final = 8
"""Texts are padded to a multiple of so many pieces, which is what attention is fast at."""

MASKED: Final = 0.2
MASK: Final = 3
"""A piece that no text holds, put where a piece is to be guessed."""

BEGIN: Final = 0
"""Stands before each text, as between the texts that the language model was made with."""


class Block(nn.Module):
    """One layer: each piece looks at the others, then thinks for itself."""

    def __init__(self, width: int, hidden: int, heads: int, groups: int) -> None:
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.attn_norm = nn.RMSNorm(width, eps=1e-5)
        self.ffn_norm = nn.RMSNorm(width, eps=1e-5)
        self.attn_q = nn.Linear(width, width, bias=False)
        self.attn_k = nn.Linear(width, groups * self.size, bias=False)
        self.attn_v = nn.Linear(width, groups * self.size, bias=False)
        self.attn_output = nn.Linear(width, width, bias=False)
        self.ffn_gate = nn.Linear(width, hidden, bias=False)
        self.ffn_up = nn.Linear(width, hidden, bias=False)
        self.ffn_down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Any, turn: tuple[Any, Any], mask: Any) -> Any:
        """Give what is known of each piece after this layer: [texts, pieces, width]."""
        texts, pieces, _ = x.shape
        y = self.attn_norm(x)
        q = _turned(self.attn_q(y).view(texts, pieces, self.heads, self.size).transpose(1, 2), turn)
        k = _turned(self.attn_k(y).view(texts, pieces, self.groups, self.size).transpose(1, 2), turn)
        v = self.attn_v(y).view(texts, pieces, self.groups, self.size).transpose(1, 2)
        share = self.heads // self.groups
        k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.attn_output(seen.transpose(1, 2).reshape(texts, pieces, -1))
        y = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y))


def _turned(x: Any, turn: tuple[Any, Any]) -> Any:
    """Turn pairs of neighbouring numbers by an angle that grows with the place, as GGUF files have them."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = turn
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(x.dtype)


class Teacher(nn.Module):
    """The language model with a head that labels words."""

    def __init__(self, about: dict[str, Any], layers: int = 0) -> None:
        super().__init__()
        width, heads = about["llama.embedding_length"], about["llama.attention.head_count"]
        self.base = about["llama.rope.freq_base"]
        self.size = width // heads
        self.token_embd = nn.Embedding(len(about["tokenizer.ggml.tokens"]), width)
        self.blk = nn.ModuleList(
            Block(width, about["llama.feed_forward_length"], heads, about["llama.attention.head_count_kv"])
            for _ in range(layers or about["llama.block_count"])
        )
        self.output_norm = nn.RMSNorm(width, eps=1e-5)
        self.head = nn.Linear(2 * width, len(LABELS))

    def hidden(self, ids: Any, mask: Any) -> Any:
        """Give what is known of each piece: [texts, pieces, width]. `mask` says which pieces there are."""
        x = self.token_embd(ids)
        turn = self._turn(ids.shape[1], x.device)
        for block in self.blk:
            x = block(x, turn, mask[:, None, None, :])
        return self.output_norm(x)

    def forward(self, ids: Any, mask: Any, first: Any, last: Any) -> Any:
        """Give logits for each of our tokens."""
        return self.head(functional.dropout(self.known(ids, mask, first, last), DROPOUT, self.training))

    def known(self, ids: Any, mask: Any, first: Any, last: Any) -> Any:
        """Give for each of our tokens what is known of the pieces it begins and ends with."""
        x = self.hidden(ids, mask)
        edges = [x.gather(1, places[..., None].expand(-1, -1, x.shape[-1])) for places in (first, last)]
        return torch.cat(edges, -1)

    def _turn(self, pieces: int, device: Any) -> tuple[Any, Any]:
        steps = torch.arange(0, self.size, 2, device=device, dtype=torch.float32) / self.size
        angles = torch.arange(pieces, device=device, dtype=torch.float32)[:, None] * self.base**-steps
        return angles.cos(), angles.sin()


def from_language(language: Language, layers: int = 0) -> Teacher:
    """Make a teacher of a language model, of its first layers if fewer are wanted. Its head knows nothing yet."""
    teacher = Teacher(language.about, layers)
    state = {name: torch.from_numpy(table) for name, table in language.tables.items()}
    kept = tuple(f"blk.{number}." for number in range(len(teacher.blk)))
    fit = {name: table for name, table in state.items() if not name.startswith("blk.") or name.startswith(kept)}
    missing, unknown = teacher.load_state_dict(fit, strict=False)
    if unknown or {name.split(".")[0] for name in missing} != {"head"}:
        raise ValueError(f"The language model has other tables than this program knows: {[*missing, *unknown]}.")
    return teacher


@dataclass(frozen=True, slots=True)
class Lessons:
    """Texts with what is known of their tokens: odds of each label in 255ths, and how much each token counts."""

    pieces: Pieces
    odds: Any
    weight: Any


def learn(
    teacher: Teacher,
    lessons: Lessons,
    *,
    epochs: float,
    seed: int,
    device: str,
    say: Callable[[str], None],
    rate: float = RATE,
) -> None:
    """Teach the teacher by texts whose labels are known."""
    odds, weight = torch.from_numpy(lessons.odds).to(device), torch.from_numpy(lessons.weight).to(device)
    groups: list[Any] = [
        {"params": [p for name, p in teacher.named_parameters() if not name.startswith("head.")]},
        {"params": teacher.head.parameters(), "lr": HEAD_RATE},
    ]

    def loss_of(batch: Batch) -> Any:
        logits = teacher(batch.ids, batch.mask, batch.first, batch.last).float()
        wanted = odds[batch.tokens].float() / 255
        heavy = weight[batch.tokens] * batch.token_mask
        losses = -(wanted * functional.log_softmax(logits, -1)).sum(-1)
        return (losses * heavy).sum() / heavy.sum().clamp(min=1)

    _optimise(teacher, groups, lessons.pieces, loss_of, epochs=epochs, rate=rate, seed=seed, device=device, say=say)


def guess_words(
    teacher: Teacher, pieces: Pieces, *, epochs: float, seed: int, device: str, say: Callable[[str], None]
) -> None:
    """Let it guess pieces that are hidden from both sides, so it gets used to looking ahead. Needs no labels."""
    generator = torch.Generator(device).manual_seed(seed)

    def loss_of(batch: Batch) -> Any:
        hidden = torch.rand(batch.ids.shape, device=device, generator=generator) < MASKED
        hidden = hidden & batch.mask
        hidden[:, 0] = False
        known = teacher.hidden(batch.ids.masked_fill(hidden, MASK), batch.mask)
        guessed = known[:, :-1][hidden[:, 1:]] @ teacher.token_embd.weight.T
        return functional.cross_entropy(guessed.float(), batch.ids[:, 1:][hidden[:, 1:]])

    groups: list[Any] = [{"params": [p for name, p in teacher.named_parameters() if not name.startswith("head.")]}]
    _optimise(teacher, groups, pieces, loss_of, epochs=epochs, rate=RATE, seed=seed, device=device, say=say)


def label(teacher: Teacher, pieces: Pieces, *, device: str) -> Any:
    """Give the odds of every token of every text, in 255ths: [tokens, labels]."""
    teacher.eval()
    odds = torch.zeros((int(pieces.token_starts[-1]), len(LABELS)), dtype=torch.uint8, device=device)
    with torch.inference_mode(), torch.autocast(device.split(":")[0], torch.bfloat16):
        for batch in _batches(pieces, device=device, seed=0, size=2 * PIECES_A_BATCH):
            found = teacher(batch.ids, batch.mask, batch.first, batch.last).float().softmax(-1)
            odds[batch.tokens[batch.token_mask]] = (found[batch.token_mask] * 255).round().to(torch.uint8)
    return odds.cpu().numpy()


def thoughts(teacher: Teacher, pieces: Pieces, token: int, *, device: str) -> Any:
    """Give what the teacher has in mind at one token of each text before it decides: [texts, numbers]."""
    teacher.eval()
    found: Any = None
    with torch.inference_mode(), torch.autocast(device.split(":")[0], torch.bfloat16):
        for batch in _batches(pieces, device=device, seed=0, size=2 * PIECES_A_BATCH):
            known = teacher.known(batch.ids, batch.mask, batch.first[:, [token]], batch.last[:, [token]])[:, 0].float()
            if found is None:
                found = torch.zeros((len(pieces.starts) - 1, known.shape[1]), device=device)
            found[batch.texts] = known
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts side by side, padded; `tokens` are the numbers of our tokens in the corpus."""

    ids: Any
    mask: Any
    first: Any
    last: Any
    tokens: Any
    token_mask: Any
    texts: Any


def _optimise(
    teacher: Teacher,
    groups: list[Any],
    pieces: Pieces,
    loss_of: Callable[[Batch], Any],
    *,
    epochs: float,
    rate: float,
    seed: int,
    device: str,
    say: Callable[[str], None],
) -> None:
    torch.manual_seed(seed)
    teacher.train()
    order = list(_groups(pieces, seed=seed, size=PIECES_A_BATCH))
    steps = max(1, int(len(order) * epochs))
    optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01, fused=device != "cpu")
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / steps))
    began, losses, step = time.monotonic(), [], 0
    while step < steps:
        for batch in _batches(pieces, device=device, seed=seed + step, size=PIECES_A_BATCH):
            with torch.autocast(device.split(":")[0], torch.bfloat16):
                loss = loss_of(batch)
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            losses.append(loss.detach())
            step += 1
            if step % 50 == 0 or step == steps:
                mean = torch.stack(losses[-50:]).mean().item()
                say(f"teacher: step {step} of {steps}, loss {mean:.4f}, {time.monotonic() - began:.0f} s")
            if step == steps:
                break


def _pace(done: float) -> float:
    """Give the share of the full rate: up in the first tenth, then down along a cosine."""
    if done < WARM_UP:
        return max(done / WARM_UP, 0.02)
    return 0.5 + 0.5 * math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))


def _groups(pieces: Pieces, *, seed: int, size: int) -> Iterator[Any]:
    """Give numbers of texts of like length, together of bounded size, in random order."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(pieces.starts) + 1
    order = np.argsort(lengths * rng.uniform(0.9, 1.1, len(lengths)), kind="stable")
    groups, first = [], 0
    while first < len(order):
        longest, last = 0, first
        while last < len(order) and (last - first + 1) * max(longest, int(lengths[order[last]])) <= size:
            longest = max(longest, int(lengths[order[last]]))
            last += 1
        last = max(last, first + 1)
        groups.append(order[first:last])
        first = last
    for number in rng.permutation(len(groups)):
        yield groups[number]


def _batches(pieces: Pieces, *, device: str, seed: int, size: int) -> Iterator[Batch]:
    ids = torch.from_numpy(pieces.ids.astype(np.int64)).to(device)
    first, last = (torch.from_numpy(edge.astype(np.int64)).to(device) for edge in (pieces.first, pieces.last))
    for group in _groups(pieces, seed=seed, size=size):
        places, mask = _places(pieces.starts, group, device, beside=1)
        begin = torch.full((len(group), 1), BEGIN, device=device)
        tokens, token_mask = _places(pieces.token_starts, group, device)
        yield Batch(
            torch.cat((begin, ids[places] * mask), 1),
            functional.pad(mask, (1, 0), value=True),
            first[tokens] * token_mask,
            last[tokens] * token_mask,
            tokens,
            token_mask,
            torch.from_numpy(group).to(device),
        )


def _places(starts: Any, group: Any, device: str, beside: int = 0) -> tuple[Any, Any]:
    """Give the places of what belongs to each of a group of texts, side by side, and which of them are padding."""
    longest = int((starts[group + 1] - starts[group]).max()) + beside
    begins, ends = (torch.from_numpy(edge[group].astype(np.int64)).to(device) for edge in (starts[:-1], starts[1:]))
    along = torch.arange(-(-longest // ALIGNED) * ALIGNED - beside, device=device)
    mask = along < (ends - begins)[:, None]
    return (begins[:, None] + along) * mask, mask

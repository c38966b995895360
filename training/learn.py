"""
Learn: the network of `apps/privacy/tagger/network.py` in PyTorch, one pass of Adam with a warm-up and a cool-down.

Parts of what describes a word are dropped at random, so the model does not lean on any one of them. On a processor's
core tables change only where a batch touches them; a GPU changes them whole, which costs it nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from apps.privacy.tagger.labels import LABELS, STATED
from apps.privacy.tagger.network import PLACE_ROWS
from apps.privacy.tagger.tokens import SHAPE_ROWS
from apps.privacy.tagger.weights import ALL_GRAM_ROWS, ALL_WORD_ROWS, FLAG_ROWS, LATIN_ROWS, TABLES, USAGE_STEPS
from training.arrays import SURE, Corpus, Forms

LONGEST: Final = 200
WARM_UP: Final = 0.1
SLOWLY: Final = 0.1
"""Share of the rate at which vectors of words change: those of words that are never met stay as they are."""

LARGE: Final = ("word", "gram")
SMALL: Final = ("shape", "flags", "usage", "place")
NOT_NAMED: Final = [0, *(row for row, label in enumerate(LABELS) if label[2:] in STATED)]
UNLIKELY: Final = -6.0
"""Where the sums of labels begin that older weights do not have."""

UNSEEN: Final = 0.02
"""Spread of rows of words and n-grams before they are learned: small, because many are never met."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a network is built, and how much of what describes a word is left out while it learns."""

    width: int = 64
    channels: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    dropped_words: float = 0.3
    dropped_flags: float = 0.15
    dropped_grams: float = 0.1
    dropped_vectors: float = 0.2
    dropped_senses: float = 0.2
    dropout: float = 0.15


@dataclass(frozen=True, slots=True)
class Course:
    """How it learns: passes over the corpus, the highest rate, tokens of a batch."""

    epochs: float
    rate: float = 4e-3
    batch: int = 3_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents side by side, padded: [documents, tokens]."""

    form: Any
    place: Any
    odds: Any
    weight: Any
    is_whole: Any
    mask: Any


class Model(nn.Module):
    """The same sums and convolutions as the product's network."""

    def __init__(self, table: Any, sense_table: Any, build: Build = Build(), *, is_sparse: bool = True) -> None:
        super().__init__()
        self.build = build
        width, channels, dilations = build.width, build.channels, build.dilations
        self.word = nn.Embedding(ALL_WORD_ROWS, width, sparse=is_sparse)
        self.gram = nn.EmbeddingBag(ALL_GRAM_ROWS, width, mode="mean", sparse=is_sparse)
        self.vector, self.sense = (
            nn.Embedding.from_pretrained(torch.from_numpy(given.copy()), freeze=False, sparse=is_sparse)
            for given in (table, sense_table)
        )
        self.shape = nn.Embedding(SHAPE_ROWS, width)
        self.flags = nn.Embedding(FLAG_ROWS, width)
        self.usage = nn.Embedding(USAGE_STEPS**2, width)
        whole = width + table.shape[1] + sense_table.shape[1]
        self.place = nn.Embedding(PLACE_ROWS, whole)
        widths = (whole, *[channels] * (len(dilations) - 1))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(given, channels, 3, padding=dilation, dilation=dilation)
            for given, dilation in zip(widths, dilations, strict=True)
        )
        self.output = nn.Linear(channels, len(LABELS))
        for name in LARGE + SMALL:
            nn.init.normal_(getattr(self, name).weight, std=UNSEEN if name in LARGE else 0.1)
        for name, rows in LATIN_ROWS.items():
            with torch.no_grad():
                getattr(self, name).weight[rows:] = 0

    def forward(self, batch: Batch, forms: Forms) -> Any:
        """Give logits for every token of the batch."""
        dropout = self.build.dropout
        x = self._embed(batch, forms) * batch.mask[..., None]
        x = functional.dropout(x, dropout, self.training).transpose(1, 2)
        mask = batch.mask[:, None, :]
        for index, convolution in enumerate(self.convolutions):
            y = functional.relu(convolution(functional.dropout(x, dropout / 2, self.training))) * mask
            x = y if index == 0 else x + y
        return self.output(x.transpose(1, 2))

    def _embed(self, batch: Batch, forms: Forms) -> Any:
        build = self.build
        unique, places = torch.unique(batch.form, return_inverse=True)
        starts, ends = forms.gram_starts[unique], forms.gram_starts[unique + 1]
        counts = ends - starts
        offsets = counts.cumsum(0) - counts
        steps = torch.arange(int(counts.sum()), device=counts.device)
        rows = forms.grams[(starts - offsets).repeat_interleave(counts) + steps]
        described = (
            (self.word(forms.word[unique]), build.dropped_words),
            (self.gram(rows, offsets), build.dropped_grams),
            (self.flags(forms.flags[unique]), build.dropped_flags),
            (self.usage(forms.usage[unique]), build.dropped_flags),
            (self.shape(forms.shape[unique]), 0.0),
            (self.vector(forms.vector[unique]), build.dropped_vectors),
            (self.sense(forms.sense[unique]), build.dropped_senses),
        )
        *summed, vector, sense = (
            functional.embedding(places, row) * self._keep(batch, share) for row, share in described
        )
        return torch.cat((torch.stack(summed).sum(0), vector, sense), -1) + self.place(batch.place)

    def _keep(self, batch: Batch, share: float) -> Any:
        return (torch.rand_like(batch.mask) >= share).float()[..., None] if self.training else 1.0


def learn(model: Model, corpus: Corpus, course: Course, *, say: Callable[[str], None], device: str = "cpu") -> None:
    """Train a model for so many passes over the corpus. Two minutes of one core for each million tokens."""
    torch.manual_seed(course.seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    model.to(device)
    here = on_device(corpus, device)
    parts = _parts(corpus)
    steps = int((parts[:, 1] - parts[:, 0]).sum() * course.epochs / course.batch * 1.12) + 1
    optimizers, small = _optimizers(model, course.rate)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / steps)) for optimizer in optimizers
    ]
    began, losses = time.monotonic(), []
    batches = _batches(here, parts, size=course.batch, seed=course.seed)
    for step in range(1, steps + 1):
        loss = _loss(model(batch := next(batches), here.forms), batch)
        loss.backward()
        nn.utils.clip_grad_norm_(small, 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        losses.append(loss.detach())
        if step % 100 == 0 or step == steps:
            mean = torch.stack(losses[-100:]).mean().item()
            say(f"step {step} of {steps}, loss {mean:.4f}, {time.monotonic() - began:.0f} s")
    model.eval()


def on_device(corpus: Corpus, device: str) -> Corpus:
    """Give a corpus whose arrays are tensors on a device."""
    forms = Forms(*(_tensor(getattr(corpus.forms, field.name), device) for field in fields(Forms)))
    rows = (corpus.form, corpus.place, corpus.odds, corpus.weight, corpus.is_whole, corpus.starts)
    return Corpus(forms, *(_tensor(row, device) for row in rows))


def _tensor(array: Any, device: str) -> Any:
    is_small = array.dtype in (np.uint8, np.float32, np.int32)
    return torch.from_numpy(array if is_small else array.astype(np.int64)).to(device)


def _optimizers(model: Model, rate: float) -> tuple[list[Any], list[Any]]:
    """Give one optimizer for tables and one for all else, and what all else is."""
    large, slow = [model.word.weight, model.gram.weight], [model.vector.weight, model.sense.weight]
    tables = [*large, *slow]
    small = [parameter for parameter in model.parameters() if all(parameter is not table for table in tables)]
    groups: list[Any] = [{"params": large}, {"params": slow, "lr": rate * SLOWLY}]
    for_tables = torch.optim.SparseAdam if model.word.sparse else torch.optim.Adam
    return [for_tables(groups, lr=rate), torch.optim.Adam(small, lr=rate)], small


def read_weights(model: Model, file: Path) -> None:
    """
    Read a weights file that `export` wrote into a model.

    Labels that it does not have begin as unlikely, rows of words in other letters as nothing, and those of ordinary
    words of other languages like those of words without that flag.
    """
    with np.load(file) as arrays, torch.no_grad():
        for name in TABLES:
            table = arrays[name].astype(np.float32) * arrays[f"{name}_scales"][:, None]
            weight = getattr(model, name).weight
            weight[: len(table)].copy_(torch.from_numpy(table))
            if name == "flags" and len(table) < len(weight):
                weight[len(table) :].copy_(torch.from_numpy(table))
        for index, convolution in enumerate(model.convolutions):
            kernel: Any = convolution
            kernel.weight.copy_(torch.from_numpy(arrays[f"kernel{index}"].astype(np.float32).transpose(2, 1, 0)))
            kernel.bias.copy_(torch.from_numpy(arrays[f"bias{index}"].astype(np.float32)))
        count = len(arrays["output_bias"])
        model.output.bias.fill_(UNLIKELY)
        model.output.weight[:count].copy_(torch.from_numpy(arrays["output"].astype(np.float32).T))
        model.output.bias[:count].copy_(torch.from_numpy(arrays["output_bias"].astype(np.float32)))


def _pace(done: float) -> float:
    """Give the share of the full rate: up in the first tenth, then down along a cosine."""
    return (
        max(done / WARM_UP, 0.02)
        if done < WARM_UP
        else 0.5 + 0.5 * math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP)))
    )


def _loss(logits: Any, batch: Batch) -> Any:
    """
    Cross entropy with soft labels.

    Where not all kinds are labelled, what is outside may be of a kind that nobody looked for.
    """
    known = functional.log_softmax(logits, -1)
    outside = torch.logsumexp(known[..., NOT_NAMED], -1, keepdim=True)
    known = torch.where(batch.is_whole[..., None] > 0, known, torch.cat((outside, known[..., 1:]), -1))
    losses = -(batch.odds * known).sum(-1)
    return (losses * batch.weight).sum() / batch.weight.sum().clamp(min=1)


def _parts(corpus: Corpus) -> Any:
    """Cut documents into stretches of bounded length: [stretches, start and end]."""
    return np.array(
        [
            (first, min(end, first + LONGEST))
            for start, end in zip(corpus.starts.tolist(), corpus.starts[1:].tolist(), strict=False)
            for first in range(start, end, LONGEST)
        ]
    )


def _batches(corpus: Corpus, parts: Any, *, size: int, seed: int) -> Iterator[Batch]:
    """Give batches without end: stretches of like length together, batches in random order."""
    rng = np.random.default_rng(seed)
    lengths = parts[:, 1] - parts[:, 0]
    while True:
        order = np.argsort(lengths * rng.uniform(0.9, 1.1, len(lengths)), kind="stable")
        groups: list[Any] = []
        first = 0
        for last, length in enumerate(lengths[order].tolist()):
            if last > first and (last - first + 1) * length > size:
                groups.append(order[first:last])
                first = last
        groups.append(order[first:])
        for number in rng.permutation(len(groups)):
            yield _batch(corpus, parts[groups[number]])


def _batch(corpus: Corpus, parts: Any) -> Batch:
    device = corpus.form.device
    starts, ends = torch.from_numpy(parts.T).to(device)
    along = torch.arange(int((parts[:, 1] - parts[:, 0]).max()), device=device)
    mask = along < (ends - starts)[:, None]
    rows = (starts[:, None] + along) * mask
    return Batch(
        corpus.form[rows].long() * mask,
        corpus.place[rows].long() * mask,
        corpus.odds[rows].float() / SURE,
        corpus.weight[rows] * mask,
        corpus.is_whole[rows] * mask,
        mask.float(),
    )

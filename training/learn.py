"""
Learn: the network of `apps/privacy/tagger/network.py` in PyTorch, one pass of Adam with a warm-up and a cool-down.

Parts of what describes a word are dropped at random, so the model does not lean on any one of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from apps.privacy.tagger.labels import LABELS
from apps.privacy.tagger.network import PLACE_ROWS
from apps.privacy.tagger.tokens import GRAM_ROWS, SHAPE_ROWS, WORD_ROWS
from apps.privacy.tagger.weights import TABLES, USAGE_STEPS
from training import vectors
from training.arrays import Corpus, Forms
from training.lexicon import FLAG_ROWS

WIDTH: Final = 64
CHANNELS: Final = 128
DILATIONS: Final = (1, 2, 4, 8)
LONGEST: Final = 200
TOKENS_A_BATCH: Final = 3_000
RATE: Final = 4e-3
DROPPED_WORDS: Final = 0.3
DROPPED_FLAGS: Final = 0.15
DROPPED_GRAMS: Final = 0.1
DROPPED_VECTORS: Final = 0.2
DROPOUT: Final = 0.15
WARM_UP: Final = 0.1
SLOWLY: Final = 0.1
"""Share of the rate at which vectors of words change: those of words that are never met stay as they are."""

LARGE: Final = ("word", "gram")
SMALL: Final = ("shape", "flags", "usage", "place")
UNSEEN: Final = 0.02
"""Spread of rows of words and n-grams before they are learned: small, because many are never met."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents side by side, padded: [documents, tokens]."""

    form: Any
    place: Any
    label: Any
    certainty: Any
    weight: Any
    mask: Any


class Model(nn.Module):
    """The same sums and convolutions as the product's network."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.word = nn.Embedding(WORD_ROWS, WIDTH, sparse=True)
        self.gram = nn.EmbeddingBag(GRAM_ROWS, WIDTH, mode="mean", sparse=True)
        self.vector = nn.Embedding.from_pretrained(torch.from_numpy(table), freeze=False, sparse=True)
        self.shape = nn.Embedding(SHAPE_ROWS, WIDTH)
        self.flags = nn.Embedding(FLAG_ROWS, WIDTH)
        self.usage = nn.Embedding(USAGE_STEPS**2, WIDTH)
        self.place = nn.Embedding(PLACE_ROWS, WIDTH + vectors.WIDTH)
        widths = (WIDTH + vectors.WIDTH, *[CHANNELS] * (len(DILATIONS) - 1))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, CHANNELS, 3, padding=dilation, dilation=dilation)
            for width, dilation in zip(widths, DILATIONS, strict=True)
        )
        self.output = nn.Linear(CHANNELS, len(LABELS))
        for name in LARGE + SMALL:
            nn.init.normal_(getattr(self, name).weight, std=UNSEEN if name in LARGE else 0.1)

    def forward(self, batch: Batch, forms: Forms) -> Any:
        """Give logits for every token of the batch."""
        x = self._embed(batch, forms) * batch.mask[..., None]
        x = functional.dropout(x, DROPOUT, self.training).transpose(1, 2)
        mask = batch.mask[:, None, :]
        for index, convolution in enumerate(self.convolutions):
            y = functional.relu(convolution(functional.dropout(x, DROPOUT / 2, self.training))) * mask
            x = y if index == 0 else x + y
        return self.output(x.transpose(1, 2))

    def _embed(self, batch: Batch, forms: Forms) -> Any:
        unique, places = np.unique(batch.form, return_inverse=True)
        starts, ends = forms.gram_starts[unique], forms.gram_starts[unique + 1]
        counts = ends - starts
        offsets = np.cumsum(counts) - counts
        rows = forms.grams[np.repeat(starts - offsets, counts) + np.arange(counts.sum())]
        grams = self.gram(torch.from_numpy(rows), torch.from_numpy(offsets))
        size = batch.form.shape
        places = torch.from_numpy(places.reshape(size))
        written = (
            self.word(torch.from_numpy(forms.word[unique]))[places] * self._keep(size, DROPPED_WORDS)
            + grams[places] * self._keep(size, DROPPED_GRAMS)
            + self.flags(torch.from_numpy(forms.flags[unique]))[places] * self._keep(size, DROPPED_FLAGS)
            + self.usage(torch.from_numpy(forms.usage[unique]))[places] * self._keep(size, DROPPED_FLAGS)
            + self.shape(torch.from_numpy(forms.shape[unique]))[places]
        )
        vector = self.vector(torch.from_numpy(forms.vector[unique]))[places] * self._keep(size, DROPPED_VECTORS)
        return torch.cat((written, vector), -1) + self.place(torch.from_numpy(batch.place))

    def _keep(self, size: tuple[int, ...], share: float) -> Any:
        return (torch.rand(*size, 1) >= share).float() if self.training else 1.0


def learn(model: Model, corpus: Corpus, *, epochs: float, rate: float, seed: int, say: Callable[[str], None]) -> None:
    """Train a model for so many passes over the corpus. Two minutes of one core for each million tokens."""
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    parts = _parts(corpus)
    steps = int(sum(end - start for start, end in parts) * epochs / TOKENS_A_BATCH * 1.12) + 1
    large = [model.word.weight, model.gram.weight]
    sparse = [*large, model.vector.weight]
    small = [parameter for parameter in model.parameters() if all(parameter is not table for table in sparse)]
    groups: list[Any] = [{"params": large}, {"params": [model.vector.weight], "lr": rate * SLOWLY}]
    optimizers = (torch.optim.SparseAdam(groups, lr=rate), torch.optim.Adam(small, lr=rate))
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / steps)) for optimizer in optimizers
    ]
    began, losses = time.monotonic(), []
    batches = _batches(corpus, parts, seed=seed)
    for step in range(1, steps + 1):
        loss = _loss(model(batch := next(batches), corpus.forms), batch)
        loss.backward()
        nn.utils.clip_grad_norm_(small, 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        losses.append(loss.item())
        if step % 100 == 0 or step == steps:
            say(f"step {step} of {steps}, loss {np.mean(losses[-100:]):.4f}, {time.monotonic() - began:.0f} s")
    model.eval()


def read_weights(model: Model, file: Path) -> None:
    """Read a weights file that `export` wrote into a model."""
    with np.load(file) as arrays, torch.no_grad():
        for name in TABLES:
            table = arrays[name].astype(np.float32) * arrays[f"{name}_scales"][:, None]
            getattr(model, name).weight.copy_(torch.from_numpy(table))
        for index, convolution in enumerate(model.convolutions):
            kernel: Any = convolution
            kernel.weight.copy_(torch.from_numpy(arrays[f"kernel{index}"].astype(np.float32).transpose(2, 1, 0)))
            kernel.bias.copy_(torch.from_numpy(arrays[f"bias{index}"].astype(np.float32)))
        model.output.weight.copy_(torch.from_numpy(arrays["output"].astype(np.float32).T))
        model.output.bias.copy_(torch.from_numpy(arrays["output_bias"].astype(np.float32)))


def _pace(done: float) -> float:
    """Give the share of the full rate: up in the first tenth, then down along a cosine."""
    return (
        max(done / WARM_UP, 0.02)
        if done < WARM_UP
        else 0.5 + 0.5 * math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP)))
    )


def _loss(logits: Any, batch: Batch) -> Any:
    """Cross entropy with soft labels: what is not sure of the label is sure to be nothing."""
    odds = functional.log_softmax(logits, -1)
    label = odds.gather(-1, torch.from_numpy(batch.label)[..., None])[..., 0]
    certainty = torch.from_numpy(batch.certainty)
    losses = -(certainty * label + (1 - certainty) * odds[..., 0])
    weights = torch.from_numpy(batch.weight)
    return (losses * weights).sum() / weights.sum()


def _parts(corpus: Corpus) -> list[tuple[int, int]]:
    """Cut documents into stretches of bounded length: start, end."""
    return [
        (first, min(end, first + LONGEST))
        for start, end in zip(corpus.starts, corpus.starts[1:], strict=False)
        for first in range(start, end, LONGEST)
    ]


def _batches(corpus: Corpus, parts: list[tuple[int, int]], *, seed: int) -> Iterator[Batch]:
    """Give batches without end: stretches of like length together, batches in random order."""
    rng = np.random.default_rng(seed)
    while True:
        order = sorted(range(len(parts)), key=lambda index: (parts[index][1] - parts[index][0]) * rng.uniform(0.9, 1.1))
        groups: list[list[int]] = [[]]
        for index in order:
            if (len(groups[-1]) + 1) * (parts[index][1] - parts[index][0]) > TOKENS_A_BATCH:
                groups.append([])
            groups[-1].append(index)
        for number in rng.permutation(len(groups)):
            if groups[number]:
                yield _batch(corpus, [parts[index] for index in groups[number]])


def _batch(corpus: Corpus, parts: list[tuple[int, int]]) -> Batch:
    size = (len(parts), max(end - start for start, end in parts))
    form, place, label = (np.zeros(size, np.int64) for _ in range(3))
    certainty, weight, mask = (np.zeros(size, np.float32) for _ in range(3))
    for row, (start, end) in enumerate(parts):
        here = (row, slice(0, end - start))
        form[here], place[here], label[here] = corpus.form[start:end], corpus.place[start:end], corpus.label[start:end]
        certainty[here], weight[here], mask[here] = corpus.certainty[start:end], corpus.weight[start:end], 1
    return Batch(form, place, label, certainty, weight, torch.from_numpy(mask))

"""Fit the network to labelled mails."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model.corpus.split import Parts
from model.text import features_of
from model.training.batches import Batch, epoch
from model.training.encoder import TextClassifier, mean_vectors, padded
from model.training.learning import Learning
from model.training.losses import contrast
from model.training.machine import computes_in_bfloat16
from model.training.memory import FORGETFUL, Memory
from model.training.options import Listener, Progress, TrainOptions
from model.training.prototypes import begin_with_means
from model.training.reading import read
from model.training.wide import best_weight, fit_wide

_TEACHER = 0.5
"""Share of what a round learns from that is what the round before says, not the labels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """The best network of a run."""

    network: TextClassifier
    epoch: int


def fit(  # noqa: PLR0913 - the network, what it reads with, what it learns, how, and whom to tell
    network: TextClassifier,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    parts: Parts,
    *,
    options: TrainOptions,
    listen: Listener,
    memory: Memory = FORGETFUL,
) -> Fitted:
    """Train `network`; keep the weights, averaged over the last steps, of the epoch with the least held-out loss.

    With several rounds, each begins anew with another seed and learns half from the labels and half from what the
    round before says of the same mails (Furlanello et al. 2018, "Born-again neural networks"); the mean of the rounds'
    weights is kept (Wortsman et al. 2022, "Model soups") unless the last round alone has the lesser held-out loss.
    After each epoch `memory` keeps all that a run needs to go on as if it had never stopped.
    """
    lesson = _Lesson(network, tokenizer, labels, parts, options)
    beginning = copy.deepcopy(network.state_dict())
    recalled = memory.recall() or {"rounds": [], "learning": None}
    rounds: list[dict[str, Any]] = recalled["rounds"]
    while len(rounds) < options.rounds:
        teacher = None
        if rounds:
            network.load_state_dict(rounds[-1]["state"])
            teacher = torch.from_numpy(lesson.read(lesson.texts)).softmax(1)
            network.load_state_dict(beginning)
        learning = lesson.round(len(rounds), teacher, recalled["learning"])
        for note in lesson.epochs(learning, teacher, before=len(rounds), listen=listen):
            listen(note)
            memory.keep({"rounds": rounds, "learning": learning.state()})
        rounds.append({"state": learning.best_state, "epoch": learning.best_epoch, "loss": learning.best})
        recalled["learning"] = None
        listen(
            Progress(
                stage="train",
                done=learning.done * len(rounds),
                total=learning.done * options.rounds,
                note=f"best epoch: {learning.best_epoch}",
            )
        )
    lesson.settle(rounds)
    if options.ngrams:
        weight = lesson.widen()
        listen(Progress(stage="train", done=1, total=1, note=f"weight of words: {weight:g}"))
    return Fitted(network=network.eval(), epoch=rounds[-1]["epoch"])


class _Lesson:
    """What is to be learnt, by whom."""

    def __init__(
        self,
        network: TextClassifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        parts: Parts,
        options: TrainOptions,
    ) -> None:
        self.network, self.tokenizer, self.options = network, tokenizer, options
        self.training = parts.training
        self.device = next(network.parameters()).device
        numbers = {label: number for number, label in enumerate(labels)}
        self.texts = [features_of(example.mail) for example in parts.training]
        self.targets = [numbers[example.label] for example in parts.training]
        self.held_out_texts = [features_of(example.mail) for example in parts.held_out]
        self.truths = torch.tensor([numbers[example.label] for example in parts.held_out])
        self.weights: torch.Tensor | None = None
        if options.class_weights == "balanced":
            # Every label weighs alike, however many mails it has.
            counts = Counter(self.targets)
            balanced = [len(self.targets) / (len(counts) * max(counts[number], 1)) for number in range(len(labels))]
            self.weights = torch.tensor(balanced, device=self.device)

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return what the network says now."""
        return read(self.network, self.tokenizer, texts, prefix=self.options.prefix)

    def round(self, number: int, teacher: torch.Tensor | None, state: dict[str, Any] | None) -> Learning:
        """Begin a round, or go on from `state`."""
        seed = self.options.seed + number
        if state is None:
            if teacher is not None:
                torch.manual_seed(seed)
            begin_with_means(
                self.network, self.tokenizer, self.texts, self.targets, prefix=self.options.prefix, seed=seed
            )
        steps = self.options.epochs * math.ceil(len(self.training) / self.options.batch)
        learning = Learning(self.network, self.options, steps=steps, seed=seed)
        if state is not None:
            learning.restore(state)
        return learning

    def epochs(
        self, learning: Learning, teacher: torch.Tensor | None, *, before: int, listen: Listener
    ) -> Iterator[Progress]:
        """Learn, and yield what is to be said of each epoch."""
        total = learning.steps * self.options.rounds
        while not learning.is_over:
            self.network.train()
            loss = 0.0
            for batch in epoch(self.training, self.tokenizer, self.options, learning.draw):
                step_loss = self._loss(batch, teacher)
                learning.step(step_loss)
                loss += step_loss.item() * len(batch.numbers)
                listen(Progress(stage="train", done=before * learning.steps + learning.done, total=total))
            held_out_loss, accuracy = self._judged(learning.averaged.module)
            # The loss moves less by chance than the accuracy of a few hundred mails.
            learning.end_epoch(held_out_loss)
            count = before * self.options.epochs + learning.epoch
            yield Progress(
                stage="train",
                done=before * learning.steps + learning.done,
                total=total,
                note=f"epoch {count}: accuracy {accuracy:.3f}, loss {held_out_loss:.3f} on held-out mails",
                figures={
                    "epoch": count,
                    "loss": loss / len(self.training),
                    "held_out_loss": held_out_loss,
                    "accuracy": accuracy,
                },
            )

    def _loss(self, batch: Batch, teacher: torch.Tensor | None) -> torch.Tensor:
        ids, mask = (part.to(self.device) for part in padded(batch.rows, self.network.pad))
        right = torch.tensor([self.targets[number] for number in batch.numbers], device=self.device)
        bfloat16 = computes_in_bfloat16(self.device, wanted=self.options.bfloat16)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            vectors = mean_vectors(self.network.encoder, ids, mask).float()
        scores = self.network.decide(vectors)
        smoothing = self.options.label_smoothing
        loss = torch.nn.functional.cross_entropy(scores, right, self.weights, label_smoothing=smoothing)
        if teacher is not None:
            said = teacher[list(batch.numbers)].to(self.device)
            loss = (1 - _TEACHER) * loss + _TEACHER * torch.nn.functional.cross_entropy(scores, said, self.weights)
        if self.options.contrast:
            loss = loss + self.options.contrast * contrast(vectors, right)
        return loss

    def _judged(self, network: TextClassifier) -> tuple[float, float]:
        """Return loss and accuracy on the held-out mails."""
        said = read(network, self.tokenizer, self.held_out_texts, prefix=self.options.prefix)
        scores = torch.from_numpy(said)
        loss = torch.nn.functional.cross_entropy(scores, self.truths).item()
        return loss, (scores.argmax(1) == self.truths).float().mean().item()

    def settle(self, rounds: Sequence[dict[str, Any]]) -> None:
        """Give the network the mean weights of the rounds, or those of the last where that is better."""
        self.network.load_state_dict(rounds[-1]["state"])
        if len(rounds) == 1:
            return
        states = [one["state"] for one in rounds]
        mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
        self.network.load_state_dict(mean)
        if self._judged(self.network)[0] > rounds[-1]["loss"]:
            self.network.load_state_dict(rounds[-1]["state"])

    def widen(self) -> float:
        """Add a wide part, fitted to the mails; return its weight, chosen by the held-out ones."""
        weights = None if self.weights is None else self.weights.cpu().numpy()
        labels = self.network.head.out_features
        wide = fit_wide(self.texts, self.targets, labels, ngrams=self.options.ngrams, weights=weights)
        deep = self.read(self.held_out_texts)
        weight = best_weight(deep, wide.scores(self.held_out_texts), self.truths.tolist())
        self.network.widen(wide.table, wide.bias, weight)
        return weight

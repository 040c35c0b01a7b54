"""Fit the network to labelled mails."""

from __future__ import annotations

import copy
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model.corpus.split import Parts
from model.text import features_of
from model.training.batches import epoch
from model.training.encoder import TextClassifier, mean_vectors, padded
from model.training.losses import contrast
from model.training.machine import computes_in_bfloat16
from model.training.memory import FORGETFUL, Memory
from model.training.options import Listener, Progress, TrainOptions
from model.training.prototypes import begin_with_means
from model.training.reading import read
from model.training.wide import best_weight, fit_wide

_STATEFUL = ("averaged", "optimizer", "schedule")
_COUNTED = ("epoch", "done", "best", "best_epoch", "best_state")


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

    After each epoch `memory` keeps all that a run needs to go on as if it had never stopped.
    """
    device = next(network.parameters()).device
    training, held_out = parts.training, parts.held_out
    numbers = {label: number for number, label in enumerate(labels)}
    counts = Counter(example.label for example in training)
    weights = None
    if options.class_weights == "balanced":
        # Every label weighs alike, however many mails it has.
        balanced = [len(training) / (len(counts) * max(counts[label], 1)) for label in labels]
        weights = torch.tensor(balanced, device=device)
    criterion = torch.nn.CrossEntropyLoss(weights, label_smoothing=options.label_smoothing)
    targets = [numbers[example.label] for example in training]
    recalled = memory.recall()
    if recalled is None:
        plain = [features_of(example.mail) for example in training]
        begin_with_means(network, tokenizer, plain, targets, prefix=options.prefix, seed=options.seed)
    learning = _Learning(network, options, steps=options.epochs * math.ceil(len(training) / options.batch))
    truths = torch.tensor([numbers[example.label] for example in held_out])
    texts = [features_of(example.mail) for example in held_out]
    bfloat16 = computes_in_bfloat16(device, wanted=options.bfloat16)
    if recalled is not None:
        learning.restore(recalled)
    while not learning.is_over:
        network.train()
        total_loss = 0.0
        for batch in epoch(training, tokenizer, options, learning.draw):
            ids, mask = (part.to(device) for part in padded(batch.rows, network.pad))
            right = torch.tensor([numbers[label] for label in batch.labels], device=device)
            with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                vectors = mean_vectors(network.encoder, ids, mask).float()
            loss = criterion(network.decide(vectors), right)
            if options.contrast:
                loss = loss + options.contrast * contrast(vectors, right)
            learning.step(loss)
            total_loss += loss.item() * len(right)
            listen(Progress(stage="train", done=learning.done, total=learning.steps))
        scores = torch.from_numpy(read(learning.averaged.module, tokenizer, texts, prefix=options.prefix))
        accuracy = (scores.argmax(1) == truths).float().mean().item()
        held_out_loss = torch.nn.functional.cross_entropy(scores, truths).item()
        # The loss moves less by chance than the accuracy of a few hundred mails.
        learning.end_epoch(held_out_loss)
        figures = {
            "epoch": learning.epoch,
            "loss": total_loss / len(training),
            "held_out_loss": held_out_loss,
            "accuracy": accuracy,
        }
        note = f"epoch {learning.epoch}: accuracy {accuracy:.3f}, loss {held_out_loss:.3f} on held-out mails"
        listen(Progress(stage="train", done=learning.done, total=learning.steps, note=note, figures=figures))
        memory.keep(learning.state())
    listen(Progress(stage="train", done=learning.done, total=learning.done, note=f"best epoch: {learning.best_epoch}"))
    network.load_state_dict(learning.best_state)
    if options.ngrams:
        said = [features_of(example.mail) for example in training], targets
        weight = _widen(network, tokenizer, said, (texts, truths.tolist()), options=options, weights=weights)
        listen(Progress(stage="train", done=learning.done, total=learning.done, note=f"weight of words: {weight:g}"))
    return Fitted(network=network.eval(), epoch=learning.best_epoch)


def _widen(  # noqa: PLR0913 - the network, what it reads with, what it learns, and how
    network: TextClassifier,
    tokenizer: Tokenizer,
    training: tuple[list[str], list[int]],
    held_out: tuple[list[str], list[int]],
    *,
    options: TrainOptions,
    weights: torch.Tensor | None,
) -> float:
    """Add a wide part to `network`, fitted to texts and targets; return its weight, chosen by the held-out ones."""
    label_weights = None if weights is None else weights.cpu().numpy()
    wide = fit_wide(*training, network.head.out_features, ngrams=options.ngrams, weights=label_weights)
    texts, truths = held_out
    deep = read(network, tokenizer, texts, prefix=options.prefix)
    weight = best_weight(deep, wide.scores(texts), truths)
    network.widen(wide.table, wide.bias, weight)
    return weight


class _Learning:
    """All that changes while a network learns, so that it can be kept and gone on with."""

    def __init__(self, network: TextClassifier, options: TrainOptions, *, steps: int) -> None:
        self._network = network
        self._options = options
        self.steps = steps
        self.optimizer = torch.optim.AdamW(_groups(network, options), weight_decay=0.01, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: _rate(step, steps, options.warm_up)
        )
        self.averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.averaging))
        self.draw = random.Random(options.seed)  # noqa: S311 - an order of examples is no secret
        self.epoch = self.done = self.best_epoch = 0
        self.best = math.inf
        self.best_state = copy.deepcopy(self.averaged.module.state_dict())

    @property
    def is_over(self) -> bool:
        """All epochs are done, or too many went by without a better one."""
        stale = self.epoch - self.best_epoch
        return self.epoch >= self._options.epochs or 0 < self._options.patience <= stale

    def step(self, loss: torch.Tensor) -> None:
        """Learn from the loss of one batch."""
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self.optimizer.step()
        self.averaged.update_parameters(self._network)
        self.schedule.step()
        self.optimizer.zero_grad()
        self.done += 1

    def end_epoch(self, held_out_loss: float) -> None:
        """Keep the averaged weights if they are the best so far."""
        self.epoch += 1
        if held_out_loss < self.best:
            self.best, self.best_epoch = held_out_loss, self.epoch
            self.best_state = copy.deepcopy(self.averaged.module.state_dict())

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes."""
        return {
            **{name: getattr(self, name).state_dict() for name in _STATEFUL},
            **{name: getattr(self, name) for name in _COUNTED},
            "network": self._network.state_dict(),
            "draw": self.draw.getstate(),
            "torch": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Be where `state` was taken."""
        self._network.load_state_dict(state["network"])
        for name in _STATEFUL:
            getattr(self, name).load_state_dict(state[name])
        for name in _COUNTED:
            setattr(self, name, state[name])
        self.draw.setstate(state["draw"])
        torch.set_rng_state(state["torch"])


def _groups(network: TextClassifier, options: TrainOptions) -> list[dict[str, Any]]:
    """Return the parameters by learning rate: the lower a layer, the more it already knows, the slower it moves."""
    depth = int(network.encoder.config.num_hidden_layers)
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        groups.setdefault(_parameter_rate(name, depth, options), []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]


def _parameter_rate(name: str, depth: int, options: TrainOptions) -> float:
    if name.startswith("head."):
        return options.head_rate
    number = next((int(part) for part in name.split(".") if part.isdigit()), -1)
    below = depth - 1 - number if "embeddings" not in name else depth
    return options.learning_rate * options.layer_decay**below


def _rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, int(steps * warm_up))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

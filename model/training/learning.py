"""A network that learns: its optimizer, its rates, its averaged weights, and the best of them so far."""

from __future__ import annotations

import copy
import math
import random
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model.training.encoder import TextClassifier
from model.training.options import TrainOptions

_STATEFUL = ("averaged", "optimizer", "schedule")
_COUNTED = ("epoch", "done", "best", "best_epoch", "best_state")


class Learning:
    """All that changes while a network learns, so that it can be kept and gone on with."""

    def __init__(self, network: TextClassifier, options: TrainOptions, *, steps: int, seed: int) -> None:
        self._network = network
        self._options = options
        self.steps = steps
        self.optimizer = torch.optim.AdamW(_groups(network, options), weight_decay=0.01, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: _rate(step, steps, options.warm_up)
        )
        self.averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.averaging))
        self.draw = random.Random(seed)  # noqa: S311 - an order of examples is no secret
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

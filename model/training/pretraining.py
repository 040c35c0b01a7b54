"""Pre-training on unlabelled mail: an encoder of one's own, or one that goes on to learn how one's customers write.

Words are hidden and guessed (masked-language training). What is hidden in a step depends on seed and step alone, so an
interrupted run goes on as if it had never stopped.
"""

from __future__ import annotations

import copy
import math
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForMaskedLM
from transformers.utils.logging import disable_progress_bar

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.bases import Base, is_checkpoint
from model.training.export import write_tokenizer
from model.training.hiding import IGNORED, Hider, Piece, mask_of, pieces_of
from model.training.machine import computes_in_bfloat16, device_of, use_threads
from model.training.memory import FORGETFUL, Memory
from model.training.options import Listener, Progress
from model.training.pretrain_options import PretrainOptions, check_pretrain_options
from model.training.scratch import blank_encoder, new_tokenizer
from routing.errors import ConfigurationError

_LEAST_TEXTS = 10
_READING_BATCH = 64
_OVERLAP = 16
"""Tokens that the pieces of a long mail share."""
_COUNTED = ("step", "best", "best_state")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretrained:
    """What pre-training gave."""

    encoder: Path
    """A Hugging Face folder, for `--base`."""
    texts: int
    """Mails learnt from."""
    held_out: int
    vocabulary: int
    parameters: int
    """Of the encoder."""
    before: float
    """Perplexity of the held-out mails' hidden words before anything was learnt."""
    perplexity: float
    """The same, of the weights that were kept: the best that were measured."""


def pretrain(  # noqa: PLR0913 - what from, where to, how, and where to keep and tell
    texts: Sequence[str],
    base: Base | None,
    out: Path,
    options: PretrainOptions,
    listen: Listener,
    *,
    memory: Memory = FORGETFUL,
) -> Pretrained:
    """Pre-train on `texts`, from scratch if `base` is None, and write the encoder to `out`, whole or not at all.

    Raises:
        ConfigurationError: There are too few texts, `out` exists, or the base cannot be used.
    """
    check_pretrain_options(options)
    different = list(dict.fromkeys(text for text in texts if text.strip()))
    if len(different) < _LEAST_TEXTS:
        raise ConfigurationError(
            f"{len(different)} different mails are too few to pre-train on: give at least {_LEAST_TEXTS}, "
            "better thousands."
        )
    if out.exists():
        raise ConfigurationError(f"{out} exists already: give another --out.")
    use_threads(options.threads)
    torch.manual_seed(options.seed)
    disable_progress_bar()
    training, held_out = _parted(different, options)
    recalled = memory.recall()
    # A run goes on with the tokenizer that it began with, whatever a newer library would make of the same mail.
    made = Tokenizer.from_str(recalled["tokenizer"]) if recalled else None
    tokenizer, network = _begun(training, base, options, listen, made)
    learning = _Learning(network, tokenizer, options, training, held_out, is_new=base is None)
    if recalled is None:
        learning.first()
    else:
        learning.restore(recalled)
    for progress in learning.run():
        listen(progress)
        if progress.figures:
            memory.keep({**learning.state(), "tokenizer": tokenizer.to_str()})
    network.load_state_dict(learning.best_state)
    encoder = network.base_model
    _write(encoder, tokenizer, out)
    return Pretrained(
        encoder=out,
        texts=len(training),
        held_out=len(held_out),
        vocabulary=tokenizer.get_vocab_size(),
        parameters=sum(parameter.numel() for parameter in encoder.parameters()),
        before=learning.before,
        perplexity=learning.best,
    )


def _parted(texts: list[str], options: PretrainOptions) -> tuple[list[str], list[str]]:
    mixed = sorted(texts)
    random.Random(options.seed).shuffle(mixed)  # noqa: S311 - a split is no secret
    size = max(1, round(len(mixed) * options.held_out))
    return mixed[size:], mixed[:size]


def _begun(
    training: Sequence[str], base: Base | None, options: PretrainOptions, listen: Listener, made: Tokenizer | None
) -> tuple[Tokenizer, Any]:
    """Return the tokenizer (of a run that is gone on with, the one `made` before) and the network to begin with."""
    if base is None:
        listen(Progress(stage="tokenizer", done=0, total=1))
        tokenizer = made or new_tokenizer(training, options.vocabulary)
        listen(Progress(stage="tokenizer", done=1, total=1, note=f"{tokenizer.get_vocab_size()} word pieces"))
        network: Any = blank_encoder(tokenizer, options)
    else:
        if is_checkpoint(base.directory):
            raise ConfigurationError(f"{base.directory} is a classifier: give the encoder that it was trained from.")
        tokenizer = load_tokenizer(base.directory / TOKENIZER, max_length=options.max_length)
        try:
            network = AutoModelForMaskedLM.from_pretrained(
                base.directory, local_files_only=True, use_safetensors=True, dtype=torch.float32
            )
        except Exception as error:  # whatever the library raises for files that it cannot use
            raise ConfigurationError(f"The base {base.name} cannot be pre-trained further: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(options.max_length, stride=min(_OVERLAP, options.max_length // 4))
    return tokenizer, network.to(device_of(options.device))


class _Learning:
    """All that changes while an encoder learns."""

    def __init__(  # noqa: PLR0913 - the network, what it reads with, how, and what
        self,
        network: Any,
        tokenizer: Tokenizer,
        options: PretrainOptions,
        training: Sequence[str],
        held_out: Sequence[str],
        *,
        is_new: bool,
    ) -> None:
        self._network = network
        self._options = options
        self._device = next(network.parameters()).device
        self._hider = Hider(mask=mask_of(tokenizer), vocabulary=tokenizer.get_vocab_size(), share=options.masked)
        self._training = pieces_of(tokenizer.encode_batch(list(training)))
        self._held_out = pieces_of(tokenizer.encode_batch(list(held_out)))
        self._an_epoch = math.ceil(len(self._training) / options.batch)
        self.steps = options.epochs * self._an_epoch
        rate = options.learning_rate or (1e-3 if is_new else 1e-4)
        self.optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.step = 0
        self.before = self.best = math.inf
        self.best_state: dict[str, torch.Tensor] = {}

    def first(self) -> None:
        """Measure before anything is learnt."""
        self.before = self._perplexity()

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes."""
        return {
            **{name: getattr(self, name) for name in (*_COUNTED, "before")},
            "network": self._network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "torch": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Be where `state` was taken."""
        for name in (*_COUNTED, "before"):
            setattr(self, name, state[name])
        self._network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch"])

    def run(self) -> Iterator[Progress]:
        """Learn to the end; yield after each step, with figures where it was measured."""
        options, total, since = self._options, 0.0, 0
        bfloat16 = computes_in_bfloat16(self._device, wanted=options.bfloat16)
        pad = self._network.config.pad_token_id or 0
        while self.step < self.steps:
            self._network.train()
            ids, attention, wanted = self._hider.hide(self._batch(), pad=pad, seed=options.seed + self.step)
            with torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16):
                loss = self._loss(ids, attention, wanted)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad()
            self.step += 1
            total, since = total + loss.item(), since + 1
            if self.step % options.snapshot and self.step < self.steps:
                yield Progress(stage="pretrain", done=self.step, total=self.steps)
                continue
            perplexity = self._perplexity()
            if perplexity < self.best:
                self.best, self.best_state = perplexity, copy.deepcopy(self._network.state_dict())
            figures = {"step": self.step, "loss": total / since, "perplexity": perplexity}
            note = f"step {self.step}: loss {total / since:.3f}, perplexity {perplexity:.1f} on held-out mails"
            total, since = 0.0, 0
            yield Progress(stage="pretrain", done=self.step, total=self.steps, note=note, figures=figures)

    def _loss(self, ids: torch.Tensor, attention: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        scores = self._network(input_ids=ids.to(self._device), attention_mask=attention.to(self._device)).logits
        return torch.nn.functional.cross_entropy(
            scores.float().flatten(0, 1), wanted.to(self._device).flatten(), ignore_index=IGNORED
        )

    def _batch(self) -> list[Piece]:
        """Return the batch of this step: lengths alike within it, another order in each epoch."""
        epoch, number = divmod(self.step, self._an_epoch)
        if number == 0 or not hasattr(self, "_order"):
            draw = random.Random(f"{self._options.seed} {epoch}")  # noqa: S311 - an order of mails is no secret
            sizes = [len(piece.ids) * draw.uniform(0.7, 1.3) for piece in self._training]
            order = sorted(range(len(sizes)), key=sizes.__getitem__)
            size = self._options.batch
            self._order = [order[start : start + size] for start in range(0, len(order), size)]
            draw.shuffle(self._order)
        return [self._training[at] for at in self._order[number]]

    def _perplexity(self) -> float:
        """Return the perplexity of the held-out mails' hidden words, the same ones each time."""
        self._network.eval()
        total, words = 0.0, 0
        pieces = sorted(self._held_out, key=lambda piece: len(piece.ids))
        with torch.inference_mode():
            for start in range(0, len(pieces), _READING_BATCH):
                batch = pieces[start : start + _READING_BATCH]
                ids, attention, wanted = self._hider.hide(
                    batch, pad=self._network.config.pad_token_id or 0, seed=self._options.seed + start
                )
                number = int((wanted != IGNORED).sum())
                total += self._loss(ids, attention, wanted).item() * number
                words += number
        return math.exp(min(total / words, 50.0))

    def _rate(self, step: int) -> float:
        rising = max(1, int(self.steps * self._options.warm_up))
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, self.steps - rising)))


def _write(encoder: Any, tokenizer: Tokenizer, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out.parent))
    try:
        encoder.save_pretrained(staging)
        write_tokenizer(tokenizer, staging)
        staging.chmod(0o755)
        staging.rename(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)

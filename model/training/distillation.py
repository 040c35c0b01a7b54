"""Distil a frozen encoder into one that reads a second language too (Reimers and Gurevych, EMNLP 2020).

The student's vector of a sentence, and of its translation, is drawn to the teacher's vector of the sentence. Nearness
alone leaves sentences that say nearly the same in each other's way, so a contrastive term asks besides that the
translation be nearer to its own sentence than to thousands of others: the teacher does not change, so the vectors that
it gave to past batches stay true and serve as the others (He et al. 2020 need a second, slow encoder for that).
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy, normalize

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.encoder import load_base, mean_vectors, padded, token_ids
from model.training.options import Listener, Progress
from model.training.pairs import Pair, Source, draw_pairs

_POOL = 4096
"""Examples that are sorted by length at a time: little padding, and neighbours that differ from pool to pool."""
_SMOOTHING = 0.98


@dataclass(frozen=True, kw_only=True, slots=True)
class DistilOptions:
    """How to distil."""

    steps: int = 3000
    batch_tokens: int = 2400
    """Tokens of a batch in the second language, padding included."""
    batch_pairs: int = 160
    """Pairs of a batch at most."""
    learning_rate: float = 3e-4
    """Of all but the token vectors, which have twice that."""
    warm_up: int = 60
    """Steps during which the rate rises; then it stays."""
    decay: int = 400
    """Steps at the end during which it falls to zero along a line, which is where most of the gain shows."""
    max_length: int = 96
    """Tokens of an example."""
    joined: float = 0.25
    """Share of examples that are two to five sentences in a row."""
    again: float = 0.25
    """Share of each batch that the student also reads in the teacher's language, so as not to forget it."""
    keeping: float = 0.5
    """Weight of that."""
    contrast: float = 0.15
    """Weight of the contrastive term."""
    temperature: float = 0.05
    others: int = 8192
    """Sentences of past batches that a translation must be farther from than from its own."""
    same: float = 0.93
    """Cosine to the teacher's vector from which another sentence counts as the same, and is left out of the others."""
    snapshot: int = 400
    """Steps after which what was learnt so far is written to the folder, so that a long run can be ended early."""
    seed: int = 17
    threads: int = 2


def distil(  # noqa: PLR0913 - two encoders, two folders' worth of data, how, and whom to tell
    teacher: Path,
    student: Path,
    sources: Sequence[Source],
    out: Path,
    *,
    options: DistilOptions,
    listen: Listener,
) -> None:
    """Train `student` on `sources` towards `teacher` and write it to `out`; Hugging Face directories all three."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    reader = load_tokenizer(teacher / TOKENIZER, max_length=options.max_length)
    writer = load_tokenizer(student / TOKENIZER, max_length=options.max_length)
    frozen, learner = load_base(teacher).eval(), load_base(student).train()
    embedding = learner.get_input_embeddings().weight
    groups = [
        {"params": [p for p in learner.parameters() if p is not embedding], "lr": options.learning_rate},
        {"params": [embedding], "lr": 2 * options.learning_rate},
    ]
    # One pass over the memory instead of ten: an eighth of a step.
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, options))
    bank = torch.empty(0, frozen.config.hidden_size)
    mean_loss = 0.0
    batches = _batches(sources, options, writer)
    for step in range(1, options.steps + 1):
        batch = next(batches)
        again = max(1, int(len(batch) * options.again))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                target = mean_vectors(frozen, *padded(token_ids(reader, [pair[0] for pair in batch])))
            foreign = mean_vectors(learner, *padded(token_ids(writer, [pair[1] for pair in batch])))
            known = mean_vectors(learner, *padded(token_ids(writer, [pair[0] for pair in batch[:again]])))
        target, foreign, known = (normalize(vectors.float(), dim=1) for vectors in (target, foreign, known))
        loss = (
            (1 - (foreign * target).sum(1)).mean()
            + options.keeping * (1 - (known * target[:again]).sum(1)).mean()
            + options.contrast * _contrast(foreign, target, bank, options)
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        bank = torch.cat([target, bank])[: options.others]
        mean_loss = loss.item() if step == 1 else _SMOOTHING * mean_loss + (1 - _SMOOTHING) * loss.item()
        listen(Progress(stage="distil", done=step, total=options.steps, note=f"loss {mean_loss:.3f}"))
        if step % options.snapshot == 0 or step == options.steps:
            _write(learner, student / TOKENIZER, out)


def _contrast(foreign: torch.Tensor, target: torch.Tensor, bank: torch.Tensor, options: DistilOptions) -> torch.Tensor:
    """Return the loss of telling each translation's own sentence from the others, and the other way round (InfoNCE)."""
    own = torch.arange(len(target))
    everything = torch.cat([target, bank])
    same = target @ everything.T > options.same
    same[own, own] = False
    there = (foreign @ everything.T).masked_fill(same, -1) / options.temperature
    back = (target @ foreign.T).masked_fill(same[:, : len(target)], -1) / options.temperature
    return cross_entropy(there, own) + cross_entropy(back, own)


def _rate(step: int, options: DistilOptions) -> float:
    rising = min(1.0, (step + 1) / options.warm_up)
    return min(rising, (options.steps - step) / min(options.decay, options.steps))


def _batches(sources: Sequence[Source], options: DistilOptions, tokenizer: Tokenizer) -> Iterator[list[Pair]]:
    """Yield batches of near-equal length for ever, each order drawn from the seed."""
    draw = random.Random(options.seed)  # noqa: S311 - an order of examples is no secret
    pairs = draw_pairs(sources, draw, joined=options.joined)
    while True:
        pool = [next(pairs) for _ in range(_POOL)]
        lengths = [len(ids) * draw.uniform(0.9, 1.1) for ids in token_ids(tokenizer, [pair[1] for pair in pool])]
        batches: list[list[Pair]] = [[]]
        for number in sorted(range(_POOL), key=lengths.__getitem__):
            full = (len(batches[-1]) + 1) * lengths[number] > options.batch_tokens
            if batches[-1] and (full or len(batches[-1]) >= options.batch_pairs):
                batches.append([])
            batches[-1].append(pool[number])
        draw.shuffle(batches)
        for batch in batches:
            draw.shuffle(batch)
            yield batch


def _write(learner: torch.nn.Module, tokenizer: Path, out: Path) -> None:
    """Put the encoder in the place of `out`, complete at any time."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out.parent) as folder:
        new, old = Path(folder) / "new", Path(folder) / "old"
        learner.save_pretrained(new)
        shutil.copyfile(tokenizer, new / TOKENIZER)
        if out.exists():
            out.rename(old)
        new.rename(out)

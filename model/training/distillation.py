"""Distil a frozen English encoder into one that reads a second language too (Reimers and Gurevych, EMNLP 2020).

The student's vector of a sentence, and of its translation, is drawn to the teacher's vector of the English sentence.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.bilingual import Pair
from model.training.encoder import load_base, mean_vectors, padded, token_ids
from model.training.options import Listener, Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class DistilOptions:
    """How to distil."""

    steps: int = 700
    batch_pairs: int = 96
    learning_rate: float = 4e-4
    max_length: int = 64
    """Tokens of a sentence; mails are longer, so some sentences are joined."""
    joined: float = 0.25
    """Share of examples that are two to four sentences in a row."""
    english: float = 0.33
    """Share of each batch that the student also reads in English, so as not to forget it."""
    seed: int = 13
    threads: int = 2


def distil(  # noqa: PLR0913 - two encoders, two folders' worth of data, how, and whom to tell
    teacher: Path,
    student: Path,
    pairs: Sequence[Pair],
    out: Path,
    *,
    options: DistilOptions,
    listen: Listener,
) -> None:
    """Train `student` on `pairs` towards `teacher` and write it to `out`; Hugging Face directories all three."""
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
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [group["lr"] for group in groups], total_steps=options.steps, pct_start=0.05
    )
    mean_loss = 0.0
    batches = _batches(pairs, options, writer)
    for step in range(1, options.steps + 1):
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                target = mean_vectors(frozen, *padded(token_ids(reader, [pair[0] for pair in batch]))).float()
            again = int(len(batch) * options.english)
            foreign = mean_vectors(learner, *padded(token_ids(writer, [pair[1] for pair in batch]))).float()
            english = mean_vectors(learner, *padded(token_ids(writer, [pair[0] for pair in batch[:again]]))).float()
        loss = (1 - torch.cosine_similarity(foreign, target)).mean()
        loss = loss + options.english * (1 - torch.cosine_similarity(english, target[:again])).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        mean_loss = loss.item() if step == 1 else 0.95 * mean_loss + 0.05 * loss.item()
        listen(Progress(stage="distil", done=step, total=options.steps, note=f"loss {mean_loss:.3f}"))
    out.mkdir(parents=True, exist_ok=True)
    learner.save_pretrained(out)
    shutil.copyfile(student / TOKENIZER, out / TOKENIZER)


def _batches(pairs: Sequence[Pair], options: DistilOptions, tokenizer: Tokenizer) -> Iterator[list[Pair]]:
    """Yield batches of near-equal length for ever, each order drawn from the seed."""
    draw = random.Random(options.seed)  # noqa: S311 - an order of examples is no secret
    while True:
        pool: list[Pair] = []
        for _ in range(32 * options.batch_pairs):
            at = draw.randrange(len(pairs))
            joined = draw.randint(2, 4) if draw.random() < options.joined else 1
            run = pairs[at : at + joined]
            pool.append((" ".join(pair[0] for pair in run), " ".join(pair[1] for pair in run)))
        lengths = [len(ids) for ids in token_ids(tokenizer, [pair[1] for pair in pool])]
        order = sorted(range(len(pool)), key=lengths.__getitem__)
        starts = list(range(0, len(pool), options.batch_pairs))
        draw.shuffle(starts)
        for start in starts:
            batch = [pool[i] for i in order[start : start + options.batch_pairs]]
            draw.shuffle(batch)
            yield batch

"""The base of the bundled model: MiniLM taught French from public sentence pairs."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from model.training.bilingual import Pair, extend_vocabulary, read_pairs
from model.training.distillation import DistilOptions, distil
from model.training.encoder import base_directory
from model.training.options import Listener

STEPS = 700
WORDS = 12_000
_LAWS = 40_000
"""Of 310,000 law pairs: more would drown ordinary language."""
_LAW_CHARACTERS = 300
_SEED = 13


def make_bilingual_base(english: str | Path, pairs: Path, out: Path, listen: Listener) -> None:
    """Write to `out` the encoder `english` with `WORDS` French words, distilled for `STEPS` steps.

    Twenty minutes on two cores. `pairs` holds `tatoeba_en_fr`, `gov_ui_en_fr` and `canada_laws_en_fr`, each with a
    `pairs.tsv.gz`; whoever passes the result on passes their attributions on, as the bundled model's card does.

    Raises:
        ConfigurationError: `english` is no Hugging Face directory.
        OSError: A file of pairs is missing.
    """
    source = base_directory(english)
    spoken, forms = _read(pairs, "tatoeba_en_fr"), _read(pairs, "gov_ui_en_fr")
    laws = [pair for pair in _read(pairs, "canada_laws_en_fr") if len(pair[0]) <= _LAW_CHARACTERS]
    laws = random.Random(_SEED).sample(laws, min(_LAWS, len(laws)))  # noqa: S311 - a sample is no secret
    with tempfile.TemporaryDirectory() as folder:
        extended = Path(folder) / "extended"
        extend_vocabulary(source, spoken + forms * 3 + laws, extended, words=WORDS)
        options = DistilOptions(steps=STEPS, seed=_SEED)
        distil(source, extended, spoken + forms * 2 + laws, out, options=options, listen=listen)


def _read(pairs: Path, name: str) -> list[Pair]:
    return read_pairs(pairs / name / "pairs.tsv.gz")

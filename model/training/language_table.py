"""Writing the table of languages anew from `py3langid`, whose licence (BSD-3-Clause) stands in NOTICE.

python -m model.training.language_table [FILE]
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from model.language_table import FILE, LanguageTable

LEVELS = 255
BYTES = 256


def identifier() -> Any:
    """Return the identifier of `py3langid` with probabilities (half a second, 90 MB)."""
    langid: Any = import_module("py3langid.langid")  # it has no types
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def convert(source: Any) -> LanguageTable:
    """Return the table of an identifier.

    The automaton's states are walked from its root, breadth first: the bytes by which one is first reached are its
    n-gram. The weights, logarithms between -15 and -2.7, are kept in 255 steps.
    """
    moves = np.asarray(source.tk_nextmove).reshape(-1, BYTES)
    row_of = np.asarray(source.tk_row)
    feature_of = np.asarray(source.tk_output, dtype=np.int32)
    reached = np.zeros(len(row_of), dtype=bool)
    reached[0] = True
    states, keys = np.array([0]), np.array([0], dtype=np.uint64)
    grams, rows = [], []
    while True:
        targets = moves[row_of[states]]
        spelt = (keys[:, None] << np.uint64(8)) | np.arange(BYTES, dtype=np.uint64)
        fresh = ~reached[targets]
        states, keys = targets[fresh], spelt[fresh]
        if not len(states):
            break
        reached[states] = True
        order = np.argsort(keys)
        states, keys = states[order], keys[order]
        grams.append(keys)
        rows.append(feature_of[states])
    weights = np.asarray(source.nb_ptc, dtype=np.float32)
    least = float(weights.min())
    step = (float(weights.max()) - least) / LEVELS
    return LanguageTable(
        languages=tuple(source.nb_classes),
        priors=np.asarray(source.nb_pc, dtype=np.float32),
        grams=tuple(grams),
        rows=tuple(rows),
        weights=np.round((weights - least) / step).astype(np.uint8),
        step=step,
    )


def main() -> None:
    """Write the table."""
    file = Path(sys.argv[1]) if sys.argv[1:] else FILE
    convert(identifier()).save(file)


if __name__ == "__main__":
    main()

"""Models made of numbers: scores of mails whose true probabilities are known."""

import numpy as np
import pytest


class Numbers:
    """A model over `labels` labels whose scores, divided by `temperature`, give the truth's own probabilities."""

    def __init__(self, *, seed=1, labels=4, temperature=2.0, ease=4.0):
        self._draw = np.random.default_rng(seed)
        self.labels = tuple("abcdefghijklmnop"[:labels])
        self._temperature, self._ease = temperature, ease

    def mails(self, number):
        """Return scores (mails, labels) and truths (mails,)."""
        count = len(self.labels)
        logits = self._draw.normal(0, 1, (number, count))
        logits[np.arange(number), self._draw.integers(0, count, number)] += self._draw.gamma(2, self._ease / 2, number)
        chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        truths = (chances.cumsum(1) > self._draw.random((number, 1))).argmax(1)
        return logits * self._temperature, truths


class Language:
    """Rows of token numbers drawn from a chain of its own: the same seed is the same language."""

    def __init__(self, *, seed, vocabulary=500, words=200):
        draw = np.random.default_rng(seed)
        self.vocabulary = vocabulary
        self._words = draw.choice(np.arange(2, vocabulary), words, replace=False)
        self._next = draw.choice(self._words, (vocabulary, 6))
        self._draw = np.random.default_rng(seed + 1)

    def rows(self, number):
        rows = []
        for _ in range(number):
            row = [0, int(self._draw.choice(self._words))]
            for _ in range(int(self._draw.integers(5, 40))):
                row.append(int(self._draw.choice(self._next[row[-1]])))
            rows.append([*row, 1])
        return rows


@pytest.fixture(scope="session")
def numbers():
    return Numbers


@pytest.fixture(scope="session")
def language():
    return Language

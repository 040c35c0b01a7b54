"""How many errors a sample may have for a promise to hold: exact binomial tails (Clopper and Pearson 1934)."""

from __future__ import annotations

import math


def tail(errors: int, size: int, rate: float) -> float:
    """Return the probability of at most `errors` in `size` independent trials that each err with probability `rate`.

    As a p-value it rejects "the true rate is `rate` or more" after `errors` in `size`: the one-sided test that the
    Clopper-Pearson bound inverts.
    """
    if errors >= size or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    if errors >= size * rate:
        return 1.0 - _sum(errors + 1, 1, size, rate)
    return _sum(errors, -1, size, rate)


def _sum(first: int, step: int, size: int, rate: float) -> float:
    """Return the chances of `first`, `first + step`... errors added up; they must fall from the first on."""
    log = math.lgamma(size + 1) - math.lgamma(first + 1) - math.lgamma(size - first + 1)
    chance = math.exp(log + first * math.log(rate) + (size - first) * math.log1p(-rate))
    total, odds, count = 0.0, rate / (1 - rate), first
    while 0 <= count <= size and chance > total * 1e-17:
        total += chance
        chance *= (size - count) / (count + 1) * odds if step > 0 else count / (size - count + 1) / odds
        count += step
    return total


def least_size(errors: int, rate: float, delta: float) -> int:
    """Return the least sample in which `errors` still reject "the true rate is `rate` or more" at level `delta`."""
    low, high = errors + 1, errors + 2
    while tail(errors, high, rate) > delta:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if tail(errors, middle, rate) > delta else (low, middle)
    return high

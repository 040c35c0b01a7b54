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
    fixed = math.lgamma(size + 1)
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    logs = [
        fixed - math.lgamma(count + 1) - math.lgamma(size - count + 1) + count * log_rate + (size - count) * log_rest
        for count in range(errors + 1)
    ]
    return min(1.0, math.fsum(math.exp(log) for log in logs))


def upper_bound(errors: int, size: int, delta: float) -> float:
    """Return the error rate that `errors` in `size` leave possible with probability `delta` at most."""
    if errors >= size:
        return 1.0
    low, high = errors / size, 1.0
    for _ in range(60):  # halving: 60 steps are below the precision of a float
        middle = (low + high) / 2
        low, high = (middle, high) if tail(errors, size, middle) > delta else (low, middle)
    return high


def least_size(errors: int, rate: float, delta: float) -> int:
    """Return the least sample in which `errors` still reject "the true rate is `rate` or more" at level `delta`."""
    low, high = errors + 1, errors + 2
    while tail(errors, high, rate) > delta:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if tail(errors, middle, rate) > delta else (low, middle)
    return high

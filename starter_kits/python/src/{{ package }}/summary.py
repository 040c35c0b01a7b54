"""Sums claims up, and finds those that somebody should look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median, quantiles

from .claim import Claim, Line

FENCE = 3  # Tukey's outer fence: so many interquartile ranges above the third quartile
ENOUGH = 8  # claims, below which quartiles say nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSummary:
    """The claims of one line of business; amounts are euros."""

    line: Line
    count: int
    still_open: int
    total: Decimal
    median: Decimal
    unusual: tuple[Claim, ...]  # the largest first


def summarise(claims: Iterable[Claim]) -> tuple[LineSummary, ...]:
    """Sum up each line of business that has claims, in the order of `Line`."""
    by_line: dict[Line, list[Claim]] = {line: [] for line in Line}
    for claim in claims:
        by_line[claim.line].append(claim)
    return tuple(_summary_of(line, found) for line, found in by_line.items() if found)


def _summary_of(line: Line, claims: Sequence[Claim]) -> LineSummary:
    amounts = [claim.amount_eur for claim in claims]
    limit = _fence(amounts)
    unusual = [claim for claim in claims if limit is not None and claim.amount_eur > limit]
    return LineSummary(
        line=line,
        count=len(claims),
        still_open=sum(claim.closed_on is None for claim in claims),
        total=sum(amounts, Decimal(0)),
        median=median(amounts),
        unusual=tuple(sorted(unusual, key=lambda claim: (-claim.amount_eur, claim.claim_id))),
    )


def _fence(amounts: Sequence[Decimal]) -> Decimal | None:
    """Give the amount above which a claim is unusual (Tukey, Exploratory Data Analysis, 1977, section 2D)."""
    if len(amounts) < ENOUGH:
        return None
    first, _, third = quantiles(amounts, n=4, method="inclusive")
    return third + FENCE * (third - first)

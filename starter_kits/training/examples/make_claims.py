"""Make the sample claims: `python examples/make_claims.py > examples/claims.csv`, the same bytes every time.

They are made up. What decides a track is known here and nowhere else, with noise, so that no model can be perfect;
four rows are wrong on purpose, so that one sees what becomes of such.
"""

import csv
import datetime as dt
import random
import sys
from typing import Final

SEED: Final = 20261120
POLICIES: Final = 1_500
FIRST_DAY: Final = dt.date(2025, 1, 6)
LINES: Final = {"motor": 0.55, "home": 0.3, "travel": 0.15}
CHANNELS: Final = {"web": 0.45, "phone": 0.3, "broker": 0.2, "letter": 0.05}
TYPICAL_AMOUNT: Final = {"motor": 1_400.0, "home": 2_100.0, "travel": 420.0}
HEADER: Final = (
    "claim_id",
    "policy_id",
    "declared_on",
    "line",
    "channel",
    "amount_eur",
    "policy_age_days",
    "delay_days",
    "documents",
    "previous_claims",
    "has_injury",
    "track",
)


def draw(random_: random.Random, shares: dict[str, float]) -> str:
    """One of the names, as often as its share says."""
    return random_.choices(list(shares), weights=list(shares.values()))[0]


def track_of(random_: random.Random, claim: dict[str, str | int | float], amount: float) -> str:
    """Who looks at a claim: nobody (fast), a handler (standard), or an expert."""
    burden = amount / TYPICAL_AMOUNT[str(claim["line"])]
    doubt = 1.2 * (int(claim["policy_age_days"]) < 60) + 0.5 * int(claim["previous_claims"])
    doubt += 0.05 * int(claim["delay_days"]) + 2.0 * int(claim["has_injury"]) - 0.15 * int(claim["documents"])
    score = 1.1 * burden + doubt + random_.gauss(0.0, 0.55)
    if score < 1.3:
        return "fast"
    return "standard" if score < 3.2 else "expert"


def claims(random_: random.Random) -> list[dict[str, str | int | float]]:
    """The claims of all policies, in the order in which they were declared."""
    made: list[dict[str, str | int | float]] = []
    for policy in range(POLICIES):
        line = draw(random_, LINES)
        for previous in range(random_.choices((1, 2, 3), weights=(70, 22, 8))[0]):
            amount = round(random_.lognormvariate(0.0, 0.75) * TYPICAL_AMOUNT[line], 2)
            claim: dict[str, str | int | float] = {
                "policy_id": f"P{policy:05d}",
                "declared_on": (FIRST_DAY + dt.timedelta(days=random_.randrange(600))).isoformat(),
                "line": line,
                "channel": draw(random_, CHANNELS),
                # One amount in twenty is not yet known when the claim is declared.
                "amount_eur": f"{amount:.2f}" if random_.random() > 0.05 else "",
                "policy_age_days": random_.randrange(1, 4_000),
                "delay_days": min(60, int(random_.expovariate(0.2))),
                "documents": random_.randrange(7),
                "previous_claims": previous,
                "has_injury": int(random_.random() < (0.12 if line == "motor" else 0.02)),
            }
            claim["track"] = track_of(random_, claim, amount)
            made.append(claim)
    made.sort(key=lambda claim: str(claim["declared_on"]))
    for number, claim in enumerate(made, start=1):
        claim["claim_id"] = f"C{number:06d}"
    return made


def main() -> None:
    """Write them to standard output."""
    made = claims(random.Random(SEED))
    made[101]["amount_eur"] = "about 900"  # not a number
    made[707]["delay_days"] = -3  # declared before it happened
    made[1_303]["channel"] = "fax"  # not a channel
    made[1_777]["track"] = ""  # nobody decided it
    writer = csv.DictWriter(sys.stdout, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)


if __name__ == "__main__":
    main()

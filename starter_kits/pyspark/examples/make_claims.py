"""Make sample claims: the same on every machine. `make_claims.py FOLDER [--a-day 12]` makes as many as you like.

Storms and hail are in them, and records with the mistakes that real files have.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST, LAST = date(2026, 1, 5), date(2026, 6, 28)
COLUMNS = ("claim_id", "policy_id", "kind", "department", "occurred_on", "reported_on", "amount_eur", "updated_at")
KINDS = {"motor": (1400, 50), "home": (2100, 25), "health": (180, 20), "travel": (650, 5)}  # usual amount in EUR, share
DEPARTMENTS = {"75": 30, "13": 20, "31": 20, "69": 15, "2A": 5, "79": 10}
# First day, days, kind, department, claims more a day
STORMS = [(date(2026, 3, 17), 3, "home", "79", 12), (date(2026, 5, 25), 2, "motor", "31", 16)]


def claims(chance: random.Random, a_day: float) -> Iterator[dict[str, str]]:
    """Make claims by day of report, some of them again when their amount is known better."""
    number = 0
    for days in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=days)
        today = [
            (chance.choices(list(KINDS), [share for _, share in KINDS.values()])[0], chance.choices(*_departments())[0])
            for _ in range(round(a_day * chance.uniform(0.7, 1.3)))
        ]
        for first, length, kind, department, more in STORMS:
            if first <= day < first + timedelta(days=length):
                today += [(kind, department)] * more
        for kind, department in today:
            number += 1
            claim = {
                "claim_id": f"C-{number:06}",
                "policy_id": f"P-{int(chance.betavariate(1, 3) * 200 * a_day):05}",
                "kind": kind,
                "department": department,
                "occurred_on": str(day - timedelta(days=int(chance.expovariate(0.4)))),
                "reported_on": str(day),
                "amount_eur": f"{KINDS[kind][0] * chance.lognormvariate(0, 0.6):.2f}",
                "updated_at": f"{day}T{chance.randint(8, 17):02}:{chance.randint(0, 59):02}:00",
            }
            yield claim
            if chance.random() < 0.03:
                yield claim | {
                    "amount_eur": f"{float(claim['amount_eur']) * chance.uniform(0.8, 1.5):.2f}",
                    "updated_at": f"{day + timedelta(days=2)}T09:00:00",
                }


def spoiled(chance: random.Random, claim: dict[str, str]) -> dict[str, str]:
    """Make one of the mistakes that real files have."""
    return claim | chance.choice(
        [
            {"amount_eur": claim["amount_eur"].replace(".", ",")},
            {"amount_eur": "-" + claim["amount_eur"]},
            {"reported_on": str(date.fromisoformat(claim["occurred_on"]) - timedelta(days=30))},
            {"occurred_on": "2026-02-30"},
            {"department": "99"},
            {"kind": "boat"},
            {"policy_id": ""},
        ]
    )


def _departments() -> tuple[list[str], list[int]]:
    return list(DEPARTMENTS), list(DEPARTMENTS.values())


def main() -> None:
    """Write one file a month."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--a-day", type=float, default=12, help="claims on a usual day")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(20261120)
    months: dict[str, list[dict[str, str]]] = {}
    for claim in claims(chance, asked.a_day):
        months.setdefault(claim["reported_on"][:7], []).append(claim)
    for month, rows in months.items():
        with (asked.folder / f"claims-{month}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(spoiled(chance, row) if chance.random() < 0.01 else row for row in rows)


if __name__ == "__main__":
    main()

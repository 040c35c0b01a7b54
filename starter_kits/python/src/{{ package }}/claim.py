"""A claim, and what makes a row of a file one.

The reasons for which a row is none say what was expected and never what stood there, which may be somebody's name.
"""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AMOUNT = re.compile(r"-?[0-9]+([.,][0-9]{1,2})?")


class Line(StrEnum):
    """The lines of business."""

    MOTOR = "motor"
    HOME = "home"
    PERSON = "person"


def _amount(text: object) -> object:
    """Read 1234,50 as 1234.50, which is what spreadsheets set to French write; 1,200 may be either, and is neither."""
    if not isinstance(text, str):
        return text
    if not AMOUNT.fullmatch(text.strip()):
        raise ValueError("no amount; write it like 1234.50 or 1234,50")
    return text.replace(",", ".")


def _none_if_empty(text: object) -> object:
    return None if text == "" else text


def _day(text: object) -> object:
    """Let only 2026-10-31 through: pydantic alone also reads a bare number as seconds since 1970."""
    if isinstance(text, str) and not DAY.fullmatch(text):
        raise ValueError("no day; write it like 2026-10-31")
    return text


Day = Annotated[date, BeforeValidator(_day)]


@dataclass(frozen=True, kw_only=True, slots=True, config=ConfigDict(str_strip_whitespace=True))
class Claim:
    """One claim, as the claims system exports it; days are local."""

    claim_id: Annotated[str, StringConstraints(pattern=r"^C-[0-9]{4,10}$")]
    line: Line
    opened_on: Day
    closed_on: Annotated[Day | None, BeforeValidator(_none_if_empty)]
    amount_eur: Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, decimal_places=2, max_digits=12)]

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closed_on is not None and self.closed_on < self.opened_on:
            raise ValueError("closed_on is before opened_on")
        return self

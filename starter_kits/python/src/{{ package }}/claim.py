"""A claim, and what makes a row of a file one."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Line(StrEnum):
    """The lines of business."""

    MOTOR = "motor"
    HOME = "home"
    PERSON = "person"


def _decimal_point(text: object) -> object:
    """Read 1234,50 as 1234.50, which is what spreadsheets set to French write."""
    return text.replace(",", ".") if isinstance(text, str) else text


def _none_if_empty(text: object) -> object:
    return None if text == "" else text


def _day(text: object) -> object:
    """Let only 2026-10-31 through: pydantic alone also reads a bare number as seconds since 1970."""
    if isinstance(text, str) and not DAY.fullmatch(text):
        raise ValueError(f"{text} is no day; write it like 2026-10-31")
    return text


Day = Annotated[date, BeforeValidator(_day)]


@dataclass(frozen=True, kw_only=True, slots=True, config=ConfigDict(str_strip_whitespace=True))
class Claim:
    """One claim, as the claims system exports it; days are local."""

    claim_id: Annotated[str, StringConstraints(pattern=r"^C-[0-9]{4,10}$")]
    line: Line
    opened_on: Day
    closed_on: Annotated[Day | None, BeforeValidator(_none_if_empty)]
    amount_eur: Annotated[Decimal, BeforeValidator(_decimal_point), Field(ge=0, decimal_places=2, max_digits=12)]

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closed_on is not None and self.closed_on < self.opened_on:
            raise ValueError(f"closed on {self.closed_on}, before it was opened on {self.opened_on}")
        return self

"""What callers send. Put your own input here: the API validates by it, and it is what a model is given."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Claim(BaseModel):
    """One claim, as far as the model looks at it. No names, no addresses: a model that needs none is sent none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    line: Literal["motor", "home", "travel"] = Field(description="Line of business.")
    amount_eur: float = Field(ge=0, le=1_000_000, description="Euros asked for.")
    policy_age_days: int = Field(ge=0, le=36_500, description="Days from the beginning of the policy to the loss.")
    report_delay_days: int = Field(ge=0, le=3_650, description="Days from the loss to its report.")
    claims_last_year: int = Field(ge=0, le=100, description="Other claims of the same policy in the year before.")
    documents: int = Field(ge=0, le=1_000, description="Photographs, invoices and reports that came with it.")


EXAMPLE = Claim(
    line="motor", amount_eur=4200, policy_age_days=21, report_delay_days=12, claims_last_year=2, documents=0
).model_dump()
"""What the documentation and `make run` show."""

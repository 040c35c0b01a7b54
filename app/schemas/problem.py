"""A problem document (RFC 9457), and the answers to the lines of a batch."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.schemas.job import JobBody


class FaultBody(BaseModel):
    """One thing that is wrong."""

    field: str
    detail: str


class ProblemBody(BaseModel):
    """What went wrong, and what to do."""

    type: str = Field(description="A stable name, and the address of a page about it.")
    title: str
    status: int
    detail: str = Field(description="One sentence about this very case.")
    field: str | None = Field(default=None, description="What is at fault: a JSON pointer, a parameter or a header.")
    errors: list[FaultBody] = Field(default=[], description="All that is at fault, when it is more than said above.")
    limit: int | None = Field(default=None, description="The limit that was passed, in bytes or mails.")
    request_id: str | None = None


class LineAnswer(BaseModel):
    """The answer to one line: its job, or what is wrong with it."""

    status: int
    job: JobBody | None = None
    problem: ProblemBody | None = None

"""The mails before and after one, in the list that its reader came from."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from app.console.lists import read_address
from app.console.wording import title
from app.services import Services
from routing.errors import InvalidInput
from routing.people import User

LOOKED = 50
"""Mails of a page of a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbours:
    """Where one can go from a mail: back to its list, and to the mails beside it."""

    came_from: str
    """The list's address; empty when it is not known."""
    title: str
    previous: str
    """The address of a mail's page; empty when there is none."""
    next: str


def mail_address(job_id: str, came_from: str = "") -> str:
    """Return where a mail's page is, for a reader who comes from a list."""
    return f"/mails/{job_id}" + (f"?{urlencode({'from': came_from})}" if came_from else "")


def neighbours_of(provided: Services, job_id: str, address: str, reader: User) -> Neighbours:
    """Return a mail's neighbours in the list at `address`, of which one page is read.

    A mail that is no longer in its list, because somebody dealt with it, has the list's first mail as the next one.
    """
    query = read_address(address) if address.startswith("/") and not address.startswith("//") else None
    if query is None:
        return Neighbours(came_from="", title="", previous="", next="")
    where = query.where(user=reader.name, now=provided.clock())
    try:
        page = provided.store.listing(where, order=query.sort, after=query.cursor, limit=LOOKED)
    except InvalidInput:  # a cursor of another order, in an address that somebody wrote
        return Neighbours(came_from=query.url(), title=title(query), previous="", next="")
    here = query.url(cursor=query.cursor)
    ids = [job.id for job in page.jobs]
    place = ids.index(job_id) if job_id in ids else -1
    following = ""
    if place + 1 < len(ids):
        following = mail_address(ids[place + 1], here)
    elif page.next_cursor is not None:
        beyond = provided.store.listing(where, order=query.sort, after=page.next_cursor, limit=1).jobs
        following = mail_address(beyond[0].id, query.url(cursor=page.next_cursor)) if beyond else ""
    return Neighbours(
        came_from=here,
        title=title(query),
        previous=mail_address(ids[place - 1], here) if place > 0 else "",
        next=following,
    )

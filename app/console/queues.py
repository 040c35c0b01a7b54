"""The agents' pages: my queues, a queue's mails, and whether any came since.

Each page costs the same few questions to the store however many mails there are, and asking whether anything is new
costs one, which is answered by 304 while nothing changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import MultiDict

from app.console.lists import LATEST, ListQuery, belongs, read_address, read_list
from app.console.offers import chips, offers
from app.console.page import PAGE, etag_or, page, private, user
from app.console.rows import Reader, row_of
from app.console.views import saved_views
from app.console.wording import gone, title
from app.endpoint import Endpoint, endpoint
from app.services import Services, services
from routing.desk import Order, QueueState
from routing.errors import InvalidInput, NotFound
from routing.people import Role, User

queue_pages = Blueprint("console_queues", __name__)

SHOWN = 50
MOST_NEW = 20
"""News are counted up to here, then it says "more than"."""
AGENTS = Endpoint(scope=None, role=Role.AGENT, documented=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLine:
    """A queue as its reader sees it."""

    queue: str
    open: int
    taken: int
    oldest_age: float | None
    fresh: int | None
    """Mails that arrived since the reader last looked; None: the reader never looked."""
    own: bool
    triage: bool


@queue_pages.get("/")
@endpoint(AGENTS)
def home() -> Response:
    """Answer with the reader's queues."""
    provided, reader = services(), user()
    states = provided.store.queue_states()
    seen = provided.store.seen_queues(reader.id)
    lines = queue_lines(provided, reader, states, seen)

    return page(
        "console/home.html",
        own=[line for line in lines if line.own],
        others=[line for line in lines if not line.own],
        views=saved_views(provided.store.views(reader.id)),
        total=sum(line.open for line in lines),
        news="/news",
    )


@queue_pages.get("/mails")
@endpoint(AGENTS)
def all_mails() -> Response:
    """Answer with the mails of all queues, or of the one that the query string names."""
    return _list(read_list(request.args))


@queue_pages.get("/queues/<path:name>")
@endpoint(AGENTS)
def queue_mails(name: str) -> Response:
    """Answer with the mails of a queue."""
    return _list(read_list(request.args, name))


@queue_pages.get("/news")
@endpoint(AGENTS)
def news() -> Response:
    """Answer how many mails came to a list since its page was made; 304 while nothing happened there.

    The query string is the list's, and `since`, the time of its page. Without `since`, it is about the first page.
    """
    provided = services()
    values = MultiDict(request.args)
    since = values.pop("since", None)
    query = read_list(values)
    states = provided.store.queue_states()

    def make() -> Response:
        number = 0
        if since is not None:
            where = query.model_copy(update={"arrived_after": _seconds(since)}).where(
                user=user().name, now=provided.clock()
            )
            number = len(provided.store.listing(where, order=Order.NEWEST, limit=MOST_NEW + 1).jobs)
        body = render_template("console/news.html", number=number, most=MOST_NEW, url=query.url()) if number else ""
        return private(Response(body, content_type=PAGE))

    return etag_or(f"{request.query_string.decode('latin-1')} {token_of(states, query.queue)}", make)


@queue_pages.get("/rows")
@endpoint(AGENTS)
def changed_rows() -> Response:
    """Answer with the lines that look different by now, so that a colleague's act shows in a list that is open.

    `mail` is each line as the page has it, ID:REVISION; `list` the address of the page.
    """
    provided = services()
    here = request.args.get("list", "/mails")
    query = read_address(here) or ListQuery()
    shown = dict(each.split(":", 1) for each in request.args.getlist("mail")[:SHOWN] if ":" in each)
    found = provided.store.some(tuple(shown)) if shown else {}
    reader = Reader(name=user().name, now=provided.clock())
    where = query.where(user=reader.name, now=reader.now)
    rows = [
        row_of(job, reader, gone="" if belongs(job, where) else gone(job, where))
        for job in found.values()
        if str(job.handling.revision) != shown.get(job.id) and job.decision is not None
    ]
    body = render_template("console/acted.html", rows=rows, query=query, here=here)
    return private(Response(body, content_type=PAGE))


def _list(query: ListQuery) -> Response:
    provided, reader, now = services(), user(), services().clock()
    states = provided.store.queue_states()
    if query.queue and query.queue not in {*provided.policy.queues, *(state.queue for state in states)}:
        raise NotFound(f"There is no queue {query.queue!r}.")
    seen = provided.store.seen_queues(reader.id)
    found = provided.store.listing(
        query.where(user=reader.name, now=now), order=query.sort, after=query.cursor, limit=SHOWN
    )
    looked_at = seen.get(query.queue) if query.queue else None
    if query.queue and query.cursor is None and _is_news(provided, query.queue, looked_at):
        provided.store.seen(reader.id, query.queue, at=now)
    at = Reader(name=reader.name, now=now, looked_at=looked_at)
    lines = queue_lines(provided, reader, states, None)
    return page(
        "console/list.html",
        query=query,
        title=title(query),
        line=next((line for line in lines if line.queue == query.queue), None),
        lines=lines,
        total=sum(line.open for line in lines),
        rows=[row_of(job, at) for job in found.jobs],
        next=query.url(cursor=found.next_cursor) if found.next_cursor else None,
        cut=found.cut,
        here=query.url(cursor=query.cursor),
        chips=chips(query),
        offers=offers(provided.policy, query),
        views=saved_views(provided.store.views(reader.id)),
        keys=reader.shortcuts,
        news=_news_address(query, now),
    )


def queue_lines(
    provided: Services, reader: User, states: Sequence[QueueState], seen: Mapping[str, float] | None
) -> Sequence[QueueLine]:
    """Return every queue of the policy or the store: the reader's own in their order, then the others by name.

    `seen` says when the reader looked at each; without it, what is new is not asked for.
    """
    now = provided.clock()
    held = {state.queue: state for state in states}
    names = sorted({*provided.policy.queues, *held})
    own = [name for name in reader.queues if name in names]
    since = {name: at for name, at in (seen or {}).items() if name in held and held[name].open}
    arrived = provided.store.arrived(since) if since else {}
    lines = []
    for name in own + [name for name in names if name not in own]:
        state = held.get(name)
        oldest = state.oldest_at if state else None
        lines.append(
            QueueLine(
                queue=name,
                open=state.open if state else 0,
                taken=state.taken if state else 0,
                oldest_age=None if oldest is None else now - oldest,
                fresh=None if seen is None or name not in seen else arrived.get(name, 0),
                own=name in own,
                triage=name == provided.policy.triage,
            )
        )
    return lines


def token_of(states: Sequence[QueueState], queue: str | None) -> str:
    """Return what changes whenever anything does in a queue, or in any."""
    facts = [f"{state.queue}={state.revision}" for state in states if queue in (None, state.queue)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _is_news(provided: Services, queue: str, looked_at: float | None) -> bool:
    """Say whether there is anything to note: without a new mail, looking again changes nothing, and costs no write."""
    return looked_at is None or provided.store.arrived({queue: looked_at}, most=1)[queue] > 0


def _news_address(query: ListQuery, since: float) -> str:
    """Return where the page of a list asks for news."""
    return "/news?" + urlencode(query.given() | {"since": f"{since:.3f}"})


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LATEST:
        raise InvalidInput("`since` is a time in Unix seconds.", field="since")
    return seconds

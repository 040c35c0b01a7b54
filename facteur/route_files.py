"""`facteur route`: decides mails from files, without a server, and prints what was decided."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facteur.mailboxes import Found, mails_in
from facteur.samples import job_cells, jobs_table
from model.registry import identify_model, load_classifier
from routing.decision import Decision
from routing.mail.parse import parse_mail
from routing.policy.reading import policy_of
from routing.route import Router
from routing.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """What became of one mail."""

    name: str
    subject: str
    sender: str
    decision: Decision | None
    milliseconds: float
    error: str | None = None


def route_files(settings: Settings, places: list[str], *, as_json: bool) -> bool:
    """Decide every mail of the places and print a table, or JSON lines; return whether every mail was decided.

    Raises:
        ConfigurationError: the model or the policy cannot be used.
        InvalidInput: a place cannot be read.
    """
    policy = policy_of(settings).for_model(identify_model(settings.model))
    router = Router(
        classifier=load_classifier(settings.model),
        policy=policy,
        max_attempts=1,
        clock=time.time,
        stopwatch=time.perf_counter,
    )
    found = list(mails_in(places))
    progress = Progress(
        TextColumn("Routing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    console = Console()
    table = jobs_table(console)
    everything = True
    with progress:
        for mail in progress.track(found):
            routed = _route(router, mail)
            everything = everything and routed.error is None
            if as_json:
                print(json.dumps(asdict(routed), ensure_ascii=False), flush=True)  # noqa: T201 - the command's output
            else:
                table.add_row(*_cells(routed))
    if not as_json:
        console.print(table)
    return everything


def _route(router: Router, found: Found) -> Routed:
    start = time.perf_counter()
    mail = parse_mail(found.content)
    decision, error = None, None
    try:
        decision = router.decide(mail)
    except Exception as raised:  # noqa: BLE001 - one bad mail must not end the others
        error = f"{type(raised).__name__}: {raised}"
    return Routed(
        name=found.name,
        subject=mail.subject,
        sender=mail.sender.address,
        decision=decision,
        milliseconds=round((time.perf_counter() - start) * 1000, 2),
        error=error,
    )


def _cells(routed: Routed) -> list[str]:
    decision = asdict(routed.decision) if routed.decision else None
    status = f"failed: {routed.error}"
    return job_cells(
        {
            "subject": routed.subject or routed.name,
            "status": status,
            "decision": decision,
            "timings": {"total": routed.milliseconds},
        }
    )

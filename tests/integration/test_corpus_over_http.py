"""Real and deliberately broken mail of public collections, posted to a real deployment: nothing breaks or sticks."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deployment import Deployment, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.data]

DATA = Path(os.environ.get("FACTEUR_DATA") or Path(__file__).parents[3] / "shared" / "data")
MESSAGES = DATA / "mime"
TOY = DATA / "melusine" / "emails_v3.jsonl"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    missing = [str(place) for place in (MESSAGES, TOY) if not place.exists()]
    if missing:
        pytest.skip(f"NOT TESTED on public mail: {' and '.join(missing)} absent (set FACTEUR_DATA)")
    var = tmp_path_factory.mktemp("corpus")
    deployment = Deployment(var=var, database_url=f"sqlite:///{var / 'facteur.sqlite'}", obedient=False)
    try:
        deployment.start_ready()
        yield deployment
    finally:
        deployment.stop()


def assert_each_done_or_refused(service: Deployment, bodies: dict[str, bytes], content_type: str) -> None:
    def post(body: bytes):
        return service.request("POST", "/v1/emails", body, {"Content-Type": content_type})

    with ThreadPoolExecutor(6) as clients:
        answers = dict(zip(bodies, clients.map(post, bodies.values()), strict=True))
    accepted = {}
    for name, (status, _, answer) in answers.items():
        if status in {200, 202}:
            accepted[name] = answer["id"]
        else:
            assert 400 <= status < 500, (name, status, answer)
            assert answer["detail"], name
    assert len(accepted) > 0.9 * len(bodies), {name: answers[name][2] for name in bodies if name not in accepted}
    with service.store() as store:

        def settled() -> bool:
            backlog = store.backlog()
            return backlog.queued == 0 and backlog.running == 0

        wait_for(settled, seconds=60, what="the end of the backlog")
        jobs = {name: store.job(job_id) for name, job_id in accepted.items()}
    unfinished = {name: (str(job.status), job.error) for name, job in jobs.items() if job.status != "done"}
    assert unfinished == {}
    assert all(job.decision and job.decision.queue and job.decision.reason for job in jobs.values())
    service.assert_alive()


def test_every_strange_message_is_decided_or_refused_with_a_reason(service) -> None:
    files = sorted(path for path in MESSAGES.rglob("*.eml") if path.is_file())
    assert len(files) >= 400
    bodies = {path.relative_to(MESSAGES).as_posix(): path.read_bytes() for path in files}
    assert_each_done_or_refused(service, bodies, "message/rfc822")


def test_every_mail_of_the_toy_insurer_is_decided(service) -> None:
    bodies = {}
    for line in TOY.read_text(encoding="utf-8").splitlines():
        toy = json.loads(line)
        mail = {
            "from": toy["sender"],
            "to": [toy["to"]] if isinstance(toy["to"], str) else toy["to"],
            "subject": toy["header"],
            "text": toy["body"],
            "attachments": [{"name": str(each), "size": 0} for each in toy["attachments"]],
        }
        bodies[toy["id"]] = json.dumps(mail).encode()
    assert len(bodies) >= 40
    assert_each_done_or_refused(service, bodies, "application/json")

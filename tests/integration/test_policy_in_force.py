"""A saved policy is in force in processes that run, without a restart; one that their model cannot serve is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import Deployment, wait_for

from routing.errors import ConfigurationError
from routing.job import Job, Status
from routing.policy.reading import read_policy
from routing.policy.saving import save_policy
from routing.policy.writing import write_policy
from routing.store.policies import SavedPolicy

pytestmark = pytest.mark.integration

FILE = read_policy()
TEXT = write_policy(FILE)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(var=tmp_path, database_url=f"sqlite:///{tmp_path / 'store.db'}", obedient=False)
    try:
        deployment.start_ready()
        yield deployment
    finally:
        deployment.stop()


def decided(service: Deployment, name: str) -> Job:
    """Send a mail that the model takes for a question about a price; return its job, decided."""
    job_id = service.post_mail(f"Devis {name}", "Un devis, quel tarif ?")[2]["id"]
    with service.store() as store:
        wait_for(lambda: store.job(job_id).status is Status.DONE, seconds=30, what="the decision")
        return store.job(job_id)


def queue_of(service: Deployment, name: str) -> str:
    decision = decided(service, name).decision
    assert decision is not None
    return decision.queue


def test_a_running_worker_decides_by_a_policy_that_was_just_saved(service: Deployment) -> None:
    assert queue_of(service, "before") == "sales"
    pids = service.children("worker")
    with service.store() as store:
        wait_for(lambda: store.workers(seen_after=0.0)[0].model, seconds=30, what="the worker's word on its model")
        changed = TEXT.replace("queue: sales", "queue: shop")
        save_policy(store, changed, author="user ana", note="", expected=0, fallback=FILE, now=time.time())
        names = iter(range(1_000))
        wait_for(lambda: queue_of(service, f"after-{next(names)}") == "shop", seconds=20, what="the new policy")
        version = store.policy_version(2).version
        wait_for(lambda: service.get("/v1/taxonomy")[2]["version"] == version, seconds=20, what="the API's word on it")
        # A policy that the model at work cannot serve is refused at once …
        lacking = TEXT.replace("  quote:", "  price:")
        with pytest.raises(ConfigurationError, match="gives the labels quote"):
            save_policy(store, lacking, author="user ana", note="", expected=2, fallback=FILE, now=time.time())
        # … and one that got into the store all the same changes nothing where mail is decided.
        store.save_policy(SavedPolicy(number=3, version="v3", content=lacking, author="x", at=0.0, note=""))

    def complains() -> bool:
        assert queue_of(service, f"later-{next(names)}") == "shop"
        return "cannot be used here" in (service.var / "worker.log").read_text()

    wait_for(complains, seconds=20, what="the complaint")
    assert queue_of(service, "last") == "shop"
    assert service.children("worker") == pids
    service.assert_alive()

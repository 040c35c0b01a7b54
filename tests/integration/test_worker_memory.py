"""What a worker takes while nothing comes in: the figure that a container's memory limit is chosen by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deployment import Deployment, free_port, wait_for
from probing import answer_of

pytestmark = pytest.mark.integration

MEGABYTES = 250


def resident_megabytes(pid: int) -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def test_an_idle_worker_with_the_bundled_model_takes_less_than_250_mb_a_process(tmp_path: Path) -> None:
    port = free_port()
    service = Deployment(
        var=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'facteur.sqlite'}",
        obedient=False,
        extra={"FACTEUR_MODEL": "bundled", "FACTEUR_METRICS_PORT": str(port)},
    )
    try:
        service.start("redis", "worker")
        wait_for(lambda: answer_of(port, "/readyz")[0] == 200, seconds=60, what="a worker that is prepared")
        taken = {pid: resident_megabytes(pid) for pid in (service.pid("worker"), *service.children("worker"))}
    finally:
        service.stop()
    assert len(taken) == 3
    assert max(taken.values()) < MEGABYTES, taken

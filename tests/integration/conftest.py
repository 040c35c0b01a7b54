from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import Deployment


@pytest.fixture(params=["sqlite"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(var=tmp_path, database_url=f"sqlite:///{tmp_path / 'facteur.sqlite'}")
    yield deployment
    deployment.stop()

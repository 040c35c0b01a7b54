from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import Deployment


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """The service on each database, not started yet."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'facteur.sqlite'}" if on_sqlite else request.getfixturevalue("empty_postgres_url")
    deployment = Deployment(var=tmp_path, database_url=url)
    yield deployment
    deployment.stop()

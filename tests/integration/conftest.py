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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'facteur.sqlite'}"
    return str(request.getfixturevalue("empty_postgres_url"))

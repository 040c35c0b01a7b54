"""The store on SQLite or PostgreSQL: one class, told in chapters."""

from __future__ import annotations

from routing.errors import ConfigurationError
from routing.store.schema import REVISION
from routing.store.sql.claims import Claims
from routing.store.sql.database import Database
from routing.store.sql.deliveries import Deliveries
from routing.store.sql.interventions import Interventions
from routing.store.sql.jobs import Jobs
from routing.store.sql.keys import Keys, Workers
from routing.store.sql.retention import Retention
from routing.store.sql.statement import Statement
from routing.store.sql.submissions import Submissions

_VERSION = Statement("SELECT version_num FROM alembic_version")


class SqlStore(Submissions, Jobs, Claims, Interventions, Deliveries, Keys, Workers, Retention):
    """The store port on a database; made by `routing.store.opening.open_store`. Any number of threads may share one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> None:
        """Ask the database for its schema's version; see the port."""
        found = [row[0] for row in self._database.read(_VERSION)]
        if found != [REVISION]:
            version = ", ".join(found) or "none"
            raise ConfigurationError(
                f"The database's schema is at version {version}, this program needs {REVISION}: run `facteur migrate`."
            )

    def close(self) -> None:
        """Give back every connection; a later call opens new ones."""
        self._database.close()

"""The store on SQLite or PostgreSQL: one class, told in chapters."""

from __future__ import annotations

from routing.errors import ConfigurationError
from routing.store.schema import REVISION
from routing.store.sql.claims import Claims
from routing.store.sql.database import Database
from routing.store.sql.deliveries import Deliveries
from routing.store.sql.desk import SqlDesk
from routing.store.sql.figures import SqlFigures
from routing.store.sql.interventions import Interventions
from routing.store.sql.jobs import Jobs
from routing.store.sql.keys import Keys, Workers
from routing.store.sql.listing import SqlListing
from routing.store.sql.people import SqlPeople
from routing.store.sql.policies import SavedPolicies
from routing.store.sql.retention import Retention
from routing.store.sql.running import SqlRunning
from routing.store.sql.statement import Statement
from routing.store.sql.submissions import Submissions

_VERSION = Statement("SELECT version_num FROM alembic_version")


class SqlStore(
    Submissions,
    Jobs,
    Claims,
    Interventions,
    Deliveries,
    Keys,
    Workers,
    SqlDesk,
    SqlListing,
    SqlPeople,
    SavedPolicies,
    SqlFigures,
    SqlRunning,
    Retention,
):
    """The store port on a database; made by `routing.store.opening.open_store`. Any number of threads may share one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> None:
        """Ask the database for its schema's version; see the port."""
        found = [row[0] for row in self._database.read(_VERSION)]
        if found != [REVISION]:
            _check_other(", ".join(found))

    def close(self) -> None:
        """Give back every connection; a later call opens new ones."""
        self._database.close()


def _check_other(version: str) -> None:
    """Let pass a newer schema whose name says that this program runs on it. Raises ConfigurationError."""
    number, _, since = version.partition("_since_")
    needed = REVISION.partition("_since_")[0]
    if number <= needed or not since:
        raise ConfigurationError(
            f"The database's schema is at version {version or 'none'}, this program needs {REVISION}: "
            "run `facteur migrate`."
        )
    if since > needed:
        raise ConfigurationError(
            f"The database's schema is at version {version}, which this program no longer fits ({REVISION}): "
            "run the newer version of it."
        )

"""The store on SQLite or PostgreSQL: one class, told in chapters."""

from __future__ import annotations

from routing.store.fit import check_fit
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
        check_fit(", ".join(row[0] for row in self._database.read(_VERSION)))

    def close(self) -> None:
        """Give back every connection; a later call opens new ones."""
        self._database.close()

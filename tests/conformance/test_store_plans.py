"""What the hot path asks costs the same with a million finished jobs: every plan goes through its index."""

from __future__ import annotations

import pytest

from routing.job import Status
from routing.store.sql import claims, deliveries, jobs, submissions

NOW = {"now": 1_000.0}
PLANS = [
    (claims._HEAD, NOW, "jobs_due"),
    (claims._ORDINARY, NOW | {"limit": 64}, "jobs_due"),
    (claims._ENDED, NOW, "jobs_leases"),
    (claims._OF_WORKER, {"worker": "node/1"}, "jobs_leases"),
    (claims._OF_NODE, {"worker": "node/"}, "jobs_leases"),
    (deliveries._DUE, NOW | {"limit": 64}, "deliveries_due"),
    (submissions._BY_MESSAGE, {"source": "s", "key": "k"}, "jobs_repeats"),
    (submissions._BY_KEY, {"source": "s", "key": "k"}, "jobs_idempotency"),
    (jobs._listing(None, ("queue",)), {"queue": "q", "limit": 50}, "jobs_queue"),
    (jobs._listing(Status.FAILED, ()), {"limit": 50}, "jobs_failed"),
    (jobs._BACKLOG, {}, "jobs_failed"),
]


@pytest.fixture
def database(sql_store, make):
    for start in range(0, 2_000, 500):
        make.accepted(sql_store, *map(str, range(start, start + 500)), callback_url="https://example.org/hook")
        done = make.claim(sql_store, now=1_000.0, limit=500)
        decision = make.decision(queue=f"queue {start}")
        sql_store.record([make.decided(one, decision=decision) for one in done], worker="node/1", now=1_000.0)
    made = sql_store._database
    with made._engine.connect() as connection:
        if made.postgresql:
            connection.exec_driver_sql("DELETE FROM deliveries")
            connection.exec_driver_sql("VACUUM ANALYZE")
    return made


def test_no_statement_of_the_hot_path_reads_finished_jobs(database):
    for statement, parameters, index in PLANS:
        assert index in explain(database, statement, parameters), statement.sqlite


def explain(database, statement, parameters):
    word, sql = ("EXPLAIN ", statement.postgresql) if database.postgresql else ("EXPLAIN QUERY PLAN ", statement.sqlite)
    with database._engine.connect() as connection:
        if database.postgresql:
            # So few rows fit some pages: without this, reading all of them is rightly cheaper.
            connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(word + sql, parameters).all()
        if database.postgresql:
            connection.exec_driver_sql("RESET enable_seqscan")
    return "\n".join(str(row) for row in plan)

"""What the hot path asks costs the same with a million finished jobs: every plan goes through its index."""

from __future__ import annotations

import contextlib
import itertools
import re
from dataclasses import replace

import pytest

from routing.desk import Order, State
from routing.job import Status
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.sql import claims, deliveries, desk, figures, jobs, listing, pages, people, running, submissions
from routing.store.sql.statement import Statement

NOW = {"now": 1_000.0}
ID = "00000000-0000-7000-8000-000000000000"
FAILED = {"source": "gate", "error": "ValueError", "before": ID, "limit": 50}
HOUR = {"since": 1_000.0, "until": 1_001.0}
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
    (figures._VOLUMES_LIVE, HOUR, "jobs_decided"),
    (figures._TIMES_LIVE, HOUR, "jobs_decided"),
    (figures._OLDEST, HOUR, "jobs_decided"),
    (running._listing(()), {"limit": 50}, "jobs_failed"),
    (running._listing(("source", "error", "before")), FAILED, "jobs_failed"),
    (running._KINDS, {}, "jobs_failed"),
    (people._BY_NAME, {"key": "anne"}, "users_keys"),
    (desk._STATES, {}, "jobs_open_oldest"),
    (desk._ARRIVED, {"since": '{"q": 1.0}', "most": 100}, "jobs_open_arrived"),
    (desk._BATCH, {"batch": ID, "actor": "user anne"}, ("acts_of_a_batch", "acts_pkey")),
    (desk._LAST_WORD, {"id": ID}, "events_of_a_job"),
    (listing._COUNT, {"match": "read", "most": 100}, ("texts_index", "texts_words")),
    (listing._HITS, {"match": "read", "most": 100}, ("texts_index", "texts_words")),
]
INDEXES = {
    Order.PRESSING: "pressing",
    Order.NEWEST: "arrived",
    Order.OLDEST: "arrived",
    Order.UNSURE: "unsure",
    Order.USEFUL: "useful",
}
VALUES = {
    "limit": 50,
    "queue": "queue 500",
    "label": "quote",
    "assignee": "anne",
    "model_label": "quote",
    "key_a": 0,
    "key_b": 1.0,
    "after_id": ID,
}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request, make, tmp_path_factory):
    """A store of each kind with 2,000 mails, which the tests here only ask about."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'store.db'}"
        else:
            made = request.getfixturevalue("schema_of")
            url = stack.enter_context(made(request.getfixturevalue("postgres_server")))
        migrate(url)
        store = stack.enter_context(contextlib.closing(open_store(url)))
        yield filled(store, make)


def filled(store, make):
    for start in range(0, 2_000, 500):
        make.accepted(store, *map(str, range(start, start + 500)), callback_url="https://example.org/hook")
        done = make.claim(store, now=1_000.0, limit=500)
        decision = make.decision(queue=f"queue {start}")
        store.record([make.decided(one, decision=decision) for one in done], worker="node/1", now=1_000.0)
    made = store._database
    with made._engine.connect() as connection:
        if made.postgresql:
            connection.exec_driver_sql("DELETE FROM deliveries")
            connection.exec_driver_sql("VACUUM ANALYZE")
    return made


def test_no_statement_of_the_hot_path_reads_finished_jobs(database):
    for statement, parameters, index in PLANS:
        plan = explain(database, statement, parameters)
        assert any(name in plan for name in ((index,) if isinstance(index, str) else index)), statement.sqlite


def test_a_list_is_read_in_its_order_from_where_it_goes_on(database):
    given = ((), ("queue",), ("language", "queue"))
    for order, state, names, cursor in itertools.product(Order, (State.OPEN, State.HANDLED), given, (False, True)):
        made = pages.Shape(state=state, order=order, given=names, cursor=cursor, unasked=False, columns=pages.KEYS)
        plan = explain(database, pages.statement(made), VALUES | {"language": "fr"}, without="sort, bitmapscan")
        assert f"jobs_{state}_{INDEXES[order]}" in plan, (made, plan)
        if names and not database.postgresql and order is not Order.UNSURE:
            assert "TEMP B-TREE" not in plan, (made, plan)


def test_a_list_of_few_is_read_from_their_own_index(database):
    for order in Order:
        for given, state, index in (
            (("assignee",), State.OPEN, "jobs_open_taken"),
            (("assignee", "queue"), State.OPEN, "jobs_open_taken"),
            (("assignee",), State.HANDLED, "jobs_handled_taken"),
            (("assignee",), State.ANY, "jobs_handled_taken"),
            (("label",), State.OPEN, "jobs_open_labelled"),
            (("label",), State.HANDLED, "jobs_handled_labelled"),
            (("model_label", "reviewed"), State.ANY, "jobs_reviewed"),
        ):
            made = pages.Shape(state=state, order=order, given=given, cursor=False, unasked=False)
            plan = explain(database, pages.statement(made), VALUES, without="bitmapscan")
            # PostgreSQL chooses itself, and no mail here is handled: any index of these is as good.
            free = database.postgresql and ("queue" in given or index == "jobs_handled_taken")
            assert index in plan or free, (made, plan)


def test_a_list_of_handled_mails_that_few_fit_is_read_to_a_place_in_its_order(database):
    values = VALUES | {"language": "fr", "looked": 3, "until_a": 2, "until_b": 3.0, "until_id": ID}
    for order, state, queue in itertools.product(Order, (State.HANDLED, State.ANY), ((), ("queue",))):
        made = pages.Shape(state=state, order=order, given=("language", *queue), cursor=False, unasked=False)
        all_of_it = pages.whole(made)
        assert (all_of_it.state, all_of_it.given) == (State.HANDLED, queue)
        ahead = replace(all_of_it, ahead=True, columns=pages.KEYS)
        plan = explain(database, pages.statement(ahead), values, without="sort, bitmapscan")
        assert f"jobs_handled_{INDEXES[order]}" in plan, (made, plan)
        plan = explain(database, pages.statement(replace(made, until=True)), values, without="sort, bitmapscan")
        assert f"jobs_handled_{INDEXES[order]}" in plan, (made, plan)
        if not database.postgresql:
            ends = {"<", ">"} & set(re.findall(r"id\)([<>])\(", plan))
            assert ends == {"<" if pages._SORTS[order][2] == ">" else ">"}, (made, plan)


def test_only_what_no_index_has_ends_a_list_before_its_end():
    for given, order, state, ends in (
        ((), Order.NEWEST, State.HANDLED, False),
        (("queue",), Order.USEFUL, State.ANY, False),
        (("language",), Order.PRESSING, State.OPEN, False),
        (("arrived_after", "queue"), Order.NEWEST, State.ANY, False),
        (("arrived_after", "queue"), Order.PRESSING, State.ANY, True),
        (("rank",), Order.PRESSING, State.HANDLED, False),
        (("assignee",), Order.NEWEST, State.HANDLED, False),
        (("assignee", "language"), Order.NEWEST, State.HANDLED, True),
        (("label",), Order.PRESSING, State.HANDLED, False),
        (("label", "language"), Order.PRESSING, State.HANDLED, True),
        (("label", "language"), Order.UNSURE, State.HANDLED, False),
        (("model_label", "reviewed", "label"), Order.NEWEST, State.ANY, False),
        (("nobody",), Order.PRESSING, State.ANY, True),
        (("ids", "language"), Order.PRESSING, State.ANY, False),
    ):
        made = pages.Shape(state=state, order=order, given=given, cursor=False, unasked=False)
        assert (pages.whole(made) is not None) is ends, made


def test_postgresql_compiles_no_statement(postgres_url):
    store = open_store(postgres_url)
    assert store._database.read(Statement("SHOW jit")) == [("off",)]
    store.close()


def explain(database, statement, parameters, *, without=""):
    word, sql = ("EXPLAIN ", statement.postgresql) if database.postgresql else ("EXPLAIN QUERY PLAN ", statement.sqlite)
    with database._engine.connect() as connection:
        if database.postgresql:
            # So few rows fit some pages: without this, reading all of them is rightly cheaper.
            off = ["seqscan", *filter(None, without.split(", "))]
            for way in off:
                connection.exec_driver_sql(f"SET enable_{way} = off")
        plan = connection.exec_driver_sql(word + sql, parameters).all()
        if database.postgresql:
            for way in off:
                connection.exec_driver_sql(f"RESET enable_{way}")
    return "\n".join(str(row) for row in plan)

"""A statement is written once and spelled for both databases."""

from __future__ import annotations

import pytest

from routing.ids import is_uuid, uuid7
from routing.store.sql.rows import first_id
from routing.store.sql.statement import Statement, insert


def test_names_become_each_drivers_parameters():
    statement = Statement("SELECT a\n  FROM t WHERE a = :a_b")
    assert statement.sqlite == "SELECT a FROM t WHERE a = :a_b"
    assert statement.postgresql == "SELECT a FROM t WHERE a = %(a_b)s"


def test_locks_are_for_postgresql_only():
    statement = Statement("SELECT a FROM t LIMIT :n FOR UPDATE SKIP LOCKED")
    assert statement.sqlite == "SELECT a FROM t LIMIT :n"
    assert statement.postgresql == "SELECT a FROM t LIMIT %(n)s FOR UPDATE SKIP LOCKED"
    assert Statement("SELECT a FROM t, u FOR UPDATE OF t SKIP LOCKED").sqlite == "SELECT a FROM t, u"


def test_arrays_are_one_parameter():
    statement = Statement("DELETE FROM t WHERE id IN :ids")
    assert statement.sqlite == "DELETE FROM t WHERE id IN (SELECT value FROM json_each(:ids))"
    assert statement.postgresql == "DELETE FROM t WHERE id = ANY(%(ids)s::uuid[])"


def test_an_insert_names_its_columns():
    assert insert("t", ("a", "b"), otherwise="ON CONFLICT DO NOTHING").sqlite == (
        "INSERT INTO t (a, b) VALUES (:a, :b) ON CONFLICT DO NOTHING"
    )


@pytest.mark.parametrize("at", [0.0, 1_000.0, 1_790_000_000.25])
def test_the_first_id_of_a_time_parts_earlier_ids_from_later_ones(at):
    assert uuid7(max(at - 0.01, 0.0)) < first_id(at + 0.001)
    assert first_id(at) <= uuid7(at + 0.001)
    assert is_uuid(first_id(at))


@pytest.mark.parametrize("at", [1e12, 1e300, float("inf")])
def test_times_that_no_id_can_carry_have_the_highest_id(at):
    assert first_id(at) == "ffffffff-ffff-7000-8000-000000000000"


def test_times_before_1970_have_the_lowest_id():
    assert first_id(-5.0) == "00000000-0000-7000-8000-000000000000"

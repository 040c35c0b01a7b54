"""What the page on deployment says of sizes follows from the results in the tree, by the rules that it names."""

from __future__ import annotations

from pathlib import Path

import pytest
import sizing_paper

PAGE = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text(encoding="utf-8")


@pytest.fixture
def sizing():
    return sizing_paper.read("sizing")


@pytest.fixture
def growth():
    return sizing_paper.read("growth")["results"]


def test_the_page_has_the_tables_that_follow_from_the_results(sizing, growth):
    lines = set(PAGE.splitlines())
    for table in (
        sizing_paper.replicas(sizing, growth),
        sizing_paper.rooms(growth),
        sizing_paper.storage(sizing, growth),
    ):
        found = list(table)
        assert len(found) >= 3
        assert set(found) <= lines


def test_the_page_has_the_costs_that_the_tables_were_made_of(sizing, growth):
    mean, server = sizing["service"]["mean_ms"], growth["postgresql"]
    assert f"{1000 / mean:.0f} mails a second ({mean:.1f} ms each" in PAGE
    assert f"{server['server_cpu_ms']:.1f} ms of a core" in PAGE
    assert f"{server['log_bytes'] / 1000:.1f} kB of log" in PAGE
    assert f"({sizing_paper.ACCEPT_MS} ms)" in PAGE
    assert "at half of the cores" in PAGE
    [storm] = [row for row in sizing["rows"] if row["mails_a_day"] == 1_000_000]
    assert f"{storm['busiest_a_second'] * sizing['assumed']['storm']:.0f} mails a second" in PAGE
    assert f"the last mail waits {storm['storm_longest'] / 3600:.1f} hours" in PAGE
    assert sizing_paper.HALF == 0.5


def test_cores_and_pods_are_those_of_the_rule(growth):
    growth["postgresql"] |= {"server_cpu_ms": 2.0, "log_bytes": 10_000.0}
    rows = [
        {"mails_a_day": 1, "busiest_a_second": 0.1, "processes": 1},
        {"mails_a_day": 2, "busiest_a_second": 1000.0, "processes": 5},
    ]
    assert list(sizing_paper.replicas({"rows": rows}, growth)) == [
        "| 1 | 0 | 1 | 2 | 2 | 2 |",
        "| 2 | 1,000 | 5 | 4 | 3 | 4, 10 MB of log a second |",
    ]

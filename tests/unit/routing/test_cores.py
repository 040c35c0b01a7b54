"""How many cores a process may use, read from files as control groups have them."""

import os

import pytest

from routing import cores
from routing.cores import usable_cores


@pytest.fixture(autouse=True)
def _machine_of_64(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _pid: set(range(64)))
    else:
        monkeypatch.setattr(cores.os, "cpu_count", lambda: 64)


@pytest.fixture
def machine(tmp_path):
    """Files by path, and what is read from them."""

    def write(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


UNIFIED = "sys/fs/cgroup"
SELF = "proc/self/cgroup"


@pytest.mark.parametrize(
    ("limit", "cores_"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("1000 100000", 1),
        ("150000 100000", 2),
        ("400000 100000", 4),
        ("200000 50000", 4),
        ("12800000 100000", 64),
        ("max 100000", 64),
    ],
)
def test_a_container_has_the_cores_of_its_limit_rounded_up(machine, limit, cores_):
    root = machine({SELF: "0::/\n", f"{UNIFIED}/cpu.max": f"{limit}\n"})
    assert usable_cores(root) == cores_


def test_the_limit_of_a_group_above_binds_too(machine):
    root = machine(
        {
            SELF: "0::/kubepods/pod1/facteur\n",
            f"{UNIFIED}/kubepods/pod1/facteur/cpu.max": "max 100000\n",
            f"{UNIFIED}/kubepods/pod1/cpu.max": "300000 100000\n",
            f"{UNIFIED}/kubepods/cpu.max": "6000000 100000\n",
        }
    )
    assert usable_cores(root) == 3


@pytest.mark.parametrize("path", ["/kubepods/pod1/facteur", "/../../pod1", "/"])
def test_a_group_that_is_named_by_its_path_outside_is_read_where_it_is_mounted(machine, path):
    root = machine({SELF: f"0::{path}\n", f"{UNIFIED}/cpu.max": "200000 100000\n"})
    assert usable_cores(root) == 2


@pytest.mark.parametrize(
    ("controllers", "folder"), [("cpu,cpuacct", "cpu,cpuacct"), ("cpu,cpuacct", "cpu"), ("cpu", "cpu")]
)
@pytest.mark.parametrize(("quota", "cores_"), [("250000", 3), ("-1", 64)])
def test_control_groups_of_the_first_version_are_read_as_well(machine, controllers, folder, quota, cores_):
    root = machine(
        {
            SELF: f"12:memory:/docker/1\n4:{controllers}:/docker/1\n2:cpuset:/docker/1\n0::/system.slice\n",
            f"{UNIFIED}/{folder}/cpu.cfs_quota_us": f"{quota}\n",
            f"{UNIFIED}/{folder}/cpu.cfs_period_us": "100000\n",
        }
    )
    assert usable_cores(root) == cores_


@pytest.mark.parametrize(
    "files",
    [
        {},
        {SELF: "nonsense\n\n::\n"},
        {SELF: "0::/\n"},
        {SELF: "0::/\n", f"{UNIFIED}/cpu.max": "many\n"},
        {SELF: "0::/\n", f"{UNIFIED}/cpu.max": "100000 0\n"},
        {SELF: "4:cpu:/\n", f"{UNIFIED}/cpu/cpu.cfs_quota_us": "100000\n"},
    ],
)
def test_what_cannot_be_read_limits_nothing(machine, files):
    assert usable_cores(machine(files)) == 64


def test_the_scheduler_may_grant_less_than_the_limit(machine, monkeypatch):
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _pid: {0, 5}, raising=False)
    assert usable_cores(machine({SELF: "0::/\n", f"{UNIFIED}/cpu.max": "800000 100000\n"})) == 2

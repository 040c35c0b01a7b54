"""The tests' own rules: nothing leaves this machine, and in CI nothing is skipped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SKIPPING = """
import pytest

def test_that_passes():
    pass

def test_that_is_skipped():
    pytest.skip("no server")

@pytest.mark.data
def test_that_wants_data():
    pytest.skip("no data")

@pytest.mark.xfail(reason="known")
def test_that_fails_as_expected():
    assert False
"""


def test_another_machine_cannot_be_talked_to():
    with socket.socket() as client, pytest.raises(AssertionError, match="this machine only"):
        client.connect(("192.0.2.1", 80))
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client,
        pytest.raises(AssertionError, match="this machine only"),
    ):
        client.sendto(b"", ("2001:db8::1", 53))


def test_no_foreign_name_is_resolved():
    with pytest.raises(AssertionError, match="no foreign names"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_can_be_talked_to(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
    path = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def test_settings_of_the_developer_are_out_of_sight():
    assert [
        name for name in os.environ if name.startswith("FACTEUR_") and "TEST" not in name and "DATA" not in name
    ] == []


def run_in(folder, *options, more="", **environ):
    (folder / "test_some.py").write_text(SKIPPING)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    data\n")
    (folder / "conftest.py").write_text(CONFTEST.read_text() + more)
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def outcome_of(folder, *options, **environ):
    return run_in(folder, *options, **environ).splitlines()[-1].partition(" in ")[0]


def test_a_skipped_test_fails_in_ci_unless_it_wants_data(tmp_path):
    assert outcome_of(tmp_path, CI="true") == "1 failed, 1 passed, 1 skipped, 1 xfailed"


def test_elsewhere_a_test_may_be_skipped(tmp_path):
    assert outcome_of(tmp_path) == "1 passed, 2 skipped, 1 xfailed"


def test_a_module_that_skips_itself_fails_in_ci(tmp_path):
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('no torch', allow_module_level=True)\n")
    assert "1 error" in outcome_of(tmp_path, CI="true")
    assert "1 error" not in outcome_of(tmp_path)


def test_processes_that_share_the_tests_skip_no_more_than_one(tmp_path):
    assert outcome_of(tmp_path, "-n2", CI="true") == "1 failed, 1 passed, 1 skipped, 1 xfailed"
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('no torch', allow_module_level=True)\n")
    assert "1 error" in outcome_of(tmp_path, "-n2", CI="true")


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "shared"])
@pytest.mark.parametrize("environ", [{}, {"CI": "true"}], ids=["elsewhere", "CI"])
def test_a_run_without_postgresql_says_so_in_capitals(tmp_path, options, environ):
    (tmp_path / "test_stored.py").write_text("def test_of_the_store(postgres_server):\n    pass\n")
    nobody = {"FACTEUR_TEST_POSTGRES_URL": "", **environ}
    assert "POSTGRESQL WAS NOT TESTED" in run_in(tmp_path, *options, more="\nCANDIDATES = ()\n", **nobody)

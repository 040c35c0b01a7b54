"""What holds for every test: no network beyond this machine, none of the developer's settings, no skip in CI.

PostgreSQL is the server that `FACTEUR_TEST_POSTGRES_URL` names, else one on this machine. A run without any says so
where nobody can overlook it.

A run of whole folders is shared by as many processes as there are cores, a file at a time; one that names files, tests
or words stays in one process, which starts sooner. `-n 0` and `-n 4` say otherwise.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import make_url
from xdist.scheduler import LoadScopeScheduling

MAY_BE_AWAY = {"data", "history"}
"""Marks of what a machine need not have, also in CI."""
POSTGRES = "FACTEUR_TEST_POSTGRES_URL"
OURS_TO_KEEP = {POSTGRES, "FACTEUR_DATA"}
NEAR = {"localhost", "", None, urlsplit(os.environ.get(POSTGRES, "")).hostname}
CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname"}

# How long an example takes says how busy the machine is, not whether it holds.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class NetworkUsed(AssertionError):
    """A test wanted to talk to another machine."""


def _is_near(host):
    host = host.decode() if isinstance(host, bytes) else host
    if host in NEAR:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard_network(event, arguments):
    if event in CONNECTING and arguments[0].family in {socket.AF_INET, socket.AF_INET6}:
        address = arguments[1]
        if address and not _is_near(address[0]):
            raise NetworkUsed(f"{event} to {address[0]}: tests talk to this machine only")
    elif event in RESOLVING and not (_is_near(arguments[0]) or _is_address(arguments[0])):
        raise NetworkUsed(f"{event} of {arguments[0]!r}: tests resolve no foreign names")


def _is_address(host):
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# An audit hook sees whatever uses Python's sockets, and cannot be patched away. Resolving an address that is written
# in digits asks nobody.
sys.addaudithook(_guard_network)


def pytest_configure(config):
    """Let coverage follow into the processes that share the tests, and no further: services would be slower by half."""
    if config.getoption("dist", default="no") == "no":
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch):
    for name in list(os.environ):
        if name.startswith("FACTEUR_") and name not in OURS_TO_KEEP:
            monkeypatch.delenv(name)


def _reason(report):
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _fail_instead_of_skipping(report):
    report.outcome, report.longrepr = "failed", f"With CI set nothing may be skipped, but: {_reason(report)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001 - the hook's signature
    report = yield
    missed = report.skipped and not hasattr(report, "wasxfail") and not MAY_BE_AWAY & set(item.keywords)
    if os.environ.get("CI") and missed:
        _fail_instead_of_skipping(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):  # noqa: ARG001 - the hook's signature
    report = yield
    if os.environ.get("CI") and report.skipped:
        _fail_instead_of_skipping(report)
    return report


CHOOSING = ("keyword", "markexpr", "lf", "failedfirst", "newfirst", "stepwise", "collectonly", "showfixtures")
"""The options of a run that names what it wants of a folder: words, marks, the last failures; or that runs nothing."""


def _is_chosen(config):
    return any(not Path(argument).is_dir() for argument in config.args) or any(
        config.getoption(name, default=False) for name in CHOOSING
    )


MOST_PROCESSES = 8
"""More would wait for the longest file, and each takes up to a gigabyte."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    cores = min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
    return 0 if _is_chosen(config) or cores == 1 else cores


SLOW = ("tests/browser", "tests/integration", "tests/kits[pyspark]", "tests/kits[predictive-api]")
"""What is begun first, so that in the end no core waits long for another."""
ALONE = ("tests/integration/test_kill.py", "tests/integration/test_rolling_upgrade.py", "tests/integration/test_up.py")
"""Files whose tests share nothing: each starts a service of its own."""


KIT = re.compile(r"^tests/kits/.*\[(python|pyspark|predictive-api|training)\b")
"""Tests of a starter kit, whose id begins with its name."""


class ByFile(LoadScopeScheduling):
    """Gives each process a file at a time, whose tests share what they start; the browser's share one service.

    Those of a starter kit share the projects that are made from it.
    """

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        if kit := KIT.match(nodeid):
            return f"tests/kits[{kit[1]}]"
        if file in ALONE:
            return nodeid
        return SLOW[0] if file.startswith(SLOW[0]) else file

    def _assign_work_unit(self, node):
        self.workqueue.move_to_end(min(self.workqueue, key=self._turn), last=False)
        super()._assign_work_unit(node)

    def _turn(self, scope):
        return next((turn for turn, folder in enumerate(SLOW) if scope.startswith(folder)), len(SLOW))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


CANDIDATES = (
    "postgresql://facteur:facteur@127.0.0.1:5432/facteur_test",
    "postgresql:///postgres?host=/var/run/postgresql",
)
HOW = (
    f"No PostgreSQL server answers, so the store was NOT tested on it. Name one in {POSTGRES}, or install one "
    "(apt-get install postgresql), start it and run as its superuser: CREATE ROLE facteur LOGIN CREATEDB PASSWORD "
    "'facteur'; CREATE DATABASE facteur_test OWNER facteur;"
)
LOUD = {
    "No PostgreSQL server answers": "POSTGRESQL WAS NOT TESTED",
    "No Chromium was found": "THE CONSOLE WAS NOT TESTED IN A BROWSER",
    "No Java 17 was found": "THE STARTER KIT FOR SPARK WAS NOT TESTED",
    "No Python 3.12 was found": "THE STARTER KITS WERE NOT TESTED ON PYTHON 3.12",
    "Nothing that builds images was found": "THE IMAGES OF THE STARTER KITS WERE NOT BUILT",
    "The history of the repository is not here": "NO UPGRADE FROM AN OLD VERSION WAS TESTED",
    "No release holds starter kits yet": "NO UPDATE OF A PROJECT FROM A RELEASED STARTER KIT WAS TESTED",
}
"""How the reason of a skip begins that nobody may overlook: what is said in capitals."""


def pytest_terminal_summary(terminalreporter):
    """Read it from the reports: they come from every process that took part."""
    told = [_reason(report) for kind in ("skipped", "failed", "error") for report in terminalreporter.getreports(kind)]
    for begin, title in LOUD.items():
        said = next((text[text.index(begin) :] for text in told if begin in text), None)
        if said:
            terminalreporter.write_sep("!", title, red=True, bold=True)
            terminalreporter.write_line(said, red=True)


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a database of this process's own on a server that answers."""
    named = os.environ.get(POSTGRES)
    for url in (named,) if named else CANDIDATES:
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            if named:
                raise
            continue
        with _database_of_its_own(url) as own:
            yield own
        return
    pytest.skip(HOW)


@contextmanager
def _database_of_its_own(url):
    """Keep processes that test at once apart: locks on migrating and statistics are a database's.

    What a test commits need not outlive the server, so no commit waits for the disk. Where the role may make no
    databases, the one that the URL names is shared, each test in a schema of its own.
    """
    name = f"facteur_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(f"CREATE DATABASE {name}")
        except psycopg.errors.InsufficientPrivilege:
            yield url
            return
        try:
            connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres_url(postgres_server, schema_of):
    """The URL of a schema of its own, without tables."""
    with schema_of(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def schema_of():
    """A context that makes a schema of its own on a server, gives its URL, and drops it."""
    return _schema_of


@contextmanager
def _schema_of(server):
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        url = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
        connection.execute(f"DROP SCHEMA {name} CASCADE")

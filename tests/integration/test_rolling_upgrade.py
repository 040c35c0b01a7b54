"""Two versions run on one database while it is migrated, and the older one again afterwards, and no mail is lost.

What runs beside this tree is a next version, made of a copy with one more migration and code that needs it, and the
oldest version that the schema serves, out of the history.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deployment import wait_for
from release import NEXT_REVISION, HistoryMissing, Release, after_oldest_served, next_tree, old_tree

from routing.store.schema import REVISION

pytestmark = pytest.mark.integration

ENOUGH = 3
"""Mails of each kind that a phase with two versions must bring before it may end."""


PAUSE_SECONDS = 0.1
"""Of each sender between two mails."""


class Senders:
    """Mail systems that post until they are told to end, to the versions in service, and repeat what was not taken."""

    def __init__(self, *releases: Release, clients: int = 2) -> None:
        self.in_service = releases
        self.accepted: dict[str, str] = {}
        """Job to the name of the version that took it."""
        self.answers: Counter[int] = Counter()
        self._sent = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(client,)) for client in range(clients)]

    @contextmanager
    def sending(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _run(self, client: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            with self._lock:
                self._sent += 1
            self._send(f"{client}-{number}")
            time.sleep(PAUSE_SECONDS)

    def _send(self, name: str) -> None:
        for turn in range(100):
            release = self.in_service[(turn + hash(name)) % len(self.in_service)]
            status, _, job = release.post_mail(f"un sinistre {name}", **{"Idempotency-Key": name})
            with self._lock:
                self.answers[status] += 1
                if status in {200, 202}:
                    self.accepted.setdefault(job["id"], release.name)
                    return
            time.sleep(0.05)

    def assert_all_were_taken(self) -> None:
        """Each once, and nobody was answered with an error; 0 is a connection to a version that was just stopped."""
        assert set(self.answers) <= {0, 200, 202}, self.answers
        assert len(self.accepted) == self._sent


def deciders(release: Release) -> dict[str, list[str]]:
    """Job to the versions that decided it, once for every time, by its history."""
    found: dict[str, list[str]] = {}
    for job_id, actor in release.rows("SELECT job_id, actor FROM events WHERE kind = 'decided'"):
        found.setdefault(str(job_id), []).append(actor.removeprefix("worker ").partition("/")[0])
    return found


def wait_until_both_take_part(senders: Senders, one: Release, other: Release, *, since: int) -> None:
    """Wait until each version decided mails that each took, of those after the first `since`."""
    wanted = {(taken, decided) for taken in (one.name, other.name) for decided in (one.name, other.name)}

    def seen() -> bool:
        decided = deciders(one)
        jobs = list(senders.accepted.items())[since:]
        pairs = Counter((taken, decided[job_id][0]) for job_id, taken in jobs if job_id in decided)
        return all(pairs[pair] >= ENOUGH for pair in wanted)

    wait_for(seen, seconds=60, what="mail taken by each version and decided by each")


def assert_each_decided_once(release: Release, senders: Senders) -> None:
    wait_for(
        lambda: not release.rows("SELECT id FROM jobs WHERE status IN ('queued', 'running')"),
        seconds=60,
        what="the end of the backlog",
    )
    senders.assert_all_were_taken()
    assert Counter(release.rows("SELECT status FROM jobs")) == {("done",): len(senders.accepted)}
    assert {job_id: len(names) for job_id, names in deciders(release).items()} == dict.fromkeys(senders.accepted, 1)


@contextmanager
def mail_flowing(old: Release, new: Release) -> Iterator[Senders]:
    """Make the database of `old`, start it, and let mail come, to it alone as yet."""
    old.run("migrate")
    old.secret = new.secret = old.run("keys", "create", "mail-system")
    old.start("redis")
    old.roll_out()
    senders = Senders(old)
    with senders.sending():
        wait_for(lambda: len(senders.accepted) >= ENOUGH, seconds=20, what="mail")
        yield senders
        begun = len(senders.accepted)
        wait_for(lambda: len(senders.accepted) >= begun + ENOUGH, seconds=20, what="mail after all was changed")


def migrate_under_way(old: Release, new: Release) -> None:
    """Migrate while `old` works; the pods of `new` wait for it."""
    waiting = new.begin("migrate", "--wait")
    assert waiting.stderr.readline().startswith("Waiting: "), "the schema still lacks what the next version needs"
    new.run("migrate")
    assert waiting.communicate(timeout=60)[0].startswith("This version runs on the schema")
    assert old.get("/readyz")[0] == 200


def replace(before: Release, after: Release, senders: Senders) -> None:
    """Roll one version out over another: both take mail and decide it for a while, then the other is ended."""
    begun = len(senders.accepted)
    after.roll_out()
    senders.in_service = (before, after)
    wait_until_both_take_part(senders, before, after, since=begun)
    senders.in_service = (after,)
    before.withdraw()


@pytest.fixture
def release(empty_database_url, tmp_path):
    """Make versions on one database and one Redis; they are stopped in the end."""
    made = []

    def make(name: str, **how) -> Release:
        made.append(Release(var=tmp_path, database_url=empty_database_url, name=name, **how))
        return made[-1]

    yield make
    for each in reversed(made):
        each.stop()


def assert_marked_by_whom_it_was_decided(release: Release, senders: Senders) -> None:
    marked = {str(job_id): mark for job_id, mark in release.rows("SELECT id, postmark FROM jobs")}
    assert marked == {job_id: "next" if "next" in names else None for job_id, names in deciders(release).items()}
    taken = {str(job_id) for [job_id] in release.rows("SELECT job_id FROM postmarks")}
    assert {job_id for job_id, name in senders.accepted.items() if name == "next"} <= taken


def version_of(release: Release) -> object:
    return release.rows("SELECT version_num FROM alembic_version")[0][0]


@pytest.fixture
def now_and_next(release, tmp_path: Path) -> tuple[Release, Release]:
    return release("now"), release("next", tree=next_tree(tmp_path / "tree"))


ON_SQLITE = pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize(
    "empty_database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""The way back is gone on one database only, since every version takes seconds to start."""


def assert_it_leaves_when_it_is_shut_out(release: Release) -> None:
    release.change("UPDATE alembic_version SET version_num = '9999_since_9999'")
    assert release.get("/readyz")[0] == 503
    worker = release.parts["worker"]
    assert worker.process.wait(timeout=60) == 0, "as when it is asked to end"
    assert "The node ends: The database's schema is at version 9999_since_9999" in worker.last_words(40)
    worker.start()
    assert worker.process.wait(timeout=60) == 1
    assert "run the newer version" in worker.last_words(1)


@ON_SQLITE
def test_the_next_version_takes_over_without_loss_until_a_contracting_migration_shuts_it_out(now_and_next) -> None:
    now, coming = now_and_next
    with mail_flowing(now, coming) as senders:
        migrate_under_way(now, coming)
        replace(now, coming, senders)
    assert_each_decided_once(coming, senders)
    assert_marked_by_whom_it_was_decided(coming, senders)
    assert_it_leaves_when_it_is_shut_out(coming)


@ON_POSTGRESQL
def test_this_version_comes_back_on_the_schema_of_the_next_which_stays(now_and_next) -> None:
    now, coming = now_and_next
    with mail_flowing(now, coming) as senders:
        migrate_under_way(now, coming)
        replace(now, coming, senders)
        now.run("migrate")  # what the deployment of any version does first, also of one gone back to
        replace(coming, now, senders)
    assert_each_decided_once(now, senders)
    assert_marked_by_whom_it_was_decided(now, senders)
    assert version_of(now) == NEXT_REVISION, "no schema goes back"


@ON_POSTGRESQL
@pytest.mark.history
def test_the_oldest_version_that_the_schema_serves_works_on_beside_this_one(release, tmp_path: Path) -> None:
    before = after_oldest_served()
    if not before:
        pytest.skip("The schema serves this version alone.")
    try:
        tree = old_tree(tmp_path / "tree", before=before)
    except HistoryMissing as missing:
        pytest.skip(f"The history of the repository is not here, so NO old version was tested ({missing}).")
    old, now = release("old", tree=tree), release("now")
    with mail_flowing(old, now) as senders:
        migrate_under_way(old, now)
        replace(old, now, senders)
    assert_each_decided_once(now, senders)
    assert version_of(now) == REVISION
    with now.store() as store:
        store.recount()  # as the errands do every hour
        assert sum(state.open for state in store.queue_states()) == len(senders.accepted)
    assert not now.rows("SELECT id FROM jobs WHERE arrived_at = 0 OR routed_queue IS NULL"), "all can be listed"

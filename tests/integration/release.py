"""Versions of the service that run side by side: this tree, a made-up next one, and old ones from the history."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from deployment import Deployment, free_port, wait_for
from sqlalchemy import NullPool, create_engine, text

from facteur.embedded_redis import socket_path
from routing.settings import Settings
from routing.store.opening import parse
from routing.store.schema import REVISION

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "broker", "facteur", "model", "routing", "worker")
NUMBER, _, SINCE = REVISION.partition("_since_")
NEXT_REVISION = f"{int(NUMBER) + 1:04d}_since_{SINCE}"

NEXT_MIGRATION = f'''
"""Which version accepted and which decided a mail: what a next version could add."""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT_REVISION}"
down_revision = "{REVISION}"


def upgrade():
    op.add_column("jobs", sa.Column("postmark", sa.Text()))
    op.add_column("workers", sa.Column("postmark", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "postmarks",
        sa.Column("job_id", sa.Text().with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("jobs_postmark", "jobs", ["postmark"], if_not_exists=True)
'''
ACCEPTED = "    for index, job in new.items():\n        answers[index]"
NOTED = "    transaction.many(insert('postmarks', ('job_id',)), [{'job_id': job.id} for job in new.values()])\n"
DECIDED = "UPDATE jobs SET status = 'done',"
NEXT_EDITS = (
    ("routing/store/schema.py", f'REVISION = "{REVISION}"', f'REVISION = "{NEXT_REVISION}"'),
    ("routing/store/sql/submissions.py", ACCEPTED, NOTED + ACCEPTED),
    ("routing/store/sql/claims.py", DECIDED, f"{DECIDED} postmark = 'next',"),
)
"""File, what it says, and what it says in the next version: code that cannot run without that migration."""


def next_tree(place: Path) -> Path:
    """Make a copy of this tree that is one expanding migration ahead, with code that uses what it adds."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, place / room, ignore=lambda _folder, names: {"bundled"} & set(names))
    (place / f"routing/store/migrations/versions/{NEXT_REVISION[:4]}_postmarks.py").write_text(NEXT_MIGRATION)
    for name, old, new in NEXT_EDITS:
        text = (place / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} changed: find another place in it for the next version to differ"
        (place / name).write_text(text.replace(old, new), encoding="utf-8")
    return place


def after_oldest_served() -> str:
    """Name the file of the first migration that the oldest version served by the schema knew nothing of; or nothing."""
    files = sorted(path.name for path in (ROOT / "routing/store/migrations/versions").glob("[0-9]*.py"))
    return next((name for name in files if name[:4] > SINCE), "")


class HistoryMissing(Exception):
    """There is no repository here, or its history was cut off."""


def old_tree(place: Path, *, before: str, rooms: tuple[str, ...] = ROOMS) -> Path:
    """Take out of the history the tree as it was before a migration's file came. Raises HistoryMissing."""
    path = f"routing/store/migrations/versions/{before}"
    try:
        added = git("log", "--diff-filter=A", "--format=%H", "--", path).decode().split()
        archive = git("archive", "--format=zip", f"{added[-1]}^", *rooms, ":!model/bundled")
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        raise HistoryMissing(path) from error
    with ZipFile(BytesIO(archive)) as packed:  # of tar, Debian's Python 3.11.2 extracts no part safely
        packed.extractall(place)
    return place


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=True).stdout


@dataclass(kw_only=True)
class Release(Deployment):
    """One version of the service, on a database and a Redis that it shares with others; it migrates when told."""

    tree: Path = ROOT
    name: str = "now"
    obedient: bool = False
    roles: tuple[str, ...] = ("api", "worker", "errands", "beat")
    """What is rolled out and withdrawn."""

    def __post_init__(self) -> None:
        given = {
            "FACTEUR_VAR": str(self.var / self.name),
            "FACTEUR_DATABASE_URL": self.database_url,
            "FACTEUR_REDIS_URL": f"unix://{socket_path(self.var)}",
            "FACTEUR_PORT": str(free_port()),
            "FACTEUR_MODEL": "keywords",
            "FACTEUR_API_PROCESSES": "1",
            "FACTEUR_WORKER_PROCESSES": "1",
            "FACTEUR_SWEEP_SECONDS": "0.5",
        }
        self.settings = Settings.from_environ(given)
        self._given = given
        (self.var / self.name).mkdir()

    def environ(self) -> dict[str, str]:
        # What is not given stays the default of that version, which may not know today's settings.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}
        return {**ours, **self._given, "PYTHONPATH": str(self.tree), "PYTHONSAFEPATH": "1"}

    def command(self, role: str) -> list[str]:
        # A node takes back what a node of its name held, so two versions on one machine need two names.
        return [*super().command(role), *(["--name", self.name] if role in {"worker", "errands"} else [])]

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "facteur", *arguments]
        return subprocess.Popen(
            command, env=self.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.var
        )

    def run(self, *arguments: str) -> str:
        running = self.begin(*arguments)
        out, errors = running.communicate(timeout=90)
        assert running.returncode == 0, errors
        return out.strip()

    def roll_out(self) -> None:
        """Start the roles, as pods of a new version are started, and wait until they are ready."""
        since = time.time()
        self.start(*self.roles)
        worker = f"SELECT name FROM workers WHERE name LIKE '{self.name}%' AND seen_at > {since}"  # noqa: S608 - ours

        def ready() -> bool:
            self.assert_alive()
            # The API takes the word of any worker.
            return bool(self.rows(worker)) and ("api" not in self.roles or self.get("/readyz")[0] == 200)

        wait_for(ready, seconds=60, what=f"readiness of the version {self.name}")

    def change(self, statement: str) -> None:
        """Change the database behind everybody's back."""
        engine = create_engine(parse(self.database_url), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(statement))

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """Ask the database, whatever the program thinks of its schema."""
        engine = create_engine(parse(self.database_url), poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question))]

    def withdraw(self) -> None:
        """End every role as Kubernetes does; each must end what it began, and well."""
        processes = [self.parts[role].process for role in self.roles]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=30) for process in processes]
        assert not any(codes), self.logs()

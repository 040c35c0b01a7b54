"""The command: each role of the service, and the training of its model."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .errors import UnusableError

DATA = Path("examples/claims.csv")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status. What one has to put right is one sentence, and status 1."""
    parser = argparse.ArgumentParser(prog=__package__, description="Settings are environment variables: see README.md.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("up", help="run Redis, the API and a worker, until Ctrl-C (the default)")
    commands.add_parser("api", help="serve HTTP")
    commands.add_parser("worker", help="predict")
    alive = commands.add_parser("alive", help="say whether the worker of this machine lives (for probes)")
    alive.add_argument("--unless-redis-is-away", action="store_true", help="blame no worker for a Redis that is away")
    train = commands.add_parser("train", help="train the model from a CSV of judged claims")
    train.add_argument("--data", type=Path, default=DATA, help=f"judged claims ({DATA})")
    train.add_argument("--to", type=Path, default=None, help="the file to write (the bundled model's)")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C in the middle of an import may otherwise be swallowed
    try:
        if given.command == "train":
            _train(given.data, given.to)
        elif given.command == "alive":
            _alive(forgiving=given.unless_redis_is_away)
        else:
            _run(given.command or "up")
    except UnusableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


# Each imports what it needs when it runs, so that none pays for another.


def _run(role: str) -> None:
    from .settings import read_settings

    settings = read_settings(os.environ)
    if role == "up":
        from .up import up

        up(settings, _say)
        return
    if not settings.redis_url:
        raise UnusableError("Set REDIS_URL, such as redis://localhost:6379/0; `up` alone brings a Redis of its own.")
    if role == "worker":
        from .alive import alive_file
        from .worker import Worker

        Worker(settings, alive=alive_file(settings.var)).run()
        return
    # prometheus_client looks for this folder when it is imported.
    with tempfile.TemporaryDirectory(prefix="metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from .serving import run_api

        run_api(settings)


def _alive(*, forgiving: bool) -> None:
    from .alive import alive_file, check_alive

    try:
        check_alive(alive_file(Path(os.environ.get("VAR") or "var")), time.time())
    except UnusableError:
        from .broker import redis_answers
        from .settings import read_settings

        if not forgiving or redis_answers(read_settings(os.environ)):
            raise


def _train(data: Path, to: Path | None) -> None:
    from .model import BUNDLED
    from .training import train

    quality = train(data, to or BUNDLED)
    _say(
        f"{to or BUNDLED}: on {quality.claims} claims that it was not trained on, "
        f"{quality.accuracy:.0%} are right and the AUC is {quality.auc:.3f}."
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

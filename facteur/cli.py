"""`facteur`: every command of the product. Each imports what it needs when it is run, so that none pays for another."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import click

from routing.errors import ConfigurationError, FacteurError
from routing.settings import Settings

TERMINATED = 128 + signal.SIGTERM
"""The exit status that shells give a process which SIGTERM ended."""

SAMPLES = Path(__file__).parent.parent / "examples" / "mails"


LATE = {
    "corpus": ("facteur.corpora", "corpus"),
    "keys": ("facteur.keys", "keys"),
    "users": ("facteur.users", "users"),
    "migrate": ("facteur.migrating", "migrate"),
    "new": ("facteur.new_project", "new"),
    "export": ("facteur.exporting", "export"),
    "policy": ("facteur.policies", "policy"),
    "runs": ("facteur.run_list", "runs_"),
    "pretrain": ("facteur.pretraining", "pretrain"),
    "train": ("facteur.training", "train"),
    "tune": ("facteur.tuning", "tune"),
    "distil": ("facteur.distilling", "distil"),
    "evaluate": ("facteur.evaluating", "evaluate_"),
    "compare": ("facteur.evaluating", "compare_"),
}
"""Commands that live in modules of their own: name to module and attribute."""


class Group(click.Group):
    """Turns every error of ours into one sentence and exit code 1 (a traceback is a defect); loads commands late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return sorted([*super().list_commands(ctx), *LATE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name in LATE:
            module, attribute = LATE[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except FacteurError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="facteur")
def main() -> None:
    """Facteur reads every e-mail and sends it to the right team."""
    _heed_sigterm()


@main.command()
def up() -> None:
    """Run everything on this machine, until Ctrl-C."""
    from rich.console import Console

    from facteur.up import up as run

    run(_settings(), samples=SAMPLES, console=Console(highlight=False))


@main.command()
def api() -> None:
    """Serve the HTTP API."""
    settings = _settings()
    _keep_metrics(settings.var, "api")
    from facteur.api import run_api

    run_api(settings)


@main.command()
@click.option("--name", help="Name of this node; its machine's by default.")
def worker(name: str | None) -> None:
    """Decide mails, one process a core."""
    settings = _settings(needs_redis=True)
    _keep_metrics(settings.var, "worker")
    from worker.memory import take_one_thread

    take_one_thread()
    from worker.classify_node import ClassifyNode
    from worker.node import set_up_logging

    set_up_logging(settings.log_level)
    ClassifyNode(settings, name=name).run()


@main.command()
@click.option("--name", help="Name of this node; its machine's by default.")
def errands(name: str | None) -> None:
    """Sweep, post callbacks, delete what retention does not allow to keep."""
    settings = _settings(needs_redis=True)
    _keep_metrics(settings.var, "errands")
    from routing.job_document import job_bytes
    from worker.errands_node import run_errands
    from worker.node import set_up_logging

    set_up_logging(settings.log_level)
    run_errands(settings, document=job_bytes, name=name)


@main.command()
def beat() -> None:
    """Ask for sweeps; run exactly one."""
    settings = _settings(needs_redis=True)
    _keep_metrics(settings.var, "beat")
    from worker.node import set_up_logging
    from worker.schedule import run_beat

    set_up_logging(settings.log_level)
    run_beat(settings)


@main.command()
def health() -> None:
    """Ask the role that runs here whether it lives, and end with 1 if not: for a container's health check."""
    from facteur.health import ask_here

    click.echo(ask_here(_settings()))


@main.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of a table.")
@click.option("--model", help="Model to ask, instead of the configured one.")
@click.pass_context
def route(ctx: click.Context, places: tuple[str, ...], as_json: bool, model: str | None) -> None:  # noqa: FBT001
    """Decide mails from files, without a server: .eml files, mbox files, maildirs, or - for standard input."""
    from facteur.route_files import route_files

    settings = _settings()
    if not route_files(replace(settings, model=model or settings.model), list(places), as_json=as_json):
        ctx.exit(1)


def _heed_sigterm() -> None:
    """End at SIGTERM, also before a role has its own way to: Linux hides it from a container's first process else."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))


def _settings(*, needs_redis: bool = False) -> Settings:
    """Read the settings from the environment."""
    settings = Settings.from_environ()
    if needs_redis and not settings.redis_url:
        raise ConfigurationError("FACTEUR_REDIS_URL is empty; set it, or let `facteur up` run everything.")
    return settings


def _keep_metrics(var: Path, role: str) -> None:
    """Give a role's processes one directory for their metrics, emptied, before anything imports prometheus_client."""
    directory = var / "metrics" / role
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file in directory.glob("*.db"):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be written ({error.strerror}); correct its mode or set FACTEUR_VAR."
        ) from error
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)

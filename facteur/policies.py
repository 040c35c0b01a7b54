"""`facteur policy`: showing, checking and saving the policy that is in force everywhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from facteur.administering import settings_store
from model.registry import identify_model
from routing.policy.difference import Difference, differences
from routing.policy.policy import Policy
from routing.policy.promised import Model
from routing.policy.reading import parse_policy, policy_of, read_policy
from routing.policy.saving import check_policy, models_at_work, save_policy
from routing.policy.writing import write_policy
from routing.settings import Settings
from routing.store.policies import SavedPolicy
from routing.store.port import Store

AUTHOR = "command line"
LISTED = 100
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
RULES = click.option("--rules", type=FILE, help="Rules to put behind those of FILE.")
NOTE = click.option("--note", default="", help="Why, for those who read the versions later.")


@click.group()
def policy() -> None:
    """Show, check and save the policy that is in force."""


@policy.command()
@click.argument("number", type=int, required=False)
def show(number: int | None) -> None:
    """Print the policy in force, or version NUMBER, as YAML."""
    with settings_store() as (store, settings):
        content = store.policy_version(number).content if number is not None else _newest(store, settings)[1]
    sys.stdout.write(content)


@policy.command()
@click.argument("file", type=FILE)
@RULES
def check(file: Path, rules: Path | None) -> None:
    """Check FILE, and say what it would change."""
    with settings_store() as (store, settings):
        content = _content(file, rules)
        checked = check_policy(content, _models(store, settings), name=str(file))
        number, present = _newest(store, settings)
    _say(parse_policy(present), checked, f"version {number}" if number else "the policy file")


@policy.command()
@click.argument("file", type=FILE)
@RULES
@NOTE
def apply(file: Path, rules: Path | None, note: str) -> None:
    """Save FILE as the newest version, in force within seconds."""
    with settings_store() as (store, settings):
        content = _content(file, rules)
        check_policy(content, _models(store, settings), name=str(file))
        saved = _save(store, settings, content, note)
    click.echo(f"Version {saved.number} ({saved.version}) is in force within seconds.")


@policy.command()
def versions() -> None:
    """List the versions, newest first."""
    table = Table("Version", "Digest", "Saved", "By", "Note", box=None, pad_edge=False)
    with settings_store() as (store, _settings):
        for saved in store.policy_versions(limit=LISTED):
            moment = datetime.fromtimestamp(saved.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
            table.add_row(str(saved.number), saved.version, moment, saved.author, saved.note)
    Console().print(table if table.row_count else "No version was saved; the policy file is in force.")


@policy.command()
@click.argument("number", type=int)
@NOTE
def rollback(number: int, note: str) -> None:
    """Save version NUMBER again, as the newest."""
    with settings_store() as (store, settings):
        content = store.policy_version(number).content
        check_policy(content, _models(store, settings), name=f"version {number}")
        saved = _save(store, settings, content, note or f"Back to version {number}")
    click.echo(f"Version {saved.number} says what version {number} said, and is in force within seconds.")


def _save(store: Store, settings: Settings, content: str, note: str) -> SavedPolicy:
    return save_policy(
        store,
        content,
        author=AUTHOR,
        note=note,
        expected=store.policy_head(),
        fallback=policy_of(settings),
        now=time.time(),
    )


def _models(store: Store, settings: Settings) -> Sequence[Model]:
    """Return the models at work; the configured one when no worker says what it has."""
    return models_at_work(store, now=time.time()) or (identify_model(settings.model),)


def _newest(store: Store, settings: Settings) -> tuple[int, str]:
    number = store.policy_head()
    return number, store.policy_version(number).content if number else write_policy(policy_of(settings))


def _content(file: Path, rules: Path | None) -> str:
    """Return the document; one that is put together from two files is written anew."""
    read = read_policy(file, rules)
    return write_policy(read) if rules else file.read_text(encoding="utf-8")


def _say(before: Policy, after: Policy, base: str) -> None:
    found = differences(before, after)
    click.echo(f"It is a policy that can be served; compared with {base}: {len(found)} differences.")
    for each in found:
        click.echo("  " + _line(each))


def _line(each: Difference) -> str:
    what = " ".join(part for part in (each.kind.value, each.name, each.field) if part)
    if "\n" in each.before + each.after:
        change = "added" if not each.before else "removed" if not each.after else "changed"
        return f"{what}: {change}"
    return f"{what}: {each.before or '(none)'} → {each.after or '(none)'}"

"""`facteur keys`: making, listing and revoking the keys of callers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from routing.keys import SCOPES, new_key
from routing.people import AuditEntry
from routing.settings import Settings
from routing.store.opening import open_store
from routing.store.port import Store


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in SCOPES]),
    default=("submit", "read"),
    show_default=True,
    help="What the key may do; may be given several times.",
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print its secret, once."""
    with _store() as store:
        key, secret = new_key(name, scopes, now=time.time())
        store.add_key(key, audit=[_line("key created", name, ", ".join(sorted(key.scopes)))])
    click.echo(f"Key {name} with the scopes {', '.join(sorted(key.scopes))}; it is not shown again:", err=True)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List all keys, revoked ones too."""
    table = Table("Name", "Scopes", "Made", "Revoked", box=None, pad_edge=False)
    with _store() as store:
        for key in store.keys():  # noqa: SIM118 - the store's keys are not a mapping's
            table.add_row(key.name, " ".join(sorted(key.scopes)), _day(key.created_at), _day(key.revoked_at))
    Console().print(table)


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke a key; it works for five more seconds at most."""
    with _store() as store:
        store.revoke_key(name, now=time.time(), audit=[_line("key revoked", name)])
    click.echo(f"Key {name} is revoked.")


def _line(kind: str, name: str, detail: str = "") -> AuditEntry:
    return AuditEntry(at=time.time(), actor="command line", kind=kind, subject=f"key {name}", detail=detail)


@contextmanager
def _store() -> Iterator[Store]:
    store = open_store(Settings.from_environ().resolved_database_url)
    try:
        yield store
    finally:
        store.close()


def _day(moment: float | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")

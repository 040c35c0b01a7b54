"""`facteur keys`: making, listing and revoking the keys of callers."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.table import Table

from facteur.administering import day, line, settings_store
from routing.keys import SCOPES, new_key


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
    with settings_store() as (store, _):
        key, secret = new_key(name, scopes, now=time.time())
        store.add_key(key, audit=[line("key created", f"key {name}", ", ".join(sorted(key.scopes)))])
    click.echo(f"Key {name} with the scopes {', '.join(sorted(key.scopes))}; it is not shown again:", err=True)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List all keys, revoked ones too."""
    table = Table("Name", "Scopes", "Made", "Revoked", box=None, pad_edge=False)
    with settings_store() as (store, _):
        for key in store.keys():  # noqa: SIM118 - the store's keys are not a mapping's
            table.add_row(key.name, " ".join(sorted(key.scopes)), day(key.created_at), day(key.revoked_at))
    Console().print(table)


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke a key; it works for five more seconds at most."""
    with settings_store() as (store, _):
        store.revoke_key(name, now=time.time(), audit=[line("key revoked", f"key {name}")])
    click.echo(f"Key {name} is revoked.")

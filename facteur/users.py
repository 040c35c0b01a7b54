"""`facteur users`: who may sign in to the console."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.table import Table

from facteur.administering import day, line, settings_store
from routing.errors import NotFound
from routing.passwords import generate_password
from routing.people import Role, User, disabled, enabled, new_user, with_password, with_role

ROLES = [role.value for role in Role]


@click.group()
def users() -> None:
    """Make, list and change the users of the console."""


_ask = click.option(
    "--ask",
    is_flag=True,
    help="Ask for the password (or read it from standard input) instead of making one.",
)


@users.command()
@click.argument("name")
@click.option("--full-name", default="", help="What colleagues read; the name by default.")
@click.option("--role", type=click.Choice(ROLES), default=Role.AGENT.value, show_default=True)
@_ask
def create(name: str, full_name: str, role: str, ask: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """Make a user; a password that was made is printed once."""
    password = _password(ask=ask)
    with settings_store() as (store, _):
        user = new_user(name, full_name, Role(role), password, now=time.time())
        store.add_user(user, audit=[line("user created", f"user {name}", role)])
    click.echo(f"{name} can sign in, with the role {role}.", err=True)
    _show(password, ask=ask)


@users.command("list")
def list_() -> None:
    """List all users, disabled ones too."""
    table = Table("Name", "Full name", "Role", "Own queues", "Made", "Disabled", box=None, pad_edge=False)
    with settings_store() as (store, _):
        for user in store.users():
            queues = " ".join(user.queues)
            table.add_row(
                user.name, user.full_name, user.role.value, queues, day(user.created_at), day(user.disabled_at)
            )
    Console(markup=False).print(table)


@users.command()
@click.argument("name")
@_ask
def password(name: str, ask: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """Give a user a new password; all sessions of the user end."""
    chosen = _password(ask=ask)
    _change(name, "password changed", lambda user: with_password(user, chosen))
    click.echo(f"{name} has a new password.", err=True)
    _show(chosen, ask=ask)


@users.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def role(name: str, role: str) -> None:
    """Give a user another role; all sessions of the user end."""
    _change(name, "role changed", lambda user: with_role(user, Role(role)))
    click.echo(f"{name} has the role {role}.")


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let a user sign in no more; all sessions of the user end within seconds."""
    _change(name, "user disabled", lambda user: disabled(user, now=time.time()))
    click.echo(f"{name} is disabled.")


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled user sign in again."""
    _change(name, "user enabled", enabled)
    click.echo(f"{name} is enabled.")


def _change(name: str, kind: str, change: Callable[[User], User]) -> None:
    with settings_store() as (store, _):
        user = store.user_by_name(name)
        if user is None:
            raise NotFound(f"There is no user {name!r}; `facteur users list` shows them.")
        changed = change(user)
        if changed != user:
            detail = "" if changed.role is user.role else f"{user.role} → {changed.role}"
            store.save_user(changed, audit=[line(kind, f"user {user.name}", detail)])


def _password(*, ask: bool) -> str:
    if not ask:
        return generate_password()
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")


def _show(password: str, *, ask: bool) -> None:
    if not ask:
        click.echo("The password; it is not shown again:", err=True)
        click.echo(password)

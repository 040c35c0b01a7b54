"""The first user of the console, which `facteur up` makes where there is none: somebody has to let in the others."""

from __future__ import annotations

import time
from dataclasses import dataclass

from facteur.secret_files import ADMINISTRATOR, read, read_or_make
from routing.passwords import check_password, generate_password
from routing.people import AuditEntry, Role, new_user
from routing.settings import Settings
from routing.store.opening import open_store

NAME = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstSignIn:
    """What to sign in to the console with."""

    name: str
    password: str


def first_administrator(settings: Settings) -> FirstSignIn | None:
    """Return what the administrator of the first start signs in with; None once that password is no longer right.

    The administrator is made when the store has no user at all. The password is kept in `var` in a file that only its
    user can read, so that a start that was broken off does not lose it.

    Raises:
        ConfigurationError: the file can be neither read nor written.
    """
    file = settings.var / ADMINISTRATOR
    store = open_store(settings.resolved_database_url)
    try:
        if store.users():
            password, user = read(file), store.user_by_name(NAME)
            if not password or user is None or user.disabled_at is not None:
                return None
            return FirstSignIn(name=NAME, password=password) if check_password(password, user.password) else None
        password = read_or_make(file, generate_password)
        now = time.time()
        made, role = "user created", Role.ADMINISTRATOR
        line = AuditEntry(at=now, actor="command line", kind=made, subject=f"user {NAME}", detail=role.value)
        store.add_user(new_user(NAME, "", role, password, now=now), audit=[line])
    finally:
        store.close()
    return FirstSignIn(name=NAME, password=password)

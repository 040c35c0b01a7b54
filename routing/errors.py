"""Every error of the domain, in one tree with three branches that matter.

    FacteurError
    ├── Rejected             the caller's fault; the message says what to do
    │   ├── InvalidInput     a field or a body that cannot be read (names the field)
    │   ├── TooLarge         over a limit (names the limit)
    │   ├── UnsupportedMedia a content type that is not taken
    │   ├── NotFound         no such job, queue, key or model
    │   ├── Unauthenticated  no key, or a key that is not valid
    │   ├── Forbidden        a valid key without the needed scope
    │   └── ConfigurationError  a setting or file of the operator's that cannot be used
    │       └── ShutOut      the database's schema no longer serves this program
    ├── Retryable            nobody's fault; the same call may work later
    │   ├── Overloaded       too much is queued (says when to come back)
    │   ├── RateLimited      this caller is too fast (says when to come back)
    │   └── StoreUnavailable the database does not answer
    └── Conflict             the call does not fit the state
        ├── KeyReused        an idempotency key came back with another body
        ├── WrongStatus      the job is not in a status that allows this
        ├── Overtaken        somebody else changed it since it was looked at (says who)
        ├── MailDeleted      retention has deleted the mail that the call needs
        └── Unexplained      nobody can say why, at this time or with this model

The interfaces map these to their own terms, totally: `app.problems` to HTTP statuses, `worker.faults` to
retry, fail or drop.
"""

from __future__ import annotations

from collections.abc import Mapping


class FacteurError(Exception):
    """The root of every error this product raises on purpose."""


class Rejected(FacteurError):
    """The caller's fault: the message is one sentence that says what to do."""


class InvalidInput(Rejected):
    """A body or a field cannot be read; `field` names it (a JSON pointer such as `/to/0`), if there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLarge(Rejected):
    """The input is over a limit; `limit` is that limit in bytes (or in items, when the message says so)."""

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class UnsupportedMedia(Rejected):
    """The content type is not one that is taken."""


class NotFound(Rejected):
    """There is no such thing, or it was erased."""


class Unauthenticated(Rejected):
    """No API key was given, or it is not valid."""


class Forbidden(Rejected):
    """The API key is valid but lacks the scope that the call needs."""


class ConfigurationError(Rejected):
    """A setting, a policy file or a model directory cannot be used; the message says what to change.

    What is wrong with a policy is told in whichever language its writer reads: `template` is the English sentence
    without file and line, `values` what is filled into it with `%`. `line` is the line that is wrong, from 1.
    """

    def __init__(
        self, message: str, *, line: int | None = None, template: str = "", values: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.line = line
        self.template = template
        self.values = values or {}

    @property
    def complaint(self) -> str:
        """The message without file and line."""
        return self.template % self.values if self.template else str(self)

    @classmethod
    def of(cls, template: str, **values: str) -> ConfigurationError:
        """Return the error whose message is `template` with the values filled in."""
        return cls(template % values, template=template, values=values)


class ShutOut(ConfigurationError):
    """A contracting migration took away what this program uses; no waiting mends that, only a newer program."""


class Retryable(FacteurError):
    """Nobody's fault: the same call may work after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(Retryable):
    """More is queued than the configured limit."""


class RateLimited(Retryable):
    """This caller sends faster than the configured limit."""


class StoreUnavailable(Retryable):
    """The database does not answer."""


class Conflict(FacteurError):
    """The call does not fit the state that the job is in."""


class KeyReused(Conflict):
    """The same idempotency key came with another body."""


class WrongStatus(Conflict):
    """The job is not in a status that allows this."""


class Overtaken(Conflict):
    """Somebody else changed the mail since the caller looked at it; nothing of theirs is overwritten."""

    def __init__(self, message: str, *, actor: str = "", kind: str = "", at: float = 0.0, job_id: str = "") -> None:
        """Args: actor, kind, at: the last line of the mail's history, as `routing.job.Event` has them; whose it is."""
        super().__init__(message)
        self.job_id = job_id
        self.actor = actor
        self.kind = kind
        self.at = at


class MailDeleted(Conflict):
    """The job is there, but retention has deleted the mail that the call needs."""


class Unexplained(Conflict):
    """Nobody can say why the job was decided so: no worker, no Redis, or a model that cannot explain."""

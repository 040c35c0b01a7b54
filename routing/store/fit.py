"""How a program and a schema fit: by their versions, `NUMBER_since_NUMBER`; see `routing.store.schema.REVISION`."""

from __future__ import annotations

from enum import StrEnum

from routing.errors import ConfigurationError, ShutOut
from routing.store.schema import REVISION


class Fit(StrEnum):
    """Whether this program runs on a schema."""

    FITS = "fits"
    """It was written for this schema, or for one before it that this schema still serves."""
    BEHIND = "behind"
    """The schema lacks what this program needs: there is a migration to run."""
    AHEAD = "ahead"
    """The schema no longer has what this program needs: it takes a newer program."""


def fit_of(version: str) -> Fit:
    """Say how this program fits a schema of this version; empty means that there are no tables."""
    if version == REVISION:
        return Fit.FITS
    number, _, since = version.partition("_since_")
    needed = REVISION.partition("_since_")[0]
    if number <= needed or not since:
        return Fit.BEHIND
    return Fit.AHEAD if since > needed else Fit.FITS


def check_fit(version: str) -> None:
    """Raise, with what to do, unless this program runs on a schema of this version.

    Raises:
        ConfigurationError: There is a migration to run.
        ShutOut: It takes a newer program.
    """
    fit = fit_of(version)
    if fit is Fit.BEHIND:
        raise ConfigurationError(
            f"The database's schema is at version {version or 'none'}, this program needs {REVISION}: "
            "run `facteur migrate`."
        )
    if fit is Fit.AHEAD:
        raise ShutOut(
            f"The database's schema is at version {version}, which this program no longer fits ({REVISION}): "
            "run the newer version of it."
        )

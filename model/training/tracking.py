"""Runs in MLflow beside the plain files, for those who keep theirs there. Needs the extra `mlflow`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from routing.errors import ConfigurationError

ADDRESS = "MLFLOW_TRACKING_URI"
"""The environment variable, MLflow's own, that says where runs are tracked; without it they are not."""
EXPERIMENT = "MLFLOW_EXPERIMENT_NAME"
"""MLflow's own too; `facteur` without it."""
_LONGEST = 500
"""Characters of a parameter that every server of MLflow takes."""


class Tracker(Protocol):
    """Hears of a run what its folder keeps."""

    def begin(self, name: str, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Say that a run begins, or goes on."""

    def measured(self, figures: Mapping[str, float], step: int) -> None:
        """Say what was measured."""

    def end(self, status: str, files: tuple[Path, ...] = ()) -> None:
        """Say how the run ended (`FINISHED`, `FAILED` or `KILLED`) and which files are worth keeping."""


class Untracked:
    """Tells nobody."""

    def begin(self, name: str, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Do nothing."""

    def measured(self, figures: Mapping[str, float], step: int) -> None:
        """Do nothing."""

    def end(self, status: str, files: tuple[Path, ...] = ()) -> None:
        """Do nothing."""


class MlflowTracker:
    """One run in MLflow, by its client: nothing global is changed but where MLflow itself looks."""

    def __init__(self, address: str, experiment: str) -> None:
        """Connect to `address`, as MLflow writes them (`sqlite:///mlflow.db`, `https://…`).

        Raises:
            ConfigurationError: MLflow is not installed, or does not answer at the address.
        """
        try:
            # Only here: it is large, and few have it.
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - see above
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"{ADDRESS} is set, but the package {error.name} is not installed: "
                "`pip install facteur[mlflow]`, or unset the variable."
            ) from error
        for chatty in ("alembic", "mlflow"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        # Its default of seven retries would keep a run that cannot be tracked waiting for minutes.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        try:
            self._client = MlflowClient(tracking_uri=address)
            found = self._client.get_experiment_by_name(experiment)
            self._experiment = found.experiment_id if found else self._client.create_experiment(experiment)
        except Exception as error:  # whatever the store behind the address raises
            raise ConfigurationError(
                f"MLflow cannot be used at {ADDRESS}={_public(address)}: {_first_line(error)}."
            ) from error
        self._run = ""

    def begin(self, name: str, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Go on with the run of that name, or make it."""
        same = self._client.search_runs(
            [self._experiment], filter_string=f"tags.`mlflow.runName` = '{name}'", max_results=1
        )
        if same:
            self._run = same[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
            return
        run = self._client.create_run(self._experiment, run_name=name, tags=dict(tags))
        self._run = run.info.run_id
        for key, value in parameters.items():
            self._client.log_param(self._run, key, str(value)[:_LONGEST])

    def measured(self, figures: Mapping[str, float], step: int) -> None:
        """Log the figures."""
        for name, value in figures.items():
            self._client.log_metric(self._run, name, float(value), step=step)

    def end(self, status: str, files: tuple[Path, ...] = ()) -> None:
        """End the run with its files."""
        for file in files:
            if file.is_file():
                self._client.log_artifact(self._run, str(file))
        self._client.set_terminated(self._run, status=status)


def tracker_of(environ: Mapping[str, str] = os.environ) -> Tracker:
    """Return the tracker that the environment asks for.

    Raises:
        ConfigurationError: It asks for one that cannot be had.
    """
    address = environ.get(ADDRESS, "")
    return MlflowTracker(address, environ.get(EXPERIMENT) or "facteur") if address else Untracked()


def _public(text: str) -> str:
    """Return a text without the names and passwords of the addresses in it."""
    return re.sub(r"://[^/@\s]*@", "://", text)


def _first_line(error: Exception) -> str:
    return _public(str(error).strip().partition("\n")[0].rstrip(".")) or type(error).__name__

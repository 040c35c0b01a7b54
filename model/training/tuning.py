"""Random search over a declared space (Bergstra and Bengio 2012): each trial a recorded run, the best a config.

    runs/<id>/              of the kind `tune`
        space.toml          the space that was searched
        trials.jsonl        a line a trial: its run, its options, its figures
        best.toml           the best options so far, as `facteur train --config` takes them

Trial n of a seed is always the same options, so that a search can be gone on with, and repeated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.text import features_of
from model.training.bases import Base, find_base
from model.training.config import check_options, config_text
from model.training.crossval import cross_validate, judged
from model.training.fit import fit
from model.training.machine import described, device_of, use_threads
from model.training.memory import FolderMemory
from model.training.options import Listener, Progress
from model.training.preparation import Material, prepare, start
from model.training.reading import read
from model.training.recording import Recorder, recorded
from model.training.request import Request, of_parameters
from model.training.runs import FOLDS, Run, create, open_run, replace_text
from model.training.session import Tell
from model.training.space import drawn, space_of
from model.training.tracking import tracker_of
from routing.errors import ConfigurationError

SPACE = "space.toml"
TRIALS = "trials.jsonl"
BEST = "best.toml"
MEASURES: Mapping[str, int] = {"macro_f1": 1, "accuracy": 1, "loss": -1}
"""What a search may go by, and whether more of it is better (1) or less (-1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One draw of options and what it gave."""

    number: int
    """From 1."""
    run: str
    options: Mapping[str, Any]
    figures: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What to search, and how long."""

    space: str
    """TOML: option to `{choices = […]}` or `{low = …, high = …, log = true}`."""
    trials: int
    """At most."""
    minutes: float
    """After which no new trial begins; 0: no such limit."""
    measure: str = "macro_f1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a search gave."""

    folder: Path
    trials: tuple[Trial, ...]
    measure: str
    config: Path
    """The best options, as `facteur train --config` takes them."""

    @property
    def ranked(self) -> list[Trial]:
        """The trials, the best first."""
        return sorted(self.trials, key=lambda trial: -MEASURES[self.measure] * trial.figures[self.measure])

    @property
    def best(self) -> Trial:
        """The best trial; of equals the first."""
        return self.ranked[0]


def tune(  # noqa: PLR0913 - what to search, where, and whom to tell
    request: Request,
    search: Search,
    runs: Path,
    *,
    watch: Listener,
    tell: Tell,
    begun: Callable[[Run], None] = lambda _: None,
) -> Found:
    """Search for better options than those of `request`, the other options being as it says.

    Raises:
        ConfigurationError: Space, corpus or base cannot be used; one sentence says why.
        KeyboardInterrupt: The user stopped it; `resume_tuning` goes on.
    """
    space_of(search.space)
    base, material = find_base(request.base), _material(request, tell)
    run = create(runs, kind="tune", name=f"{request.options.name}-search")
    run.record.data = material.digest
    run.record.parameters = {
        **request.parameters(),
        "search": {"trials": search.trials, "minutes": search.minutes, "measure": search.measure},
    }
    replace_text(run.folder / SPACE, search.space)
    run.save()
    begun(run)
    return _search(request, search, run, runs, material, base, watch)


def resume_tuning(  # noqa: PLR0913 - where, its budget, and whom to tell
    folder: Path,
    *,
    trials: int | None,
    minutes: float | None,
    watch: Listener,
    tell: Tell,
    begun: Callable[[Run], None] = lambda _: None,
) -> Found:
    """Go on with a search, with a new budget if one is given; a trial that was interrupted is begun anew.

    Raises:
        ConfigurationError: It is no search, or its corpus is not what it was.
    """
    run = open_run(folder)
    if run.record.kind != "tune":
        raise ConfigurationError(f"The run {folder} is of the kind {run.record.kind!r}, no search.")
    request, given = of_parameters(run.record.parameters), run.record.parameters["search"]
    search = Search(
        space=(folder / SPACE).read_text(encoding="utf-8"),
        trials=trials if trials is not None else given["trials"],
        minutes=minutes if minutes is not None else given["minutes"],
        measure=given["measure"],
    )
    material = _material(request, tell)
    if material.digest != run.record.data:
        raise ConfigurationError(f"The corpus has changed since the search {folder.name} began: begin a new one.")
    begun(run)
    return _search(request, search, run, folder.parent, material, find_base(request.base), watch)


def trials_in(folder: Path) -> list[Trial]:
    """Return the finished trials of a search."""
    file = folder / TRIALS
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = []
    for line in lines:
        try:
            found.append(Trial(**json.loads(line)))
        except ValueError:  # the last line, cut off
            continue
    return found


def best_of(trials: Sequence[Trial], measure: str) -> Trial:
    """Return the best trial; of equals the first."""
    return max(trials, key=lambda trial: MEASURES[measure] * trial.figures[measure])


def _search(  # noqa: PLR0913, PLR0917 - all that was found before
    request: Request, search: Search, run: Run, runs: Path, material: Material, base: Base, watch: Listener
) -> Found:
    use_threads(request.options.threads)
    run.record.machine = described(device_of(request.options.device))
    recorder = Recorder(run, watch)
    space, started = space_of(search.space), time.monotonic()
    with recorded(recorder):
        trials = trials_in(run.folder)
        for number in range(1, search.trials + 1):
            if any(trial.number == number for trial in trials):
                continue
            if trials and search.minutes and time.monotonic() - started > 60 * search.minutes:
                break
            options = drawn(space, request.options.seed, number)
            tried = replace(request, options=replace(request.options, **options))
            trial = _try(number, tried, options, runs, material, base, watch)
            trials.append(trial)
            line = {name: getattr(trial, name) for name in Trial.__slots__}
            with (run.folder / TRIALS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            best = best_of(trials, search.measure)
            config = replace(request, options=replace(request.options, **best.options)).config()
            replace_text(run.folder / BEST, config_text(config))
            note = (
                f"trial {number}: {search.measure} {trial.figures[search.measure]:.4f}, "
                f"best so far {best.figures[search.measure]:.4f} (trial {best.number})"
            )
            recorder(Progress(stage="trials", done=number, total=search.trials, note=note))
        best = best_of(trials, search.measure)
        recorder.figures({f"{_kind(request)}_{name}": value for name, value in best.figures.items()})
        run.record.results = {"best": dict(best.options), "trials": len(trials)}
    return Found(folder=run.folder, trials=tuple(trials), measure=search.measure, config=run.folder / BEST)


def _try(  # noqa: PLR0913, PLR0917 - see _search
    number: int,
    request: Request,
    drawn_options: Mapping[str, Any],
    runs: Path,
    material: Material,
    base: Base,
    watch: Listener,
) -> Trial:
    """Train once with drawn options; a trial makes no model, only figures."""
    check_options(request.options)
    run = create(runs, kind="trial", name=f"{request.options.name}-trial-{number}")
    run.record.data = material.digest
    run.record.machine = described(device_of(request.options.device))
    recorder = Recorder(run, lambda progress: watch(replace(progress, stage=f"trial {number}")), tracker_of())
    with recorded(recorder):
        recorder.begin(request.parameters(), request.config())
        figures = _figures(request, run, material, base, recorder)
        recorder.figures({f"{_kind(request)}_{name}": value for name, value in figures.items()})
    return Trial(number=number, run=run.record.id, options=dict(drawn_options), figures=figures)


def _figures(request: Request, run: Run, material: Material, base: Base, listen: Listener) -> dict[str, float]:
    options = request.options
    if request.folds:
        crossed = cross_validate(material, base, options, count=request.folds, listen=listen, kept=run.folder / FOLDS)
        return {name: crossed.mean(name) for name in MEASURES}
    parts = material.parts(options)
    network, tokenizer = start(base, material.labels, options)
    memory = FolderMemory(run.state)
    fitted = fit(network, tokenizer, material.labels, parts, options=options, listen=listen, memory=memory)
    texts = [features_of(mail.mail) for mail in parts.held_out]
    scores = read(fitted.network, tokenizer, texts, prefix=options.prefix)
    fold = judged(1, fitted.epoch, scores, [material.labels.index(mail.label) for mail in parts.held_out])
    return {name: float(getattr(fold, name)) for name in MEASURES}


def _kind(request: Request) -> str:
    return "folds" if request.folds else "held_out"


def _material(request: Request, tell: Tell) -> Material:
    return prepare(request.corpora, request.options, layout=request.layout, names=request.names, tell=tell)

"""One run: prepare, train, evaluate, judge, register. What was made before of the same is not made again."""

import dataclasses
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from . import card, estimators, evaluation, prepare
from .dataset import DataError
from .evaluation import Evaluation
from .gate import Rule, judge
from .recipe import Recipe
from .registry import CARD, CHALLENGER, CHAMPION, EVALUATION, MODEL, Registry, Version, named
from .workshop import Made, Workshop, digest_of_file, libraries

BASELINE: Final = "baseline.pkl"

# What a run tells while it goes on: a word that says of what, and a sentence.
Say = Callable[[str, str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What to run, on which file, where to work, and where models are kept."""

    recipe: Recipe
    data: Path
    workshop: Workshop
    registry: Registry


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How a run ended: what was found, the rules, and the version, unless the gate refused the model."""

    evaluation: Evaluation
    rules: list[Rule]
    version: Version | None


def run(job: Job, say: Say) -> Result:
    """Run all steps; a model that passes is registered as challenger, or as champion where there is none.

    Raises:
        DataError: the data is no table.
        ChecksFailedError: the data failed a check.
        RecipeError: the recipe asks for a model that cannot be.
        RegistryError: the registry is not as it was left.
        WorkshopBusyError: another run works in the same folder.
    """
    with job.workshop.alone():
        champion = named(job.registry, CHAMPION)  # first, for there is no use in training if nobody can be asked
        prepared = _prepared(job, say)
        trained = _trained(job, prepared, say)
        if champion is not None and champion.digest == digest_of_file(trained.folder / MODEL):
            return _nothing_new(job, champion, say)
        evaluated = _evaluated(job, prepared, trained, champion, say)
        found = evaluation.read((evaluated.folder / EVALUATION).read_text(encoding="utf-8"))
        if found.champion_problem:
            say("", f"The champion could not be compared: {found.champion_problem}.")
        rules = judge(found, job.recipe.gate)
        version = None
        if all(rule.passed for rule in rules):
            facts = {**_facts(prepared), "data_digest": _digest_of_data(job.data)}
            version = _registered(job, trained, evaluated, facts)
        return Result(evaluation=found, rules=rules, version=version)


def _prepared(job: Job, say: Say) -> Made:
    recipe = job.recipe.data
    given = {"data": _digest_of_data(job.data), "recipe": _words(recipe)}
    made = job.workshop.made("prepare", prepare.__name__, given, lambda into: prepare.prepare(job.data, recipe, into))
    facts = _facts(made)
    aside = made.folder / prepare.SET_ASIDE
    say("Data", f"{job.data}: {facts['rows_read']} rows, {facts['rows_set_aside']} set aside, see {aside}{_as(made)}")
    say("Checks", f"{facts['checks'].count(',') + 1} passed: {facts['checks']}")
    return made


def _trained(job: Job, prepared: Made, say: Say) -> Made:
    recipe = job.recipe.model

    def make(into: Path) -> None:
        rows = prepare.rows(prepared.folder / prepare.TRAIN)
        estimators.write(estimators.train(recipe, rows), into / MODEL)
        estimators.write(estimators.baseline(rows), into / BASELINE)

    given = {"rows": digest_of_file(prepared.folder / prepare.TRAIN), "recipe": _words(recipe)}
    made = job.workshop.made("train", estimators.__name__, given, make)
    say("Train", f"{recipe.estimator}, seed {recipe.seed}, {_facts(prepared)['train_rows']} rows{_as(made)}")
    return made


def _evaluated(job: Job, prepared: Made, trained: Made, champion: Version | None, say: Say) -> Made:
    def make(into: Path) -> None:
        rows = prepare.rows(prepared.folder / prepare.TEST)
        model, baseline = (estimators.load(trained.folder / name) for name in (MODEL, BASELINE))
        with TemporaryDirectory() as folder:
            file = job.registry.fetch(champion.number, MODEL, Path(folder)) if champion else None
            found = evaluation.evaluate(job.recipe, rows, model, baseline, file)
        (into / EVALUATION).write_text(found.to_json() + "\n", encoding="utf-8")

    given = {
        "rows": digest_of_file(prepared.folder / prepare.TEST),
        "model": digest_of_file(trained.folder / MODEL),
        "champion": champion.digest if champion else "",
        "draws": f"{job.recipe.gate.resamples} {job.recipe.model.seed}",
    }
    made = job.workshop.made("evaluate", evaluation.__name__, given, make)
    against = f", against {champion}" if champion else ""
    say("Evaluate", f"{_facts(prepared)['test_rows']} rows of other policies{against}{_as(made)}")
    return made


def _registered(job: Job, trained: Made, evaluated: Made, facts: dict[str, str]) -> Version:
    facts = {**facts, "libraries": libraries(), "commit": commit(), "data": job.data.name}
    digest = digest_of_file(trained.folder / MODEL)
    found = evaluation.read((evaluated.folder / EVALUATION).read_text(encoding="utf-8"))
    metrics = {
        "accuracy": found.candidate.accuracy.value,
        "macro_f1": found.candidate.macro_f1.value,
        "log_loss": found.candidate.log_loss,
        "calibration_error": found.candidate.calibration_error,
    }
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / MODEL).write_bytes((trained.folder / MODEL).read_bytes())
        (folder / EVALUATION).write_bytes((evaluated.folder / EVALUATION).read_bytes())
        text = card.render(job.recipe, found, {**facts, "digest": digest})
        (folder / CARD).write_text(text, encoding="utf-8")
        version = job.registry.register(folder, digest, facts, metrics)
    first = CHAMPION not in job.registry.aliases()
    job.registry.point(CHAMPION if first else CHALLENGER, version.number)
    return version


def _nothing_new(job: Job, champion: Version, say: Say) -> Result:
    say("Evaluate", f"not again: the champion, {champion}, is this very model")
    with TemporaryDirectory() as folder:
        text = job.registry.fetch(champion.number, EVALUATION, Path(folder)).read_text(encoding="utf-8")
    found = evaluation.read(text)
    return Result(evaluation=found, rules=judge(found, job.recipe.gate), version=champion)


def commit() -> str:
    """The commit that runs, where git or the pipeline says it."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],  # noqa: S607 -- wherever git is
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    except OSError:
        said = ""
    return said or os.environ.get("CI_COMMIT_SHA") or os.environ.get("APP_VERSION") or "unknown"


def _digest_of_data(path: Path) -> str:
    try:
        return digest_of_file(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def _words(recipe: object) -> str:
    return json.dumps(dataclasses.asdict(recipe), sort_keys=True)  # type: ignore[call-overload]


def _facts(prepared: Made) -> dict[str, str]:
    facts: dict[str, str] = json.loads((prepared.folder / prepare.FACTS).read_text(encoding="utf-8"))
    return facts


def _as(made: Made) -> str:
    return "" if made.fresh else " (as before)"

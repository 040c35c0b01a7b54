"""The command line: runs a training, looks at data, predicts, and says which model serves."""

import argparse
import csv
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from . import dataset, estimators, prepare, recipe, settings
from .checks import Outcome
from .open_registry import open_registry
from .registry import CHALLENGER, CHAMPION, MODEL, RegistryError, named
from .run import Job, Result, run
from .scores import Interval
from .workshop import Workshop, WorkshopBusyError

MISUSED: Final = 2  # nothing could be done with what was given
CHECKS_FAILED: Final = 3  # the data was read, and is not such that one should learn from it
REFUSED: Final = 4  # a model was trained, and the gate did not let it through

WRONG: Final = (dataset.DataError, recipe.RecipeError, RegistryError, WorkshopBusyError)


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command and give its exit status."""
    given = _parser().parse_args(arguments)
    told = settings.read(environment)
    try:
        do: Callable[[argparse.Namespace, settings.Settings], int] = given.do
        return do(given, told)
    except prepare.ChecksFailedError as error:
        _print_outcomes(error.outcomes)
        print(error, file=sys.stderr)
        return CHECKS_FAILED
    except WRONG as error:
        print(error, file=sys.stderr)
        return MISUSED
    except BrokenPipeError:  # who read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.filename or told.var}: {error.strerror}.", file=sys.stderr)
        return MISUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Settings are environment variables; README.md names them. "
        "Exit status: 2 wrong use, 3 the data failed a check, 4 the gate refused the model.",
    )
    parser.set_defaults(do=_run)
    commands = parser.add_subparsers(metavar="COMMAND")
    commands.add_parser("run", help="check, train, evaluate, register (the default)").set_defaults(do=_run)
    commands.add_parser("check", help="only check the data").set_defaults(do=_check)
    predict = commands.add_parser("predict", help="write predictions for the rows of a CSV file to standard output")
    predict.add_argument("file", type=Path)
    predict.set_defaults(do=_predict)
    commands.add_parser("versions", help="list the registered models").set_defaults(do=_versions)
    promote = commands.add_parser("promote", help="make a version the champion: the challenger, or the one named")
    promote.add_argument("number", type=int, nargs="?")
    promote.set_defaults(do=_promote)
    return parser


def _run(_given: argparse.Namespace, told: settings.Settings) -> int:
    what = recipe.read(told.recipe)
    registry = open_registry(told, what.model.name)
    job = Job(recipe=what, data=told.data, workshop=Workshop(root=told.var), registry=registry)
    result = run(job, _say)
    _print_scores(result)
    refused = [rule for rule in result.rules if not rule.passed]
    if result.version is None:
        for rule in refused:
            print(f"  ✗ {rule}")
        print(f"The gate refused the model: {len(refused)} of {len(result.rules)} rules failed.", file=sys.stderr)
        return REFUSED
    _say("Gate", f"{len(result.rules) - len(refused)} of {len(result.rules)} rules passed")
    aliases = [alias for alias, number in registry.aliases().items() if number == result.version.number]
    _say("Registry", f"{registry.where(result.version.number)}: {result.version}, {' and '.join(aliases)}")
    if CHALLENGER in aliases and CHAMPION not in aliases:
        print("\nThe champion serves until somebody promotes the challenger: make run ARGS=promote")
    return 0


def _check(_given: argparse.Namespace, told: settings.Settings) -> int:
    _, _, outcomes = prepare.examine(told.data, recipe.read(told.recipe).data)
    _print_outcomes(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else CHECKS_FAILED


def _predict(given: argparse.Namespace, told: settings.Settings) -> int:
    registry = open_registry(told, recipe.read(told.recipe).model.name)
    champion = named(registry, CHAMPION)
    if champion is None:
        raise RegistryError("There is no champion yet; make run trains one.")
    table = dataset.read(given.file, with_target=False)
    if table.missing_columns:
        raise dataset.DataError(f"{given.file} lacks {', '.join(table.missing_columns)}.")
    with TemporaryDirectory() as folder:
        file = registry.fetch(champion.number, MODEL, Path(folder))
        try:
            answered = iter(zip(table.frame[dataset.ID], estimators.answers(file, table.frame), strict=True))
        except estimators.ModelError as error:
            said = f"The champion, {champion}, cannot answer for these columns: {error}."
            raise RegistryError(said) from error
    problems: dict[int, list[dataset.Fault]] = {}
    for fault in table.faults:
        problems.setdefault(fault.row, []).append(fault)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([dataset.ID, dataset.TARGET.name, "probability", "model", "problem"])
    for number in range(1, table.rows_read + 1):
        if faults := problems.get(number):
            writer.writerow([faults[0].id, "", "", champion.number, "; ".join(map(str, faults))])
            continue
        name, row = next(answered)
        best = int(row.argmax())
        writer.writerow([name, dataset.TARGET.values[best], f"{row[best]:.4f}", champion.number, ""])
    if problems:
        said = f"{len(problems)} of {table.rows_read} rows could not be read, and have a problem in place of an answer."
        print(said, file=sys.stderr)
    return 0


def _versions(_given: argparse.Namespace, told: settings.Settings) -> int:
    registry = open_registry(told, recipe.read(told.recipe).model.name)
    aliases = registry.aliases()
    for version in registry.versions():
        names = [alias for alias, number in aliases.items() if number == version.number]
        print(f"{version}  {' '.join(names)}".rstrip())
    if not registry.versions():
        print("No model is registered yet; make run trains one.")
    return 0


def _promote(given: argparse.Namespace, told: settings.Settings) -> int:
    registry = open_registry(told, recipe.read(told.recipe).model.name)
    number = given.number if given.number is not None else registry.aliases().get(CHALLENGER)
    if number is None:
        raise RegistryError("There is no challenger to promote.")
    registry.point(CHAMPION, number)
    print(f"Version {number} is the champion: {registry.where(number)}")
    return 0


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        print(f"  {'✓' if outcome.passed else '✗'} {outcome.name:<16} {outcome.problem}".rstrip())


def _print_scores(result: Result) -> None:
    found = result.evaluation
    print(f"\n  {'':<10} {'accuracy':<22} {'macro-F1':<22} calibration error")
    for name, scores in (("candidate", found.candidate), ("champion", found.champion), ("baseline", found.baseline)):
        if scores is not None:
            accuracy, f1 = _interval(scores.accuracy), _interval(scores.macro_f1)
            print(f"  {name:<10} {accuracy:<22} {f1:<22} {scores.calibration_error:.3f}")
    print()


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}; {interval.high:.3f}]"


def _say(of: str, sentence: str) -> None:
    print(f"{of:<9} {sentence}", flush=True)

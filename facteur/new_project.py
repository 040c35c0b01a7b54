"""`facteur new`: a project from a starter kit."""

from __future__ import annotations

import re
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from facteur.aside import check_place, made_aside
from facteur.kits import Kits, installed_kits, kits_of_repository
from routing.errors import ConfigurationError, FacteurError

if TYPE_CHECKING:
    from facteur.questionnaire import Questionnaire

ANSWERS = ".copier-answers.yml"
REFUSED = 2
"""The exit status after one sentence about what cannot be."""
INTERRUPTED = 128 + signal.SIGINT
_SPEAKS_FOR_ITSELF = re.compile(r"[^\W\d_][\w -]*")
"""A folder's name that a project can have too."""
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", required=False, type=_PATH)
@click.option("--kit", help="python, pyspark, predictive-api or training; the same as --answer kit=…")
@click.option("--answer", "pairs", multiple=True, metavar="NAME=VALUE", help="Answer a question; may be repeated.")
@click.option("--answers", "file", type=_PATH, metavar="FILE", help="Read answers from a YAML file.")
@click.option("--defaults", is_flag=True, help="Ask nothing: take what is usual for what is not answered.")
@click.option("--from", "repository", metavar="REPOSITORY", help="Take the kits out of a git repository of Facteur's.")
@click.option("--ref", metavar="TAG", help="Its tag, branch or commit.  [default: newest release]")
@click.option("--list", "listed", is_flag=True, help="List the kits; make nothing.")
def new(  # noqa: PLR0913 - the options of a command
    *,
    folder: Path | None,
    kit: str | None,
    pairs: tuple[str, ...],
    file: Path | None,
    repository: str | None,
    ref: str | None,
    defaults: bool,
    listed: bool,
) -> None:
    """Make a project in FOLDER from a starter kit.

    At a terminal it asks what is not answered yet. FOLDER is new or empty; where something is wrong nothing is made.
    """
    if folder is None and not listed:
        _refuse("Name the FOLDER to make, such as: facteur new my-project")
    if ref and not repository:
        _refuse("--ref names a version in a repository: name that by --from.")
    try:
        with tempfile.TemporaryDirectory(prefix="facteur-kits-") as scratch:
            place = Path(scratch) / "kits"
            kits = kits_of_repository(repository, ref, place) if repository else installed_kits(place)
            questions = _questions(kits)
            if folder is None or listed:
                for name, what in questions.kits().items():
                    click.echo(f"{name:16}{what}")
                return
            check_place(folder.resolve())
            answers = _answers(questions, folder, _given(kit, pairs), file, defaults=defaults)
            with made_aside(folder.resolve()) as work:
                files = _make(kits, work, answers)
    except FacteurError as error:
        _refuse(str(error), status=INTERRUPTED if _is_interruption(error) else REFUSED)
    except OSError as error:
        what = f"{error.filename} cannot be used" if error.filename else f"{folder} cannot be made"
        _refuse(f"{what} ({error.strerror or error}).")
    _say_what_next(folder, answers, files)
    origin = kits.origin.repository
    if not (origin and kits.origin.commit):
        click.echo(f"\nComplete {folder / ANSWERS} as it says, so that copier update finds newer kits.")
    elif Path(origin).is_absolute():
        click.echo(
            f"\ncopier update will look for newer kits in {origin}, on this machine; where others update the project, "
            f"name an address that they reach in {folder / ANSWERS}."
        )


class _Refused(click.ClickException):
    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.exit_code = status  # type: ignore[misc] # click's is for the class, and meant to be set


def _refuse(sentence: str, *, status: int = REFUSED) -> NoReturn:
    raise _Refused(sentence, status)


def _questions(kits: Kits) -> Questionnaire:
    try:
        from facteur.questionnaire import Questionnaire  # noqa: PLC0415 - needs the extra `kits`
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"Starter kits need the package {error.name}; install it with `pip install 'facteur[kits]'`."
        ) from error
    return Questionnaire(kits.folder)


def _is_interruption(error: FacteurError) -> bool:
    return isinstance(error.__cause__, KeyboardInterrupt)


def _given(kit: str | None, pairs: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            _refuse(f"--answer {pair}: write NAME=VALUE.")
        given[name.strip()] = value
    return given | ({"kit": kit} if kit else {})


def _answers(
    questions: Questionnaire, folder: Path, given: dict[str, Any], file: Path | None, *, defaults: bool
) -> dict[str, Any]:
    """Answers to all that is asked: those given, those of a file, then the terminal's or the usual ones."""
    from facteur.questionnaire import port_in_use, read_answers  # noqa: PLC0415 - needs the extra `kits`

    known = {**(read_answers(file) if file else {}), **given}
    questions.check(known)
    asks = not defaults and sys.stdin.isatty() and sys.stdout.isatty()
    proposed = {"project_name": name} if (name := _name_by(folder)) else {}
    needs_all = not defaults and not asks
    if needs_all and "project_name" not in known:
        proposed = {"project_name": "Nothing"}
    answers = questions.answers(known, proposed, ask=asks)
    if needs_all and (missing := [name for name in answers if name not in known]):
        _refuse(f"There is no terminal to ask at: give --defaults, or --answer for {', '.join(missing)}.")
    if unasked := [name for name in given if name not in answers]:
        _refuse(f"{unasked[0]} is not asked with these answers; leave it out.")
    while port_in_use(answers.get("port", 0)):
        sentence = f"port: {answers['port']} is in use on this machine; choose another."
        if not asks:
            _refuse(sentence)
        click.echo(sentence, err=True)
        del answers["port"]
        answers = questions.answers(answers, {}, ask=True)
    return answers


def _name_by(folder: Path) -> str | None:
    """A folder's name as people say it: `claims-radar` is Claims radar."""
    name = " ".join(re.split(r"[\s_-]+", folder.resolve().name))
    return name[0].upper() + name[1:] if _SPEAKS_FOR_ITSELF.fullmatch(name) else None


def _make(kits: Kits, work: Path, answers: dict[str, Any]) -> int:
    """Make the project, and return how many files it has."""
    from facteur.questionnaire import render  # noqa: PLC0415 - needs the extra `kits`

    render(kits.folder, work, answers)
    remembered = work / ANSWERS
    remembered.write_text(_remember(remembered.read_text(encoding="utf-8"), kits.origin.lines()), encoding="utf-8")
    return sum(path.is_file() for path in work.rglob("*"))


def _remember(text: str, origin: str) -> str:
    """Put the lines that say where kits come from in the place of those that name the folder they were laid out in."""
    before, _, after = text.partition("_src_path: ")
    # A long path may go on in the next lines, which are indented.
    return before + origin + re.sub(r"\A.*\n(?:[ \t]+.*\n)*", "", after)


def _say_what_next(folder: Path, answers: dict[str, Any], files: int) -> None:
    kit, begins = answers["kit"], "" if (folder / ".git").exists() else "git init -b main && "
    click.echo(f"{folder} holds {answers['project_name']}, made from the kit {kit}: {files} files. Now:\n")
    commit = f'{begins}git add -A && git commit -m "Begin with the kit {kit}"'
    for step in (f"cd {shlex.quote(str(folder))}", commit, "make run", "make test"):
        click.echo(f"  {step}")

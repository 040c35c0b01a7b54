"""What the starter kits ask, and the answers: given on the command line, in a file, or at the terminal.

copier asks and judges; what it says of a bad answer is turned into one sentence here.
"""

from __future__ import annotations

import errno
import re
import shutil
import socket
import unicodedata
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import copier
import yaml
from copier.errors import CopierError
from plumbum import ProcessExecutionError

from routing.errors import ConfigurationError, Rejected

_JUDGED = re.compile(r"Validation error for question '(\w+)': (.*)", re.DOTALL)
_NOT_A_CHOICE = re.compile(r"Invalid choice for '(\w+)': (.*) is not in \[(.*)\]", re.DOTALL)
_REQUIRED = re.compile(r'Question "(\w+)" is required')
_YES_OR_NO = {"true", "false", "yes", "no"}
_ASKED = ("copier.yml", "questions.yml")


class BadAnswer(Rejected):
    """An answer that a kit cannot be made with; the message names the question."""


class Stopped(Rejected):
    """Somebody pressed Ctrl-C."""


def read_answers(path: Path) -> dict[str, Any]:
    """Read answers from a YAML or JSON file; what a project's own answers file says of its kit is left out.

    Raises:
        ConfigurationError: It cannot be read, or is not a mapping.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({getattr(error, 'strerror', 'not UTF-8')}).") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"{path} holds no answers; write them as NAME: VALUE, one a line.")
    return {str(name): value for name, value in given.items() if not str(name).startswith("_")}


class Questionnaire:
    """The questions of a template, by name, in their order; what it would make stays out of sight."""

    def __init__(self, kits: Path) -> None:
        self._asking = kits.with_name("questions")
        for kit in kits.iterdir():
            if kit.is_dir():
                (self._asking / kit.name).mkdir(parents=True)
        for name in _ASKED:
            shutil.copy(kits / name, self._asking)
        asked = self._run({"project_name": "Nothing"}, defaults=True).template.questions_data
        self._questions: dict[str, Any] = {name: told for name, told in asked.items() if told.get("when") is not False}

    def kits(self) -> dict[str, str]:
        """Each kit's name, with what it is."""
        choices = self._questions["kit"]["choices"]
        return {name: label.removeprefix(f"{name}: ") for label, name in choices.items()}

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse answers that nothing asks for, or of another kind than is asked for.

        Raises:
            BadAnswer: There is one; the rest of what an answer must be like is told when it is used.
        """
        for name, answer in given.items():
            if name not in self._questions:
                raise BadAnswer(f"There is no question {name}; the kits ask {', '.join(self._questions)}.")
            kind = self._questions[name].get("type")
            if answer is None or isinstance(answer, (dict, list)):
                raise BadAnswer(f"{name}: an answer is one word, number or line.")
            if kind == "int" and not re.fullmatch(r"-?\d+", str(answer)):
                raise BadAnswer(f"{name}: {answer} is not a whole number.")
            if kind == "bool" and str(answer).lower() not in _YES_OR_NO:
                raise BadAnswer(f"{name}: answer yes or no, not {answer}.")

    def answers(self, given: Mapping[str, Any], proposed: Mapping[str, Any], *, ask: bool) -> dict[str, Any]:
        """Complete answers: by asking at the terminal, or else by what is proposed and what is usual.

        Args:
            given: Answers that are not asked for any more.
            proposed: What is proposed in the place of what is usual.
            ask: Whether somebody answers at a terminal.

        Returns:
            An answer to every question that these answers lead to.

        Raises:
            BadAnswer: An answer that was given does not pass.
            Stopped: Ctrl-C.
        """
        if ask:  # what is wrong with what was given is said before the first question, not at its turn
            self._run({"project_name": "Nothing", **given}, proposed, defaults=True)
        worker = self._run(given, proposed, defaults=not ask)
        hidden = worker.answers.hidden
        return {name: answer for name, answer in worker.answers.user.items() if name not in hidden}

    def _run(self, given: Mapping[str, Any], proposed: Mapping[str, Any] | None = None, *, defaults: bool) -> Any:
        return _told(
            str(self._asking),
            self._asking.with_name("nothing"),
            data=dict(given),
            user_defaults=dict(proposed or {}),
            defaults=defaults,
            pretend=True,
            quiet=True,
        )


def render(kits: Path, folder: Path, answers: Mapping[str, Any]) -> None:
    """Make a project in `folder` from complete answers.

    Raises:
        BadAnswer: An answer does not pass.
        OSError: The disk does not take it.
    """
    _told(str(kits), folder, data=dict(answers), defaults=True, quiet=True)


def port_in_use(port: int) -> bool:
    """Whether something on this machine listens on a port already."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _told(*arguments: Any, **options: Any) -> Any:
    """Let copier work, and turn what it objects to into one sentence."""
    try:
        return copier.run_copy(*arguments, **options)
    except KeyboardInterrupt as error:
        raise Stopped("Stopped; nothing was made.") from error
    except ProcessExecutionError as error:  # an OSError with a page of text
        why = (error.stderr.strip().splitlines() or ["it says nothing"])[-1].removeprefix("fatal: ").rstrip(".")
        raise ConfigurationError(f"git does not work here: {why}.") from error
    except (ValueError, CopierError) as error:
        known = {**options.get("user_defaults", {}), **options["data"]}
        raise BadAnswer(_in_a_sentence(str(error), known)) from error


def _in_a_sentence(said: str, known: Mapping[str, Any]) -> str:
    if found := _JUDGED.fullmatch(said):
        return f"{found[1]}: {' '.join(found[2].split())}"
    if found := _NOT_A_CHOICE.fullmatch(said):
        return f"There is no {found[1]} {found[2]}; choose one of {found[3].replace(chr(39), '')}."
    if found := _REQUIRED.fullmatch(said):
        return _why_it_is_asked(found[1], str(known.get("project_name", "")))
    return " ".join(said.split())


def _why_it_is_asked(question: str, project: str) -> str:
    """Say why nothing is usual: the questionnaire makes no name out of another that it would refuse."""
    if question == "slug":
        has_letters = re.search("[a-z]", unicodedata.normalize("NFKD", project.lower()))
        why = "is taken by Python or by a library that the kits use" if has_letters else "has no letter from a to z"
        sentence = f"slug: no name for machines can be made of {project}, which {why}"
    elif question == "package":
        sentence = "package: a package called test_… would be taken for a test"
    else:
        return f"{question}: this needs an answer: --answer {question}=NAME."
    return f"{sentence}; give one: --answer {question}=NAME."

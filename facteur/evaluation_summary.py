"""What `facteur evaluate` and `facteur compare` say in a terminal: what matters, and where the rest lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from model.evaluation.assessment import Assessment, Contestant, contestant
from model.evaluation.comparison import Comparison, Paired
from model.report.comparison_page import comparison_lead, names
from model.report.markup import visible
from model.report.page import SURE, lead, notices
from model.report.wording import Wording

_WEAKEST = 3
_INDENT = (0, 0, 0, 2)
_WIDEST = 100
"""Columns that a sentence may fill; longer lines are hard to read."""


def show_evaluation(assessment: Assessment, files: Sequence[Path], say: Wording, console: Console) -> None:
    """Print the summary of an evaluation, and where its page and JSON are."""
    evaluation = assessment.model.evaluation
    name = assessment.model.judged.name
    console.print()
    console.print(_heading(name, f"{say.count(evaluation.examples)} {say('mails').lower()}"))
    console.print(_sentence(lead(assessment, say), console))
    table = _contestants(say)
    table.add_row(*_row(name, assessment.model, say), style="bold")
    table.add_row(*_row(say("baseline"), assessment.baseline, say))
    console.print(Padding(table, (1, 0, 1, 2)))
    details = Table.grid(padding=(0, 2))
    for key, text in _details(assessment, say):
        details.add_row(Text(key, style="dim"), Text(visible(text)))
    console.print(Padding(details, _INDENT))
    for notice in notices(assessment, say):
        console.print(_sentence(notice, console, style="yellow"))
    _show_files(files, console)


def show_comparison(comparison: Comparison, files: Sequence[Path], say: Wording, console: Console) -> None:
    """Print the summary of a comparison, and where its page and JSON are."""
    first, second = names(comparison, say)
    console.print()
    console.print(_heading(say("compare_title", first=first, second=second), ""))
    console.print(_sentence(comparison_lead(comparison, say), console))
    table = _contestants(say)
    table.add_row(*_row(first, contestant(comparison.first), say))
    table.add_row(*_row(second, contestant(comparison.second), say))
    console.print(Padding(table, (1, 0, 1, 2)))
    parts = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, head in enumerate((say("part"), say("mails"), say("difference"), say("interval"), "p")):
        parts.add_column(head, justify="right" if place else "left", no_wrap=True)
    languages = [(say.slice_name(part.name), part) for part in comparison.languages]
    labels = [(part.name, part) for part in _telling(comparison.labels)]
    for name, part in [(say("all_mails"), comparison.whole), *languages, *labels]:
        parts.add_row(
            Text(visible(name)),
            say.count(part.mails),
            say.points(part.difference),
            say.points_span(part.interval),
            say.p(part.p).removeprefix("p = ").removeprefix("p "),
            style="bold" if part.p < SURE else None,
        )
    console.print(Padding(parts, _INDENT))
    _show_files(files, console)


def _telling(parts: Sequence[Paired]) -> list[Paired]:
    """Return the labels that differ most."""
    differing = [part for part in parts if part.only_first != part.only_second]
    return sorted(differing, key=lambda part: -abs(part.only_second - part.only_first))[: 2 * _WEAKEST]


def _heading(name: str, about: str) -> Text:
    return Text.assemble(("  " + visible(name), "bold"), (f"  {about}", "dim"))


def _sentence(text: str, console: Console, style: str = "") -> Padding:
    return Padding(Text(visible(text), style=style), (0, max(0, console.width - _WIDEST), 0, 2))


def _contestants(say: Wording) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    heads = ("model", "accuracy_head", "macro_f1", "ece", "speed")
    for place, key in enumerate(heads):
        table.add_column(say(key), justify="right" if place else "left")
    return table


def _row(name: str, one: Contestant | None, say: Wording) -> list[Text | str]:
    title = Text(visible(name))
    if one is None:
        return [title, *["\N{EN DASH}"] * 4]
    speed = one.judged.mails_per_cpu_second
    return [
        title,
        f"{say.percent(one.evaluation.accuracy)} ({say.span(one.evaluation.accuracy_interval)})",
        say.share(one.evaluation.macro_f1),
        say.share(one.evaluation.ece),
        say.count(speed) if speed else say("not_measured"),
    ]


def _details(assessment: Assessment, say: Wording) -> list[tuple[str, str]]:
    evaluation = assessment.model.evaluation
    parts = [
        f"{say.slice_name(part.name)} {say.percent(part.accuracy)} (n = {say.count(part.examples)})"
        for part in evaluation.languages
    ]
    weakest = sorted((score for score in evaluation.labels if score.examples), key=lambda score: score.f1)[:_WEAKEST]
    labels = [f"{score.label} {say.share(score.f1)}" for score in weakest]
    confusions = [
        f"{say('confusions_row', truth=one.truth, said=one.said)} \N{MULTIPLICATION SIGN}{say.count(one.count)}"
        for one in evaluation.confusions[:_WEAKEST]
    ]
    return [
        (say("by_language"), " · ".join(parts)),
        (say("weakest"), " · ".join(labels)),
        (say("confusions"), " · ".join(confusions) or say("confusions_none")),
    ]


def _show_files(files: Sequence[Path], console: Console) -> None:
    console.print()
    for file in files:
        console.print(Text(f"  {file}", style="cyan"), soft_wrap=True)

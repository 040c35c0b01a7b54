"""`facteur corpus`: checking, exporting, parting and masking labelled mail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.corpus import Example, Layout, Severity, examples_in, read_corpus
from model.corpus.checking import CorpusReport, check_corpus
from model.corpus.export import Export
from model.corpus.pseudonyms import Pseudonyms
from model.corpus.reading import STORE
from model.corpus.split import split as part
from model.corpus.writing import write_corpus
from model.masking import masked_example
from routing.errors import ConfigurationError
from routing.policy import Policy
from routing.policy.book import policy_in_force
from routing.policy.reading import policy_of
from routing.settings import Settings
from routing.store.opening import open_store

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TOLD_EVERY = 1_000

F = TypeVar("F", bound=Callable[..., Any])


class CorpusPath(click.ParamType[Path | str]):
    """A file or folder that exists, or `store:`."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """Return `store:` as it is, a path as a path."""
        if str(value) == STORE or isinstance(value, Path):
            return str(value) if str(value) == STORE else value
        path = Path(value)
        try:
            there = path.exists()
        except OSError as error:  # a name that is too long, a folder that may not be looked into
            self.fail(f"{value} cannot be read: {error.strerror}", param, ctx)
        if not there:
            self.fail(f"{value} is no file, no folder and not {STORE}", param, ctx)
        return path


CORPUS = CorpusPath()


def layout_options(command: F) -> F:
    """Give a command the options that say how a corpus is laid out; `layout_of` makes a `Layout` of them."""
    for option in (
        click.option("--label-header", help="Header field that carries a raw message's label; X-Label by default."),
        click.option(
            "--labels",
            "labels_file",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="CSV of id and label, for raw messages.",
        ),
        click.option("--encoding", help="Encoding of text files, such as cp1252; found out by default."),
        click.option(
            "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="What a column is called, label=category."
        ),
    ):
        command = option(command)
    return command


def layout_of(given: dict[str, Any]) -> Layout:
    """Take the options of `layout_options` out of a command's and return the layout. Raises ConfigurationError."""
    columns, encoding, labels, header = (
        given.pop(name) for name in ("columns", "encoding", "labels_file", "label_header")
    )
    plain = Layout(encoding=encoding or "", labels=labels)
    layout = plain if header is None else Layout(encoding=encoding or "", labels=labels, label_header=header)
    return layout.with_columns(columns)


@click.group()
def corpus() -> None:
    """Check, export, part and mask labelled mail."""


@corpus.command()
@click.argument("paths", nargs=-1, required=True, type=CORPUS, metavar="PATH...")
@click.option("--test", "tests", multiple=True, type=CORPUS, help="Held-out mails: what is also trained on is a leak.")
@click.option("--validation", "validations", multiple=True, type=CORPUS, help="The same, held out for choosing.")
@click.option("--any-label", is_flag=True, help="Take the corpus's labels as they are, not the policy's.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@layout_options
@click.pass_context
def check(ctx: click.Context, /, **given: Any) -> None:
    """Say what is wrong with a corpus and where; exit code 1 when it cannot be trained on."""
    layout = layout_of(given)
    faults: list[str] = []
    policy = None if given["any_label"] else policy_of(Settings.from_environ())
    report = check_corpus(
        read_corpus(given["paths"], layout=layout, faults=faults),
        labels=policy.labels if policy else (),
        names=names_of(policy) if policy else {},
        validation=read_corpus(given["validations"], layout=layout) if given["validations"] else (),
        test=read_corpus(given["tests"], layout=layout) if given["tests"] else (),
        faults=faults,
    )
    if given["as_json"]:
        click.echo(json.dumps(report.document, ensure_ascii=False, indent=2))
    else:
        print_report(Console(highlight=False), report)
    if report.errors:
        ctx.exit(1)


@corpus.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC) of acceptance.")
@click.option("--language", type=click.Choice(["fr", "en", "other"]), help="Mails in this language only.")
@click.option(
    "--no-mask",
    is_flag=True,
    help="Write names, addresses, telephone and account numbers as they are. The file is then personal data: keep it "
    "where the mail itself may lie, and no longer.",
)
def export(out: Path, since: datetime | None, language: str | None, *, no_mask: bool) -> None:
    """Write what humans reviewed in the store as a corpus, personal data masked."""
    settings = Settings.from_environ()
    file_policy = policy_of(settings)
    store = open_store(settings.resolved_database_url)
    console = Console(stderr=True, highlight=False)
    try:
        leaving = Export(
            store=store,
            policy=policy_in_force(store, file_policy),
            since=since.replace(tzinfo=UTC).timestamp() if since else None,
            language=language or "",
            mask=not no_mask,
        )
        with _counting(console, "exported") as tell:
            counts = write_corpus(out, _some(leaving.examples(tell), "No reviewed mail to export: review some first."))
    finally:
        store.close()
    console.print(_counts("Label", counts))
    console.print(_counts("Language", leaving.languages))
    if no_mask:
        console.print(f"[yellow]Nothing was masked:[/] {escape(str(out))} is personal data.")
    else:
        console.print(_counts("Masked", leaving.masked))
    click.echo(out)


@corpus.command()
@click.argument("paths", nargs=-1, required=True, type=CORPUS, metavar="PATH...")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@layout_options
def mask(**given: Any) -> None:
    """Write a corpus with its personal data masked, in JSON Lines."""
    layout = layout_of(given)
    console = Console(stderr=True, highlight=False)
    leaving = _Masked()
    with _counting(console, "masked") as tell:
        write_corpus(given["out"], leaving.masked(examples_in(given["paths"], layout=layout), tell))
    console.print(_counts("Masked", leaving.counts))
    click.echo(given["out"])


@corpus.command()
@click.argument("paths", nargs=-1, required=True, type=CORPUS, metavar="PATH...")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for both files.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.15, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of the draw.")
@layout_options
def split(**given: Any) -> None:
    """Part a corpus into train.jsonl and test.jsonl: no near-copy and no author on both sides."""
    layout = layout_of(given)
    parts = part(read_corpus(given["paths"], layout=layout), given["share"], given["seed"])
    if not parts.held_out or not parts.training:
        raise ConfigurationError(
            "Nothing is left for one of the two parts: give more mails, or another --share; near-copies, groups and "
            "authors stay together."
        )
    out: Path = given["out"]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be made: {error.strerror}; give another --out.") from error
    for name, examples in (("train.jsonl", parts.training), ("test.jsonl", parts.held_out)):
        write_corpus(out / name, examples)
        click.echo(f"{out / name}: {len(examples)} mails")


def names_of(policy: Policy) -> dict[str, str]:
    """Return what people call each label of a policy, to the label."""
    return {name: label.key for label in policy.labels.values() for name in label.names.values()}


def print_report(console: Console, report: CorpusReport) -> None:
    """Print what was found in a corpus, the gravest first."""
    languages = ", ".join(f"{language or 'unknown'} {count}" for language, count in report.languages.items())
    console.print(f"{report.examples} mails, {len(report.labels)} labels ({languages})")
    for finding in report.findings:
        colour = _COLOURS[finding.severity]
        console.print(f"[{colour}]{finding.severity}[/] {escape(finding.what)}. {escape(finding.advice)}")
        for place in finding.where:
            console.print(f"    {escape(place)}", style="dim")
    if not report.findings:
        console.print("[green]Nothing wrong was found.[/]")


class _Masked:
    """Masks examples and counts what it masked."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._pseudonyms = Pseudonyms()

    def masked(self, rows: Iterator[Example | ConfigurationError], tell: Callable[[int], None]) -> Iterator[Example]:
        for number, row in enumerate(rows, 1):
            if isinstance(row, ConfigurationError):
                raise row
            example, counts = masked_example(row, known=(row.author,))
            example = replace(example, author=self._pseudonyms.of(row.author))
            for kind, count in counts.items():
                self.counts[kind] = self.counts.get(kind, 0) + count
            tell(number)
            yield example


def _some(examples: Iterator[Example], otherwise: str) -> Iterator[Example]:
    """Yield the examples; raise ConfigurationError when there is none, so that no empty file is left."""
    none = True
    for example in examples:
        none = False
        yield example
    if none:
        raise ConfigurationError(otherwise)


@contextmanager
def _counting(console: Console, done: str) -> Iterator[Callable[[int], None]]:
    """Show how many mails are done, on a terminal as it grows."""
    with console.status(f"0 mails {done}") as status:
        yield lambda number: status.update(f"{number} mails {done}") if number % _TOLD_EVERY == 0 else None


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title, "Mails" if title != "Masked" else "Pieces", box=None, pad_edge=False)
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        table.add_row(escape(name) or "unknown", str(count))
    return table


__all__: Sequence[str] = ("CORPUS", "corpus", "layout_of", "layout_options", "names_of", "print_report")

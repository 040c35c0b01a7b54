"""`facteur evaluate` and `facteur compare`: judging models on labelled mail, in a terminal and as a page."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

import model as model_room
from facteur.corpora import CORPUS, layout_of, layout_options
from facteur.evaluation_summary import show_comparison, show_evaluation
from facteur.progress import progress_of
from model.corpus import Example, Layout, read_corpus
from model.evaluation.assessment import assess
from model.evaluation.comparison import compare
from model.evaluation.judged import Judged, judge
from model.masking import mask
from model.registry import bundled_model_path, load_classifier, open_model
from model.report.comparison_page import comparison_page
from model.report.document import comparison_document, evaluation_document, json_bytes, read_judged
from model.report.excerpt import NO_TEXTS, Texts, texts_of
from model.report.files import check_folder, file_name, write
from model.report.page import Circumstances, evaluation_page
from model.report.wording import ENGLISH, LANGUAGES, Wording
from routing.classifier import Classifier
from routing.errors import ConfigurationError
from routing.promise import Promise
from routing.version import version

CORPORA = Path(model_room.__file__).parent / "corpora" / "insurance"
TEST = CORPORA / "test.jsonl"
TRAIN = CORPORA / "train"

_DIGEST_DIGITS = 8
_OUT = click.option(
    "--out",
    default="reports",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the page and the JSON.",
)
_LANGUAGE = click.option(
    "--language", type=click.Choice(LANGUAGES), default=ENGLISH, show_default=True, help="Language of the report."
)
_TEXTS = click.option(
    "--texts/--no-texts",
    default=True,
    show_default=True,
    help="Show the beginnings of mails, personal data masked.",
)


@click.command("evaluate")
@click.argument("corpora", nargs=-1, type=CORPUS)
@click.option("--model", default="bundled", show_default=True, help="`bundled`, `keywords` or a model's folder.")
@click.option(
    "--train",
    "training",
    multiple=True,
    type=CORPUS,
    help="What the TF-IDF baseline learns from, best what the model learnt from. Without it the baseline is "
    "cross-validated on CORPORA (the bundled model's corpora are known).",
)
@_OUT
@_LANGUAGE
@_TEXTS
@layout_options
def evaluate_(  # noqa: PLR0913 - one word for each option
    *,
    corpora: tuple[Path | str, ...],
    model: str,
    training: tuple[Path | str, ...],
    out: Path,
    language: str,
    texts: bool,
    **layout: Any,
) -> None:
    """Judge a model on labelled mail; without CORPORA on the test set that comes with the product.

    Writes a page and JSON: figures with their intervals, a TF-IDF baseline, plots, the worst errors.
    """
    form = layout_of(layout)
    examples = _labelled(corpora or (TEST,), form)
    train = _labelled(training or _training_of(model), form)
    classifier = load_classifier(model)
    check_folder(out)
    with progress_of() as listen:
        assessment = assess(classifier, examples, train, promises=_promises_of(model), listen=listen)
    say, circumstances = Wording(language), _circumstances(corpora or (TEST,))
    page = evaluation_page(assessment, _texts(examples, shown=texts), circumstances, say)
    document = evaluation_document(assessment, circumstances, say)
    name = file_name(assessment.model.judged.name, assessment.corpus[:_DIGEST_DIGITS])
    files = _write(out, name, page, json_bytes(document))
    show_evaluation(assessment, files, say, Console())


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("corpora", nargs=-1, type=CORPUS)
@_OUT
@_LANGUAGE
@_TEXTS
@layout_options
def compare_(  # noqa: PLR0913 - one word for each option
    *,
    first: str,
    second: str,
    corpora: tuple[Path | str, ...],
    out: Path,
    language: str,
    texts: bool,
    **layout: Any,
) -> None:
    """Hold model B against model A on the same mails: who is better where, and whether chance explains it.

    A and B are `bundled`, `keywords`, a model's folder, or the JSON that `facteur evaluate` wrote. Without CORPORA
    models are asked about the test set that comes with the product.
    """
    reports = [_is_report(one) for one in (first, second)]
    places: tuple[Path | str, ...] = corpora or (() if all(reports) else (TEST,))
    examples = _labelled(places, layout_of(layout))
    given = [_opened(one) for one in (first, second)]
    check_folder(out)
    with progress_of() as listen:
        judged = [one if isinstance(one, Judged) else judge(one, examples, listen) for one in given]
    comparison = compare(*judged)
    say, circumstances = Wording(language), _circumstances(places or (Path(first), Path(second)))
    page = comparison_page(comparison, _texts(examples, shown=texts), circumstances, say)
    document = comparison_document(comparison, circumstances)
    files = _write(out, file_name(judged[0].name, "and", judged[1].name), page, json_bytes(document))
    show_comparison(comparison, files, say, Console())


def _is_report(spec: str) -> bool:
    return spec.endswith(".json")


def _opened(spec: str) -> Judged | Classifier:
    return read_judged(Path(spec)) if _is_report(spec) else load_classifier(spec)


def _labelled(places: Sequence[Path | str], layout: Layout) -> list[Example]:
    examples = read_corpus(places, layout=layout) if places else []
    bare = [example.id for example in examples if not example.label]
    if bare:
        raise ConfigurationError(
            f"{len(bare)} mails have no label, for instance {bare[0]}: judging takes mails whose label is known"
        )
    return examples


def _training_of(model: str) -> tuple[Path, ...]:
    """Return the corpora that the bundled model is trained from, where they lie beside the program."""
    is_bundled = model == "bundled" or Path(model).resolve() == bundled_model_path()
    return (TRAIN,) if is_bundled and TRAIN.is_dir() else ()


def _promises_of(model: str) -> tuple[Promise, ...]:
    if model == "keywords":
        return ()
    path = bundled_model_path() if model == "bundled" else model.removeprefix("torch:")
    return open_model(path).config.promises


def _texts(examples: Sequence[Example], *, shown: bool) -> Texts:
    return texts_of(examples, mask) if shown else NO_TEXTS


def _circumstances(places: Sequence[Path | str]) -> Circumstances:
    return Circumstances(
        made_at=datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
        corpus=tuple(_near(place) for place in places),
        program=version(),
        machine=f"{os.cpu_count()} \N{MULTIPLICATION SIGN} {platform.machine()}, {platform.system()}",
    )


def _near(place: Path | str) -> str:
    """Name a path from here where it lies below: a report is passed on, and whose home it was made in is nobody's."""
    if isinstance(place, str):
        return place
    resolved = place.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else place.name


def _write(out: Path, name: str, page: str, document: bytes) -> tuple[Path, Path]:
    html, json_ = out / f"{name}.html", out / f"{name}.json"
    write(html, page.encode())
    write(json_, document)
    return html, json_

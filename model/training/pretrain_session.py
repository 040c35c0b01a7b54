"""One pre-training from request to record."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from model.corpus import Example, Layout, examples_in
from model.text import features_of
from model.training.bases import CARD, Base, card_of, find_base
from model.training.config import option_types
from model.training.machine import described, device_of
from model.training.memory import FolderMemory
from model.training.options import Listener
from model.training.pretrain_options import PretrainOptions, check_pretrain_options
from model.training.pretraining import Pretrained, pretrain
from model.training.recording import Recorder, recorded
from model.training.runs import Run, Status, corpus_digest, create, open_run, replace_text
from model.training.tracking import Tracker, tracker_of
from routing.errors import ConfigurationError

SCRATCH = "scratch"
"""The base that stands for none: tokenizer and encoder are made from the mail alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainRequest:
    """A pre-training on unlabelled mail."""

    mail: tuple[str, ...]
    """Paths, or `store:`; labels are not looked at."""
    base: str
    out: str
    options: PretrainOptions
    layout: Layout = field(default_factory=lambda: Layout(labelled=False))

    def config(self) -> dict[str, Any]:
        """Return what was asked for, flat."""
        options = {name: getattr(self.options, name) for name in option_types(PretrainOptions)}
        return {"mail": list(self.mail), "base": self.base, "out": self.out, **options}

    def parameters(self) -> dict[str, Any]:
        """Return everything as JSON; `_of_parameters` takes it back."""
        layout = {**asdict(self.layout), "labels": None}
        return {
            "corpora": list(self.mail),
            "base": self.base,
            "out": self.out,
            "layout": layout,
            "options": asdict(self.options),
        }


def perform_pretraining(
    request: PretrainRequest, runs: Path, *, watch: Listener, begun: Callable[[Run], None] = lambda _: None
) -> Pretrained:
    """Pre-train and record it in a folder of its own under `runs`; a request that cannot be met leaves nothing there.

    Raises:
        ConfigurationError: It cannot be done; one sentence says why.
        KeyboardInterrupt: The user stopped it; `resume_pretraining` goes on.
    """
    tracker = tracker_of()
    check_pretrain_options(request.options)
    device_of(request.options.device)
    mails = unlabelled(request.mail, request.layout)
    base = _base(request)
    run = create(runs, kind="pretrain", name=Path(request.out).name)
    run.record.data = corpus_digest(mails)
    begun(run)
    return _go(request, run, mails, base, watch, tracker)


def resume_pretraining(folder: Path, *, watch: Listener, begun: Callable[[Run], None] = lambda _: None) -> Pretrained:
    """Go on with a pre-training that was interrupted, from what was kept last.

    Raises:
        ConfigurationError: It is no such run, or its mail is not what it was.
    """
    run = open_run(folder)
    if run.record.kind != "pretrain" or run.record.status is Status.DONE:
        what = "is done" if run.record.status is Status.DONE else f"is of the kind {run.record.kind!r}"
        raise ConfigurationError(f"The run {folder} {what}: there is nothing to go on with.")
    request = _of_parameters(run.record.parameters)
    mails = unlabelled(request.mail, request.layout)
    if corpus_digest(mails) != run.record.data:
        raise ConfigurationError(f"The mail has changed since the run {folder.name} began: begin a new run.")
    begun(run)
    return _go(request, run, mails, _base(request), watch, tracker_of())


def encoder_card(pretrained: Pretrained, base: Base | None, options: PretrainOptions) -> str:
    """Return the card of a pre-trained encoder; that of the base stands in it."""
    origin = (
        "from scratch, tokenizer and weights: no foreign weights are in it"
        if base is None
        else f"going on from {base.name}"
    )
    lines = [
        "# An encoder pre-trained on one's own mail",
        "",
        f"Made with `facteur pretrain` {origin}, by masked-language training with whole words.",
        "",
        "| | |",
        "| --- | --- |",
        f"| mails learnt from | {pretrained.texts} |",
        f"| parameters | {pretrained.parameters / 1e6:.1f} million |",
        f"| word pieces | {pretrained.vocabulary} |",
        f"| epochs, batch, seed | {options.epochs}, {options.batch}, {options.seed} |",
        f"| perplexity of hidden words in {pretrained.held_out} held-out mails | {pretrained.perplexity:.1f} |",
        f"| the same before | {pretrained.before:.1f} |",
        "",
    ]
    own = card_of(base.directory) if base else ""
    return "\n".join([*lines, *(["# What it went on from", "", own, ""] if own else [])])


def _go(  # noqa: PLR0913, PLR0917 - all that was found before
    request: PretrainRequest,
    run: Run,
    mails: Sequence[Example],
    base: Base | None,
    watch: Listener,
    tracker: Tracker,
) -> Pretrained:
    recorder, out = Recorder(run, watch, tracker), Path(request.out)
    try:
        with recorded(recorder):
            run.record.machine = described(device_of(request.options.device))
            recorder.begin(request.parameters(), request.config())
            texts = [features_of(mail.mail) for mail in mails]
            pretrained = pretrain(texts, base, out, request.options, recorder, memory=FolderMemory(run.state))
            replace_text(out / CARD, encoder_card(pretrained, base, request.options))
            recorder.figures(
                {
                    "trained_on": pretrained.texts,
                    "parameters": pretrained.parameters,
                    "perplexity_before": pretrained.before,
                    "perplexity": pretrained.perplexity,
                }
            )
            run.record.results = {"encoder": str(out)}
    except ConfigurationError:
        if not run.state.exists():  # it never began to learn
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return pretrained


def unlabelled(mail: Sequence[str], layout: Layout) -> list[Example]:
    """Return the mails at the given paths, whatever their labels.

    Raises:
        ConfigurationError: A path cannot be read, or there is no mail at any.
    """
    found: list[Example] = []
    for row in examples_in(mail, layout=layout):
        if not isinstance(row, Example):
            raise row
        found.append(row)
    if not found:
        raise ConfigurationError(f"There is no mail in {', '.join(mail)}: give files or folders of mails.")
    return found


def _base(request: PretrainRequest) -> Base | None:
    return None if request.base == SCRATCH else find_base(request.base)


def _of_parameters(parameters: dict[str, Any]) -> PretrainRequest:
    known = {one.name for one in fields(PretrainOptions)}
    options = {name: value for name, value in parameters["options"].items() if name in known}
    return PretrainRequest(
        mail=tuple(parameters["corpora"]),
        base=parameters["base"],
        out=parameters["out"],
        options=PretrainOptions(**options),
        layout=Layout(**parameters["layout"]),
    )

"""What a training run is asked for, so that it can be written down, done, and gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from model.corpus import Layout
from model.training.config import option_types, options_of
from model.training.options import TrainOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A training on a corpus."""

    corpora: tuple[str, ...]
    """Paths, or `store:`."""
    base: str
    out: str
    options: TrainOptions
    layout: Layout = field(default_factory=Layout)
    folds: int = 0
    from_scratch: bool = False
    """Pre-train an encoder on the mails themselves instead of starting from `base`."""
    mail: tuple[str, ...] = ()
    """Unlabelled mail for that, beside the training mails."""
    pretrain_epochs: int = 20
    policy: str = ""
    """The file that the labels are from; empty: they are whatever the corpus holds."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call a label to the label, for suggestions as the corpus is checked."""

    def config(self) -> dict[str, Any]:
        """Return the request as `--config` takes it."""
        layout = self.layout
        own = {"mail": list(self.mail), "pretrain_epochs": self.pretrain_epochs}
        return {
            "corpora": list(self.corpora),
            **({**own, "from_scratch": True} if self.from_scratch else {"base": self.base}),
            "out": self.out,
            **({"test": str(self.options.test)} if self.options.test else {}),
            **({"policy": self.policy} if self.policy else {}),
            **({"folds": self.folds} if self.folds else {}),
            **({"columns": [f"{ours}={theirs}" for ours, theirs in layout.columns.items()]} if layout.columns else {}),
            **({"encoding": layout.encoding} if layout.encoding else {}),
            **({"label_header": layout.label_header} if layout.label_header != Layout().label_header else {}),
            **({"labels_file": str(layout.labels)} if layout.labels else {}),
            **{name: getattr(self.options, name) for name in option_types()},
        }

    def parameters(self) -> dict[str, Any]:
        """Return everything as JSON; `of_parameters` takes it back."""
        return {
            "corpora": list(self.corpora),
            "base": self.base,
            "out": self.out,
            "folds": self.folds,
            "from_scratch": self.from_scratch,
            "mail": list(self.mail),
            "pretrain_epochs": self.pretrain_epochs,
            "policy": self.policy,
            "layout": {**asdict(self.layout), "labels": str(self.layout.labels) if self.layout.labels else None},
            "options": {**asdict(self.options), "test": str(self.options.test) if self.options.test else None},
        }


def of_parameters(parameters: Mapping[str, Any]) -> Request:
    """Return the request that a run's record holds."""
    layout, options = dict(parameters["layout"]), dict(parameters["options"])
    layout["labels"] = Path(layout["labels"]) if layout["labels"] else None
    options["test"] = Path(options["test"]) if options["test"] else None
    options["labels"] = tuple(options["labels"])
    return Request(
        corpora=tuple(parameters["corpora"]),
        base=parameters["base"],
        out=parameters["out"],
        folds=parameters["folds"],
        from_scratch=parameters["from_scratch"],
        mail=tuple(parameters["mail"]),
        pretrain_epochs=parameters["pretrain_epochs"],
        policy=parameters["policy"],
        layout=Layout(**layout),
        options=options_of(options),
    )


def absolute(request: Request, here: Path) -> Request:
    """Return the request with paths that hold wherever it is gone on with."""

    def whole(path: str) -> str:
        return str(here / path) if (here / path).exists() and path != "minilm" else path

    test = request.options.test
    return replace(
        request,
        corpora=tuple(map(whole, request.corpora)),
        mail=tuple(map(whole, request.mail)),
        base=whole(request.base),
        out=str(here / request.out),
        options=replace(request.options, test=here / test) if test else request.options,
    )

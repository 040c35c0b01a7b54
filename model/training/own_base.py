"""An encoder made from nothing but the mail of a run, before the run trains on it."""

from __future__ import annotations

from collections.abc import Sequence

from model.corpus import Example, Layout
from model.text import features_of
from model.training.bases import CARD, Base
from model.training.memory import FolderMemory
from model.training.options import Listener
from model.training.preparation import Material
from model.training.pretrain_options import PretrainOptions
from model.training.pretrain_session import encoder_card, unlabelled
from model.training.pretraining import pretrain
from model.training.request import Request
from model.training.runs import Run, replace_text

ENCODER = "encoder"
"""The folder, within the run's."""


def own_base(request: Request, material: Material, run: Run, listen: Listener) -> Base:
    """Pre-train on the training mails and on `request.mail`, or go on with it, or take what was made before.

    Held-out and test mails are left out, so that figures stay honest.

    Raises:
        ConfigurationError: The mail cannot be read, or is too little.
    """
    folder = run.folder / ENCODER
    if not folder.exists():
        options = _options(request)
        texts = [features_of(mail.mail) for mail in material.parts(request.options).training]
        texts += _others(request.mail, {features_of(mail.mail) for mail in _unseen(request, material)})
        memory = FolderMemory(run.state / "pretrain")
        pretrained = pretrain(texts, None, folder, options, listen, memory=memory)
        replace_text(folder / CARD, encoder_card(pretrained, None, options))
    return Base(name="own mail", directory=folder)


def _options(request: Request) -> PretrainOptions:
    options = request.options
    return PretrainOptions(
        epochs=request.pretrain_epochs,
        seed=options.seed,
        device=options.device,
        threads=options.threads,
        bfloat16=options.bfloat16,
    )


def _unseen(request: Request, material: Material) -> tuple[Example, ...]:
    return (*material.parts(request.options).held_out, *material.test)


def _others(mail: Sequence[str], unseen: set[str]) -> list[str]:
    if not mail:
        return []
    texts = [features_of(one.mail) for one in unlabelled(mail, Layout(labelled=False))]
    return [text for text in texts if text not in unseen]

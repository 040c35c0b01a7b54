"""A worker whose classifier does what a mail's subject says: raise, hang, die.

Everything around it is the real thing.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

from facteur.cli import _keep_metrics
from model.registry import load_classifier
from routing.classifier import Classifier, Prediction
from routing.errors import ConfigurationError
from routing.mail import Mail
from routing.settings import Settings
from worker.node import set_up_logging


class Obedient:
    stand_in = True
    version = "obedient"

    def __init__(self, inner: Classifier) -> None:
        self._inner = inner
        self.labels = inner.labels

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        for mail in mails:
            if "please raise" in mail.subject:
                raise ValueError("as asked")
            if "please hang" in mail.subject:
                time.sleep(600)
            if "please die" in mail.subject:
                os.kill(os.getpid(), signal.SIGKILL)
            if "take a while" in mail.subject:
                time.sleep(0.02)
        return self._inner.classify(mails)


def main() -> None:
    settings = Settings.from_environ()
    _keep_metrics(settings.var, "worker")
    from worker.classify_node import ClassifyNode  # noqa: PLC0415 - after the metrics' directory is set

    set_up_logging(settings.log_level)

    def load(spec: str) -> Obedient:
        if (settings.var / "model-is-broken").exists():
            raise ConfigurationError("The model is broken, as asked.")
        return Obedient(load_classifier(spec))

    ClassifyNode(settings, load=load).run()


if __name__ == "__main__":
    main()

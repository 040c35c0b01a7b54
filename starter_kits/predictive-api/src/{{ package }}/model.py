"""The port that every model is put behind, and how one is chosen."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from .claim import Claim
from .errors import UnusableError

BUNDLED = Path(__file__).parent / "bundled" / "model.json"


class Reason(BaseModel):
    """One feature's part in a score."""

    model_config = ConfigDict(frozen=True)

    feature: str
    effect: float = Field(description="What it adds to the log-odds, against a claim that is average in it.")


class Prediction(BaseModel):
    """What a model says."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    label: Literal["review", "pay"] = Field(description="review: an expert should look at it; pay: nobody needs to.")
    probability: float = Field(ge=0, le=1, description="That an expert would find something.")
    reasons: tuple[Reason, ...] = Field(description="The features that moved the score most, strongest first.")
    model_version: str


class UnanswerableError(Exception):
    """A model cannot say anything about this claim, now or ever; its message is told to the caller."""


class Model(Protocol):
    """Something that predicts. One is loaded in each process of a worker, and called by one thread."""

    def predict(self, claim: Claim) -> Prediction:
        """Predict.

        Raises:
            UnanswerableError: it never will; the prediction fails at once.
            Exception: anything else may pass, so it is tried again, MAX_ATTEMPTS times in all.
        """
        ...


def load_model(named: str) -> Model:
    """Load a model.

    Args:
        named: the setting MODEL: empty for the bundled one, the path of a .json file that `train` wrote, or
            `module:function`, which is called without arguments and returns a `Model`.

    Raises:
        UnusableError: there is no such model, or it cannot be loaded.
    """
    from .logistic import LogisticModel  # noqa: PLC0415 - it knows this module

    module, colon, function = named.partition(":")
    try:
        if not colon:
            return LogisticModel.read(Path(named) if named else BUNDLED)
        model: Model = getattr(import_module(module), function)()
        if not callable(getattr(model, "predict", None)):
            raise TypeError(f"{type(model).__name__} has no method predict")  # noqa: TRY301 - told below, as all else
    except Exception as error:
        raise UnusableError(f"MODEL is {named or BUNDLED}, which cannot be loaded: {error}.") from error
    return model

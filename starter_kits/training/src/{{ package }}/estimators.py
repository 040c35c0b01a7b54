"""The models that a recipe may name, and how they are trained: the same data and seed give the same bytes."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from .dataset import CATEGORIES, CATEGORY_NAMES, FEATURES, NUMBER_NAMES, NUMBERS, TARGET
from .recipe import ModelRecipe, RecipeError


class ModelError(Exception):
    """A model cannot answer for these rows: it knew other columns, other classes, another scikit-learn."""


class Model(Protocol):
    """What is asked of a model: a probability for each class."""

    classes_: npt.NDArray[np.str_]

    def predict_proba(self, rows: pd.DataFrame, /) -> npt.NDArray[np.float64]:
        """Probabilities of shape (rows, classes), in the order of `classes_`; each row sums to 1."""


def _logistic(seed: int, parameters: Mapping[str, Any]) -> Any:
    """Logistic regression: calibrated as it is, and its weights can be read."""

    def numbers(*, log: bool) -> Any:
        seen = FunctionTransformer(np.log1p if log else None, feature_names_out="one-to-one")
        return make_pipeline(SimpleImputer(strategy="median", add_indicator=True), seen, StandardScaler())

    words = OneHotEncoder(categories=[list(column.values) for column in CATEGORIES], handle_unknown="ignore")
    columns = ColumnTransformer(
        [
            ("logarithms", numbers(log=True), [column.name for column in NUMBERS if column.log]),
            ("numbers", numbers(log=False), [column.name for column in NUMBERS if not column.log]),
            ("words", words, CATEGORY_NAMES),
        ]
    )
    return make_pipeline(columns, LogisticRegression(**{"max_iter": 1_000, **parameters}, random_state=seed))


def _boosting(seed: int, parameters: Mapping[str, Any]) -> Any:
    """Boosted trees: for what columns say only together; look at their calibration."""
    words = OrdinalEncoder(
        categories=[list(column.values) for column in CATEGORIES],
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
    )
    columns = ColumnTransformer([("numbers", "passthrough", NUMBER_NAMES), ("words", words, CATEGORY_NAMES)])
    return make_pipeline(columns, HistGradientBoostingClassifier(**parameters, random_state=seed))


ESTIMATORS: Final[Mapping[str, Callable[[int, Mapping[str, Any]], Any]]] = {
    "logistic": _logistic,
    "boosting": _boosting,
}


def train(recipe: ModelRecipe, rows: pd.DataFrame) -> Model:
    """Train what the recipe names.

    Raises:
        RecipeError: the recipe names no estimator, or parameters that it does not take or cannot learn with.
    """
    if recipe.estimator not in ESTIMATORS:
        raise RecipeError(f"There is no estimator {recipe.estimator!r}; there are {' and '.join(ESTIMATORS)}.")
    try:
        model = ESTIMATORS[recipe.estimator](recipe.seed, recipe.parameters)
    except TypeError as error:
        raise RecipeError(f"model.parameters do not fit the estimator {recipe.estimator}: {error}.") from error
    try:
        return _fitted(model, rows)
    except (TypeError, ValueError) as error:  # by parameters or by rows: only its words say
        raise RecipeError(f"The estimator {recipe.estimator} cannot be trained: {_sentence(error)}.") from error


def baseline(rows: pd.DataFrame) -> Model:
    """What a model has to beat: the shares of the classes, whatever the row."""
    return _fitted(DummyClassifier(strategy="prior"), rows)


def _fitted(model: Any, rows: pd.DataFrame) -> Model:
    # With one thread sums are always made in the same order, so that the model's bytes are the same every time.
    with threadpool_limits(limits=1):
        fitted: Model = model.fit(rows[FEATURES], rows[TARGET.name].to_numpy(dtype=object))
    return fitted


def probabilities(model: Model, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Probabilities of shape (rows, classes), in the order of the target's values; a class not learned has 0."""
    all_ = np.zeros((len(rows), len(TARGET.values)))
    columns = [TARGET.values.index(str(label)) for label in model.classes_]
    if len(rows):
        with threadpool_limits(limits=1):
            all_[:, columns] = model.predict_proba(rows[FEATURES])
    return all_


def write(model: Model, path: Path) -> None:
    """Write the model to a file: a pickle, which asks for scikit-learn alone, in the version that wrote it."""
    path.write_bytes(pickle.dumps(model, protocol=5))


def load(path: Path) -> Model:
    """Read a model. A pickle can run code, and nothing is compared here: docs/adr/ 2 says who compares, and where."""
    model: Model = pickle.loads(path.read_bytes())  # noqa: S301 -- compared by the registry, or made by this run
    return model


def answers(path: Path, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The probabilities that a model of another day has for rows of today.

    Raises:
        ModelError: it cannot answer for them.
    """
    try:
        return probabilities(load(path), rows)
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{type(error).__name__}: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    """The first line of what a library says, which may be a page."""
    return str(error).partition("\n")[0].rstrip(". ")

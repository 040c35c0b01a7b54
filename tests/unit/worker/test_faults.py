"""What a task does with an error."""

import pytest

from routing import errors
from routing.errors import Conflict, FacteurError, Rejected, Retryable, StoreUnavailable, TooLarge, WrongStatus
from worker.faults import CONSEQUENCES, Consequence, consequence_of, forgiving


def tree(kind):
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


def made(kind):
    return kind("why", limit=1) if issubclass(kind, TooLarge) else kind("why")


OURS = [kind for kind in tree(FacteurError) if kind.__module__ == errors.__name__]


def test_the_tree_is_all_there():
    named = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert {kind.__name__ for kind in OURS} == named
    assert len(OURS) > 15


@pytest.mark.parametrize("kind", [kind for kind in OURS if kind is not FacteurError])
def test_every_error_belongs_to_exactly_one_branch_of_the_map(kind):
    assert sum(issubclass(kind, branch) for branch in CONSEQUENCES) == 1
    assert isinstance(consequence_of(made(kind)), Consequence)


@pytest.mark.parametrize(
    ("branch", "consequence"),
    [(Retryable, Consequence.RETRY), (Conflict, Consequence.DROP), (Rejected, Consequence.FAIL)],
)
def test_each_branch_has_its_consequence(branch, consequence):
    assert {consequence_of(made(kind)) for kind in tree(branch) if kind in OURS} == {consequence}


def test_an_error_of_no_branch_fails():
    assert consequence_of(FacteurError("why")) is Consequence.FAIL


@pytest.mark.parametrize("error", [StoreUnavailable("the database is away"), WrongStatus("too late")])
def test_what_passes_by_itself_becomes_a_line_in_the_log(error, caplog):
    def task():
        raise error

    forgiving(task)()
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", [errors.ConfigurationError("mend it"), ValueError("a defect")])
def test_what_somebody_must_mend_fails_the_task(error):
    def task():
        raise error

    with pytest.raises(type(error), match=str(error)):
        forgiving(task)()


def test_a_task_keeps_its_name():
    def work():
        """Work."""

    assert forgiving(work).__name__ == "work"

"""Which policy is in force, and since when."""

import logging
import threading

import pytest

from routing.errors import ConfigurationError, InvalidInput, Overtaken, StoreUnavailable
from routing.policy.book import LOOK_SECONDS, PolicyBook
from routing.policy.models import ReportedModel, model_document, reported_models
from routing.policy.reading import parse_policy, read_policy
from routing.policy.saving import models_at_work, save_policy
from routing.policy.writing import write_policy
from routing.promise import Promise
from routing.store.memory import MemoryStore
from routing.store.policies import SavedPolicy
from routing.store.port import WorkerBeat

FILE = write_policy(read_policy())


class Watched(MemoryStore):
    """Counts what is asked, and can be away."""

    def __init__(self):
        super().__init__()
        self.heads = self.versions = 0
        self.away = False

    def policy_head(self):
        self.heads += 1
        if self.away:
            raise StoreUnavailable("away")
        return super().policy_head()

    def policy_version(self, number):
        self.versions += 1
        return super().policy_version(number)

    def put(self, content):
        number = super().policy_head() + 1
        self.save_policy(SavedPolicy(number=number, version=f"v{number}", content=content, author="a", at=0.0, note=""))


class Watch:
    now = 0.0

    def __call__(self):
        return self.now


def with_triage(queue):
    return FILE.replace("triage: triage", f"triage: {queue}")


@pytest.fixture
def store():
    return Watched()


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def book(store, watch):
    return PolicyBook(store=store, fallback=read_policy(), stopwatch=watch)


def test_the_files_policy_is_in_force_while_none_was_saved(book, policy):
    assert book.current() == policy
    assert book.number == 0


def test_a_saved_policy_comes_into_force_within_seconds(book, store, watch):
    book.current()
    store.put(with_triage("front"))
    watch.now = LOOK_SECONDS / 2
    assert book.current().triage == "triage"
    watch.now = LOOK_SECONDS
    assert book.current().triage == "front"
    assert book.number == 1


def test_a_look_costs_one_number_and_a_version_is_read_once(book, store, watch):
    store.put(with_triage("front"))
    for _ in range(5):
        for _ in range(100):
            book.current()
        watch.now += LOOK_SECONDS
    assert (store.heads, store.versions) == (5, 1)


def test_without_the_store_the_policy_stays_in_force(book, store, watch, caplog):
    store.put(with_triage("front"))
    book.current()
    store.away = True
    watch.now = 100.0
    with caplog.at_level(logging.WARNING):
        assert book.current().triage == "front"
    assert "stays" in caplog.text
    store.away = False
    store.put(with_triage("desk"))
    watch.now = 200.0
    assert book.current().triage == "desk"


def test_who_never_reached_the_store_does_not_guess(book, store):
    store.away = True
    with pytest.raises(StoreUnavailable):
        book.current()
    store.away = False
    assert book.current().triage == "triage"


def test_a_version_that_cannot_be_used_leaves_the_last_good_one_in_force(store, watch, caplog):
    refused = []
    book = PolicyBook(store=store, fallback=read_policy(), stopwatch=watch, refused=refused.append)
    store.put(with_triage("front"))
    book.current()
    store.put("triage: nothing else\n")
    watch.now = 10.0
    with caplog.at_level(logging.ERROR):
        assert book.current().triage == "front"
        watch.now = 20.0
        assert book.current().triage == "front"
    assert refused == [2]
    assert caplog.text.count("cannot be used") == 1
    store.put(with_triage("desk"))
    watch.now = 30.0
    assert (book.current().triage, book.number) == ("desk", 3)


def fit_for(*queues):
    def fit(policy):
        if policy.triage not in queues:
            raise ConfigurationError("not for this model")
        return policy

    return fit


def test_who_starts_goes_back_to_the_newest_version_that_its_model_can_serve(store, watch):
    for queue in ("old", "good", "bad", "worse"):
        store.put(with_triage(queue))
    book = PolicyBook(store=store, fallback=read_policy(), fit=fit_for("old", "good", "triage"), stopwatch=watch)
    assert (book.current().triage, book.number) == ("good", 2)


def test_who_starts_without_any_policy_that_fits_says_so(store, watch):
    store.put(with_triage("bad"))
    book = PolicyBook(store=store, fallback=read_policy(), fit=fit_for("good"), stopwatch=watch)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="not for this model"):
            book.current()
    store.put(with_triage("good"))
    assert book.current().triage == "good"


def test_threads_share_a_book(book, store):
    store.put(with_triage("front"))
    found = []
    threads = [threading.Thread(target=lambda: found.append(book.current().triage)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["front"] * 8
    assert store.versions == 1


def test_a_policy_is_a_book_of_itself(policy):
    assert policy.current() is policy


PROMISE = Promise(
    precision=0.97, delta=0.1, thresholds={"quote": 0.8, "other": None}, alone=("quote",), mails=900, routed=0.7
)
MODEL = ReportedModel(version="m-1", labels=("quote", "other"), promises=(PROMISE,))


def beat(model, version="m-1", at=1_000.0):
    return WorkerBeat(name=version, model_version=version, started_at=0.0, seen_at=at, model=model)


def test_what_a_worker_says_of_its_model_is_understood():
    assert reported_models([beat(model_document(MODEL)), beat("", "m-0")]) == (MODEL,)


@pytest.mark.parametrize("said", ["{", "[]", "{}", '{"labels": 1, "promises": []}', '{"labels": [], "promises": [{}]}'])
def test_what_cannot_be_understood_is_passed_over(said):
    assert reported_models([beat(said)]) == ()


def test_workers_not_heard_from_lately_do_not_count(store):
    store.beat(beat(model_document(MODEL), at=1_000.0))
    assert models_at_work(store, now=1_030.0) == (MODEL,)
    assert models_at_work(store, now=1_090.0) == ()


def save(store, content, *, expected=0, note=""):
    return save_policy(
        store, content, author="user ana", note=note, expected=expected, fallback=read_policy(), now=1_000.0
    )


def test_the_first_save_keeps_the_files_policy_as_version_1(store):
    saved = save(store, with_triage("front"), note=" why ")
    assert (saved.number, saved.note) == (2, "why")
    assert parse_policy(store.policy_version(1).content).triage == "triage"
    assert [entry.subject for entry in store.audit()[0]] == ["version 2"]


def test_nothing_is_saved_over_somebody_elses_version(store):
    save(store, with_triage("front"))
    for expected in (0, 1):
        with pytest.raises(Overtaken):
            save(store, with_triage("desk"), expected=expected)
    assert save(store, with_triage("desk"), expected=2).number == 3


def test_who_saves_what_an_older_version_said_is_told_of_the_newer_one(store):
    save(store, with_triage("front"))
    save(store, with_triage("desk"), expected=2)
    with pytest.raises(Overtaken) as caught:
        save(store, with_triage("front"), expected=2)
    assert caught.value.actor == "user ana"
    with pytest.raises(Overtaken):
        save(store, with_triage("front"), expected=9)
    assert store.policy_head() == 3


def test_what_a_model_at_work_cannot_serve_is_not_saved(store):
    store.beat(beat(model_document(MODEL)))
    with pytest.raises(ConfigurationError, match=r"asks for a precision of 0\.99"):
        save(store, FILE.replace("threshold: 0.75", "precision: 0.99"))
    save(store, FILE.replace("threshold: 0.75", "precision: 0.97"))
    with pytest.raises(ConfigurationError, match="line"):
        save(store, "triage: 1", expected=2)
    assert store.policy_head() == 2


def test_the_same_text_is_not_saved_twice(store):
    save(store, with_triage("front"))
    with pytest.raises(InvalidInput, match="already"):
        save(store, with_triage("front"), expected=2)
    with pytest.raises(InvalidInput, match="note"):
        save(store, with_triage("desk"), expected=2, note="x" * 1_001)

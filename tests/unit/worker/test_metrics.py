"""What operators see of the workers."""

import pytest
from prometheus_client import REGISTRY

from routing.decision import DecidedBy, Decision, Timings
from routing.job import Decided, Failure
from worker.metrics import Metrics, delivery


@pytest.fixture
def change():
    """How much a metric grew since the test began."""

    class Change:
        def __init__(self):
            self.before = {}

        def of(self, name, **labels):
            key = (name, tuple(sorted(labels.items())))
            now = REGISTRY.get_sample_value(name, labels) or 0
            return now - self.before.setdefault(key, now)

    return Change()


def decided(job_id, *, label="quote", model="m"):
    return Decided(
        job_id=job_id,
        lease="l",
        decision=Decision(
            label=label, confidence=0.9, queue="sales", decided_by=DecidedBy.MODEL, reason="", model_version=model
        ),
        timings=Timings(queued=1_500, parse=1, classify=20, total=1_600),
        subject="",
        sender="",
        message_id="",
    )


def test_what_the_store_took_is_counted_and_what_it_dropped_too(change):
    sold = {"label": "quote", "queue": "sales", "decided_by": "model"}
    counted = [
        ("facteur_decisions_total", sold, 1),
        ("facteur_results_dropped_total", {}, 1),
        ("facteur_failures_total", {"final": "true"}, 1),
        ("facteur_failures_total", {"final": "false"}, 1),
        ("facteur_claim_mails_sum", {}, 4),
        ("facteur_queued_seconds_sum", {}, 1.5),
        ("facteur_classify_seconds_sum", {}, 0.02),
    ]
    for name, labels, _ in counted:
        change.of(name, **labels)
    outcomes = [
        decided("1"),
        decided("2"),
        Failure(job_id="3", lease="l", error="", retry_at=None),
        Failure(job_id="4", lease="l", error="", retry_at=5.0),
    ]
    Metrics().recorded(outcomes, frozenset({"1", "3", "4"}))
    for name, labels, grown in counted:
        assert change.of(name, **labels) == pytest.approx(grown), name


def test_what_no_model_was_asked_about_is_not_in_its_times(change):
    change.of("facteur_classify_seconds_count")
    Metrics().recorded([decided("1", label=None, model=None)], frozenset({"1"}))
    assert change.of("facteur_classify_seconds_count") == 0


def test_attempts_at_callbacks_are_counted_by_what_came_of_them(change):
    change.of("facteur_deliveries_total", outcome="given up")
    delivery("given up")
    assert change.of("facteur_deliveries_total", outcome="given up") == 1

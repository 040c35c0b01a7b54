"""Whatever is done to the store on SQLite and to the one in memory, in whatever order, both say the same."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from routing.errors import FacteurError
from routing.job import Status
from routing.store.memory import MemoryStore
from routing.store.opening import open_store
from routing.store.port import NO_FILTER, DeliveryOutcome

NAMES = st.sampled_from("abcd")
KEYS = st.sampled_from([None, "k", "l"])
MAX_ATTEMPTS = 2


def machine(template, make):  # noqa: C901  (a class of short rules)
    """The state machine over two stores; ids differ between them, so jobs are told by the order of their arrival."""

    class BothStores(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.directory = tempfile.mkdtemp()
            path = shutil.copyfile(template, Path(self.directory) / "store.db")
            self.stores = [open_store(f"sqlite:///{path}"), MemoryStore()]
            self.ids = [[], []]
            self.claims = [[], []]
            self.deliveries = [[], []]
            self.now = 1_000.0

        def teardown(self):
            self.stores[0].close()
            shutil.rmtree(self.directory)

        def both(self, ask):
            """Ask both stores; an error of the domain is an answer too. Returns the answer, which is the same."""
            answers = []
            for number, store in enumerate(self.stores):
                try:
                    answers.append(ask(store, number))
                except FacteurError as error:
                    answers.append(type(error))
            assert answers[0] == answers[1]
            return answers[0]

        def place(self, number, job_id):
            return self.ids[number].index(job_id)

        @rule(mails=st.lists(st.tuples(NAMES, KEYS, st.booleans()), min_size=1, max_size=4))
        def submit(self, mails):
            self.now += 1
            given = [
                make.submission(name, idempotency_key=key, callback_url="https://example.org/hook" if hook else None)
                for name, key, hook in mails
            ]

            def ask(store, number):
                answers = store.submit(given, now=self.now)
                for answer in answers:
                    if not isinstance(answer, Exception) and answer.created:
                        self.ids[number].append(answer.job.id)
                return [
                    type(answer)
                    if isinstance(answer, Exception)
                    else (answer.created, self.place(number, answer.job.id), replace(answer.job, id=""))
                    for answer in answers
                ]

            self.both(ask)

        @rule(limit=st.integers(1, 3), worker=st.sampled_from(["node/1", "node/2"]))
        def claim(self, limit, worker):
            self.now += 1

            def ask(store, number):
                claims = store.claim(worker=worker, limit=limit, lease_seconds=5.0, now=self.now)
                self.claims[number].extend(claims)
                return [(self.place(number, one.job_id), one.attempt, one.content) for one in claims]

            self.both(ask)

        @rule(pick=st.integers(0, 3), kind=st.sampled_from(["decided", "failed", "later"]))
        def record(self, pick, kind):
            self.now += 1

            def ask(store, number):
                if pick >= len(self.claims[number]):
                    return None
                claim = self.claims[number].pop(pick)
                outcome = {
                    "decided": make.decided(claim),
                    "failed": make.failure(claim),
                    "later": make.failure(claim, retry_at=self.now + 3),
                }[kind]
                taken = store.record([outcome], worker="node/1", now=self.now)
                return [self.place(number, job_id) for job_id in taken]

            self.both(ask)

        @rule(seconds=st.integers(0, 6))
        def expire(self, seconds):
            self.now += seconds
            self.both(lambda store, _: store.expire_leases(max_attempts=MAX_ATTEMPTS, now=self.now))

        @rule(worker=st.sampled_from(["node/1", "node/", "other/"]))
        def release(self, worker):
            self.both(lambda store, _: store.release(worker, max_attempts=MAX_ATTEMPTS, now=self.now))

        @rule(pick=st.integers(0, 5), what=st.sampled_from(["cancel", "retry", "erase"]))
        def intervene(self, pick, what):
            self.now += 1

            def ask(store, number):
                if pick >= len(self.ids[number]):
                    return None
                done = getattr(store, what)(self.ids[number][pick], actor="key gate", now=self.now)
                return done and replace(done, id="")

            self.both(ask)

        @rule(pick=st.integers(0, 5))
        def review(self, pick):
            self.now += 1

            def ask(store, number):
                if pick >= len(self.ids[number]):
                    return None
                review = make.review(self.ids[number][pick], at=self.now)
                return replace(store.review(review, decision=make.decision(queue="sales"), actor="key desk"), id="")

            self.both(ask)

        @rule(retry=st.booleans())
        def deliver(self, retry):
            self.now += 1

            def ask(store, _number):
                claimed = store.claim_deliveries(limit=1, lease_seconds=3.0, now=self.now)
                outcomes = [
                    DeliveryOutcome(
                        delivery_id=one.id,
                        lease=one.lease,
                        delivered=not retry,
                        retry_at=self.now + 2 if retry else None,
                    )
                    for one in claimed
                ]
                store.record_deliveries(outcomes, now=self.now)
                return [(one.url, one.attempts) for one in claimed]

            self.both(ask)

        @rule(age=st.integers(0, 20))
        def purge(self, age):
            self.both(
                lambda store, _: store.purge(mails_before=self.now - age, jobs_before=self.now - 15, now=self.now)
            )

        @invariant()
        def they_hold_the_same(self):
            self.both(lambda store, _: (store.backlog(), store.queues()))
            self.both(lambda store, _: [replace(job, id="") for job in store.jobs(NO_FILTER).jobs])
            self.both(lambda store, _: [store.jobs(replace(NO_FILTER, status=one)).next_cursor for one in Status])
            self.both(
                lambda store, number: [
                    [(event.at, event.kind, event.actor, event.detail) for event in store.history(job.id)]
                    + [replace(review, job_id="", id="") for review in store.reviews(job.id)]
                    + [self.place(number, job.id)]
                    for job in store.jobs(NO_FILTER).jobs
                ]
            )

    return BothStores


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_the_stores_agree_whatever_is_done(migrated_sqlite_file, make):
    run_state_machine_as_test(
        machine(migrated_sqlite_file, make),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # finding the shortest story takes minutes; ask for it when one fails
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

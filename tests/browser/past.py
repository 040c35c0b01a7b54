"""Weeks of routed mail, made through the store's own transitions with the times of then.

The mails are the samples' texts from made-up senders; the model is asked about each text once, and wavers a little by
a fixed seed from mail to mail, so that figures have something to show.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from letters import letter
from mails import texts

from model.language import code_of
from routing.acts import act
from routing.classifier import Classifier, Prediction, Score
from routing.desk import Act
from routing.job import Failure, Job, MailFormat, Submission
from routing.mail import Mail
from routing.people import User
from routing.policy import Policy
from routing.route import Router
from routing.store.port import Store

DAY = 24 * 60 * 60.0
SEED = 20261120

FIRST = ("Adèle", "Bruno", "Chloé", "Driss", "Élodie", "Farid", "Gaëlle", "Hugo", "Inès", "Jules", "Karim", "Léa")
LAST = ("Aubry", "Benoît", "Caron", "Diallo", "Esnault", "Fabre", "Guérin", "Haddad", "Jacquet", "Noël", "Perrin")


@dataclass
class Wavering:
    """The model, asked once about each text; each further answer is as if the mail had been written a bit otherwise."""

    model: Classifier
    draw: random.Random
    said: dict[str, Prediction] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.model.version

    @property
    def labels(self) -> tuple[str, ...]:
        return self.model.labels

    @property
    def stand_in(self) -> bool:
        return False

    def classify(self, mails: Sequence[Mail]) -> list[Prediction]:
        return [self._answer(mail) for mail in mails]

    def _answer(self, mail: Mail) -> Prediction:
        if mail.subject not in self.said:
            self.said[mail.subject] = self.model.classify([mail])[0]
        prediction = self.said[mail.subject]
        heat = self.draw.choice((1.0, 1.0, 1.3, 1.8, 3.0))
        weights = [math.pow(score.probability, 1 / heat) for score in prediction.scores]
        total = sum(weights)
        scores = [
            Score(label=score.label, probability=weight / total)
            for score, weight in zip(prediction.scores, weights, strict=True)
        ]
        return replace(prediction, scores=tuple(scores))


@dataclass
class Past:
    """What came in, was decided and dealt with, day by day until `now`. No worker may run meanwhile."""

    store: Store
    policy: Policy
    model: Classifier
    users: Sequence[User]
    now: float
    draw: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - no secret

    def __post_init__(self) -> None:
        self.model = Wavering(self.model, self.draw)

    def live(self, *, days: int, mails_a_day: int) -> None:
        for day in range(days, 0, -1):
            begin = self.now - day * DAY
            moments = sorted(begin + self.draw.random() * (DAY - 600) for _ in range(mails_a_day))
            for job in [self._receive(moment) for moment in moments]:
                self._deal(job)
        while self.store.tally(now=self.now, kept_since=-math.inf):
            pass

    def fail(self, mail: bytes, *, subject: str, error: str, at: float) -> str:
        """Hand in a mail that cannot be decided; return its job's id."""
        self._submit(mail, at, subject)
        (claim,) = self.store.claim(worker="then", limit=1, lease_seconds=60, now=at)
        failure = Failure(job_id=claim.job_id, lease=claim.lease, error=error, retry_at=None)
        assert self.store.record([failure], worker="then", now=at) == {claim.job_id}
        return claim.job_id

    def _submit(self, mail: bytes, moment: float, subject: str = "") -> str:
        submission = Submission(
            source="mail-system",
            content=mail,
            format=MailFormat.RFC822,
            digest=hashlib.sha256(mail).hexdigest(),
            subject=subject,
        )
        (accepted,) = self.store.submit([submission], now=moment)
        assert not isinstance(accepted, Exception), accepted
        return accepted.job.id

    def _receive(self, moment: float) -> Job:
        subject, text = self.draw.choice(texts())
        first, last = self.draw.choice(FIRST), self.draw.choice(LAST)
        address = f"client{self.draw.randrange(1000)}@example.org"
        mail = bytes(letter(subject.replace("\n", " "), text, sender=f"{first} {last} <{address}>"))
        job_id = self._submit(mail, moment)
        decided_at = moment + 0.05 + self.draw.expovariate(2)
        router = Router(
            classifier=self.model,
            policy=self.policy,
            max_attempts=1,
            language=code_of,
            clock=lambda: decided_at,
            stopwatch=time.perf_counter,
        )
        claims = self.store.claim(worker="then", limit=1, lease_seconds=60, now=moment + 0.02)
        assert self.store.record(router.route(claims), worker="then", now=decided_at) == {job_id}
        return self.store.job(job_id)

    def _deal(self, job: Job) -> None:
        """Confirm or correct some, and be done with nearly all that are older than a day."""
        assert job.decision is not None
        assert job.decided_at is not None
        moment = job.decided_at + self.draw.uniform(0.02, 0.6) * DAY
        user, chance, handled = self.draw.choice(self.users), self.draw.random(), self.draw.random() < 0.95
        if moment > self.now:
            return
        others = [score.label for score in job.decision.alternatives]
        unsure = job.decision.queue == self.policy.triage
        if others and chance < (0.3 if unsure else 0.01):
            job = self._act(Act.CORRECT, job, user, moment, label=others[0])
        elif chance < (0.95 if unsure else 0.3):
            job = self._act(Act.CONFIRM, job, user, moment)
        if handled:
            self._act(Act.HANDLE, job, user, moment + 60)

    def _act(self, what: Act, job: Job, user: User, moment: float, *, label: str | None = None) -> Job:
        seen = [(job.id, job.handling.revision)]
        batch = act(self.store, self.policy, what, seen, user=user, now=moment, label=label)
        assert not batch.refused, batch.refused
        changed: tuple[Job, ...] = batch.changed
        return changed[0]

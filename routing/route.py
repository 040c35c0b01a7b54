"""Routing: from claimed mails to outcomes. Nothing is stored here, and no mail can sink its neighbours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routing.classifier import Classifier, Prediction
from routing.decision import Decision, Timings
from routing.job import Claim, Decided, Failure, Outcome
from routing.mail import Mail
from routing.mail.excerpt import Excerpt, excerpt_of
from routing.mail.stored import mail_of
from routing.policy import Policy
from routing.policy.deciding import Policies, decide_with_model, decide_without_model
from routing.policy.rules import MailView

log = logging.getLogger(__name__)

RETRY_SECONDS = (1.0, 10.0, 60.0)
"""Pause after the first, second and later failed attempts: long enough for a passing fault to pass."""

ERROR_CHARACTERS = 500


@dataclass(slots=True)
class _Reading:
    """One mail on its way to a decision."""

    claim: Claim
    view: MailView
    parse_seconds: float = 0.0
    decision: Decision | None = None
    error: Exception | None = None
    classify_seconds: float = 0.0
    prediction: Prediction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """Decides mails: automatic mail and rules first, then the model, then the policy and the rules after it."""

    classifier: Classifier
    policy: Policies
    """Asked once for all mails of a call, so that they are decided alike."""
    max_attempts: int
    clock: Callable[[], float]
    """Unix time in seconds, for what is recorded."""
    stopwatch: Callable[[], float]
    """Seconds from any origin, never going back, for durations."""
    language: Callable[[str], str] | None = None
    """Says in which language a text is: `fr`, `en` or `other`. None: nobody does."""

    def decide(self, mail: Mail) -> Decision:
        """Decide one mail. Whatever the classifier raises passes through."""
        policy, view = self.policy.current(), MailView(mail)
        decision = decide_without_model(policy, view)
        return decision or self._with_model(policy, view, self.classifier.classify([mail])[0])

    def route(self, claims: Sequence[Claim]) -> list[Outcome]:
        """Return one outcome for each claim, in order. Never raises on account of a mail."""
        policy = self.policy.current()
        readings = [self._read(policy, claim) for claim in claims]
        self._ask_model(policy, [reading for reading in readings if reading.decision is None and reading.error is None])
        return [self._outcome(policy, reading) for reading in readings]

    def _read(self, policy: Policy, claim: Claim) -> _Reading:
        """Read a mail and decide it if that needs no model."""
        start = self.stopwatch()
        reading = _Reading(claim=claim, view=MailView(Mail()))
        try:
            reading.view = MailView(mail_of(claim.content, claim.format))
            reading.decision = decide_without_model(policy, reading.view)
        except Exception as error:
            log.exception("Job %s could not be read", claim.job_id)
            reading.error = error
        reading.parse_seconds = self.stopwatch() - start
        return reading

    def _ask_model(self, policy: Policy, readings: Sequence[_Reading]) -> None:
        """Classify all at once; if that raises, one by one, so that only the mail at fault fails."""
        if not readings:
            return
        start = self.stopwatch()
        try:
            predictions = self.classifier.classify([reading.view.mail for reading in readings])
            seconds = (self.stopwatch() - start) / len(readings)
            for reading, prediction in zip(readings, predictions, strict=True):
                reading.classify_seconds, reading.prediction = seconds, prediction
                reading.decision = self._with_model(policy, reading.view, prediction)
        except Exception:  # noqa: BLE001 - whatever a model raises or answers, the neighbours must be decided
            for reading in readings:
                self._ask_model_alone(policy, reading)

    def _ask_model_alone(self, policy: Policy, reading: _Reading) -> None:
        start = self.stopwatch()
        try:
            prediction = self.classifier.classify([reading.view.mail])[0]
            reading.prediction = prediction
            reading.decision = self._with_model(policy, reading.view, prediction)
        except Exception as error:  # noqa: BLE001 - recorded on the job
            log.warning("The classifier failed on job %s: %s", reading.claim.job_id, type(error).__name__)
            reading.decision, reading.error = None, error
        reading.classify_seconds = self.stopwatch() - start

    def _with_model(self, policy: Policy, view: MailView, prediction: Prediction) -> Decision:
        return decide_with_model(
            policy, view, prediction, model_version=self.classifier.version, stand_in=self.classifier.stand_in
        )

    def _outcome(self, policy: Policy, reading: _Reading) -> Outcome:
        claim, now = reading.claim, self.clock()
        if reading.decision is None:
            last = claim.attempt >= self.max_attempts
            pause = RETRY_SECONDS[min(claim.attempt, len(RETRY_SECONDS)) - 1]
            return Failure(
                job_id=claim.job_id,
                lease=claim.lease,
                error=_describe(reading.error),
                retry_at=None if last else now + pause,
            )
        prediction = reading.prediction
        excerpt, language = self._glance(reading)
        return Decided(
            job_id=claim.job_id,
            lease=claim.lease,
            decision=reading.decision,
            timings=Timings(
                # Never below zero: the machine that accepted the mail may have a clock ahead of ours.
                queued=round(max(0.0, claim.claimed_at - claim.created_at) * 1000, 3),
                parse=round(reading.parse_seconds * 1000, 3),
                classify=round(reading.classify_seconds * 1000, 3),
                total=round(max(0.0, now - claim.created_at) * 1000, 3),
            ),
            subject=reading.view.mail.subject,
            sender=reading.view.mail.sender.address,
            message_id=reading.view.mail.message_id,
            defects=reading.view.mail.defects,
            policy=policy.version,
            excerpt=excerpt.start,
            words=excerpt.words,
            language=language,
            model_label=prediction.label if prediction else None,
            model_confidence=prediction.confidence if prediction else None,
            novelty=prediction.stranger if prediction else None,
        )

    def _glance(self, reading: _Reading) -> tuple[Excerpt, str | None]:
        """Return what a list shows of the mail, and its language. What goes wrong here costs no mail its decision."""
        mail = reading.view.mail
        try:
            excerpt = excerpt_of(mail)
            text = f"{mail.subject}\n{excerpt.start}"
            return excerpt, self.language(text) if self.language else None
        except Exception:
            log.exception("Job %s has no excerpt", reading.claim.job_id)
            return Excerpt(start="", words=""), None


def _describe(error: Exception | None) -> str:
    """Return what a human needs of an error; never the mail that caused it."""
    return f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS]

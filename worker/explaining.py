"""Saying why: one question at a time, between two claims, by the model that decides."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from routing.classifier import Classifier
from routing.errors import FacteurError, NotFound, Rejected, StoreUnavailable
from routing.explanation import Explainer, Explanation, Question, Reply
from routing.mail.stored import mail_of
from routing.store.port import Store

log = logging.getLogger(__name__)


class Asked(Protocol):
    """Where questions wait; neither of these raises."""

    def take(self) -> Question | None:
        """Return a question, which waits no longer, or None."""

    def reply(self, question: Question, reply: Reply) -> None:
        """Leave a reply for those who asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explaining:
    """Replies to questions with the classifier of this process."""

    asked: Asked
    store: Store
    classifier: Classifier
    observe: Callable[[str, float], object]
    """Told of each question: explained, refused, failed or dropped; and the seconds that it took."""
    stopwatch: Callable[[], float] = time.perf_counter

    def reply_to_one(self) -> bool:
        """Reply to one question, if one waits; say whether one did. Never raises: mails must not suffer by it."""
        question = self.asked.take()
        if question is None:
            return False
        begins_at = self.stopwatch()
        outcome, explanation, refusal = self._outcome(question)
        seconds = self.stopwatch() - begins_at
        if outcome != "dropped":
            reply = Reply(
                model_version=self.classifier.version,
                explanation=explanation,
                refusal=refusal,
                milliseconds=round(seconds * 1000, 3),
            )
            self.asked.reply(question, reply)
        self.observe(outcome, seconds)
        return True

    def _outcome(self, question: Question) -> tuple[str, Explanation | None, str]:
        """Return what became of a question, the explanation if there is one, and a sentence if not."""
        if not isinstance(self.classifier, Explainer):
            return "refused", None, f"The model {self.classifier.version} cannot explain what it says."
        try:
            stored = self.store.mail(question.job_id)
            mail = mail_of(stored.content, stored.format)
            return "explained", self.classifier.explain(mail, question.label or None), ""
        except (NotFound, StoreUnavailable):
            return "dropped", None, ""  # who asks again is told by the API itself
        except Rejected as error:
            return "refused", None, str(error)
        except FacteurError:
            return "dropped", None, ""
        except Exception:
            log.exception("Job %s could not be explained", question.job_id)
            return "failed", None, "The model failed on this mail; the worker's log says how."

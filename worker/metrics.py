"""What operators see of the workers.

`prometheus_client` runs in its multiprocess mode: the command line sets `PROMETHEUS_MULTIPROC_DIR` before this module
is imported, one directory for each kind of process.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from routing.job import Decided, Outcome

DECISIONS = Counter("facteur_decisions", "Mails decided.", ["label", "queue", "decided_by"])
FAILURES = Counter("facteur_failures", "Attempts that raised.", ["final"])
LOST = Counter("facteur_results_dropped", "Results that came after their lease had ended.")
CLAIMED = Histogram("facteur_claim_mails", "Mails in one claim.", buckets=(1, 2, 4, 8, 16, 32, 64, 128))
QUEUED = Histogram(
    "facteur_queued_seconds",
    "From acceptance to the claim that led to a decision.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 7200),
)
CLASSIFY = Histogram(
    "facteur_classify_seconds",
    "Time of the classifier for one mail.",
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
EXPLANATIONS = Counter("facteur_explanations", "Questions why a mail was decided as it was.", ["outcome"])
EXPLAIN = Histogram(
    "facteur_explain_seconds",
    "Time of one explanation.",
    buckets=(0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
POLICIES_REFUSED = Counter(
    "facteur_policies_refused", "Saved policies that a worker's model cannot serve; the one before stayed in force."
)
ASKED = Counter("facteur_errands_asked", "Errands that the beat asked for.", ["errand"])
DELIVERIES = Counter("facteur_deliveries", "Callbacks attempted.", ["outcome"])


class Metrics:
    """Counts what a shift did."""

    def recorded(self, outcomes: list[Outcome], taken: frozenset[str]) -> None:
        """Count the outcomes that the store took, and those that it dropped."""
        CLAIMED.observe(len(outcomes))
        LOST.inc(len(outcomes) - len(taken))
        for outcome in outcomes:
            if outcome.job_id not in taken:
                continue
            if isinstance(outcome, Decided):
                decision = outcome.decision
                DECISIONS.labels(decision.label or "", decision.queue, decision.decided_by.value).inc()
                QUEUED.observe(outcome.timings.queued / 1000)
                if decision.model_version:
                    CLASSIFY.observe(outcome.timings.classify / 1000)
            else:
                FAILURES.labels(str(outcome.retry_at is None).lower()).inc()


def asked(errand: str) -> None:
    """Count an errand that the beat asked for."""
    ASKED.labels(errand.rpartition(".")[2]).inc()


def delivery(what: str) -> None:
    """Count an attempt at a callback: delivered, retried or given up."""
    DELIVERIES.labels(what).inc()


def explanation(outcome: str, seconds: float) -> None:
    """Count a question why: explained, refused, failed or dropped."""
    EXPLANATIONS.labels(outcome).inc()
    EXPLAIN.observe(seconds)


def policy_refused(_number: int) -> None:
    """Count a saved version of the policy that this process cannot use."""
    POLICIES_REFUSED.inc()

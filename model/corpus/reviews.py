"""The store's own reviews as a corpus: what humans said of mails that were decided."""

from __future__ import annotations

from collections.abc import Iterator

from model.corpus.example import Example
from model.corpus.messages import example_of_mail
from model.corpus.tables import Row
from routing.errors import NotFound
from routing.job import Job, Review
from routing.mail import Mail
from routing.mail.stored import mail_of
from routing.policy import Policy
from routing.policy.book import policy_in_force
from routing.policy.reading import policy_of
from routing.settings import Settings
from routing.store.opening import open_store
from routing.store.port import JobFilter, Store

_PAGE = 200


def reviewed_in_settings() -> Iterator[Row]:
    """Yield what was reviewed in the store that the environment's settings name, by the policy in force there."""
    settings = Settings.from_environ()
    file_policy = policy_of(settings)
    store = open_store(settings.resolved_database_url)
    try:
        yield from reviewed(store, policy_in_force(store, file_policy))
    finally:
        store.close()


def reviewed(store: Store, policy: Policy, *, since: float | None = None) -> Iterator[Row]:
    """Yield an example for each reviewed job; see `reviewed_mails`."""
    return (example for example, _ in reviewed_mails(store, policy, since=since))


def reviewed_mails(store: Store, policy: Policy, *, since: float | None = None) -> Iterator[tuple[Example, Mail]]:
    """Yield example and mail of each reviewed job whose label a human stands for and whose mail is still there.

    Args:
        store: Where the jobs are.
        policy: Says which queue is whose label's, for reviews that moved a mail without naming a label.
        since: Unix time in seconds; jobs accepted before it are left out.
    """
    where = JobFilter(reviewed=True, created_after=since)
    before: str | None = None
    while True:
        page = store.jobs(where, before=before, limit=_PAGE)
        for job in page.jobs:
            label = label_said(store.reviews(job.id), policy)
            mail = _mail(store, job) if label is not None else None
            if label is None or mail is None:
                continue
            example = example_of_mail(mail, id=job.id, label=label, place=f"job {job.id}")
            if example is not None:
                yield example, mail
        if page.next_cursor is None:
            return
        before = page.next_cursor


def _mail(store: Store, job: Job) -> Mail | None:
    try:
        stored = store.mail(job.id)
    except NotFound:
        return None  # retention was faster
    return mail_of(stored.content, stored.format)


def label_said(reviews: tuple[Review, ...], policy: Policy) -> str | None:
    """Return the label that the last review stands for; None when it stands for none.

    It does when it gave the mail another label; when it confirmed the decision, or moved the mail, and the mail now
    lies in its label's own queue. One who confirms that a mail belongs to triage says nothing of its label.
    """
    if not reviews or (label := reviews[-1].label) is None or label not in policy.labels:
        return None
    if any(review.label == label != review.label_before for review in reviews):
        return label
    return label if policy.labels[label].queue == reviews[-1].queue else None

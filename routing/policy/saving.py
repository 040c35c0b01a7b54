"""Saving a version of the policy: checked, traced in the audit, never over somebody else's."""

from __future__ import annotations

from collections.abc import Sequence

from routing.errors import InvalidInput
from routing.people import AuditEntry
from routing.policy.models import reported_models
from routing.policy.policy import Policy
from routing.policy.promised import Model
from routing.policy.reading import parse_policy
from routing.policy.writing import write_policy
from routing.store.policies import SavedPolicy, overtaken
from routing.store.port import Store

HEARD_SECONDS = 60.0
"""A worker that was heard from within this time counts: one whose node is starting again is not forgotten."""

NOTE_CHARACTERS = 1_000
FROM_FILE = "file"
"""The author of the version that keeps what the file said before the first change."""


def check_policy(content: str, models: Sequence[Model], *, name: str = "policy") -> Policy:
    """Return the policy that a document says, if every model at work can serve it; complaints call it `name`.

    Raises:
        ConfigurationError: it is no policy (`line` says where), or a model cannot serve it.
    """
    policy = parse_policy(content, name=name)
    for model in models:
        policy.for_model(model)
    return policy


def models_at_work(store: Store, *, now: float) -> tuple[Model, ...]:
    """Return the models that workers said they use, as far as they were heard from lately."""
    return reported_models(store.workers(seen_after=now - HEARD_SECONDS))


def save_policy(  # noqa: PLR0913 - what a version is, one word each
    store: Store, content: str, *, author: str, note: str, expected: int, fallback: Policy, now: float
) -> SavedPolicy:
    """Save a document as the newest version, in force within seconds wherever mails are decided.

    Args:
        store: where versions are kept.
        content: the YAML document, rules included.
        author: `user NAME` or `command line`.
        note: why; may be empty.
        expected: the number of the newest version that the author has seen; 0 when there was none.
        fallback: the file's policy, kept as version 1 by the first that is saved, so that it can be gone back to.
        now: Unix seconds.

    Raises:
        ConfigurationError: it is no policy, or a model at work cannot serve it.
        InvalidInput: the note is too long, or the newest version says the same.
        Overtaken: `expected` is not the newest version, because somebody saved another one meanwhile.
    """
    if len(note) > NOTE_CHARACTERS:
        raise InvalidInput(f"The note has more than {NOTE_CHARACTERS} characters.", field="/note")
    policy = check_policy(content, models_at_work(store, now=now))
    head = store.policy_head()
    newest = store.policy_version(head) if head else None
    if expected != head:
        raise overtaken(newest)
    if newest is not None and newest.content == content:
        raise InvalidInput("This is what the policy says already; change something first.", field="/content")
    if expected == 0:
        original = write_policy(fallback)
        kept = SavedPolicy(
            number=1,
            version=fallback.version,
            content=original,
            author=FROM_FILE,
            at=now,
            note="",
        )
        store.save_policy(kept)
        expected = 1
    saved = SavedPolicy(
        number=expected + 1, version=policy.version, content=content, author=author, at=now, note=note.strip()
    )
    told = AuditEntry(at=now, actor=author, kind="policy saved", subject=f"version {saved.number}", detail=saved.note)
    store.save_policy(saved, audit=[told])
    return saved

"""Saved policies, and the mails that a change is tried out on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routing.errors import InvalidInput, NotFound
from routing.ids import is_uuid
from routing.job import MailFormat
from routing.people import AuditEntry
from routing.store import bounds
from routing.store.policies import MOST_BYTES, MOST_READ, Answer, KeptMail, SavedPolicy, overtaken
from routing.store.sql import rows
from routing.store.sql.audit import write_audit
from routing.store.sql.database import Database, Row, Transaction
from routing.store.sql.statement import Statement

_COLUMNS = "number, version, content, author, at, note"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_LAST_NUMBER = 2**62

_SAVE = Statement("""
    INSERT INTO policies (number, version, content, author, at, note)
    SELECT :number, :version, :content, :author, :at, :note
    WHERE :number = 1 + COALESCE((SELECT max(number) FROM policies), 0)
    ON CONFLICT DO NOTHING
""")
_HEAD = Statement("SELECT COALESCE(max(number), 0) FROM policies")
_VERSION = Statement(f"SELECT {_COLUMNS} FROM policies WHERE number = :number")  # noqa: S608  (constant)
_VERSIONS = Statement(
    f"SELECT {_COLUMNS} FROM policies WHERE number < :before ORDER BY number DESC LIMIT :limit"  # noqa: S608  (constant)
)
# The newest jobs by their key, whatever they are, so that the cost is bounded even where no mail is shown to a model.
_ANSWERS = Statement("""
    SELECT model_label, model_confidence, novelty, CASE WHEN reviewed THEN label = model_label END
    FROM (
        SELECT id, status, model_label, model_confidence, novelty, reviewed, label
        FROM jobs WHERE id >= :first_id ORDER BY id DESC LIMIT :looked_at
    ) AS newest
    WHERE status = 'done' AND model_label IS NOT NULL AND model_confidence IS NOT NULL
    ORDER BY id DESC LIMIT :limit
""")
# From the mails, not from the jobs: retention deletes mails first, and then there may be a million jobs without any.
_KEPT = Statement(f"""
    SELECT {rows.JOB}, content, format FROM mails CROSS JOIN jobs
    WHERE id = job_id AND status = 'done' AND size <= :most_bytes AND job_id < :before ORDER BY job_id DESC LIMIT :limit
""")  # noqa: S608  (constant)
_GIVEN = Statement("SELECT reviewer, count(*) FROM reviews WHERE id >= :first_id AND at >= :since GROUP BY reviewer")


class SavedPolicies:
    """The store's versions of the policy."""

    _database: Database

    def save_policy(self, saved: SavedPolicy, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a version; see the port."""
        row = {
            "number": saved.number,
            "version": bounds.bounded(saved.version, bounds.NAME),
            "content": bounds.clean(saved.content),
            "author": bounds.bounded(saved.author, bounds.NAME),
            "at": saved.at,
            "note": bounds.bounded(saved.note, bounds.NOTE),
        }

        def work(transaction: Transaction) -> None:
            if transaction.run(_SAVE, row) != 1:
                newest = transaction.row(_VERSION, {"number": transaction.rows(_HEAD)[0][0]})
                raise overtaken(_saved(newest) if newest else None)
            write_audit(transaction, audit)

        self._database.write(work)

    def policy_head(self) -> int:
        """Return the number of the newest version; 0 when none was saved."""
        return int(self._database.read(_HEAD)[0][0])

    def policy_version(self, number: int) -> SavedPolicy:
        """Return a version; see the port."""
        found = self._database.read(_VERSION, {"number": min(number, _LAST_NUMBER)})
        if not found:
            raise NotFound(f"There is no version {number} of the policy.")
        return _saved(found[0])

    def policy_versions(self, *, before: int | None = None, limit: int = 50) -> tuple[SavedPolicy, ...]:
        """Return versions, newest first; see the port."""
        given = {"before": _LAST_NUMBER if before is None else min(before, _LAST_NUMBER), "limit": limit}
        return tuple(_saved(row) for row in self._database.read(_VERSIONS, given))

    def answers(self, *, since: float, limit: int) -> tuple[Answer, ...]:
        """Return what models said of mails lately; see the port."""
        given = {"first_id": rows.first_id(since), "looked_at": MOST_READ * limit, "limit": limit}
        return tuple(
            Answer(label=label, confidence=confidence, novelty=novelty, right=None if right is None else bool(right))
            for label, confidence, novelty, right in self._database.read(_ANSWERS, given)
        )

    def kept_mails(
        self, *, before: str | None = None, limit: int = 50, most_bytes: int = MOST_BYTES
    ) -> tuple[KeptMail, ...]:
        """Return routed mails whose content is still stored; see the port."""
        if before is not None and not is_uuid(before):
            raise InvalidInput("The cursor is not one that a page gave.", field="cursor")
        found = self._database.read(_KEPT, {"before": before or _LAST_ID, "limit": limit, "most_bytes": most_bytes})
        return tuple(KeptMail(job=rows.job(row), content=row[-2], format=MailFormat(row[-1])) for row in found)

    def labels_given(self, *, since: float) -> Mapping[str, int]:
        """Count reviews by reviewer; see the port."""
        return dict(self._database.read(_GIVEN, {"first_id": rows.first_id(since), "since": since}))


def _saved(row: Row) -> SavedPolicy:
    number, version, content, author, at, note = row
    return SavedPolicy(number=number, version=version, content=content, author=author, at=at, note=note)

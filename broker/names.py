"""The names that the sender of a message and its receiver must agree on. They stand here and nowhere else."""

from __future__ import annotations

CLASSIFY = "worker.classify"
"""Task: decide what is queued. A doorbell: it carries nothing."""
DELIVER = "worker.deliver"
"""Task: post the callbacks that are due. A doorbell too."""
SWEEP = "worker.sweep"
"""Task: return expired leases, ring for forgotten work."""
PURGE = "worker.purge"
"""Task: delete what retention no longer allows to keep."""
TALLY = "worker.tally"
"""Task: count the hours that are over, for the supervisors' figures."""

CLASSIFY_QUEUE = "classify"
"""Task queue of the prefork workers, one process a core."""
ERRANDS_QUEUE = "errands"
"""Task queue of the worker with threads: everything that waits rather than computes, so that a slow callback or a
sweep never stands behind a mail, nor a mail behind them."""

TASK_QUEUES = {
    CLASSIFY: CLASSIFY_QUEUE,
    DELIVER: ERRANDS_QUEUE,
    SWEEP: ERRANDS_QUEUE,
    PURGE: ERRANDS_QUEUE,
    TALLY: ERRANDS_QUEUE,
}

FLAG = "facteur:bell:"
"""Prefix of the Redis keys that say that a bell has been rung and not answered yet; the task's name follows."""

"""gunicorn's threaded worker, with threads that stay with their connection for a moment.

Between two requests of a kept-alive connection gunicorn hands the connection from the thread to its main loop and, when
the next request comes, back to a thread: three wake-ups and as many fights for the interpreter's lock. A mail system
sends its next mail at once, so the thread waits for it instead, as long as there are threads enough for everybody.
"""

from __future__ import annotations

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

LINGER_MILLISECONDS = 50
"""How long a thread waits for its connection's next request before it gives the connection back."""


class LingeringWorker(ThreadWorker):
    """Serves a connection's next request in the same thread, unless more connections than threads are open."""

    def handle(self, conn: Any) -> Any:
        """Serve requests of a connection; return what gunicorn wants to know of the last."""
        kept = super().handle(conn)
        while kept is True and self.alive and self.nr_conns <= self.cfg.threads and _has_more(conn):
            kept = super().handle(conn)
        return kept


def _has_more(conn: Any) -> bool:
    """Wait for the connection's next request; say whether it came."""
    if conn.parser.unreader.buf.getvalue():
        return True  # it came together with the last one
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER_MILLISECONDS))

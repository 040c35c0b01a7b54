"""gunicorn's threaded worker, with threads that stay with their connection for a moment, but not for ever.

Between two requests of a kept-alive connection gunicorn hands the connection from the thread to its main loop and, when
the next request comes, back to a thread: three wake-ups and as many fights for the interpreter's lock. A mail system
sends its next mail at once, so the thread waits for it instead, as long as there are threads enough for everybody.

A client that dies, or dawdles, in the middle of a request would keep its thread for good, since nobody has been asked
for a key yet and reading has no time limit in gunicorn. So the main loop ends connections whose time is up.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.services import EXTENSION

LINGER_MILLISECONDS = 50
"""How long a thread waits for its connection's next request before it gives the connection back."""
HEAD_SECONDS = 10.0
"""How long a request's head may take to arrive: it is a kilobyte."""
REQUEST_SECONDS = 120.0
"""How long a whole request may take: a mail of 25 MB over a slow line, or 30 s of waiting for a decision."""


class LingeringWorker(ThreadWorker):
    """Serves a connection's next request in the same thread, unless more connections than threads are open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what gunicorn gives."""
        super().__init__(*args, **kwargs)
        self._deadlines: dict[Any, float] = {}
        """Connections that a thread works on: until when, by the monotonic clock."""

    def handle(self, conn: Any) -> Any:
        """Serve requests of a connection; return what gunicorn wants to know of the last."""
        kept = self._handle_one(conn)
        while kept is True and self.alive and self.nr_conns <= self.cfg.threads and _has_more(conn):
            kept = self._handle_one(conn)
        return kept

    def _handle_one(self, conn: Any) -> Any:
        self._deadlines[conn] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Serve a request whose head has arrived."""
        self._deadlines[conn] = time.monotonic() + REQUEST_SECONDS
        return super().handle_request(req, conn)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Begin to end (SIGTERM): callers that wait for a decision are told 202 now, while there is time to."""
        app: Any = self.wsgi
        app.extensions[EXTENSION].waiting.stop()
        super().handle_exit(sig, frame)

    def murder_keepalived(self, *args: Any, **kwargs: Any) -> None:
        """End connections that are idle for too long, and those whose request takes too long; asked every second."""
        super().murder_keepalived(*args, **kwargs)
        now = time.monotonic()
        for conn, deadline in self._deadlines.copy().items():
            if now > deadline:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)


def _has_more(conn: Any) -> bool:
    """Wait for the connection's next request; say whether it came."""
    if conn.parser.unreader.buf.getvalue():
        return True  # it came together with the last one
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER_MILLISECONDS))

"""Writers of one process take turns, and those who wait share one commit.

Waiting for the disk is most of what storing one mail costs. While one thread commits, the others put their work in a
line; the next to have its turn does all that is in the line, in one transaction. SQLite only: PostgreSQL does the same
by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from routing.errors import StoreUnavailable

T = TypeVar("T")

AT_MOST = 64
"""Works that share a commit: some milliseconds, which is what the first of them waits for the last."""


class _Request(Generic[T]):
    """One work in the line; `signal` is released when it is done, or when its thread `leads` the next commit."""

    __slots__ = ("error", "leads", "result", "signal", "work")

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work = work
        self.result: T | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.signal = threading.Lock()
        self.signal.acquire()

    def attempt(self, transaction: Any) -> None:
        self.result = self.work(transaction)


class Turns:
    """The line. `commit` runs a function in a transaction; `fatal` are errors after which a transaction is lost."""

    def __init__(
        self,
        commit: Callable[[Callable[[Any], None]], None],
        *,
        fatal: tuple[type[Exception], ...],
        timeout: float,
    ) -> None:
        self._commit = commit
        self._fatal = fatal
        self._timeout = timeout
        self._guard = threading.Lock()
        self._busy = False
        self._line: deque[_Request[Any]] = deque()

    def take(self, work: Callable[[Any], T]) -> T:
        """Return what `work` returns, once that is committed. Raises what it raises; its changes are undone then.

        Raises StoreUnavailable when the turn did not come in time, or when the commit failed.
        """
        request = _Request(work)
        try:
            with self._guard:
                request.leads, self._busy = not self._busy, True
                if not request.leads:
                    self._line.append(request)
            if not request.leads:
                self._wait(request)
            if request.leads:
                self._serve(request)
        except BaseException:
            self._leave(request)
            raise
        if request.error is not None:
            raise request.error
        return request.result  # type: ignore[return-value]  # set when there is no error

    def _wait(self, request: _Request[Any]) -> None:
        """Wait until the work is done, or until it is this thread's turn."""
        if request.signal.acquire(timeout=self._timeout):
            return
        with self._guard:
            waiting = request in self._line
        if waiting:
            raise StoreUnavailable("The database is busy.")
        request.signal.acquire()  # somebody has begun with it: it ends with that commit

    def _leave(self, request: _Request[Any]) -> None:
        """Forget a work whose thread goes away, and its turn if it had it."""
        with self._guard:
            if request in self._line:
                self._line.remove(request)
            elif request.leads:
                self._pass_on(request)

    def _serve(self, mine: _Request[Any]) -> None:
        """Do this work and what is in the line, in one transaction; then let the next of the line have its turn."""
        with self._guard:
            others = [self._line.popleft() for _ in range(min(len(self._line), AT_MOST - 1))]
        try:
            self._commit((lambda transaction: self._together(transaction, [mine, *others])) if others else mine.attempt)
        except BaseException as error:  # noqa: BLE001  (handed to those who wait for it)
            for request in others:
                request.error = _for_others(error)
            mine.error = error
        finally:
            for request in others:
                request.signal.release()
            with self._guard:
                self._pass_on(mine)

    def _pass_on(self, mine: _Request[Any]) -> None:
        mine.leads = False
        self._busy = bool(self._line)
        if self._busy:
            following = self._line.popleft()
            following.leads = True
            following.signal.release()

    def _together(self, transaction: Any, batch: list[_Request[Any]]) -> None:
        for request in batch:
            transaction.savepoint()
            try:
                request.attempt(transaction)
            except self._fatal:
                raise
            except Exception as error:  # noqa: BLE001  (handed to the one whose work it is)
                transaction.undo()
                request.error = error
            transaction.keep()


def _for_others(error: BaseException) -> StoreUnavailable:
    if isinstance(error, StoreUnavailable):
        return StoreUnavailable(str(error), retry_after=error.retry_after)
    return StoreUnavailable("The commit that this call shared with others failed; try again.")

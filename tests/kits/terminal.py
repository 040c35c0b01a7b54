"""`facteur new` as a process of its own, with nobody before it or with somebody at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from generating import ROOT

PATIENCE = 180
"""Seconds after which a question comes no more, on a machine that is busy with other tests."""


def a_process(kits: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command `facteur new` that finds its kits in `kits`, and its environment."""
    code = (
        # As at a terminal: whoever runs the tests may be deaf to hanging up, as under nohup, and that is inherited.
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        "from pathlib import Path; from facteur import kits; from facteur.cli import main; "
        f"kits.INSTALLED = Path({str(kits)!r}); main()"
    )
    scratch = kits.with_name("scratch")  # where one that is killed leaves something
    scratch.mkdir(exist_ok=True)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TMPDIR": str(scratch)}
    return [sys.executable, "-c", code, "new"], environ


class Terminal:
    """A terminal with somebody before it, who sees what is printed and types."""

    def __init__(self, kits: Path, *arguments: str) -> None:
        command, environ = a_process(kits)
        environ |= {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        self._end, its_end = pty.openpty()
        self.process = subprocess.Popen(
            [*command, *arguments], env=environ, stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True
        )
        os.close(its_end)
        self.seen = ""

    def wait_for(self, words: str) -> None:
        """Read until these words are there; what was before them is forgotten."""
        while words not in self.seen:
            assert self._read(), f"{words!r} never came, but: {self.seen}"
        self.seen = self.seen.partition(words)[2]

    def type(self, keys: str) -> None:
        """Press keys, one after the other."""
        os.write(self._end, keys.encode())

    def status(self) -> int:
        """Wait for the end and return the exit status, negative for a signal."""
        while self._read():
            pass
        os.close(self._end)
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        """Wait for more to be printed; say whether there was."""
        ready, _, _ = select.select([self._end], [], [], PATIENCE)
        try:
            more = os.read(self._end, 65536) if ready else b""
        except OSError:  # how a terminal says that nobody writes any more
            return False
        self.seen += more.decode(errors="replace")
        return bool(more)

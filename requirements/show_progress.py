"""Run pip and show one line that moves instead of its hundreds; if it fails, show what it said.

show_progress.py -m pip install ...
"""

from __future__ import annotations

import subprocess
import sys

LAST_LINES = 20
TERMINAL_COLUMNS = 78
EACH = 25
"""Of this many packages one is named where the line cannot move."""


def main() -> int:
    """Run `python ARGUMENTS`; return its exit status."""
    output: list[str] = []
    seen = 0
    moving = sys.stdout.isatty()
    with (
        subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, *sys.argv[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as pip
    ):
        for line in pip.stdout or ():
            output.append(line)
            words = line.split()
            if words[:1] in (["Collecting"], ["Processing"]):
                seen += 1
                if moving or seen % EACH == 0:
                    _say(f"  {seen:3} {words[1].rpartition('/')[2]}", moving=moving)
            elif words[:2] == ["Installing", "collected"]:
                _say("  writing the packages", moving=moving)
    if moving:
        _say("", moving=True)
    if pip.returncode:
        sys.stdout.writelines(output[-LAST_LINES:])
    return pip.returncode


def _say(text: str, *, moving: bool) -> None:
    """Write over the line on a terminal; elsewhere write a line."""
    if moving:
        sys.stdout.write(f"\r\x1b[K{text[:TERMINAL_COLUMNS]}")
    elif text:
        sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped.")

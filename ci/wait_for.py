"""Wait until an address answers with 200, and says what it should: `wait_for.py URL [--field info.version=1.2.3]`."""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Ask until the answer is the one, and return 0; or 1 with the last answer when the time is over."""
    asked = _parser().parse_args(arguments)
    begun = time.monotonic()
    right = 0
    while True:
        said = _ask(asked.url, asked.contains, asked.field)
        right = 0 if said else right + 1
        passed = time.monotonic() - begun
        if right >= asked.times:
            print(f"{asked.url} answers as it should after {passed:.0f} s.")
            return 0
        if passed + asked.every > asked.seconds:
            said = said or f"it answered as it should {right} times in a row, not {asked.times}"
            print(f"{asked.url} does not after {passed:.0f} s: {said}", file=sys.stderr)
            return 1
        time.sleep(asked.every)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Wait until an address answers with 200.")
    parser.add_argument("url")
    parser.add_argument("--contains", type=_text, help="a text that the answer must hold")
    parser.add_argument("--field", type=_field, help="PATH=VALUE: what the answer, JSON, must say there")
    parser.add_argument("--times", type=int, default=1, help="so often in a row, for what several answer in turn")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--every", type=float, default=5.0)
    return parser


def _text(given: str) -> str:
    # A variable that is not set must not pass for an answer that anything gives.
    if not given.strip("\"' :="):
        raise argparse.ArgumentTypeError(f"{given!r} is in any answer; a variable is empty, most likely")
    return given


def _field(given: str) -> tuple[list[str], str]:
    path, _, value = given.partition("=")
    if not path or not value.strip("\"' "):
        raise argparse.ArgumentTypeError(f"{given!r} is not PATH=VALUE; a variable is empty, most likely")
    return path.split("."), value


def _ask(url: str, text: str | None, field: tuple[list[str], str] | None) -> str:
    """Return what is wrong with the answer; nothing when it is the one."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the environment's address
            page = answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except (OSError, ValueError) as error:
        return f"it cannot be asked ({error})"
    if text is not None and text not in page:
        return f"its answer does not hold {text!r}"
    if field is None:
        return ""
    path, value = field
    found = _at(page, path)
    return "" if found == value else f"{'.'.join(path)} is {found!r}, not {value!r}"


def _at(page: str, path: list[str]) -> str | None:
    try:
        found = json.loads(page)
    except ValueError:
        return None
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return None if found is None else str(found)


if __name__ == "__main__":
    sys.exit(main())

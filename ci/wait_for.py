"""Wait until an address answers with 200, and with a text if one is asked for: `wait_for.py URL [--contains TEXT]`."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Ask until the answer is the one, and return 0; or 1 with the last answer when the time is over."""
    parser = argparse.ArgumentParser(description="Wait until an address answers with 200.")
    parser.add_argument("url")
    parser.add_argument("--contains", default="", help="a text that the answer must hold, such as the new version")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--every", type=float, default=5.0)
    asked = parser.parse_args(arguments)
    begun = time.monotonic()
    while True:
        said = _ask(asked.url, asked.contains)
        passed = time.monotonic() - begun
        if not said:
            print(f"{asked.url} answers as it should after {passed:.0f} s.")
            return 0
        if passed + asked.every > asked.seconds:
            print(f"{asked.url} does not after {passed:.0f} s: {said}", file=sys.stderr)
            return 1
        time.sleep(asked.every)


def _ask(url: str, text: str) -> str:
    """Return what is wrong with the answer; nothing when it is the one."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the environment's address
            page = answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except (OSError, ValueError) as error:
        return f"it cannot be asked ({error})"
    return "" if text in page else f"its answer does not hold {text!r}"


if __name__ == "__main__":
    sys.exit(main())

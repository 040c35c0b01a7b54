"""Running containers of the image, and asking them."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
MOST_SECONDS = 60


def run(*words, **given):
    """Run a command and return what it prints; its errors become the test's."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, **given)
    assert done.returncode == 0, f"{shlex.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Runner:
    """Docker or podman."""

    def __init__(self, name):
        self.name = name

    def __call__(self, *words, **given):
        return run(self.name, *words, **given)

    def inspect(self, container):
        return json.loads(self("inspect", container))[0]

    def start(self, *words):
        """Start a container as a careful host does, and return its name; health checks run only when asked."""
        name = f"facteur-test-{uuid.uuid4().hex[:8]}"
        self("run", "--detach", "--name", name, "--no-healthcheck", *HARDENED, *words)
        return name

    def remove(self, container):
        subprocess.run([self.name, "rm", "--force", container], capture_output=True, check=False)


def ask(url, *, key=None, body=None, headers=None):
    """Return status and body; (0, b"") while nobody answers."""
    headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own containers
    with contextlib.suppress(OSError):
        try:
            with urllib.request.urlopen(request, timeout=15) as response:  # noqa: S310 - the same
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
    return 0, b""


def wait_for(what, seconds=MOST_SECONDS):
    """Wait until `what` returns something true, and return that."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"{what} was not so within {seconds} seconds"
        time.sleep(0.05)

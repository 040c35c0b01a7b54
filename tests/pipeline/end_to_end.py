"""Ask a running Facteur, from outside, whether it does what it is for: `end_to_end.py URL KEY`.

Mails go in over HTTP and decisions come out; console and metrics answer; who has no key is refused. It needs the
standard library only. Prints what took how long, and ends with 1 at what is wrong.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

MAILS = Path(__file__).parents[2] / "examples" / "mails"
READY_SECONDS = 120.0
DECIDED_SECONDS = 60.0
LEAST_RIGHT = 0.8
"""Share of the example mails that go where a human would send them; a model is judged elsewhere."""


class Facteur:
    """The service, as a mail system sees it."""

    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key

    def ask(self, path, body=None, kind="message/rfc822", *, key=None):
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": kind}
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - the service's own address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            return 0, str(error).encode()

    def wait(self, path, seconds, done):
        begun = time.monotonic()
        while True:
            status, body = self.ask(path)
            if done(status, body):
                return body, time.monotonic() - begun
            if time.monotonic() - begun > seconds:
                raise SystemExit(f"{path} did not come within {seconds:.0f} s; it says {status} {body[:500]!r}")
            time.sleep(0.2)


def say(text):
    sys.stdout.write(text + "\n")


def main(url, key):
    facteur = Facteur(url, key)
    _, ready = facteur.wait("/readyz", READY_SECONDS, lambda status, _: status == 200)
    say(f"ready after {ready:.1f} s")
    expected = json.loads((MAILS / "expected.json").read_bytes())
    begun = time.monotonic()
    jobs = {name: _submit(facteur, MAILS / name) for name in expected}
    decisions = {name: _decision(facteur, job) for name, job in jobs.items()}
    took = time.monotonic() - begun
    right = [name for name, decision in decisions.items() if expected[name].items() <= decision.items()]
    say(f"{len(decisions)} mails decided in {took:.1f} s, {len(right)} as a human would")
    for name in sorted(set(decisions) - set(right)):
        say(f"  {name}: {decisions[name]['label']}, not {expected[name]}")
    if len(right) < LEAST_RIGHT * len(decisions):
        raise SystemExit("Too many mails went astray.")
    for path, status in {"/metrics": 200, "/docs": 200, "/sign-in": 200, "/v1/queues": 200}.items():
        answered, body = facteur.ask(path)
        if answered != status:
            raise SystemExit(f"{path} answers {answered}: {body[:300]!r}")
    if facteur.ask("/v1/queues", key="fct_" + "0" * 43)[0] != 401:
        raise SystemExit("Somebody without a key was let in.")
    say("console, metrics and keys are as they should be")


def _submit(facteur, file):
    status, body = facteur.ask("/v1/emails", file.read_bytes())
    if status != 202:
        raise SystemExit(f"{file.name} was not taken: {status} {body[:300]!r}")
    return json.loads(body)["id"]


def _decision(facteur, job):
    def decided(status, body):
        return status == 200 and json.loads(body)["decision"] is not None

    return json.loads(facteur.wait(f"/v1/jobs/{job}", DECIDED_SECONDS, decided)[0])["decision"]


if __name__ == "__main__":
    main(*sys.argv[1:3])

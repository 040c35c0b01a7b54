"""Ask whether locked packages have known vulnerabilities: `audit.py LOCK...`.

pip-audit asks PyPI's advisories, then OSV's. It passes over a package that a service does not know, and ends well even
when that is all of them, as behind a mirror without advisories; here that counts as no answer. Then each release is
looked up in the package index instead, which says when one was withdrawn, and how: less than advisories, and said so.

Ends with 0: every package was looked up, and none is vulnerable; 1: one is; 3: nobody answered for advisories.

What is known and accepted stands in `requirements/accepted_vulnerabilities.txt`: a line `ID YYYY-MM-DD reason`, good
until that day. OSV_URL names a mirror of OSV inside a building.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ACCEPTED = Path("requirements/accepted_vulnerabilities.txt")
SERVICES = ("pypi", "osv")
VULNERABLE, NOT_AUDITED = 1, 3
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", flags=re.MULTILINE)
LEAST_ANSWERED = 0.9
"""Share of the packages that a service must know, for its answer to be one."""
TIMEOUT_SECONDS = 20.0
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A vulnerability of a package."""

    package: str
    version: str
    id: str
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as a line."""
        mended = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended yet"
        return f"{self.package} {self.version}: {self.id}, {mended}"


def main(locks: Sequence[str]) -> int:
    """Audit the locks and say what was found; return how it ended."""
    accepted, over = _accepted(ACCEPTED)
    for line in over:
        print(f"No longer accepted: {line}")
    pins = sorted({pin for lock in locks for pin in PIN.findall(Path(lock).read_text(encoding="utf-8"))})
    findings = _advisories(pins) if pins else []
    if findings is not None:
        standing = [finding for finding in findings if finding.id not in accepted]
        for finding in standing:
            print(f"VULNERABLE  {finding}")
        left_out = f", {len(findings) - len(standing)} accepted" if len(findings) > len(standing) else ""
        print(f"{len(pins)} packages of {len(locks)} locks: {len(standing)} known vulnerabilities{left_out}.")
        return VULNERABLE if standing or over else 0
    _say_aloud(len(pins))
    return VULNERABLE if not _none_withdrawn(pins) or over else NOT_AUDITED


def _accepted(file: Path) -> tuple[set[str], list[str]]:
    """Return what is accepted today, and the lines whose day is over."""
    accepted, over = set(), []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        if line.strip() and not line.startswith("#"):
            id_, day, *_ = line.split(maxsplit=2)
            if date.fromisoformat(day) >= datetime.now(UTC).date():
                accepted.add(id_)
            else:
                over.append(line)
    return accepted, over


def _advisories(pins: Sequence[tuple[str, str]]) -> list[Finding] | None:
    """Return the known vulnerabilities; None where no service answered for nearly all packages."""
    for service in SERVICES:
        known = [one for one in _pip_audit(service, pins) if "skip_reason" not in one]
        findings = {
            Finding(
                package=one["name"],
                version=one["version"],
                id=vulnerability["id"],
                mended_in=tuple(vulnerability.get("fix_versions", ())),
            )
            for one in known
            for vulnerability in one.get("vulns", ())
        }
        if findings or len(known) >= LEAST_ANSWERED * len(pins):
            return sorted(findings, key=str)
    return None


def _pip_audit(service: str, pins: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package; nothing where the service does not answer."""
    words = ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    if service == "osv" and os.environ.get("OSV_URL"):
        words += ["--osv-url", os.environ["OSV_URL"]]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as requirements:
        # One list of all locks, without marks of platforms: what another machine installs is looked up too.
        requirements.write("\n".join(f"{name}=={version}" for name, version in pins))
        requirements.flush()
        command = [sys.executable, "-m", "pip_audit", *words, "--disable-pip", "--no-deps"]
        done = subprocess.run(
            [*command, "--requirement", requirements.name], capture_output=True, text=True, check=False
        )
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return []
    return document.get("dependencies", []) if isinstance(document, dict) else []


def _say_aloud(packages: int) -> None:
    lines = (
        f"NOT AUDITED: no service of advisories answered for these {packages} packages.",
        "Known vulnerabilities were NOT looked for. Run this again where pypi.org or api.osv.dev answers.",
        "Instead the package index is asked whether releases were withdrawn, which is much less.",
    )
    width = max(map(len, lines))
    print("\n".join(["!" * (width + 4), *(f"! {line:<{width}} !" for line in lines), "!" * (width + 4)]), flush=True)


def _none_withdrawn(pins: Iterable[tuple[str, str]]) -> bool:
    """Look every release up in the index; say which were withdrawn, and return whether none was."""
    index = _index()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda pin: _look_up(index, *pin), pins))
    withdrawn = [answer for answer in answers if answer]
    for answer in withdrawn:
        print(f"WITHDRAWN  {answer}")
    silent = sum(answer is None for answer in answers)
    print(
        f"{len(answers) - silent} of {len(answers)} releases were looked up in the index, {len(withdrawn)} withdrawn."
    )
    return not withdrawn


def _index() -> str:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    return os.environ.get("PIP_INDEX_URL") or asked.stdout.strip() or "https://pypi.org/simple"


def _look_up(index: str, package: str, version: str) -> str | None:
    """Return a sentence when every file of the release was withdrawn (PEP 592), nothing when not, None when unknown."""
    name = re.sub(r"[-_.]+", "-", package).lower()
    request = urllib.request.Request(f"{index.rstrip('/')}/{name}/", headers={"Accept": "text/html"})  # noqa: S310 - the index's scheme
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            page = answer.read().decode("utf-8", "replace")
    except (OSError, ValueError, urllib.error.URLError):
        return None
    escaped = re.escape(version)
    files = [
        attributes
        for attributes, file in re.findall(r"<a\s([^>]*)>([^<]*)</a>", page)
        if re.search(rf"-{escaped}(-|\.tar\.gz|\.zip)", file)
    ]
    if not files:
        return None
    reasons = [re.search(r'data-yanked(?:="([^"]*)")?', attributes) for attributes in files]
    if not all(reasons):
        return ""
    return f"{package} {version}: {(reasons[0] and reasons[0][1]) or 'no reason given'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Ask whether locked packages have known vulnerabilities: `audit.py LOCK...`.

pip-audit asks PyPI's advisories, then OSV's for those that PyPI does not know. It passes over what a service does not
know, and ends well even when that is every package, as behind a mirror without advisories; here those count as not
looked up, and are named. The package index says at least which of them were withdrawn: less than advisories.

Ends with 0: every package was looked up, and none is vulnerable; 1: one is; 2: what is accepted cannot be read;
3: none is, of those that were looked up, but not all were.

What is known and accepted stands in `requirements/accepted_vulnerabilities.txt`: a line `ID YYYY-MM-DD reason`, good
until that day, under any of the names that a vulnerability has (PYSEC, CVE, GHSA). OSV_URL names a mirror of OSV inside
a building. Packages of npm (`package-lock.json`) are in no answer: `npm audit` asks for them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
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
VULNERABLE, UNREADABLE, NOT_AUDITED = 1, 2, 3
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", flags=re.MULTILINE)
TIMEOUT_SECONDS = 20.0
AUDIT_SECONDS = float(os.environ.get("AUDIT_SECONDS") or 300)
"""A service that has not answered for all packages by then does not answer."""
Pin = tuple[str, str]
AT_ONCE = 8
MOST_COLUMNS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A vulnerability of a package."""

    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    """What others call it."""
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as a line."""
        mended = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended yet"
        return f"{self.package} {self.version}: {self.id}, {mended}"


def main(locks: Sequence[str]) -> int:
    """Audit the locks and say what was found; return how it ended."""
    try:
        accepted, over = _accepted(ACCEPTED)
    except ValueError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    for line in over:
        print(f"No longer accepted: {line}")
    pins = sorted({pin for lock in locks for pin in PIN.findall(Path(lock).read_text(encoding="utf-8"))})
    findings, unknown = _advisories(pins)
    standing = [finding for finding in findings if not accepted & {finding.id, *finding.aliases}]
    for finding in standing:
        print(f"VULNERABLE  {finding}")
    left_out = f", {len(findings) - len(standing)} accepted" if len(findings) > len(standing) else ""
    looked_up = f"{len(pins) - len(unknown)} of {len(pins)} packages of {len(locks)} locks were looked up"
    print(f"{looked_up}: {len(standing)} known vulnerabilities{left_out}.")
    withdrawn = False
    if unknown:
        _say_aloud(unknown, len(pins))
        withdrawn = not _none_withdrawn(unknown)
    if standing or over or withdrawn:
        return VULNERABLE
    return NOT_AUDITED if unknown else 0


def _accepted(file: Path) -> tuple[set[str], list[str]]:
    """Return what is accepted today, and the lines whose day is over. Raises ValueError where a line says neither."""
    accepted, over = set(), []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines() if file.exists() else [], 1):
        if line.strip() and not line.startswith("#"):
            try:
                id_, day, _ = line.split(maxsplit=2)
                until = date.fromisoformat(day)
            except ValueError:
                raise ValueError(f"{file}:{number}: write ID YYYY-MM-DD reason.") from None
            if until >= datetime.now(UTC).date():
                accepted.add(id_)
            else:
                over.append(line)
    return accepted, over


def _advisories(pins: Sequence[Pin]) -> tuple[list[Finding], list[Pin]]:
    """Return the known vulnerabilities, and the packages that no service knows or answered for."""
    findings: set[Finding] = set()
    unknown = list(pins)
    for service in SERVICES:
        if not unknown:
            break
        known = [
            one for once in _each_name_once(unknown) for one in _pip_audit(service, once) if "skip_reason" not in one
        ]
        findings |= {
            Finding(
                package=one["name"],
                version=one["version"],
                id=vulnerability["id"],
                aliases=tuple(vulnerability.get("aliases", ())),
                mended_in=tuple(vulnerability.get("fix_versions", ())),
            )
            for one in known
            for vulnerability in one.get("vulns", ())
        }
        answered = {(_canonical(one["name"]), one["version"]) for one in known}
        unknown = [(name, version) for name, version in unknown if (_canonical(name), version) not in answered]
    return sorted(findings, key=str), unknown


def _each_name_once(pins: Sequence[Pin]) -> list[list[Pin]]:
    """Part the pins into lists in which no package is twice: pip-audit takes no list where one is.

    Locks name two versions of a package where another Python wants another one, or where they are of different tools.
    """
    parts: list[dict[str, Pin]] = []
    for pin in pins:
        name = _canonical(pin[0])
        part = next((each for each in parts if name not in each), None)
        if part is None:
            parts.append(part := {})
        part[name] = pin
    return [list(part.values()) for part in parts]


def _canonical(name: str) -> str:
    """Return a package's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip_audit(service: str, pins: Sequence[Pin]) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package; nothing where the service does not answer."""
    words = ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    if service == "osv" and os.environ.get("OSV_URL"):
        words += ["--osv-url", os.environ["OSV_URL"]]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as requirements:
        # One list of all locks, without marks of platforms: what another machine installs is looked up too.
        requirements.write("\n".join(f"{name}=={version}" for name, version in pins))
        requirements.flush()
        command = [sys.executable, "-m", "pip_audit", *words, "--disable-pip", "--no-deps"]
        command += ["--requirement", requirements.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=AUDIT_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"The advisories of {service} did not answer within {AUDIT_SECONDS:.0f} seconds.")
            return []
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return []
    return document.get("dependencies", []) if isinstance(document, dict) else []


def _say_aloud(unknown: Sequence[Pin], packages: int) -> None:
    named = ", ".join(f"{name} {version}" for name, version in unknown)
    lines = (
        f"NOT AUDITED: no service of advisories answered for {len(unknown)} of these {packages} packages.",
        "Known vulnerabilities of them were NOT looked for. Run this again where pypi.org or api.osv.dev answers.",
        "Instead the package index is asked whether releases were withdrawn, which is much less.",
        *(textwrap.wrap(named, MOST_COLUMNS) if len(unknown) < packages else ()),
    )
    width = max(map(len, lines))
    print("\n".join(["!" * (width + 4), *(f"! {line:<{width}} !" for line in lines), "!" * (width + 4)]), flush=True)


def _none_withdrawn(pins: Iterable[Pin]) -> bool:
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
    request = urllib.request.Request(f"{index.rstrip('/')}/{_canonical(package)}/", headers={"Accept": "text/html"})  # noqa: S310 - the index's scheme
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

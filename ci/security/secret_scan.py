"""Look for keys, tokens and passwords in what git holds: every file, and every line that new commits add.

A secret that one commit adds and the next one takes out again is published with them all the same. New are the commits
that the default branch lacks; on that branch itself those of this push, and of a tag those since the tag before.
detect-secrets brings the forms of the tokens of many services; nothing is sent to anybody.

Where a line only looks like a secret, `# pragma: allowlist secret` at its end says so to the next reader too. Where it
cannot, `.accepted-secrets` has a line `PATH:MARK reason`; the mark is printed with what is found, and holds for that
line as it is and for no other in the file.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from addresses import holds_password
from detect_secrets.core.scan import scan_file, scan_line
from detect_secrets.settings import transient_settings

FORMS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "IbmCloudIamDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
"""Forms that one can be sure of. Not its guesses by entropy and by names: locks and tests are full of such strings."""
FILTERS = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_templated_secret",
)
ADDRESS = "Password in an address"
ALLOWED = "pragma: allowlist secret"
ACCEPTED = Path(".accepted-secrets")
MOST_BYTES = 1_000_000
NO_COMMIT = "0" * 40
"""What GitLab says where a branch or tag was not there before."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """Where something that looks like a secret stands."""

    file: str
    line: int
    kind: str
    mark: str
    """Of the line, so that it can be accepted without another one in the file."""

    def __str__(self) -> str:
        """Return it for people, without the secret."""
        return f"{self.file}:{self.line}: {self.kind} (mark {self.mark})"


def main() -> int:
    """Scan, name what was found by place and kind and never by value, and return 1 when there was anything."""
    settings = {
        "plugins_used": [{"name": form} for form in FORMS],
        "filters_used": [{"path": path} for path in FILTERS],
    }
    with transient_settings(settings):
        files = [name for name in _git("ls-files", "-z").split("\0") if name and _is_text(Path(name))]
        places = {place for name in files for place in _in_file(name)}
        since, commits = _new_commits()
        if commits:
            patches = _git("log", "--patch", "--unified=0", "--no-color", "--no-ext-diff", *commits)
            places |= set(_added(patches))
    accepted = _accepted()
    standing = sorted(place for place in places if f"{place.file}:{place.mark}" not in accepted)
    for place in standing:
        print(f"SECRET  {place}")
    print(f"{len(files)} files and {since}: {len(standing)} secrets.")
    return 1 if standing else 0


def _in_file(name: str) -> Iterator[Place]:
    lines = Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
    for secret in scan_file(name):
        yield _place(name, secret.line_number, secret.type, lines[secret.line_number - 1 : secret.line_number + 1])
    for number, line in enumerate(lines, 1):
        if ALLOWED not in line and holds_password(line):
            yield _place(name, number, ADDRESS, [line])


def _added(patches: str) -> Iterator[Place]:
    """Yield the places of secrets in lines that patches add."""
    file, number, left = "", 0, 0
    lines = patches.splitlines()
    for at, line in enumerate(lines):
        if left and line.startswith("+"):
            yield from _in_line(file, number, line[1:], lines[at + 1 : at + 2] if left > 1 else [])
            number, left = number + 1, left - 1
        elif found := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            number, left = int(found[1]), int(found[2] or 1)
        elif not left and line.startswith("+++ "):
            file = line[4:].removeprefix("b/")


def _in_line(file: str, number: int, line: str, following: Sequence[str]) -> Iterator[Place]:
    if ALLOWED in line:
        return
    for secret in scan_line(line):
        yield _place(file, number, secret.type, [line, *(one[1:] for one in following)])
    if holds_password(line):
        yield _place(file, number, ADDRESS, [line])


def _place(file: str, number: int, kind: str, lines: Sequence[str]) -> Place:
    # The first line of a key is that of every key.
    told = [line.strip() for line in lines][: 2 if kind == "Private Key" else 1]
    return Place(file=file, line=number, kind=kind, mark=hashlib.sha256("\n".join(told).encode()).hexdigest()[:12])


def _accepted() -> set[str]:
    lines = ACCEPTED.read_text(encoding="utf-8").splitlines() if ACCEPTED.exists() else []
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def _is_text(file: Path) -> bool:
    try:
        if not file.is_file() or file.is_symlink() or file.stat().st_size > MOST_BYTES:
            return False
        return b"\0" not in file.read_bytes()[:8192]
    except OSError:
        return False


def _new_commits() -> tuple[str, list[str]]:
    """Return which commits nobody looked at yet, in words and as git takes them; of a clone without them, none."""
    default = os.environ.get("CI_DEFAULT_BRANCH", "main")
    base = os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or f"origin/{default}"
    before = os.environ.get("CI_COMMIT_BEFORE_SHA", NO_COMMIT)
    if os.environ.get("CI_COMMIT_TAG"):
        base = _ask("describe", "--tags", "--abbrev=0", "HEAD^")
        if not base:
            return "all commits", ["HEAD"]
    elif os.environ.get("CI_COMMIT_BRANCH") == default:
        if before == NO_COMMIT:
            return "no commits, since none were pushed", []
        if not _ask("rev-parse", "--verify", "--quiet", f"{before}^{{commit}}"):
            return f"NO COMMITS, since this clone lacks {before[:12]}", []
        base = before
    since = _ask("merge-base", base, "HEAD")
    return (
        (f"the commits since {since[:12]}", [f"{since}..HEAD"])
        if since
        else (f"NO COMMITS, since {base} is not here", [])
    )


def _ask(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())

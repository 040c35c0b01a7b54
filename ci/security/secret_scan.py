"""Look for keys, tokens and passwords in what git holds: every file, and every line that new commits add.

The commits are those that the default branch lacks: a secret that one of them adds and the next one takes out again is
published with them all the same. detect-secrets brings the forms of the tokens of many services; nothing is sent to
anybody. Where a line only looks like a secret, `# pragma: allowlist secret` at its end says so to the next reader too;
files that hold made-up ones stand in `.accepted-secrets`, a path and the reason on a line.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import scan_file, scan_line
from detect_secrets.settings import transient_settings

FORMS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
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
EXAMPLES = ("127.0.0.1", "localhost", "example", "postgres:5432", "@db", "@redis", "PASSWORD")
"""Addresses with a password in them, which documents and tests need, name one of these."""
BASIC = "Basic Auth Credentials"
ALLOWED = "pragma: allowlist secret"
ACCEPTED = Path(".accepted-secrets")
MOST_BYTES = 1_000_000
HASHES = "--hash=sha256:"
"""A file of these is a lock."""


def main() -> int:
    """Scan, name what was found by place and kind and never by value, and return 1 when there was anything."""
    settings = {
        "plugins_used": [{"name": form} for form in FORMS],
        "filters_used": [{"path": path} for path in FILTERS],
    }
    with transient_settings(settings):
        files = [name for name in _git("ls-files", "-z").split("\0") if name and _is_text(Path(name))]
        found = [secret for name in files for secret in scan_file(name)]
        since = _since()
        places = set(_places(found))
        if since:
            changes = _git("log", "--patch", "--unified=0", "--no-color", "--no-ext-diff", f"{since}..HEAD")
            places |= set(_added(changes))
    accepted = _accepted()
    places = sorted(place for place in places if place.partition(":")[0] not in accepted)
    for place in places:
        print(f"SECRET  {place}")
    commits = f" and the commits since {since[:12]}" if since else ""
    print(f"{len(files)} files{commits}: {len(places)} secrets.")
    return 1 if places else 0


def _places(found: list[PotentialSecret]) -> Iterator[str]:
    for secret in found:
        if secret.type != BASIC or not _is_example(secret):
            yield f"{secret.filename}:{secret.line_number}: {secret.type}"


def _added(changes: str) -> Iterator[str]:
    """Yield the places of secrets in lines that a list of patches adds."""
    file, number = "", 0
    for line in changes.splitlines():
        if line.startswith("+++ "):
            file = line[4:].removeprefix("b/")
        elif line.startswith("@@ "):
            number = int(re.sub(r".* \+(\d+).*", r"\1", line.partition(" @@")[0]))
        elif line.startswith("+"):
            if Path(file).name != "package-lock.json" and HASHES not in line and ALLOWED not in line:
                for secret in scan_line(line[1:]):
                    if secret.type != BASIC or not any(example in line for example in EXAMPLES):
                        yield f"{file}:{number}: {secret.type}"
            number += 1


def _is_example(secret: PotentialSecret) -> bool:
    """Say whether the address is one that everybody may know: of this machine, of a test's server, of nobody."""
    try:
        lines = Path(secret.filename).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    # Of a folded text of YAML the number is that of its first line.
    near = "\n".join(lines[secret.line_number - 1 : secret.line_number + 1])
    return any(example in near for example in EXAMPLES)


def _accepted() -> set[str]:
    lines = ACCEPTED.read_text(encoding="utf-8").splitlines() if ACCEPTED.exists() else []
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def _is_text(file: Path) -> bool:
    try:
        if not file.is_file() or file.is_symlink() or file.stat().st_size > MOST_BYTES:
            return False
        head = file.read_bytes()[:8192]
    except OSError:
        return False
    return b"\0" not in head and HASHES.encode() not in head and file.name != "package-lock.json"


def _since() -> str:
    """Return the commit up to which all is published already, or nothing where none can be told."""
    base = os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or f"origin/{os.environ.get('CI_DEFAULT_BRANCH', 'main')}"
    done = subprocess.run(["git", "merge-base", base, "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())

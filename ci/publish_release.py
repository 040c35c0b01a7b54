"""Make the release of a tag by GitLab's own interface: `publish_release.py NOTES.md`. It exists already: it is renewed.

Any GitLab serves it; the usual tool, release-cli, comes from the registry of gitlab.com alone. The token is the job's.
https://docs.gitlab.com/api/releases/
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from pathlib import Path

TIMEOUT_SECONDS = 30.0


def main(notes: str) -> int:
    """Publish the notes, say where they are, and return 0, or 1 with what the server says."""
    tag = os.environ["CI_COMMIT_TAG"]
    releases = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}/releases"
    body = {"name": tag, "description": Path(notes).read_text(encoding="utf-8")}
    try:
        status, said = _ask("POST", releases, {**body, "tag_name": tag})
        if status == HTTPStatus.CONFLICT:
            status, said = _ask("PUT", f"{releases}/{urllib.parse.quote(tag, safe='')}", body)
    # Of a connection, also one that breaks in the middle of an answer.
    except (OSError, http.client.HTTPException) as error:
        print(f"GitLab does not answer at {releases}: {error}. Run this job again.", file=sys.stderr)
        return 1
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        print(f"GitLab answered {status}: {said}", file=sys.stderr)
        return 1
    print(f"Released: {os.environ.get('CI_PROJECT_URL', '')}/-/releases/{tag}")
    return 0


def _ask(method: str, url: str, body: dict[str, str]) -> tuple[int, str]:
    headers = {"Content-Type": "application/json", "JOB-TOKEN": os.environ["CI_JOB_TOKEN"]}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)  # noqa: S310 - GitLab's
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.read(2000).decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

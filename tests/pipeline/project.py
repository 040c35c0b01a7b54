"""A project of one lock, and what `ci/security.sh` says of it."""

from __future__ import annotations

import os
import subprocess

from checkout import ROOT, git

CLOSED = "http://127.0.0.1:9/"
LOCK = "made-up-thing==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
OF_A_PIPELINE = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_COMMIT_BEFORE_SHA", "CI_COMMIT_BRANCH", "CI_COMMIT_TAG")


def started(folder):
    """Make the project, with one commit that everybody has."""
    git(folder, "init", "--quiet", "--initial-branch", "main", ".")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "serve.txt").write_text(LOCK)
    commit(folder, "Begin")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    return folder


def commit(project, message):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(project, "rev-parse", "HEAD")


def security(project, *words, **variables):
    environ = {name: value for name, value in os.environ.items() if name not in OF_A_PIPELINE}
    environ |= {"SECURITY_TOOLS": str(ROOT / ".venv-security"), "OSV_URL": CLOSED, **variables}
    command = ["sh", str(ROOT / "ci/security.sh"), *words]
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr

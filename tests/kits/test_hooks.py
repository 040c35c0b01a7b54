"""What pre-commit lets into a project's history, with programs of its .venv alone."""

from __future__ import annotations

import pytest
from generating import IDENTITY, commit, generate, git
from matrix import combination
from workshop import lent

pytestmark = pytest.mark.installs

KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\n"
CONFLICT = """{}
<<<<<<< before updating
kept
=======
taken
>>>>>>> after updating
"""


@pytest.fixture(scope="module")
def looked_at(installed, tmp_path_factory):
    """A project whose commits are looked at."""
    path = generate(tmp_path_factory.mktemp("hooks") / "with hooks", combination("python"))
    commit(path)
    project = lent(path, installed("python"))
    done = project.run(".venv/bin/python", "-m", "pre_commit", "install", **IDENTITY)
    assert done.code == 0, str(done)
    return project


@pytest.fixture
def hooked(looked_at):
    """The same, as it was made."""
    yield looked_at
    git(looked_at.path, "reset", "--quiet", "--hard", git(looked_at.path, "rev-list", "--max-parents=0", "HEAD"))
    git(looked_at.path, "clean", "--quiet", "--force", "-d")


def committing(project, name, text):
    path = project.path / name
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(text.replace("{}", before, 1), encoding="utf-8")
    git(project.path, "add", "--all")
    return project.run("git", "commit", "--message", "Try", **IDENTITY)


@pytest.mark.parametrize("which", ["--all-files"], ids=["python"])
def test_all_that_a_kit_makes_may_be_committed(hooked, which):
    done = hooked.run(".venv/bin/python", "-m", "pre_commit", "run", which, **IDENTITY)
    assert done.code == 0, str(done)
    assert committing(hooked, "docs/notes.md", "A note.\n").code == 0


@pytest.mark.parametrize(
    ("name", "text", "hook"),
    [
        ("README.md", CONFLICT, "no conflict marks"),
        ("Makefile.rej", "@@ -1 +1 @@\n", "no rejected patches"),
        ("server.pem", KEY, "no private keys"),
        ("extract.csv", "1;2;3\n" * 200_000, "no file above 1 MB"),
        ("tests/test_new.py", "import os\n", "ruff check"),
        ("tests/test_new.py", "VALUE = {1:2}\n", "ruff format"),
        ("src/claims_radar/wrong.py", '"""Wrong."""\n\nANSWER: int = "many"\n', "mypy"),
    ],
    ids=[f"python-{what}" for what in ("conflict", "patch", "key", "large", "rule", "form", "type")],
)
def test_what_does_not_belong_there_is_refused_by_its_hook(hooked, name, text, hook):
    done = committing(hooked, name, text)
    assert done.code == 1, str(done)
    refused_by = [line for line in done.said.splitlines() if line.endswith("Failed")]
    assert [line.startswith(hook) for line in refused_by] == [True], str(done)
    assert git(hooked.path, "rev-list", "--count", "HEAD") == "1"

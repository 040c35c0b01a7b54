"""`make release`, in repositories made for it: shows by default, and with PUSH=1 releases wholly or not at all."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from repository import ROOT, Repository

MIGRATIONS = "routing/store/migrations/versions"
CHANGELOG = """# Changelog

Words before.

## [Unreleased]

### Added

- Mail on the moon.

### Fixed

- A comma.
"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("release_script", ROOT / "ci" / "release.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their own module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def migration(number, since, title):
    return f'"""{title}\n\nWhy.\n"""\n\nrevision = "{number:04d}_since_{since:04d}"\n'


@pytest.fixture
def repository(tmp_path):
    """A clone of a bare repository with a changelog and a migration, nothing released yet."""
    bare = Repository(tmp_path / "origin.git")
    bare.folder.mkdir()
    bare.git("init", "--quiet", "--bare", "--initial-branch=main")
    made = Repository(tmp_path / "work").start()
    made.copy("Makefile", "ci/release.py", "requirements/version.sh")
    made.write("CHANGELOG.md", CHANGELOG)
    made.write(f"{MIGRATIONS}/0001_first.py", migration(1, 1, "The first tables."))
    made.commit("Begin")
    made.git("remote", "add", "origin", bare.folder.as_uri())
    made.git("push", "--quiet", "--set-upstream", "origin", "main")
    return made


def release(repository, *words, **variables):
    return repository.run(sys.executable, "ci/release.py", *words, **variables)


def change(repository, kind, line):
    text = (repository.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    fresh = text.replace("## [Unreleased]\n", f"## [Unreleased]\n\n### {kind}\n\n- {line}\n", 1)
    repository.write("CHANGELOG.md", fresh)
    repository.commit(line)
    repository.git("push", "--quiet", "origin", "main")


def state(repository):
    refs = repository.git("for-each-ref"), repository.git("ls-remote", "origin")
    return *refs, repository.git("rev-parse", "HEAD"), repository.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("kinds", "last", "expected"),
    [
        (["Fixed"], None, "0.1.0"),
        (["Fixed"], (0, 1, 0), "0.1.1"),
        (["Security"], (1, 9, 9), "1.9.10"),
        (["Fixed", "Added"], (0, 9, 3), "0.10.0"),
        (["Changed"], (1, 2, 3), "1.3.0"),
        (["Deprecated"], (1, 2, 3), "1.3.0"),
        (["Removed", "Fixed"], (0, 2, 3), "0.3.0"),
        (["Removed"], (1, 2, 3), "2.0.0"),
    ],
)
def test_the_next_version_follows_from_the_kinds_of_change(script, kinds, last, expected):
    unreleased = "\n\n".join(f"### {kind}\n\n- A line." for kind in kinds)
    assert script.written(script.next_release(unreleased, last)) == expected


def test_a_line_that_says_breaking_raises_the_first_number(script):
    body = "### Changed\n\n- Breaking: the port is another one."
    assert script.next_release(body, (1, 2, 3)) == (2, 0, 0)
    assert script.next_release(body, (0, 2, 3)) == (0, 3, 0)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [("", "lists no change"), ("### Added\n", "lists no change"), ("### Improved\n\n- All.", "Improved")],
)
def test_what_cannot_be_released_is_said(script, body, sentence):
    with pytest.raises(script.CannotReleaseError, match=sentence):
        script.next_release(body, (1, 0, 0))


def test_our_own_changelog_can_be_released(script):
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = [match[1] for match in script.HEADING.finditer(changelog)]
    bodies = [script.section(changelog, version) for version in versions]
    assert versions[0] == "Unreleased"
    assert [body for body in bodies[1:] if not script.next_release(body, (1, 0, 0))] == []
    assert [body for body in bodies if "## [" in body] == []


def test_without_push_everything_is_shown_and_nothing_changed(repository):
    before = state(repository)
    status, said, _ = repository.run("make", "release")
    assert status == 0
    assert "Next release  0.1.0" in said
    assert "- Mail on the moon.\n" in said
    assert "The first release: `facteur migrate` makes schema 0001." in said
    assert "In the way" not in said
    assert "Nothing was changed." in said
    assert state(repository) == before


def test_with_push_the_changelog_the_tag_and_the_branch_arrive_together(repository):
    status, said, complaint = repository.run("make", "release", PUSH="1")
    assert (status, complaint) == (0, ""), said
    changelog = repository.git("show", "origin/main:CHANGELOG.md")
    heading = changelog.splitlines()[6]
    assert changelog.splitlines()[4] == "## [Unreleased]"
    assert heading.startswith("## [0.1.0] - 20")
    assert changelog.replace(f"{heading}\n\n", "", 1).strip() == CHANGELOG.strip()
    there = repository.git("ls-remote", "origin")
    assert f"{repository.git('rev-parse', 'HEAD')}\trefs/heads/main" in there
    assert f"{repository.git('rev-parse', 'HEAD')}\trefs/tags/v0.1.0^{{}}" in there
    assert "### Added\n\n- Mail on the moon." in repository.git("tag", "--list", "--format=%(contents)", "v0.1.0")
    assert repository.git("status", "--porcelain") == ""
    assert repository.run("/bin/sh", "requirements/version.sh")[1] == "0.1.0\n"
    assert release(repository, "notes", "0.1.0")[1] in said


def test_after_a_release_there_is_nothing_to_release_until_something_changes(repository):
    assert release(repository, PUSH="1")[0] == 0
    status, _, complaint = release(repository)
    assert (status, complaint) == (1, "Nothing to release: [Unreleased] in CHANGELOG.md lists no change.\n")
    change(repository, "Fixed", "Another comma.")
    assert release(repository, "next")[1] == "0.1.1\n"
    assert release(repository, PUSH="1", VERSION="1.0.0")[0] == 0
    notes = release(repository, "notes", "v1.0.0")[1]
    assert "Another comma." in notes
    assert "Mail on the moon." not in notes
    assert "The schema stays 0001" in notes


@pytest.mark.parametrize(
    ("since", "sentence"),
    [
        (1, "Run `facteur migrate` first: the schema goes from 0001 to 0002. v0.1.0 goes on running"),
        (
            2,
            "**Stop every role before `facteur migrate`**: the schema goes from 0001 to 0002, on which v0.1.0 does not",
        ),
    ],
)
def test_the_notes_say_what_the_schema_asks_of_an_upgrade(repository, since, sentence):
    assert release(repository, PUSH="1")[0] == 0
    repository.write(f"{MIGRATIONS}/0002_second.py", migration(2, since, "A column for the moon."))
    change(repository, "Added", "Another moon.")
    said = release(repository, "notes")[1]
    assert sentence in said
    assert "- `0002_second`: A column for the moon.\n" in said


def changed_file(repository):
    repository.write("CHANGELOG.md", CHANGELOG + "\n")
    return "Files are not committed: CHANGELOG.md."


def unpushed_commit(repository):
    repository.commit()
    return "The branch main differs from the remote's"


def branch_that_nobody_saw(repository):
    repository.git("checkout", "--quiet", "-b", "side-experiment")
    return "The remote lacks the branch side-experiment"


def branch_of_somebody_elses(repository):
    repository.git("checkout", "--quiet", "-b", "side-experiment")
    repository.git("push", "--quiet", "origin", "side-experiment")
    return "side-experiment is not the remote's default branch"


def tag_of_somebody_else(repository):
    repository.git("push", "--quiet", "origin", "HEAD:refs/tags/v0.1.0")
    return "The remote has the tag v0.1.0 already."


def no_branch(repository):
    repository.git("checkout", "--quiet", "--detach")
    return "No branch is checked out"


def no_remote(repository):
    repository.git("remote", "remove", "origin")
    return "There is no remote `origin` to push to."


def silent_remote(repository):
    repository.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    return "The remote does not answer."


@pytest.mark.parametrize(
    "spoil",
    [
        changed_file,
        unpushed_commit,
        branch_that_nobody_saw,
        branch_of_somebody_elses,
        tag_of_somebody_else,
        no_branch,
        no_remote,
        silent_remote,
    ],
)
def test_what_stands_in_the_way_is_said_and_refuses_a_push(repository, spoil):
    sentence = spoil(repository)
    before = repository.git("for-each-ref"), repository.git("rev-parse", "HEAD")
    assert f"In the way: {sentence}" in release(repository)[1]
    status, said, complaint = release(repository, PUSH="1")
    assert (status, complaint) == (1, "Nothing was released; see above.\n")
    assert f"In the way: {sentence}" in said
    assert (repository.git("for-each-ref"), repository.git("rev-parse", "HEAD")) == before


def test_another_branch_is_released_where_it_is_named(repository):
    branch_of_somebody_elses(repository)
    assert "In the way" not in release(repository, BRANCH="side-experiment")[1]
    assert release(repository, PUSH="1", BRANCH="side-experiment")[0] == 0
    assert f"{repository.git('rev-parse', 'HEAD')}\trefs/heads/side-experiment" in repository.git("ls-remote", "origin")


def test_a_push_that_the_remote_refuses_leaves_nothing_behind(repository, tmp_path):
    hook = tmp_path / "origin.git" / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase $1 in refs/tags/*) echo "tags are protected" >&2; exit 1 ;; esac\n')
    hook.chmod(0o755)
    before = state(repository)
    status, _, complaint = release(repository, PUSH="1")
    assert status == 1
    assert complaint.startswith("Nothing was released, here or there.")
    assert "tags are protected" in complaint
    assert state(repository) == before


@pytest.mark.parametrize("version", ["2", "one.two.three", "0.1.0", "0.0.9"])
def test_a_version_that_is_none_or_not_later_is_refused(repository, version):
    assert release(repository, PUSH="1")[0] == 0
    change(repository, "Fixed", "Another comma.")
    status, _, complaint = release(repository, VERSION=version)
    assert status == 1
    assert complaint.startswith(f"VERSION={version} is not ")


def test_a_clone_without_history_gives_no_notes_rather_than_wrong_ones(repository, tmp_path):
    assert release(repository, PUSH="1")[0] == 0
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    status, _, complaint = release(clone, "notes", "0.1.0")
    assert (status, complaint.partition(":")[0]) == (1, "This clone lacks its history")


def test_words_that_mean_nothing_show_those_that_do(repository):
    status, _, complaint = release(repository, "undo")
    assert status == 1
    assert "release.py notes [VERSION]" in complaint


def test_a_project_without_a_database_has_its_changes_for_notes(tmp_path):
    made = Repository(tmp_path / "work").start()
    made.copy("ci/release.py")
    made.write("CHANGELOG.md", CHANGELOG.replace("## [Unreleased]", "## [Unreleased]\n\n## [1.0.0] - 2026-11-20"))
    made.commit("Begin")
    made.git("tag", "v1.0.0")
    assert release(made, "notes", "v1.0.0") == (0, "### Added\n\n- Mail on the moon.\n\n### Fixed\n\n- A comma.\n", "")

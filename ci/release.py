"""Release what the changelog holds: `make release` shows what would be done, `PUSH=1 make release` does it.

    release.py                  show the next version, its checks and its notes; PUSH=1 also commits, tags and pushes
    release.py next             print the next version
    release.py notes [VERSION]  print the notes of a version, or of the next one, in Markdown

The next version follows from the changelog's section [Unreleased] and the tags v1.2.3 behind this commit (Semantic
Versioning): what is removed or begins with "Breaking:" raises the first number (before 1.0 the second), what is added,
changed or deprecated the second, what is fixed or secured the last. VERSION=2.0.0 says otherwise. Releases are made of
the remote's default branch; BRANCH=support/1 names another.

Nothing here changes before the push is through: the commit is made beside the branch, pushed together with its tag,
both or neither, and only then the branch moves to it. The standard library only: a pipeline needs no installation.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CHANGELOG = "CHANGELOG.md"
MIGRATIONS = "routing/store/migrations/versions"
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?[ ]*$", flags=re.MULTILINE)
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
REVISION = re.compile(r'^revision = "(\d+)_since_(\d+)"', flags=re.MULTILINE)
Number = tuple[int, int, int]


class CannotReleaseError(Exception):
    """Says in one sentence what is missing, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """What a commit's last migration says: its number, and the oldest program (by schema number) that runs on it."""

    number: int
    since: int


def git(*words: str, given: str | None = None, index: str | None = None) -> str:
    """Return what git says. Raises CannotReleaseError with git's own words."""
    environment = os.environ | ({"GIT_INDEX_FILE": index} if index else {})
    done = subprocess.run(["git", *words], input=given, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotReleaseError(f"git {words[0]} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout.rstrip("\n")


def written(number: Number) -> str:
    """Write a version as it is spoken of."""
    return ".".join(map(str, number))


def last_release() -> Number | None:
    """Return the highest version tagged on this commit or before it."""
    tags = filter(None, map(RELEASE.fullmatch, git("tag", "--merged", "HEAD").splitlines()))
    return max(((int(tag[1]), int(tag[2]), int(tag[3])) for tag in tags), default=None)


def section(changelog: str, version: str) -> str:
    """Return what the changelog says of a version, without its heading. Raises CannotReleaseError when it lacks it."""
    for heading in HEADING.finditer(changelog):
        if heading[1] == version:
            following = HEADING.search(changelog, heading.end())
            return changelog[heading.end() : following.start() if following else None].strip()
    raise CannotReleaseError(f"{CHANGELOG} has no section [{version}].")


def next_release(unreleased: str, last: Number | None) -> Number:
    """Return the version that follows from what changed. Raises CannotReleaseError when nothing did."""
    parts = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", unreleased, flags=re.MULTILINE | re.DOTALL))
    kinds = {kind for kind, body in parts.items() if re.search(r"^- ", body, flags=re.MULTILINE)}
    if not kinds:
        raise CannotReleaseError(f"Nothing to release: [Unreleased] in {CHANGELOG} lists no change.")
    if unknown := sorted(kinds - {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}):
        raise CannotReleaseError(f"{CHANGELOG} has a section that Keep a Changelog does not know: {unknown[0]}.")
    if last is None:
        return (0, 1, 0)
    first, second, third = last
    if "Removed" in kinds or re.search(r"^- (\*\*)?Breaking\b", unreleased, flags=re.MULTILINE):
        return (first + 1, 0, 0) if first else (0, second + 1, 0)
    return (first, second + 1, 0) if kinds & {"Added", "Changed", "Deprecated"} else (first, second, third + 1)


def asked_for(words: str, last: Number | None) -> Number:
    """Return the version that the caller named. Raises CannotReleaseError when it is none, or not a later one."""
    match = RELEASE.fullmatch("v" + words.removeprefix("v"))
    if match is None:
        raise CannotReleaseError(f"VERSION={words} is not a version such as 1.2.3.")
    number = (int(match[1]), int(match[2]), int(match[3]))
    if last is not None and number <= last:
        raise CannotReleaseError(f"VERSION={words} is not later than {written(last)}, which is released.")
    return number


def migrations(commit: str) -> dict[str, str]:
    """Return the migrations of a commit, by name; a project without a database has none."""
    names = [Path(path).name for path in git("ls-tree", "--name-only", commit, f"{MIGRATIONS}/").splitlines()]
    return {name: git("show", f"{commit}:{MIGRATIONS}/{name}") for name in names if re.match(r"\d+_", name)}


def schema_of(found: dict[str, str]) -> Schema:
    """Return the schema that migrations come to."""
    revisions = [match for text in found.values() if (match := REVISION.search(text))]
    return max((Schema(number=int(each[1]), since=int(each[2])) for each in revisions), key=lambda each: each.number)


def summary(module: str) -> str:
    """Return the first line of a module's docstring."""
    return module.removeprefix('"""').partition("\n")[0].removesuffix('"""')


def schema_note(commit: str, last: str | None) -> str:
    """Say what an upgrade from the release before means for the database."""
    now = migrations(commit)
    schema = schema_of(now)
    if last is None:
        return f"The first release: `facteur migrate` makes schema {schema.number:04d}."
    before = migrations(last)
    was = schema_of(before)
    if not (new := sorted(now.keys() - before.keys())):
        return f"The schema stays {schema.number:04d}: upgrade and roll back in any order, without `facteur migrate`."
    what = "\n".join(f"- `{name.removesuffix('.py')}`: {summary(now[name])}" for name in new)
    goes = f"the schema goes from {was.number:04d} to {schema.number:04d}"
    if schema.since <= was.number:
        return (
            f"Run `facteur migrate` first: {goes}. {last} goes on running meanwhile, and one can go back to it "
            f"with the schema left as it is.\n\n{what}"
        )
    return (
        f"**Stop every role before `facteur migrate`**: {goes}, on which {last} does not run. "
        f"The way back is the backup from before.\n\n{what}"
    )


def tag_before(version: str) -> str | None:
    """Return the tag of the highest release below a version, behind this commit."""
    if git("rev-parse", "--is-shallow-repository") == "true":
        raise CannotReleaseError(
            "This clone lacks its history: `git fetch --unshallow --tags`, or GIT_DEPTH 0 in a pipeline."
        )
    limit = asked_for(version, None)
    tags = filter(None, map(RELEASE.fullmatch, git("tag", "--merged", "HEAD").splitlines()))
    lower = [number for tag in tags if (number := (int(tag[1]), int(tag[2]), int(tag[3]))) < limit]
    return f"v{written(max(lower))}" if lower else None


def notes(body: str, version: str) -> str:
    """Write the notes of a release, in Markdown."""
    commit = f"v{version}" if git("tag", "--list", f"v{version}") else "HEAD"
    if not migrations(commit):
        return f"{body}\n"
    return f"{body}\n\n### Upgrade\n\n{schema_note(commit, tag_before(version))}\n"


def complaints(tag: str) -> list[str]:
    """Say what stands in the way of a release, each in a sentence."""
    found = []
    if changed := git("status", "--porcelain"):
        found.append(f"Files are not committed: {', '.join(line[3:] for line in changed.splitlines()[:5])}.")
    if git("rev-parse", "--is-shallow-repository") == "true":
        found.append("This clone lacks its history, so tags may be missing; run `git fetch --unshallow --tags`.")
    branch = git("branch", "--show-current")
    if not branch:
        found.append("No branch is checked out; check out the one that releases are made of.")
    if git("tag", "--list", tag):
        found.append(f"The tag {tag} exists already.")
    if "origin" not in git("remote").splitlines():
        return [*found, "There is no remote `origin` to push to."]
    try:
        answer = git("ls-remote", "--symref", "origin")
    except CannotReleaseError as error:
        return [*found, f"The remote does not answer. {error}"]
    there = {name: sha for sha, name in (line.split("\t") for line in answer.splitlines()) if "ref:" not in sha}
    if f"refs/tags/{tag}" in there:
        found.append(f"The remote has the tag {tag} already.")
    return [*found, *_of_the_branch(branch, answer, there)] if branch else found


def _of_the_branch(branch: str, answer: str, there: dict[str, str]) -> list[str]:
    """Say why no release is made of a branch, given the remote's answer and its commits by name."""
    found = []
    default = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", answer, flags=re.MULTILINE)
    if branch not in {os.environ.get("BRANCH"), default and default[1]}:
        found.append(
            f"{branch} is not the remote's default branch; BRANCH={branch} makes a release of it all the same."
        )
    if (pushed := there.get(f"refs/heads/{branch}")) is None:
        found.append(f"The remote lacks the branch {branch}; push it, and see its pipeline pass.")
    elif pushed != git("rev-parse", "HEAD"):
        found.append(f"The branch {branch} differs from the remote's; pull or push, and see its pipeline pass.")
    return found


def released(changelog: str, version: str, day: str) -> str:
    """Return the changelog with what was unreleased under its version."""
    return changelog.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{version}] - {day}\n", 1)


def push(version: str, changelog: str, text: str) -> None:
    """Commit the changelog, tag it, push both or neither, and move the branch. Raises CannotReleaseError."""
    tag, branch = f"v{version}", git("branch", "--show-current")
    blob = git("hash-object", "-w", "--stdin", given=changelog)
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        git("read-tree", "HEAD", index=index)
        git("update-index", "--cacheinfo", f"100644,{blob},{CHANGELOG}", index=index)
        tree = git("write-tree", index=index)
    commit = git("commit-tree", tree, "-p", "HEAD", "-m", f"Release {version}")
    # Headings begin with what git takes for a comment otherwise.
    git("tag", "--annotate", "--cleanup=verbatim", "--file=-", tag, commit, given=f"Facteur {version}\n\n{text}")
    try:
        git("push", "--quiet", "--atomic", "origin", f"{commit}:refs/heads/{branch}", f"refs/tags/{tag}")
    except CannotReleaseError as error:
        git("tag", "--delete", tag)
        raise CannotReleaseError(f"Nothing was released, here or there. {error}") from error
    git("merge", "--quiet", "--ff-only", commit)


def release() -> None:
    """Show the next release; push it where PUSH=1 says so. Raises CannotReleaseError."""
    changelog = Path(CHANGELOG).read_text(encoding="utf-8")
    body, last = section(changelog, "Unreleased"), last_release()
    named = os.environ.get("VERSION")
    proposed = next_release(body, last)
    version = written(asked_for(named, last) if named else proposed)
    text = notes(body, version)
    print(f"Last release  {written(last) if last else 'none'}\nNext release  {version}\n\n{text}")
    standing = complaints(f"v{version}")
    for complaint in standing:
        print(f"In the way: {complaint}")
    if os.environ.get("PUSH") != "1":
        print("Nothing was changed. `PUSH=1 make release` commits the changelog, tags, and pushes both.")
        return
    if standing:
        raise CannotReleaseError("Nothing was released; see above.")
    push(version, released(changelog, version, f"{datetime.now(UTC):%Y-%m-%d}"), text)
    print(f"Released {version}: v{version} is pushed.")


def main(words: list[str]) -> None:
    """Do what the words say."""
    changelog = Path(CHANGELOG).read_text(encoding="utf-8")
    match words:
        case []:
            release()
        case ["next"]:
            print(written(next_release(section(changelog, "Unreleased"), last_release())))
        case ["notes"]:
            body = section(changelog, "Unreleased")
            print(notes(body, written(next_release(body, last_release()))), end="")
        case ["notes", version]:
            plain = version.removeprefix("v")
            print(notes(section(changelog, plain), plain), end="")
        case _:
            raise CannotReleaseError((__doc__ or "").partition("\n\n")[2].partition("\n\n")[0])


if __name__ == "__main__":
    try:
        os.chdir(Path(__file__).parents[1])
        main(sys.argv[1:])
    except CannotReleaseError as error:
        sys.exit(str(error))

"""Deploying to an environment, going back, and saying what runs there."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from watched_branch import Commit, Refused, WatchedBranch, run_git

IMAGE = re.compile(r"[a-z0-9][\w./:-]*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
PLACEHOLDER = "sha256:" + "0" * 64
"""Stands in manifests where a digest is to come; no image has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifests:
    """Where the manifests lie in a checkout, and how an image is pinned in them."""

    checkout: Path
    folder: str = "rancher"
    """Relative to the checkout, and to the branch."""
    pin: str = "python3 rancher/pin_image.py"
    """A command that takes an overlay, an image and further words; it runs where `folder` lies."""

    def lay_out(self, target: Path) -> None:
        """Replace the manifests under `target` by those of the checkout's commit.

        Raises:
            Refused: The commit has no manifests.
        """
        shutil.rmtree(target / self.folder, ignore_errors=True)
        target.mkdir(parents=True, exist_ok=True)
        # Of the commit and not of the folder: what a job wrote beside it is not deployed.
        archive = subprocess.run(
            ["git", "archive", "HEAD", self.folder], cwd=self.checkout, capture_output=True, check=False
        )
        if archive.returncode:
            raise Refused(f"The commit has no folder {self.folder}: {archive.stderr.decode().strip()}")
        subprocess.run(["tar", "--extract"], cwd=target, input=archive.stdout, check=True)

    def pin_image(self, target: Path, overlay: str, *words: str) -> None:
        """Pin an image in an overlay below `target`; the words are the image and what else the command takes.

        Raises:
            Refused: There is no such overlay, or the command refused.
        """
        found = next((one for one in (overlay, f"{self.folder}/overlays/{overlay}") if (target / one).is_dir()), None)
        if found is None:
            raise Refused(f"There is no overlay {overlay}: give one that the commit holds.")
        command(self.pin, found, *words, folder=target)

    def check_pinned(self, target: Path, overlay: str) -> None:
        """Refuse an overlay below `target` that still names an image of nobody: its pods could never start.

        Raises:
            Refused: A file of it has the digest that stands where one is to come.
        """
        for folder in (target / overlay, target / self.folder / "overlays" / overlay):
            for file in sorted(folder.rglob("*.yaml")):
                if PLACEHOLDER in file.read_text(encoding="utf-8"):
                    raise Refused(
                        f"{file.relative_to(target)} names an image whose digest is all zeros: pin that one too, as in "
                        "--also 'REGISTRY/facteur-train:TAG@sha256:… --train'."
                    )


def command(line: str, *words: str, folder: Path) -> None:
    """Run a command of the project's.

    Raises:
        Refused: It failed; the sentence is its own.
    """
    done = subprocess.run([*shlex.split(line), *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{line} {' '.join(words)}: {(done.stderr or done.stdout).strip()}")


def check_image(image: str) -> None:
    """Refuse what is no image, or might be another one tomorrow.

    Raises:
        Refused: It has neither tag nor digest, the tag is `latest`, or the digest is all zeros.
    """
    if PLACEHOLDER in image:
        raise Refused(f"{image!r} is no image: its digest is all zeros, which only stands where one is to come.")
    if not IMAGE.fullmatch(image) or not re.search(r"@sha256:|:[\w.-]+$", image) or image.endswith(":latest"):
        raise Refused(f"{image!r} is no image with a tag or digest: what runs must be told apart from what ran.")


def deploy(  # noqa: PLR0913 - what, whence, where
    branch: WatchedBranch,
    environment: str,
    manifests: Manifests,
    overlay: str,
    image: str,
    *,
    also: Sequence[str] = (),
) -> str:
    """Write the manifests of the checkout's commit to the branch, with the image in them; a canary ends with it.

    Args:
        branch: The environment's.
        environment: Its name, for the history.
        manifests: Where they are.
        overlay: The one that is deployed.
        image: What is deployed.
        also: Further words for the command that pins, a call each, such as `IMAGE --train`. What the deployment
            before was given stays, unless the same is given anew.

    Returns:
        The branch's new commit, or nothing where that is what it holds already.

    Raises:
        Refused: see `check_image`, `Manifests` and `WatchedBranch.publish`.
    """
    check_image(image)

    def change() -> str:
        before = running(branch, environment)
        given = {_kind(words) for words in also}
        kept = [words for words in (before.also if before else ()) if _kind(words) not in given]
        manifests.lay_out(branch.folder)
        for words in (image, *kept, *also):
            manifests.pin_image(branch.folder, overlay, *shlex.split(words))
        manifests.check_pinned(branch.folder, overlay)
        title = f"Deploy {short(image)} to {environment}"
        return message(title, environment, image, manifests.checkout, also=(*kept, *also))

    return branch.publish(change)


def _kind(words: str) -> tuple[str, ...]:
    """Return what is pinned by words such as `IMAGE --train`, without which image."""
    return tuple(shlex.split(words)[1:])


def canary(branch: WatchedBranch, environment: str, manifests: Manifests, overlay: str, image: str) -> str:
    """Run an image beside the one that is deployed, with the manifests that the branch holds; no image ends that.

    Returns:
        The branch's new commit, or nothing where nothing changed.

    Raises:
        Refused: Nothing is deployed yet, or see `deploy`.
    """
    if image:
        check_image(image)

    def change() -> str:
        if running(branch, environment) is None:
            raise Refused(f"Nothing is deployed to {environment}: there is nothing to run a canary beside.")
        manifests.pin_image(branch.folder, overlay, *((image, "--canary") if image else ("--no-canary",)))
        title = f"Run {short(image)} as a canary in {environment}" if image else f"End the canary in {environment}"
        # Without the trailer `Environment`: it is no deployment, and going back takes back those.
        return f"{title}\n\nCanary: {environment}"

    return branch.publish(change)


def roll_back(branch: WatchedBranch, environment: str, source: str = "") -> tuple[Commit, str]:
    """Take back the newest deployment that was not taken back before; a second time goes one further back.

    Changes that somebody committed by hand since then stay. A canary ends with it, also one that ran before what is
    taken back: it would be the very image that somebody goes back from.

    Args:
        branch: The environment's.
        environment: Its name.
        source: Do so only where this commit of the product is what was deployed, and where this pipeline deployed it:
            a pipeline that found it there already takes nothing back.

    Returns:
        The deployment that was taken back, and the branch's new commit.

    Raises:
        Refused: Nothing ran before it, another commit is deployed, or a change by hand touches the same lines.
    """
    taken_back: list[Commit] = []

    def change() -> str:
        found, before = _last_two(branch, environment)
        nothing = f"Of {environment} nothing is taken back"
        if source and found.source != source:
            raise Refused(f"{nothing}: not {source[:12]} runs there, but {short(found.image)}.")
        ours = os.environ.get("CI_PIPELINE_URL", "")
        if source and ours and found.pipeline != ours:
            whose = found.pipeline or "somebody at a desk"
            raise Refused(f"{nothing}: {short(found.image)} ran there before this pipeline, deployed by {whose}.")
        taken_back[:] = [found]
        canaries = _changed_by_canaries(branch, environment, since=before)
        # As the deployment left them, or what a canary changed since would stand against taking it back.
        _restore(branch, canaries, found)
        files = "Revert it by hand: the same lines were changed since"
        branch.git(
            "revert", "--no-commit", found.id, refused=f"{short(found.image)} cannot be taken back by itself. {files}."
        )
        _restore(branch, canaries, before)
        return message(
            f"Take back {short(found.image)} from {environment}", environment, found.image, None, undoes=found.id
        )

    commit = branch.publish(change)
    if not commit:
        raise Refused(f"Taking back {short(taken_back[0].image)} changes nothing: what ran before it is the same.")
    return taken_back[0], commit


def running(branch: WatchedBranch, environment: str) -> Commit | None:
    """Return the deployment in force; None where there was none."""
    return next(iter(_standing(branch, environment)), None)


def _last_two(branch: WatchedBranch, environment: str) -> tuple[Commit, Commit]:
    """Return the deployment in force, and the one before it."""
    standing = _standing(branch, environment)
    if not standing:
        raise Refused(f"Nothing was deployed to {environment}: there is nothing to take back.")
    if len(standing) == 1:
        raise Refused(f"{short(standing[0].image)} was the first in {environment}: there is nothing to go back to.")
    return standing[0], standing[1]


def _changed_by_canaries(branch: WatchedBranch, environment: str, since: Commit) -> list[str]:
    """Return the files that canaries of the environment came and went by, since a deployment that had none."""
    later = itertools.takewhile(lambda commit: commit.id != since.id, branch.history())
    names: set[str] = set()
    for commit in later:
        if commit.canary == environment:
            names |= set(branch.git("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", commit.id).split("\0"))
    return sorted(names - {""})


def _restore(branch: WatchedBranch, names: Sequence[str], commit: Commit) -> None:
    """Give files the content that they have in a commit, or take them away where it has none of them."""
    for name in names:
        if branch.git("ls-tree", "--name-only", commit.id, "--", name):
            branch.git("checkout", "--quiet", commit.id, "--", name)
        else:
            branch.git("rm", "--quiet", "--force", "--ignore-unmatch", "--", name)


def _standing(branch: WatchedBranch, environment: str) -> list[Commit]:
    """Return the deployments that were not taken back, the newest first."""
    ours = [commit for commit in branch.history() if commit.environment == environment]
    undone = {commit.undoes for commit in ours}
    return [commit for commit in ours if not commit.undoes and commit.id not in undone]


def message(  # noqa: PLR0913 - a trailer each
    title: str,
    environment: str,
    image: str,
    checkout: Path | None,
    *,
    undoes: str = "",
    also: Sequence[str] = (),
) -> str:
    """Return a commit's message, with trailers that programs read."""
    trailers = (
        ("Environment", environment),
        ("Image", image),
        *(("Also", words) for words in also),
        ("Source", run_git(checkout, "rev-parse", "HEAD") if checkout else ""),
        ("Pipeline", os.environ.get("CI_PIPELINE_URL", "")),
        ("Undoes", undoes),
    )
    return title + "\n\n" + "\n".join(f"{key}: {value}" for key, value in trailers if value)


def short(image: str) -> str:
    """Name an image for people: without its registry, with so much of a digest or commit as tells it apart."""
    name = image.rpartition("/")[2]
    name, _, digest = name.partition("@sha256:")
    name = re.sub(r":([0-9a-f]{12})[0-9a-f]{28}", r":\1", name)
    return name if not digest or ":" in name else f"{name}@{digest[:12]}"

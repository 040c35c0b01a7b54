"""Review apps: a merge request's image in a namespace of its own, for as long as the merge request is open.

Their branch holds a folder each, `reviews/NAME`, with the manifests of that commit; one GitRepo of Fleet watches
`reviews/*`, and takes away what is in a folder when the folder goes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from environments import Manifests, check_image, command, message, short
from watched_branch import Refused, WatchedBranch

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
FOLDER = "reviews"

_FLEET = """\
# Written by the pipeline: what Fleet does with the review app {name}.
kustomize:
  dir: {overlay}
"""


def start(  # noqa: PLR0913 - what, whence, where
    branch: WatchedBranch, name: str, manifests: Manifests, overlay: str, image: str, *, make: str
) -> str:
    """Write a review app, or write it anew.

    Args:
        branch: The one of all review apps.
        name: Its name, and the end of its namespace's.
        manifests: Where they are.
        overlay: What `make` makes; `{name}` in it stands for the name.
        image: What is deployed.
        make: A command that makes the overlay; it takes the name and the image and runs where the manifests lie.

    Returns:
        The branch's new commit, or nothing where nothing changed.

    Raises:
        Refused: The name cannot be one of a namespace, `make` failed or made no such overlay.
    """
    _check(name)
    check_image(image)
    made = overlay.replace("{name}", name)

    def change() -> str:
        folder = branch.folder / FOLDER / name
        manifests.lay_out(folder)
        # Fleet takes every fleet.yaml that it finds for something to deploy; those of the environments are none here.
        for other in folder.rglob("fleet.yaml"):
            other.unlink()
        command(make, name, image, folder=folder)
        if not (folder / made / "kustomization.yaml").is_file():
            raise Refused(f"{make} made no {made}/kustomization.yaml.")
        (folder / "fleet.yaml").write_text(_FLEET.format(name=name, overlay=made), encoding="utf-8")
        return message(f"Show {short(image)} as {name}", f"review/{name}", image, manifests.checkout)

    return branch.publish(change)


def stop(branch: WatchedBranch, name: str) -> str:
    """Take a review app away; return the branch's new commit, or nothing where there was none.

    Raises:
        Refused: The name cannot be one of a namespace.
    """
    _check(name)

    def change() -> str:
        shutil.rmtree(branch.folder / FOLDER / name, ignore_errors=True)
        _keep(branch.folder / FOLDER)
        return message(f"Take away {name}", f"review/{name}", "", None)

    return branch.publish(change) if (branch.folder / FOLDER / name).is_dir() else ""


def _keep(folder: Path) -> None:
    """Leave something in the folder, since git holds no empty ones and Fleet complains of paths that are not there."""
    if not any(folder.iterdir()):
        (folder / "README.md").write_text("No review app runs.\n", encoding="utf-8")


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} is no name for a review app: 40 small letters, digits and hyphens at most.")

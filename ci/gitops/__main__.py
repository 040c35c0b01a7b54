"""Deploy by committing: `python3 ci/gitops deploy|canary|rollback|status|review-start|review-stop`.

Nothing here talks to a cluster. What is to run is committed to a branch, and Rancher's Fleet, inside the cluster, makes
it so. DEPLOY_REPOSITORY names the repository of that branch and DEPLOY_TOKEN opens it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from environments import Manifests, canary, deploy, roll_back, running, short
from reviews import start, stop
from watched_branch import Refused, watched_branch


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; return 0, or 1 with one sentence on standard error."""
    asked = _parser().parse_args(arguments)
    try:
        for line in _do(asked):
            print(line)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _do(asked: argparse.Namespace) -> list[str]:
    if not asked.repository:
        raise Refused("No repository: give --repository, or set DEPLOY_REPOSITORY.")
    with watched_branch(asked.repository, asked.branch) as branch:
        if asked.act == "status":
            now = running(branch, asked.environment)
            lines = [f"{commit.at}  {commit.id[:12]}  {commit.title}" for commit in branch.history()[: asked.most]]
            return [f"{asked.environment} runs {now.image if now else 'nothing'}", *lines]
        if asked.act == "rollback":
            deployment, commit = roll_back(branch, asked.environment, asked.source)
            now = running(branch, asked.environment)
            again = short(now.image) if now else "what ran before"
            return [
                f"{asked.environment}: {short(deployment.image)} is taken back by {commit[:12]}; {again} runs again."
            ]
        if asked.act == "review-stop":
            commit = stop(branch, asked.name)
            return [f"{asked.name} is taken away by {commit[:12]}." if commit else f"There is no {asked.name}."]
        manifests = Manifests(checkout=Path.cwd(), folder=asked.folder, pin=asked.pin)
        if asked.act == "review-start":
            name, commit = asked.name, start(branch, asked.name, manifests, asked.overlay, asked.image, make=asked.make)
        elif asked.act == "canary":
            name, commit = asked.environment, canary(branch, asked.environment, manifests, asked.overlay, asked.image)
        else:
            name = asked.environment
            commit = deploy(branch, name, manifests, asked.overlay, asked.image, also=asked.also)
        what = f"{'canary ' if asked.act == 'canary' else ''}{asked.image or 'none'}"
        return [f"{name}: {what}, {f'committed as {commit[:12]}' if commit else 'which it holds already'}."]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/gitops", description="Deploy by committing to the branch that Fleet watches."
    )
    acts = parser.add_subparsers(dest="act", required=True)
    for act, about in {
        "deploy": "write manifests and image to the branch",
        "canary": "run an image beside the one that is deployed, or none any more",
        "rollback": "take back the newest deployment",
        "status": "say what runs, and what ran",
        "review-start": "write a review app",
        "review-stop": "take a review app away",
    }.items():
        one = acts.add_parser(act, help=about, description=about)
        one.add_argument("--repository", default=os.environ.get("DEPLOY_REPOSITORY", ""))
        one.add_argument("--branch", required=True, help="the branch that Fleet watches")
        one.add_argument("--name" if act.startswith("review") else "--environment", required=True)
        if act in {"deploy", "canary", "review-start"}:
            one.add_argument("--overlay", required=True, help="by its path, or its name in FOLDER/overlays")
            one.add_argument("--image", required=act != "canary", default="", help="with its tag, best with its digest")
            one.add_argument("--folder", default="rancher", help="the manifests, relative to the checkout")
            one.add_argument("--pin", default="python3 rancher/pin_image.py", help="takes the overlay and the image")
        if act == "deploy":
            one.add_argument("--also", action="append", default=[], help="further words for --pin: 'IMAGE --train'")
        if act == "review-start":
            one.add_argument(
                "--make", default="python3 rancher/review.py", help="makes the overlay from name and image"
            )
        if act == "rollback":
            one.add_argument("--source", default="", help="only where this pipeline deployed this commit")
        if act == "status":
            one.add_argument("--most", type=int, default=10, help="commits to list")
    return parser


if __name__ == "__main__":
    sys.exit(main())

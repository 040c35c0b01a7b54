"""A repository on a server, deployed to from a checkout with manifests of three lines."""

from __future__ import annotations

import subprocess
import sys

from checkout import ROOT, git

DIGEST = "@sha256:" + "0123456789abcdef" * 4
PIN = """import pathlib, sys
overlay, image, *more = sys.argv[1:]
if image == "--no-canary":
    (pathlib.Path(overlay) / "canary.txt").unlink()
else:
    (pathlib.Path(overlay) / f"{more[0][2:] if more else 'image'}.txt").write_text(image)
"""
REVIEW_PY = """import pathlib, sys
name, image = sys.argv[1:]
overlay = pathlib.Path("rancher/overlays") / f"review-{name}"
overlay.mkdir()
(overlay / "kustomization.yaml").write_text(f"namespace: facteur-review-{name}  # {image}")
"""
STAGING = ("--environment", "staging", "--branch", "deploy/staging")
OVERLAY = ("--overlay", "rancher/overlays/staging")


def image(number, digest=DIGEST):
    return f"registry.example/insurance/facteur:{number}.0{digest}"


class Deployments:
    """A repository on a server, a checkout that is deployed from, and a clone that shows what Fleet would read."""

    def __init__(self, folder):
        self.folder = folder
        self.server = folder / "server.git"
        git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", str(self.server))
        self.source = folder / "facteur"
        git(folder, "init", "--quiet", "--initial-branch", "main", str(self.source))
        self.write(
            {
                "rancher/pin_image.py": PIN,
                "rancher/base/api.yaml": "replicas: 1\n",
                "rancher/overlays/staging/kustomization.yaml": "namespace: facteur\n",
                "rancher/fleet.yaml": "targetCustomizations: []\n",
                "rancher/review.py": REVIEW_PY,
            }
        )

    def write(self, files):
        for name, text in files.items():
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_text(text, encoding="utf-8")
        git(self.source, "add", "--all")
        git(self.source, "commit", "--quiet", "--message", "Change")

    def do(self, act, *words, code=0, repository=None):
        done = subprocess.run(
            [sys.executable, str(ROOT / "ci/gitops"), act, "--repository", str(repository or self.server), *words],
            cwd=self.source,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def deploy(self, number, **options):
        return self.do(
            "deploy",
            *STAGING,
            *OVERLAY,
            "--image",
            image(number),
            "--pin",
            f"{sys.executable} rancher/pin_image.py",
            **options,
        )

    def watched(self, name, branch="deploy/staging"):
        return git(self.server, "show", f"{branch}:{name}")

    def running(self):
        return self.watched("rancher/overlays/staging/image.txt")

    def titles(self, branch="deploy/staging"):
        return git(self.server, "log", "--format=%s", branch).splitlines()

    def by_hand(self, name, text):
        clone = self.folder / "hand"
        if not clone.exists():
            git(self.folder, "clone", "--quiet", "--branch", "deploy/staging", str(self.server), str(clone))
        git(clone, "pull", "--quiet")
        (clone / name).write_text(text, encoding="utf-8")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message", "By hand")
        git(clone, "push", "--quiet")

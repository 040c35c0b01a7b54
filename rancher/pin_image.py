"""Say which image an overlay deploys: `python rancher/pin_image.py OVERLAY IMAGE:TAG[@sha256:DIGEST]`.

    python rancher/pin_image.py production registry.example.com/facteur:1.4.0@sha256:…
    python rancher/pin_image.py production registry.example.com/facteur:1.5.0@sha256:… --canary
    python rancher/pin_image.py production --no-canary
    python rancher/pin_image.py production registry.example.com/facteur-train:1.4.0@sha256:… --train

It writes `overlays/OVERLAY/image/kustomization.yaml` (or `canary/`), whole, so that each deployment is one small commit
and taking it back is that commit reverted. The migration's Job gets a name of its own for each image, and for each
change of the files that make the Job, since Kubernetes lets nobody change one that exists. Needs Python alone; with
unchanged arguments it writes nothing and ends with 0 too.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

RANCHER = Path(__file__).resolve().parent
MAKE_THE_JOB = ("base/roles/migrate", "components/hardened", "canary")
"""Folders whose files say what the migration's Job is."""
REFERENCE = re.compile(
    r"(?P<name>[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    flags=re.ASCII,
)
UNPINNED = {"dev", "review"}
"""Overlays that may name an image by its tag alone, and so may those of branches, `review-…`."""
MOVING_TAGS = {"latest", "main", "master", "stable", "edge", "dev"}
MOST_OF_A_NAME = 40
"""Characters of a Job's name after ours: with `facteur-migrate-canary-` and a pod's own ending it stays below 63."""

HEAD = """\
# Written by pin_image.py, which writes it whole: do not edit.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
"""
NO_CANARY = HEAD + "labels: [] # no canary\n"


class Refused(ValueError):
    """The arguments cannot be pinned; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image by its name, with a tag, a digest, or both."""

    name: str
    tag: str
    digest: str

    @classmethod
    def read(cls, reference: str) -> Image:
        """Take a reference apart. Raises Refused when it is none, or could mean another image tomorrow."""
        match = REFERENCE.fullmatch(reference)
        if match is None:
            raise Refused(f"{reference!r} is no image; write REGISTRY/NAME:TAG@sha256:DIGEST.")
        image = cls(name=match["name"], tag=match["tag"] or "", digest=match["digest"] or "")
        if not image.tag and not image.digest:
            raise Refused(f"{reference!r} names no version; write {reference}:TAG@sha256:DIGEST.")
        if image.tag in MOVING_TAGS and not image.digest:
            raise Refused(f"The tag {image.tag!r} may mean another image tomorrow; add its digest, @sha256:….")
        return image

    @property
    def job(self) -> str:
        """What tells this image's Job from another's: readable, and different for every other image or other Job."""
        words = re.sub(r"[^a-z0-9]+", "-", self.tag.lower()).strip("-")[: MOST_OF_A_NAME - 9].strip("-")
        content = f"{self.name}:{self.tag}@{self.digest}\n".encode()
        for folder in MAKE_THE_JOB:
            for path in sorted((RANCHER / folder).glob("*.yaml")):
                content += path.read_bytes()
        print_ = hashlib.sha256(content).hexdigest()[:8]
        return f"{words}-{print_}" if words else print_

    def entry(self, placeholder: str) -> str:
        """Return the lines that put this image where a manifest says `placeholder`."""
        lines = [f"  - name: {placeholder}", f"    newName: {self.name}"]
        if self.tag:
            lines.append(f'    newTag: "{self.tag}"')
        if self.digest:
            lines.append(f"    digest: {self.digest}")
        return "\n".join(lines) + "\n"


def stable(image: Image, train: str) -> str:
    """Return the component that deploys an image; `train` are the lines of the training's image, or none."""
    return f"{HEAD}images:\n{image.entry('facteur')}{train}{_renamed_job('facteur-migrate', image)}"


def canary(image: Image, replicas: int) -> str:
    """Return the component that deploys an image beside the stable one, with so many pods of each role."""
    counts = "".join(f"  - name: facteur-{role}-canary\n    count: {replicas}\n" for role in ("api", "worker"))
    return (
        f"{HEAD}resources:\n  - ../../../canary\nimages:\n{image.entry('facteur-canary')}"
        f"replicas:\n{counts}{_renamed_job('facteur-migrate-canary', image)}"
    )


def _renamed_job(job: str, image: Image) -> str:
    return (
        "patches:\n"
        f"  - target: {{kind: Job, name: {job}}}\n"
        "    patch: |-\n"
        f"      - {{op: replace, path: /metadata/name, value: {job}-{image.job}}}\n"
    )


def train_entry(component: str) -> str:
    """Return the lines of a component that name the training's image."""
    match = re.search(r"^  - name: facteur-train\n(?:    .*\n)*", component, flags=re.MULTILINE)
    return match.group() if match else ""


def find_overlay(given: str) -> Path:
    """Return an overlay's folder, named or by path. Raises Refused."""
    for folder in (RANCHER / "overlays" / given, Path(given)):
        if (folder / "kustomization.yaml").is_file():
            return folder
    raise Refused(f"There is no overlay {given!r} in {RANCHER / 'overlays'}.")


def pin(overlay: Path, arguments: argparse.Namespace) -> tuple[Path, str]:
    """Return the file to write and its text. Raises Refused."""
    pinned, beside = overlay / "image" / "kustomization.yaml", overlay / "canary" / "kustomization.yaml"
    if arguments.replicas is not None and not arguments.canary:
        raise Refused("--replicas says how large a canary is; it needs --canary.")
    if arguments.no_canary:
        if arguments.image:
            raise Refused("--no-canary takes no image.")
        return beside, NO_CANARY
    if not arguments.image:
        raise Refused("Name an image, or --no-canary.")
    image = Image.read(arguments.image)
    if not image.digest and overlay.resolve().name not in UNPINNED and not overlay.resolve().name.startswith("review-"):
        raise Refused(f"What runs for real is named by its digest: {arguments.image}@sha256:….")
    if arguments.canary:
        replicas = 1 if arguments.replicas is None else arguments.replicas
        if replicas < 1:
            raise Refused("A canary has one pod of each role or more; --no-canary takes it out.")
        return beside, canary(image, replicas)
    text = pinned.read_text(encoding="utf-8") if pinned.exists() else ""
    if not arguments.train:
        return pinned, stable(image, train_entry(text))
    if "  - name: facteur\n" not in text:
        raise Refused(f"Pin the image that serves first: {pinned} names none.")
    without = text.replace(train_entry(text), "")
    return pinned, without.replace("patches:\n", image.entry("facteur-train") + "patches:\n", 1)


def main(argv: list[str] | None = None) -> int:
    """Pin, and say what was pinned."""
    parser = argparse.ArgumentParser(description="Say which image an overlay deploys.")
    parser.add_argument("overlay", help="a folder of overlays/, by name or path")
    parser.add_argument("image", nargs="?", help="REGISTRY/NAME:TAG, @sha256:DIGEST, or both")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--canary", action="store_true", help="beside the image that is deployed")
    kind.add_argument("--no-canary", action="store_true", help="take the canary out")
    kind.add_argument("--train", action="store_true", help="the image of the training")
    parser.add_argument("--replicas", type=int, help="pods of each role of the canary (default 1)")
    arguments = parser.parse_args(argv)
    try:
        path, text = pin(find_overlay(arguments.overlay), arguments)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    if path.exists() and path.read_text(encoding="utf-8") == text:
        sys.stdout.write(f"{path}: unchanged\n")
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path}: {arguments.image or 'no canary'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

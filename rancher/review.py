"""Make an overlay for a branch under review: `python rancher/review.py NAME IMAGE:TAG[@sha256:DIGEST]`.

    python rancher/review.py fix-42 registry.example.com/facteur:fix-42@sha256:… --domain review.example.org
    kubectl apply --kustomize rancher/overlays/review-fix-42
    kubectl delete namespace facteur-review-fix-42

It is overlays/review under another name, with its own PostgreSQL and Redis, and is reached at NAME.DOMAIN. All of
it is in one namespace, so deleting the namespace deletes everything.
"""

from __future__ import annotations

import argparse
import re
import sys

from pin_image import RANCHER
from pin_image import main as pin_image

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", flags=re.ASCII)
DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", flags=re.ASCII)
HOST = re.compile(r"(path: /spec/(?:rules/0/host|tls/0/hosts/0), value: )[^}]*\}")
"""Where an overlay says its address, whatever that is."""

TEMPLATE = RANCHER / "overlays" / "review"


def main(argv: list[str] | None = None) -> int:
    """Write the overlay and pin its image."""
    parser = argparse.ArgumentParser(description="Make an overlay for a branch under review.")
    parser.add_argument("name", help="of the branch: small letters, digits and hyphens, 40 at most")
    parser.add_argument("image", help="REGISTRY/NAME:TAG, @sha256:DIGEST, or both")
    parser.add_argument("--domain", default="review.example.org", help="it is reached at NAME.DOMAIN")
    arguments = parser.parse_args(argv)
    if not NAME.fullmatch(arguments.name) or not DOMAIN.fullmatch(arguments.domain):
        sys.stderr.write(f"{arguments.name}.{arguments.domain} is no host name; use small letters, digits, hyphens.\n")
        return 2
    overlay = TEMPLATE.with_name(f"review-{arguments.name}")
    overlay.mkdir(exist_ok=True)
    for part in ("kustomization.yaml", "namespace.yaml"):
        text = (TEMPLATE / part).read_text(encoding="utf-8")
        text = text.replace("facteur-review", f"facteur-review-{arguments.name}")
        text = HOST.sub(rf"\g<1>{arguments.name}.{arguments.domain}}}", text)
        (overlay / part).write_text(text, encoding="utf-8")
    return pin_image([str(overlay), arguments.image])


if __name__ == "__main__":
    sys.exit(main())

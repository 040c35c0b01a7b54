"""Write the locks of the starter kits again, each by its own `requirements/lock.sh`: part of `make lock`.

A project is made from each kit with all that can be asked for, locks itself, and gives its locks back to the kit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import copier

ROOT = Path(__file__).parents[1]
KITS = ROOT / "starter_kits"
ALL_THERE_IS = {"training": {"mlflow": True}}
"""The answers on which what is installed depends, by kit."""


def _lay_out(folder: Path) -> Path:
    """Copy the kits with their links followed: copier takes no link that leads out of them."""
    return Path(shutil.copytree(KITS, folder / "kits", ignore=shutil.ignore_patterns("__pycache__")))


def _lock(kits: Path, kit: Path, folder: Path) -> None:
    project = folder / kit.name
    answers = {"project_name": "The project", "kit": kit.name, **ALL_THERE_IS.get(kit.name, {})}
    copier.run_copy(str(kits), project, data=answers, defaults=True, quiet=True)
    uv = os.environ.get("UV", str(ROOT / ".venv/bin/uv"))
    # Its own script, with the uv of this project: the kits' environments are not made for it.
    subprocess.run(["/bin/sh", "requirements/lock.sh"], cwd=project, env={**os.environ, "UV": uv}, check=True)
    for lock in (project / "requirements").glob("*.txt"):
        (template,) = [path for path in (kit / "requirements").iterdir() if lock.name in path.name] or [
            kit / "requirements" / lock.name
        ]
        shutil.copyfile(lock, template)


def main(named: list[str]) -> None:
    """Lock the kits that are named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        kits = _lay_out(Path(folder))
        for kit in sorted(path.parent.parent for path in KITS.glob("*/requirements/lock.sh")):
            if not named or kit.name in named:
                _lock(kits, kit, Path(folder) / "projects")


if __name__ == "__main__":
    main(sys.argv[1:])

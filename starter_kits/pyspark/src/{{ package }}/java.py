"""Find the Java that Spark runs on. Plain Python, so that it can be asked before anything is installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

SUPPORTED = (17, 21)
INSTALLED = ("/usr/lib/jvm", "/Library/Java/JavaVirtualMachines", "/opt/java")


class JavaMissingError(Exception):
    """No Java that Spark supports was found; the message says how to get one."""


def java_home(
    environ: Mapping[str, str] = os.environ, folders: Iterable[str | Path] = INSTALLED, path: str | None = None
) -> str:
    """Give the folder of a Java that Spark supports: JAVA_HOME's, that of the path, or one where systems put them.

    Raises JavaMissingError.
    """
    found = []
    for home in _homes(environ, folders, path):
        version = _version(home)
        if version in SUPPORTED:
            return str(home)
        if version is not None:
            found.append(f"Java {version} in {home}")
    raise JavaMissingError(
        f"Spark needs Java {' or '.join(map(str, SUPPORTED))}, and "
        f"{'found was only ' + ', '.join(found) if found else 'none was found'}; on Debian 12 or Ubuntu 24.04: "
        "apt-get install openjdk-17-jre-headless (elsewhere, name yours: JAVA_HOME=/path/to/java)."
    )


def _homes(environ: Mapping[str, str], folders: Iterable[str | Path], path: str | None) -> Iterator[Path]:
    seen = set()
    candidates = [Path(environ["JAVA_HOME"])] if environ.get("JAVA_HOME") else []
    on_path = shutil.which("java", path=path)
    if on_path:
        candidates.append(Path(on_path).resolve().parent.parent)
    for folder in map(Path, folders):
        if folder.is_dir():
            candidates += sorted(folder.iterdir())
            candidates += sorted(home / "Contents" / "Home" for home in folder.iterdir())
    for home in candidates:
        if home.resolve() not in seen and (home / "bin" / "java").is_file():
            seen.add(home.resolve())
            yield home


def _version(home: Path) -> int | None:
    """Ask a Java for its number: 17 for 17.0.15, 8 for 1.8.0."""
    command = [str(home / "bin" / "java"), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 its own program
    except (OSError, subprocess.TimeoutExpired):
        return None
    for line in answer.stderr.splitlines():
        name, _, value = line.strip().partition(" = ")
        if name == "java.specification.version":
            return int(value.removeprefix("1."))
    return None


if __name__ == "__main__":
    try:
        sys.stdout.write(java_home() + "\n")
    except JavaMissingError as missing:
        sys.exit(str(missing))

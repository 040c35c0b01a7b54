"""Let a model through that is no worse than the one that serves: `model_gate.py --champion A --candidate B`.

Both are asked about the same labelled mails, by a command that writes a comparison as JSON (`facteur compare`, or
another project's own; see docs/pipeline.md for the fields). Then these must hold:

    enough      so many mails that the figures mean something
    accuracy    hardly worse than the champion on the mails as they are, and surely not much worse
    languages   no language lost what chance does not explain
    labels      no label either
    confidence  as honest as the champion's: the calibration error grew little
    speed       at least half as fast

A model may be a folder, `bundled`, or GIT-COMMIT:FOLDER; of a folder with one model in it that model is meant. What was
found is printed, and written as JUnit's XML, which GitLab shows in a merge request. Ends with 0, or with 1 when the
candidate does not ship.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

COMPARE = ".venv/bin/facteur compare {champion} {candidate} --out {out} --no-texts"
LEAST_MAILS = 200
TOLERANCE = 0.01
"""The candidate may be worse by this share of the mails: two or three of 221."""
MARGIN = 0.05
"""And the whole 95 % interval of the difference lies above this much worse."""
DOUBT = 0.05
"""A difference that chance makes less often counts, divided by the number of parts that are looked at (Bonferroni)."""
CALIBRATION = 0.03
"""The calibration error may grow by this."""
SPEED = 0.5
"""And the speed may fall to this share."""


class CannotJudge(Exception):
    """There is nothing to compare; one sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A condition, and whether the candidate meets it."""

    name: str
    holds: bool
    says: str


def findings(
    comparison: dict[str, Any], *, tolerance: float, margin: float, least: int, speed: float
) -> Iterator[Finding]:
    """Yield each condition, with what was found, for a comparison as `facteur compare` writes it."""
    whole, first, second = comparison["whole"], comparison["first"], comparison["second"]
    low, high = whole["interval"]["low"], whole["interval"]["high"]
    yield Finding(name="enough", holds=whole["mails"] >= least, says=f"{whole['mails']} mails, {least} are needed")
    yield Finding(
        name="accuracy",
        holds=whole["difference"] >= -tolerance and low >= -margin,
        says=f"{whole['first']:.1%} before, {whole['second']:.1%} now: {whole['difference']:+.1%} "
        f"({low:+.1%} to {high:+.1%}); {-tolerance:+.1%} is tolerated, and {-margin:+.1%} at the low end",
    )
    for part in ("languages", "labels"):
        yield _parts(part, comparison.get(part) or [])
    before, now = (one.get("figures", {}).get("ece") for one in (first, second))
    if before is not None and now is not None:
        holds = now <= before + CALIBRATION
        yield Finding(name="confidence", holds=holds, says=f"calibration error {before:.3f} before, {now:.3f} now")
    before, now = (one.get("mails_per_cpu_second") for one in (first, second))
    if before and now:
        yield Finding(
            name="speed", holds=now >= speed * before, says=f"{before:.0f} mails a CPU-second before, {now:.0f} now"
        )


def _parts(name: str, parts: Sequence[dict[str, Any]]) -> Finding:
    doubt = DOUBT / max(1, len(parts))
    worse = [part for part in parts if part["difference"] < 0 and part["p"] < doubt]
    said = ", ".join(f"{part['name']} {part['difference']:+.1%} (p = {part['p']:.4f})" for part in worse)
    return Finding(name=name, holds=not worse, says=said or f"none of {len(parts)} lost more than chance explains")


def resolve(spec: str, beside: Path) -> str:
    """Return a model as the comparing command takes it; one of a commit is written under `beside` first.

    Raises:
        CannotJudge: There is no such model.
    """
    commit, colon, folder = spec.partition(":")
    if colon and commit != "torch":
        archive = subprocess.run(["git", "archive", commit, folder], capture_output=True, check=False)
        if archive.returncode:
            raise CannotJudge(f"{commit} has no {folder}: {archive.stderr.decode().strip()}")
        beside.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "--extract"], cwd=beside, input=archive.stdout, check=True)
        spec = str(beside / folder)
    path = Path(spec)
    if not path.is_dir() or (path / "manifest.json").exists():
        return spec
    models = sorted(one.parent for one in path.glob("*/manifest.json"))
    if len(models) != 1:
        raise CannotJudge(f"{spec} holds {len(models)} models; name one of them.")
    return str(models[0])


def content(folder: Path) -> str | None:
    """Return a hash of a folder's files, names and bytes; None for a model that is no folder."""
    if not folder.is_dir():
        return None
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    lines = (f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.relative_to(folder)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def compare(command: str, champion: str, candidate: str, out: Path) -> dict[str, Any]:
    """Run the comparing command and return the JSON that it wrote.

    Raises:
        CannotJudge: It failed, or wrote no comparison.
    """
    words = [word.format(champion=champion, candidate=candidate, out=out) for word in shlex.split(command)]
    done = subprocess.run(words, check=False)
    if done.returncode:
        raise CannotJudge(f"{words[0]} ended with {done.returncode}.")
    files = sorted(out.glob("*.json"), key=lambda file: file.stat().st_mtime)
    if not files:
        raise CannotJudge(f"{words[0]} wrote no JSON into {out}.")
    document: dict[str, Any] = json.loads(files[-1].read_bytes())
    return document


def junit(found: Sequence[Finding]) -> str:
    """Return the findings as JUnit's XML."""
    cases = "".join(
        f"<testcase classname='model gate' name={quoteattr(one.name)}>"
        f"{'' if one.holds else f'<failure>{escape(one.says)}</failure>'}</testcase>"
        for one in found
    )
    failures = sum(not one.holds for one in found)
    return f"<testsuite name='model gate' tests='{len(found)}' failures='{failures}'>{cases}</testsuite>\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, say what was found, and return how it ended."""
    parser = argparse.ArgumentParser(description="Let a model through that is no worse than the one that serves.")
    parser.add_argument("--champion", required=True, help="what serves: a folder, `bundled`, or COMMIT:FOLDER")
    parser.add_argument("--candidate", required=True, help="what would serve")
    parser.add_argument("--compare", default=COMPARE, help="a command; {champion}, {candidate} and {out} are filled in")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the comparison")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="accuracy that may be lost")
    parser.add_argument("--margin", type=float, default=MARGIN, help="and at the low end of the interval")
    parser.add_argument("--least", type=int, default=LEAST_MAILS, help="labelled mails that are needed")
    parser.add_argument("--speed", type=float, default=SPEED, help="share of the champion's speed that is needed")
    parser.add_argument("--junit", type=Path, default=Path("model-gate.xml"))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            champion = resolve(asked.champion, Path(folder) / "champion")
            candidate = resolve(asked.candidate, Path(folder) / "candidate")
            # By what they hold: many projects leave a model's folder its name when they train anew.
            if (same := content(Path(champion))) and same == content(Path(candidate)):
                found = [Finding(name="unchanged", holds=True, says=f"{Path(candidate).name} serves already")]
            else:
                comparison = compare(asked.compare, champion, candidate, asked.out)
                limits = {name: getattr(asked, name) for name in ("tolerance", "margin", "least", "speed")}
                found = list(findings(comparison, **limits))
        except CannotJudge as error:
            print(f"The candidate does not ship: {error}", file=sys.stderr)
            return 1
    asked.junit.write_text(junit(found), encoding="utf-8")
    for one in found:
        print(f"{'holds' if one.holds else 'FAILS'}  {one.name:<10}  {one.says}")
    ships = all(one.holds for one in found)
    print("The candidate ships." if ships else "The candidate does not ship.")
    return 0 if ships else 1


if __name__ == "__main__":
    sys.exit(main())

"""How many mails a second are read: taken apart and each part named, beside MAIF's melusine.

    python benchmarks/reading.py [--melusine PYTHON] [--write]

Both read the 41 toy mails of melusine (`$FACTEUR_DATA/melusine/emails_v3.jsonl`, `../shared/data` by default), one
process, one mail at a time, in CPU time, best of several rounds. melusine: its Cleaner, Segmenter, ContentTagger and
RefinedTagger, on dicts, which serves it better than pandas; Facteur: `segments_of`, and `features_of`, all that the
classifier needs of a mail. Melusine runs in a Python of its own: `python -m venv peer && peer/bin/pip install
melusine==3.4.0 joblib`, then `--melusine peer/bin/python`.

The hostile bodies are a megabyte each; the figure is the slowest of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model.text import features_of  # noqa: E402 - path first
from routing.mail import Mail  # noqa: E402
from routing.mail.segmentation import segments_of  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
ROUNDS = 7
REPEATS = 10

PEER = """
import json, sys, time
from melusine.pipeline import MelusinePipeline
pipeline = MelusinePipeline.from_config(config_dict={"steps": [
    {"class_name": name, "config_key": key, "module": "melusine.processors"} for name, key in (
        ("Cleaner", "body_cleaner"), ("Segmenter", "segmenter"), ("ContentTagger", "content_tagger"),
        ("RefinedTagger", "refined_tagger"))]})
mails = json.load(sys.stdin)
best = float("inf")
for _ in range(int(sys.argv[1])):
    began = time.process_time()
    for _ in range(int(sys.argv[2])):
        for mail in mails:
            pipeline.transform({"body": mail["body"], "header": mail["header"]})
    best = min(best, time.process_time() - began)
print(len(mails) * int(sys.argv[2]) / best)
"""

# 60 words; what a customer writes on a good day.
MEDIAN = """Bonjour Madame,

Je vous écris car j'ai eu un dégât des eaux dans ma salle de bains dimanche dernier. Le plombier est passé lundi et il
a réparé le joint, mais le plafond du voisin est abîmé. J'ai envoyé deux mails sans réponse.

Qui va payer les travaux de peinture ?

Merci d'avance,
Cordialement,

Jean Dupont
06 12 34 56 78
"""

HOSTILE = [
    "Objet : a\n", "> \n", ">", "Le ", "Le 1 mai 2026 a@b\n", "x", "\n", "> > ", "a écrit :\n", "De : a@b\nObjet : x\n",
    "--\nx\n", "__\nJean\n", "Cordialement,\nJean Dupont\n", "Merci\nJean\n", "Envoyé de\n", ":\n",
    "De : a Envoyé : b À : c Objet : d ", "-----Message d'origine-----\n", "é",
]  # fmt: skip


def best(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU seconds of the fastest of several runs."""
    seconds = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        run()
        seconds = min(seconds, time.process_time() - began)
    return seconds


def melusine(python: str | None, mails: list[dict[str, str]]) -> float | None:
    if python is None:
        return None
    ran = subprocess.run(
        [python, "-c", PEER, str(ROUNDS), str(REPEATS)],
        input=json.dumps(mails),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(f"melusine: not installed in {python}", file=sys.stderr)
        return None
    return float(ran.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--melusine", metavar="PYTHON", help="a Python in which melusine is installed")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/reading.md and .json")
    options = parser.parse_args()
    data = Path(os.environ.get("FACTEUR_DATA", ROOT.parent / "shared" / "data")) / "melusine" / "emails_v3.jsonl"
    if not data.exists():
        sys.exit(f"No mails at {data}: set FACTEUR_DATA to the folder with the public data.")
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    mails = [Mail(subject=row["header"], text=row["body"].replace("\r\n", "\n")) for row in rows]
    segments_of("Bonjour")  # the rules are read once

    many = len(mails) * REPEATS
    segments = many / best(lambda: [segments_of(mail.text) for _ in range(REPEATS) for mail in mails])
    features = many / best(lambda: [features_of(mail) for _ in range(REPEATS) for mail in mails])
    peer = melusine(options.melusine, [{"header": row["header"], "body": row["body"]} for row in rows])
    median = best(lambda: [features_of(Mail(subject="RE: dossier", text=MEDIAN)) for _ in range(500)]) / 500
    worst = max(best(lambda unit=unit: segments_of(unit * (1_000_000 // len(unit))), 2) for unit in HOSTILE)
    results = {
        "segments_of, mails per CPU-second": round(segments),
        "features_of, mails per CPU-second": round(features),
        "melusine 3.4.0, mails per CPU-second": round(peer) if peer else "not installed",
        "segments_of / melusine": round(segments / peer, 1) if peer else "not installed",
        "features_of, a mail of 60 words, microseconds": round(median * 1e6),
        "a megabyte of hostile text, slowest, seconds": round(worst, 2),
    }
    rows_of_table = [f"| {what} | {figure} |" for what, figure in results.items()]
    text = "\n".join(["| what | figure |", "| --- | --- |", *rows_of_table])
    print(text)
    if options.write:
        made = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        head = f"# Reading\n\n`python benchmarks/reading.py --melusine PYTHON --write`; {made}.\n\n"
        (RESULTS / "reading.md").write_text(f"{head}{text}\n", encoding="utf-8")
        (RESULTS / "reading.json").write_text(json.dumps({"made": made, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()

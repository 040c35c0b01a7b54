"""How true explanations are and what they cost: python benchmarks/explanation.py [--model M] [--every N] [--json FILE]

An explanation is faithful when leaving out the words that it names takes more from the label than leaving out five
random words of the mail does. The same is asked of two simpler ways: leaving out every word once (what it costs), and
what the last layer says of each token (what it is worth). Passes over the model are counted, since milliseconds depend
on the machine and on who else uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model.explanation import NAMED, Eraser, Evidence, distinct_words, erased, log_odds, probability_of  # noqa: E402
from model.onnx_network import EVIDENCE, SCORES  # noqa: E402
from model.onnx_runtime import OnnxClassifier  # noqa: E402
from model.registry import bundled_model_path, open_model  # noqa: E402
from model.text import features_of  # noqa: E402
from routing.classifier import Prediction  # noqa: E402
from routing.mail import Mail  # noqa: E402

CORPUS = ROOT / "model" / "corpora" / "insurance" / "test.jsonl"
DRAWS = 5
MEDIAN_WORDS = (45, 75)
"""Mails of about 60 words, for which the time is promised."""

Places = list[tuple[int, int]]
Way = Callable[["Model", str], Places]


class Model:
    """The served model, and how often it was asked."""

    def __init__(self, spec: str) -> None:
        self.served = OnnxClassifier(open_model(bundled_model_path() if spec == "bundled" else spec))
        self.passes = 0

    def __call__(self, text: str) -> Prediction:
        self.passes += 1
        return self.served._predict(text)  # noqa: SLF001 - the mail was read already

    def look(self, text: str, label: str | None) -> tuple[Prediction, Evidence]:
        self.passes += 1
        return self.served._look(text, label)  # noqa: SLF001 - the same

    def places(self, text: str) -> list[Places]:
        end = self.served.network.end_of(text)
        return [list(places) for places in distinct_words(text[:end]).values()]


def occlusion(model: Model, text: str) -> Places:
    """Leave out every word, one pass each."""
    whole = model(text)
    words = model.places(text)
    odds = [log_odds(probability_of(model(erased(text, places)), whole.label)) for places in words]
    order = sorted(range(len(words)), key=lambda number: odds[number])
    return [place for number in order[:NAMED] for place in words[number]]


def evidence(model: Model, text: str) -> Places:
    """Take the words to whose tokens the last layer gives most, one pass (class activation mapping)."""
    model.passes += 1
    network = model.served.network
    read = network.read(text, (SCORES, EVIDENCE))
    scores, tokens = read[SCORES], read[EVIDENCE]
    best = int(scores.argmax())
    others = np.exp(scores - scores.max())
    others[best] = 0
    contrast = tokens[:, best] - tokens @ (others / others.sum())
    offsets = network.offsets(text)
    words = model.places(text)

    def said(places: Places) -> float:
        return sum(
            float(value)
            for (start, end), value in zip(offsets, contrast, strict=True)
            if start < end and any(first <= start < last for first, last in places)
        )

    return [place for places in sorted(words, key=said, reverse=True)[:NAMED] for place in places]


def measure(model: Model, texts: Sequence[str], way: Way) -> dict[str, float]:
    """Return what a way costs and how faithful it is."""
    won, drops, passes, seconds, at_sixty = [], [], [], [], []
    for number, text in enumerate(texts):
        model.passes = 0
        begin, cpu = time.perf_counter(), time.process_time()
        named = way(model, text)
        took = (time.perf_counter() - begin, time.process_time() - cpu)
        seconds.append(took)
        if MEDIAN_WORDS[0] <= len(text.split()) <= MEDIAN_WORDS[1]:
            at_sixty.append(took)
        passes.append(model.passes)
        whole = model(text)
        without = probability_of(model(erased(text, named)), whole.label) if named else 1.0
        drops.append(whole.confidence - min(without, 1.0))
        draw = random.Random(number)
        places = [place for places in model.places(text) for place in places]
        random_ones = [erased(text, draw.sample(places, NAMED)) for _ in range(DRAWS)]
        won.append(statistics.mean(without < probability_of(model(one), whole.label) for one in random_ones))
    middle = at_sixty or seconds
    return {
        "faithful": round(statistics.mean(won), 3),
        "probability taken away": round(statistics.mean(drops), 3),
        "passes": statistics.median(passes),
        "ms at 60 words": round(1000 * statistics.median(wall for wall, _ in middle), 1),
        "CPU ms at 60 words": round(1000 * statistics.median(cpu for _, cpu in middle), 1),
        "ms, worst": round(1000 * max(wall for wall, _ in seconds), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--every", type=int, default=1, help="take each N-th mail only")
    parser.add_argument("--occlusion", action="store_true", help="also leave out every word of every mail (slow)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = Model(arguments.model)
    lines = CORPUS.read_text(encoding="utf-8").splitlines()[:: arguments.every]
    texts = [features_of(Mail(subject=one["subject"], text=one["text"])) for one in map(json.loads, lines)]
    texts = [text for text in texts if sum(map(len, model.places(text))) >= 2 * NAMED]
    eraser = Eraser(model, version=model.served.version, look=model.look)

    def erasure(model: Model, text: str) -> Places:
        found = eraser.explain(text, end=model.served.network.end_of(text))
        return [place for word in found.words if word.weight > 0 for place in word.places]

    ways: dict[str, Way] = {"erasure": erasure}
    if EVIDENCE in model.served.network.outputs:
        ways["evidence of the last layer"] = evidence
    if arguments.occlusion:
        ways["every word left out"] = occlusion
    report = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "model": model.served.version,
        "mails": len(texts),
        "ways": {name: measure(model, texts, way) for name, way in ways.items()},
    }
    print(json.dumps(report, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

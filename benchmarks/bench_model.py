"""`make bench-model`: the classifier on public sets, as it is served, beside TF-IDF with a linear SVM.

Trains one encoder of at most 27 million parameters on each set (minutes to hours), exports it to int8 ONNX, and asks
the very classifier that serves. The test sets are used once, at the end: nothing is chosen by them.

    python benchmarks/bench_model.py [--only banking77] [--base minilm] [--seed 13] [--models FOLDER] [--write]

`--models` holds models that were trained before, `banking77-…` and `clinc150-…`, to be judged without training.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model.corpus import Example  # noqa: E402
from model.corpus.checking import check_corpus  # noqa: E402
from model.corpus.split import Parts, split  # noqa: E402
from model.directory import open_model  # noqa: E402
from model.onnx_runtime import OnnxClassifier  # noqa: E402
from model.text import features_of  # noqa: E402
from model.training.bases import find_base  # noqa: E402
from model.training.fit import fit  # noqa: E402
from model.training.machine import use_threads  # noqa: E402
from model.training.options import Progress, TrainOptions  # noqa: E402
from model.training.preparation import Material, start  # noqa: E402
from model.training.publishing import Trained, publish  # noqa: E402
from routing.mail import Mail  # noqa: E402

RESULTS = Path(__file__).parent / "results"
DATA = Path(os.environ.get("FACTEUR_DATA", ROOT.parent / "shared" / "data"))
GOALS = {"banking77 accuracy": 0.945, "clinc150 accuracy": 0.974, "clinc150 AUROC": 0.975, "ece": 0.02, "replies": 0.80}
HELD_OUT = 0.05
"""Of banking77's training texts, to choose the epoch, the weight of the wide part and the calibration by."""
WORDS = 60
SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class PublicSet:
    name: str
    parts: Parts
    test: tuple[Example, ...]
    strangers: tuple[Example, ...] = ()
    """Requests out of scope, never trained on."""


def examples_of(rows: Sequence[tuple[str, str]], part: str) -> tuple[Example, ...]:
    return tuple(
        Example(id=f"{part}-{number}", label=label, language="en", subject="", text=text)
        for number, (text, label) in enumerate(rows)
    )


def banking77(seed: int) -> PublicSet:
    def rows(name: str) -> list[tuple[str, str]]:
        with (DATA / "banking77" / name).open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    parts = split(examples_of(rows("train.csv"), "train"), HELD_OUT, seed)
    return PublicSet(name="banking77", parts=parts, test=examples_of(rows("test.csv"), "test"))


def clinc150(_: int) -> PublicSet:
    sets = json.loads((DATA / "clinc150" / "data_full.json").read_bytes())
    parts = {
        name: examples_of([tuple(row) for row in sets[name]], name) for name in ("train", "val", "test", "oos_test")
    }
    return PublicSet(
        name="clinc150",
        parts=Parts(training=parts["train"], held_out=parts["val"]),
        test=parts["test"],
        strangers=parts["oos_test"],
    )


SETS: dict[str, Callable[[int], PublicSet]] = {"banking77": banking77, "clinc150": clinc150}


def trained(public: PublicSet, options: argparse.Namespace, folder: Path) -> Path:
    """Train as `facteur train` does, but on the official parts; return the model that serves."""
    given = TrainOptions(
        name=public.name,
        epochs=options.epochs,
        batch=32,
        learning_rate=2.5e-4,
        max_length=96,
        vary=False,
        patience=0,
        rounds=options.rounds,
        seed=options.seed,
        notes=f"Trained on {public.name} by benchmarks/bench_model.py.",
    )
    use_threads(given.threads)

    def listen(progress: Progress) -> None:
        if progress.note:
            print(f"  {public.name}: {progress.note}", flush=True)

    everything = (*public.parts.training, *public.parts.held_out)
    labels = tuple(sorted({example.label for example in everything}))
    material = Material(examples=everything, test=(), labels=labels, report=check_corpus(everything), digest="public")
    base = find_base(options.base)
    network, tokenizer = start(base, labels, given)
    fitted = fit(network, tokenizer, labels, public.parts, options=given, listen=listen)
    result = Trained(fitted=fitted, tokenizer=tokenizer, base=base, material=material, parts=public.parts, crossed=None)
    return publish(result, folder, given, listen).model


def auroc(ordinary: Sequence[float], strange: Sequence[float]) -> float:
    """Return how often a stranger scores higher than an ordinary text (ties count half)."""
    both = np.concatenate([ordinary, strange])
    _, places, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    many, few = len(ordinary), len(strange)
    return float((ranks[many:].sum() - few * (few + 1) / 2) / (many * few))


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 15) -> float:
    """Return the expected calibration error, 15 equal bins (Guo et al. 2017)."""
    places = np.minimum((np.asarray(confidences) * bins).astype(int), bins - 1)
    gaps = [
        abs(np.asarray(right)[places == place].mean() - np.asarray(confidences)[places == place].mean())
        * (places == place).mean()
        for place in np.unique(places)
    ]
    return float(sum(gaps))


def judged(public: PublicSet, model: Path) -> dict[str, Any]:
    """Ask the served model, mail by mail, what the test texts are."""
    directory = open_model(model)
    classifier = OnnxClassifier(directory)

    def energy(example: Example) -> float:
        scores = classifier.network.scores(features_of(example.mail)).astype(np.float64)
        return -float(np.log(np.exp(scores - scores.max()).sum()) + scores.max())

    started = time.perf_counter()
    predictions = classifier.classify([example.mail for example in public.test])
    seconds = time.perf_counter() - started
    right = [said.label == example.label for said, example in zip(predictions, public.test, strict=True)]
    found: dict[str, Any] = {
        "model": directory.version,
        "megabytes": round(sum(directory.file(name).stat().st_size for name in directory.files) / 1e6, 1),
        "test": len(public.test),
        "accuracy": float(np.mean(right)),
        "ece": calibration_error([said.confidence for said in predictions], right),
        "milliseconds": round(1000 * seconds / len(predictions), 2),
    }
    if public.strangers:
        strange = classifier.classify([example.mail for example in public.strangers])
        found["strangers"] = len(public.strangers)
        found["auroc_energy"] = auroc(list(map(energy, public.test)), list(map(energy, public.strangers)))
        if predictions[0].stranger is not None:
            found["auroc_served"] = auroc(
                [p.stranger or 0.0 for p in predictions], [p.stranger or 0.0 for p in strange]
            )
    return found


def tfidf(public: PublicSet) -> dict[str, Any]:
    """TF-IDF of word 1-2 and char_wb 3-5 grams with LinearSVC, C=1, on all texts of the training split."""
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        ),
        LinearSVC(C=1.0),
    )
    training = public.parts.training if public.strangers else (*public.parts.training, *public.parts.held_out)
    model.fit([example.text for example in training], [example.label for example in training])
    said = model.predict([example.text for example in public.test])
    found = {"accuracy": float(np.mean([a == example.label for a, example in zip(said, public.test, strict=True)]))}
    if public.strangers:
        margins = [
            -model.decision_function([example.text for example in part]).max(1)
            for part in (public.test, public.strangers)
        ]
        found["auroc"] = auroc(margins[0].tolist(), margins[1].tolist())
    return found


def mail_of_sixty_words(seed: int) -> list[Mail]:
    words = " ".join(example.text for example in banking77(seed).test).split()
    return [Mail(text=" ".join(words[start : start + WORDS])) for start in range(0, WORDS * 200, WORDS)]


def _serve(model: str, seed: int, begin: Any, answers: Any) -> None:
    classifier = OnnxClassifier(open_model(model))
    mails = mail_of_sixty_words(seed)
    classifier.classify(mails[:5])
    begin.wait()
    done, cpu, end = 0, time.process_time(), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        classifier.classify([mails[done % len(mails)]])
        done += 1
    answers.put((done, time.process_time() - cpu))


def throughput(model: Path, seed: int, processes: int = 2) -> tuple[float, float]:
    """Return the mails of sixty words that processes of one thread decide together a second, and a CPU-second."""
    context = multiprocessing.get_context("spawn")
    begin, answers = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=_serve, args=(str(model), seed, begin, answers)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    counts = [answers.get() for _ in workers]
    total = sum(done for done, _ in counts)
    for worker in workers:
        worker.join()
    return total / SECONDS, total / sum(cpu for _, cpu in counts)


def table(results: dict[str, Any]) -> str:
    lines = ["| set | measure | goal | result | TF-IDF |", "| --- | --- | --- | --- | --- |"]
    for name, found in results["sets"].items():
        ours, rival = found["served"], found["tfidf"]
        lines.append(
            f"| {name} | accuracy on {ours['test']} test texts | {GOALS[f'{name} accuracy']} | {ours['accuracy']:.4f} "
            f"| {rival['accuracy']:.4f} |"
        )
        if "auroc_energy" in ours:
            cells = f"{GOALS['clinc150 AUROC']} | {ours['auroc_energy']:.4f} | {rival['auroc']:.4f} |"
            lines.append(f"| {name} | AUROC of {ours['strangers']} requests out of scope, energy | {cells}")
        if "auroc_served" in ours:
            cells = f"{GOALS['clinc150 AUROC']} | {ours['auroc_served']:.4f} | {rival['auroc']:.4f} |"
            lines.append(f"| {name} | the same, stranger score as served | {cells}")
        lines.append(f"| {name} | expected calibration error | {GOALS['ece']} | {ours['ece']:.4f} | - |")
    replies = results.get("replies")
    if replies is not None:
        lines.append(f"| replies | exact match (`benchmarks/replies.py`) | {GOALS['replies']} | {replies:.3f} | - |")
    lines.append(
        f"| | mails of {WORDS} words a second, two processes of one thread | 100 "
        f"| {results['mails_a_second']:.0f} ({results['mails_a_cpu_second']:.0f} a CPU-second) | - |"
    )
    return "\n".join(lines)


def replies_result() -> float | None:
    file = RESULTS / "replies.json"
    if not file.exists():
        return None
    right, of = json.loads(file.read_bytes())["results"]["Facteur, one convention (`written_now`)"]["matched"]["all"]
    return float(right / of)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SETS), help="sets, with commas between")
    parser.add_argument("--base", default="minilm", help="the encoder")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2, help="trainings, each taught by the one before")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--models", type=Path, help="a folder of models trained before")
    parser.add_argument("--keep", type=Path, help="where to keep what is trained")
    parser.add_argument("--note", default="", help="a sentence for the table, such as how busy the machine was")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/model.md and .json")
    options = parser.parse_args()
    names = options.only.split(",")
    for name in names:
        if not (DATA / name).is_dir():
            sys.exit(f"There is no {name} at {DATA}: set FACTEUR_DATA to the folder with the public data.")
    results: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "seed": options.seed,
        "base": options.base,
        "note": options.note,
        "sets": {},
        "replies": replies_result(),
    }
    with tempfile.TemporaryDirectory() as folder:
        kept = options.keep or Path(folder)
        for name in names:
            public = SETS[name](options.seed)
            started = time.monotonic()
            before = sorted(options.models.glob(f"{name}-*")) if options.models else []
            model = before[0] if before else trained(public, options, kept)
            results["sets"][name] = {
                "served": judged(public, model),
                "tfidf": tfidf(public),
                "trained_here": not before,
                "minutes": round((time.monotonic() - started) / 60, 1),
            }
            results["mails_a_second"], results["mails_a_cpu_second"] = throughput(model, options.seed)
    text = table(results)
    print(text)
    if options.write:
        made = (
            "trained before"
            if options.models
            else f"{options.rounds} rounds of {options.epochs} epochs, seed {options.seed}"
        )
        body = [
            "# The classifier on public sets, as it is served (int8 ONNX)",
            "",
            f"`make bench-model`; {results['date']}, {results['machine']}; base {options.base}, {made}.",
            options.note,
            "",
            text,
            "",
        ]
        (RESULTS / "model.md").write_text("\n".join(body), encoding="utf-8")
        (RESULTS / "model.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The parts of an evaluation's page, one function each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from model.evaluation.assessment import Assessment, Contestant
from model.evaluation.figures import SliceScore
from model.evaluation.keeping import Kept
from model.evaluation.reliability import reliability_bins
from model.report import plots
from model.report.card import card
from model.report.excerpt import Texts
from model.report.markup import Markup, element
from model.report.tables import behind, figure, share_cell, table
from model.report.wording import Wording

_MEASURES = ("accuracy_head", "macro_f1", "ece", "area", "top3", "speed")
_MOST_ERRORS = 20
_MOST_CONFUSIONS = 12
_MOST_CELLS = 200
_TABLE_LABELS = 30
"""Labels up to which a confusion matrix is a table too; beyond, its errors are listed."""


def models(assessment: Assessment, say: Wording) -> Markup:
    """Return the model and the baseline side by side."""
    versus = assessment.versus
    return card(
        say("models"),
        contestants(
            [
                (assessment.model.judged.name, assessment.model),
                (_baseline_name(assessment, say), assessment.baseline),
            ],
            say,
        ),
        element(
            "p",
            say(
                "versus",
                difference=say.points(versus.whole.difference),
                span=say.points_span(versus.whole.interval),
                wins=say.count(versus.whole.only_second),
                losses=say.count(versus.whole.only_first),
                p=say.p(versus.whole.p),
            ),
        )
        if versus
        else None,
        about=say("models_about"),
        class_="wide",
    )


def _baseline_name(assessment: Assessment, say: Wording) -> Markup:
    if assessment.baseline:
        judged = assessment.baseline.judged
        key = "baseline_crossed" if judged.cross_validated else "baseline_trained"
        about = say(key, mails=say.count(judged.trained_on or 0))
    else:
        missing = [notice.values for notice in assessment.notices if notice.key == "baseline_missing"]
        about = say("not_installed", **missing[0]) if missing else say("not_trained")
    return element("span", say("baseline"), element("small", about, class_="under"))


def contestants(named: Sequence[tuple[object, Contestant | None]], say: Wording) -> Markup:
    """Return models side by side, a column each: there are two, and a narrow screen has room for them."""
    columns = [_figures(contestant, say) for _, contestant in named]
    rows = [[say(key), *(column[place] for column in columns)] for place, key in enumerate(_MEASURES)]
    return table(say("models"), ["", *(name for name, _ in named)], rows)


def _figures(contestant: Contestant | None, say: Wording) -> list[object]:
    """Return what `_MEASURES` name; dashes for a model that could not be judged."""
    if contestant is None:
        return ["\N{EN DASH}"] * len(_MEASURES)
    figures, speed, span = contestant.evaluation, contestant.judged.mails_per_cpu_second, contestant.macro_f1_interval
    return [
        _with_span(say.percent(figures.accuracy), say.span(figures.accuracy_interval)),
        _with_span(say.share(figures.macro_f1), f"{say.share(span.low)}\N{EN DASH}{say.share(span.high)}"),
        say.share(figures.ece),
        say.share(contestant.risk.area),
        say.percent(figures.top3),
        say.count(speed) if speed else say("not_measured"),
    ]


def _with_span(text: str, span: str) -> Markup:
    return element("span", text, " ", element("small", span))


def promises(assessment: Assessment, say: Wording) -> Markup | None:
    """Return what the model promises, when it promises anything."""
    if not assessment.promises:
        return None
    return card(
        say("promises"),
        table(
            say("promises_caption"),
            [say(key) for key in ("promise", "routed", "right_among", "kept_verdict")],
            [
                [
                    say.percent(one.precision, 0),
                    _with_span(say.percent(one.routed, 0), f"n = {say.count(one.mails)}"),
                    share_cell(one.accuracy, one.interval, one.mails, say),
                    say(_verdict(one)),
                ]
                for one in assessment.promises
            ],
        ),
        about=say("promises_about"),
    )


def _verdict(one: Kept) -> str:
    if one.broken:
        return "kept_no"
    return "kept_yes" if not one.mails or one.accuracy >= one.precision else "kept_open"


def strangers(assessment: Assessment, say: Wording) -> Markup | None:
    """Return what it makes of strangers, when it has a sense for them."""
    found = assessment.foreign
    if found is None:
        return None
    kinds = [(say(f"strangers_{kind}"), getattr(found, kind)) for kind in ("known", "unknown")]
    return card(
        say("strangers"),
        table(
            say("strangers_caption"),
            [say(key) for key in ("strangers_kind", "mails", "strangers_called", "strangers_wrong")],
            [
                [
                    kind,
                    say.count(one.mails),
                    share_cell(one.called / one.mails if one.mails else 0.0, one.interval, one.mails, say),
                    say.count(one.wrong),
                ]
                for kind, one in kinds
                if one.mails
            ],
        ),
        element("p", say("strangers_auroc", auroc=say.percent(found.auroc))) if found.auroc is not None else None,
        about=say("strangers_about"),
    )


def thresholds(assessment: Assessment, say: Wording) -> Markup:
    """Return what each threshold gives."""
    return card(
        say("thresholds"),
        table(
            say("thresholds_caption"),
            [say(key) for key in ("threshold", "routed", "right_among", "mails")],
            [
                [
                    say.percent(row.threshold, 0),
                    say.percent(row.routed, 0),
                    share_cell(row.accuracy, row.accuracy_interval, row.mails, say),
                    say.count(row.mails),
                ]
                for row in assessment.model.evaluation.thresholds
            ],
        ),
        about=say("thresholds_about"),
    )


def reliability(assessment: Assessment, say: Wording) -> Markup:
    """Return the reliability diagram."""
    bins = reliability_bins(assessment.model.judged.outcomes)
    rows = [
        [
            f"{say.percent(one.low, 0)}\N{EN DASH}{say.percent(one.high, 0)}",
            say.count(one.mails),
            say.percent(one.confidence),
            share_cell(one.accuracy, one.interval, one.mails, say),
        ]
        for one in bins
    ]
    heads = [say(key) for key in ("confidence", "mails", "mean_confidence", "accuracy_head")]
    return figure(
        say("reliability"),
        say("reliability_about"),
        plots.reliability(bins, say),
        behind(say, table(say("reliability_caption"), heads, rows)),
    )


def risk(assessment: Assessment, say: Wording) -> Markup:
    """Return the risk-coverage curve."""
    lines = [("model", say("legend_model"), assessment.model)]
    if assessment.baseline:
        lines.append(("baseline", say("legend_baseline"), assessment.baseline))
    rows = [
        [say.percent(share, 0), *(say.percent(_risk_at(share, contestant)) for *_, contestant in lines)]
        for share in (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    ]
    heads = [say("routed"), *(name for _, name, _ in lines)]
    return figure(
        say("risk"),
        say("risk_about"),
        plots.risk_coverage(lines, say),
        behind(say, table(say("risk_caption"), heads, rows)),
    )


def _risk_at(share: float, contestant: Contestant) -> float:
    points = contestant.risk.points
    return next((point.risk for point in points if point.coverage >= share - 1e-9), points[-1].risk)


def confusion(assessment: Assessment, say: Wording) -> Markup:
    """Return the confusion matrix."""
    labels = [score.label for score in assessment.model.evaluation.labels]
    outcomes = assessment.model.judged.outcomes
    counts = Counter((outcome.truth, outcome.said) for outcome in outcomes)
    if len(labels) <= _TABLE_LABELS:
        rows = [[truth, *(say.count(counts[truth, said]) for said in labels)] for truth in labels]
        figures = table(say("confusion_caption"), [f"{say('truth_axis')} \\ {say('said_axis')}", *labels], rows)
    else:
        errors = assessment.model.evaluation.confusions[:_MOST_CELLS]
        figures = table(
            say("confusion_many"),
            [say("truth_axis"), say("said_axis"), say("mails")],
            [[error.truth, error.said, say.count(error.count)] for error in errors],
            text_columns=2,
        )
    return figure(
        say("confusion"),
        say("confusion_about"),
        element("div", plots.confusion_matrix(outcomes, labels, say), class_="scroll", tabindex="0", role="group"),
        behind(say, figures),
        class_="wide",
    )


def labels(assessment: Assessment, say: Wording) -> Markup:
    """Return precision and recall by label."""
    return card(
        say("labels"),
        table(
            say("labels_caption"),
            [say(key) for key in ("label", "mails", "precision", "recall")] + ["F1"],
            [
                [
                    score.label,
                    say.count(score.examples),
                    share_cell(score.precision, score.precision_interval, score.said, say),
                    share_cell(score.recall, score.recall_interval, score.examples, say),
                    say.share(score.f1),
                ]
                for score in assessment.model.evaluation.labels
            ],
        ),
        about=say("labels_about"),
        class_="wide",
    )


def slices(assessment: Assessment, say: Wording) -> Markup:
    """Return the figures by language and by length."""
    evaluation = assessment.model.evaluation
    whole = SliceScore(
        name="",
        accuracy=evaluation.accuracy,
        accuracy_interval=evaluation.accuracy_interval,
        macro_f1=evaluation.macro_f1,
        ece=evaluation.ece,
        examples=evaluation.examples,
    )
    named = [(say.slice_name(part.name), part) for part in (*evaluation.languages, *evaluation.lengths)]
    return card(
        say("slices"),
        table(
            say("slices_caption"),
            [say(key) for key in ("part", "mails", "accuracy_head", "macro_f1", "ece")],
            [
                [
                    name,
                    say.count(part.examples),
                    share_cell(part.accuracy, part.accuracy_interval, part.examples, say),
                    say.share(part.macro_f1),
                    say.share(part.ece),
                ]
                for name, part in [(say("all_mails"), whole), *named]
            ],
        ),
        about=say("slices_about"),
        class_="wide",
    )


def confusions(assessment: Assessment, texts: Texts, say: Wording) -> Markup:
    """Return the most frequent confusions, each with a mail."""
    outcomes = assessment.model.judged.outcomes
    mails = Counter(outcome.truth for outcome in outcomes)
    surest = sorted((one for one in outcomes if not one.right), key=lambda one: -one.confidence)
    examples = {(one.truth, one.said): one for one in reversed(surest)}
    found = assessment.model.evaluation.confusions[:_MOST_CONFUSIONS]
    return card(
        say("confusions"),
        element(
            "ol",
            (
                element(
                    "li",
                    element("h3", say("confusions_row", truth=one.truth, said=one.said)),
                    element("p", say("times", count=say.count(one.count), mails=say.count(mails[one.truth]))),
                    texts.of(examples[one.truth, one.said].id, say),
                )
                for one in found
            ),
            class_="mails",
        )
        if found
        else element("p", say("confusions_none")),
        class_="wide",
    )


def worst(assessment: Assessment, texts: Texts, say: Wording) -> Markup | None:
    """Return the wrong answers that the model was surest of."""
    wrong = sorted((one for one in assessment.model.judged.outcomes if not one.right), key=lambda one: -one.confidence)
    if not wrong:
        return None
    return card(
        say("worst"),
        element(
            "ol",
            (
                element(
                    "li",
                    element(
                        "h3",
                        say("worst_row", truth=one.truth, said=one.said, confidence=say.percent(one.confidence, 0)),
                    ),
                    element("p", one.id, class_="quiet"),
                    texts.of(one.id, say),
                )
                for one in wrong[:_MOST_ERRORS]
            ),
            class_="mails",
        ),
        about=say("worst_about"),
        class_="wide",
    )

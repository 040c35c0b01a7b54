"""The page of an evaluation: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from model.evaluation.assessment import Assessment
from model.evaluation.figures import ThresholdScore
from model.evaluation.keeping import Kept
from model.report import sections
from model.report.card import card
from model.report.excerpt import Texts
from model.report.markup import Markup, element
from model.report.wording import Wording

PROMISED = 0.97
"""The precision that the summary speaks of."""
_ENOUGH_MAILS = 20
"""Mails among which a threshold's accuracy is worth a word in the summary."""
SURE = 0.05
"""p-value below which a difference is called one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """When, where and on what a report was made."""

    made_at: str
    """ISO 8601, in UTC."""
    corpus: tuple[str, ...]
    """Where the mails came from."""
    program: str
    """Version of Facteur."""
    machine: str

    @property
    def date(self) -> str:
        """The day, as it is shown."""
        return self.made_at.partition("T")[0]


def evaluation_page(assessment: Assessment, texts: Texts, circumstances: Circumstances, say: Wording) -> str:
    """Return the HTML page of an evaluation."""
    name = assessment.model.judged.name
    return document(
        say("title", model=name),
        say("evaluated_on", mails=say.count(assessment.model.evaluation.examples), date=circumstances.date),
        [
            _summary(assessment, say),
            row(sections.models(assessment, say)),
            row(
                sections.promises(assessment, say),
                sections.thresholds(assessment, say),
                sections.strangers(assessment, say),
            ),
            row(sections.reliability(assessment, say), sections.risk(assessment, say)),
            row(sections.labels(assessment, say), sections.slices(assessment, say)),
            row(sections.confusion(assessment, say)),
            row(sections.confusions(assessment, texts, say), sections.worst(assessment, texts, say)),
            row(how(assessment.corpus, circumstances, say)),
        ],
        say,
    )


def row(*cards: Markup | None) -> Markup:
    """Return cards side by side, where there is room."""
    return element("div", cards, class_="row")


def document(title: str, about: str, content: object, say: Wording) -> str:
    """Return a whole page. Its policy lets a browser fetch nothing and run nothing, whatever a mail may say."""
    style = resources.files("model.report").joinpath("report.css").read_text(encoding="utf-8")
    page = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element(
                "meta",
                http_equiv="Content-Security-Policy",
                content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
            ),
            element("meta", name="robots", content="noindex"),
            element("title", title),
            element("style", Markup(style)),
        ),
        element(
            "body",
            element("a", say("skip"), href="#figures", class_="skip"),
            element("header", element("h1", title), element("p", about)),
            element("main", content, id="figures"),
        ),
        lang=say.language,
    )
    return f"<!doctype html>\n{page}\n"


def lead(assessment: Assessment, say: Wording) -> str:
    """Return in one sentence what a team lead must know."""
    evaluation = assessment.model.evaluation
    return say(
        "lead",
        right=_of_100(evaluation.accuracy),
        low=_of_100(evaluation.accuracy_interval.low),
        high=_of_100(evaluation.accuracy_interval.high),
        alone=_alone(assessment, say),
        rival=_rival(assessment, say),
    )


def chosen_promise(assessment: Assessment) -> Kept | None:
    """Return the promise that a summary speaks of: 97 %, else the strictest that routes a mail."""
    made = [one for one in assessment.promises if one.mails]
    exact = [one for one in made if abs(one.precision - PROMISED) < 1e-9]  # noqa: PLR2004 - equal but for rounding
    return exact[0] if exact else max(made, key=lambda one: one.precision, default=None)


def chosen_threshold(assessment: Assessment) -> ThresholdScore | None:
    """Return the least threshold at which 97 % are right, if any is."""
    rows = assessment.model.evaluation.thresholds
    return next((row for row in rows if row.accuracy >= PROMISED and row.mails >= _ENOUGH_MAILS), None)


def _of_100(share: float) -> int:
    return round(share * 100)


def _alone(assessment: Assessment, say: Wording) -> str:
    promise, row = chosen_promise(assessment), chosen_threshold(assessment)
    if promise:
        return say(
            "lead_promised",
            promise=say.percent(promise.precision, 0),
            routed=_of_100(promise.routed),
            accuracy=say.percent(promise.accuracy, 0),
        )
    if row:
        return say(
            "lead_threshold",
            threshold=say.percent(row.threshold, 0),
            routed=_of_100(row.routed),
            accuracy=say.percent(row.accuracy, 0),
        )
    return say("lead_no_threshold") if assessment.model.evaluation.examples >= _ENOUGH_MAILS else ""


def _rival(assessment: Assessment, say: Wording) -> str:
    if not assessment.versus or not assessment.baseline:
        missing = any(notice.key == "baseline_missing" for notice in assessment.notices)
        return say("rival_missing" if missing else "rival_impossible")
    whole = assessment.versus.whole
    verdict = "same" if whole.p >= SURE else "better" if whole.difference > 0 else "worse"
    return say(f"rival_{verdict}", baseline=_of_100(assessment.baseline.evaluation.accuracy))


def _summary(assessment: Assessment, say: Wording) -> Markup:
    return element(
        "section",
        element("h2", say("to_know"), class_="hidden"),
        element("p", lead(assessment, say), class_="lead"),
        element("dl", _tiles(assessment, say), class_="tiles"),
        element("ul", (element("li", text) for text in notices(assessment, say)), class_="notices")
        if notices(assessment, say)
        else None,
    )


def notices(assessment: Assessment, say: Wording) -> list[str]:
    """Return what the reader is to be warned of, sentence by sentence."""
    broken = [
        say(
            "promise_broken",
            promise=say.percent(one.precision, 0),
            accuracy=say.percent(one.accuracy),
            mails=say.count(one.mails),
            span=say.span(one.interval),
        )
        for one in assessment.promises
        if one.broken
    ]
    return [*(say(notice.key, **notice.values) for notice in assessment.notices), *broken]


def _tiles(assessment: Assessment, say: Wording) -> Sequence[Markup]:
    evaluation, ceiling = assessment.model.evaluation, say.share(assessment.model.honesty.ceiling)
    span, mails = say.span(evaluation.accuracy_interval), say.count(evaluation.examples)
    accuracy = say("tile_accuracy_about", span=span, mails=mails)
    tiles = [_tile(say("tile_accuracy"), say.percent(evaluation.accuracy), accuracy)]
    promise, row = chosen_promise(assessment), chosen_threshold(assessment)
    if promise:
        about = say(
            "tile_promised_about",
            promise=say.percent(promise.precision, 0),
            accuracy=say.percent(promise.accuracy, 0),
        )
        tiles.append(_tile(say("tile_alone"), say.percent(promise.routed, 0), about))
    elif row:
        about = say("tile_alone_about", threshold=say.percent(row.threshold, 0), accuracy=say.percent(row.accuracy, 0))
        tiles.append(_tile(say("tile_alone"), say.percent(row.routed, 0), about))
    tiles.append(_tile(say("tile_ece"), say.share(evaluation.ece), say("tile_ece_about", ceiling=ceiling)))
    if assessment.versus:
        whole = assessment.versus.whole
        about = say("tile_rival_about", span=say.points_span(whole.interval), p=say.p(whole.p))
        tiles.append(_tile(say("tile_rival"), say.points(whole.difference), about))
    return tiles


def _tile(name: str, value: str, about: str) -> Markup:
    return element("div", element("dt", name), element("dd", element("strong", value), element("small", about)))


def how(digest: str, circumstances: Circumstances, say: Wording) -> Markup:
    """Return how the figures came about."""
    sentences = (
        say("how_corpus", files=", ".join(circumstances.corpus), digest=digest),
        say("how_intervals"),
        say("how_ece"),
        say("how_baseline"),
        say("how_speed", machine=circumstances.machine),
        say("how_program", version=circumstances.program, date=circumstances.date),
    )
    return card(say("how"), (element("p", sentence) for sentence in sentences), class_="wide how")

"""The page of a comparison: who is better, where, and by which mails."""

from __future__ import annotations

from collections.abc import Sequence

from model.evaluation.assessment import contestant
from model.evaluation.comparison import Comparison, Pair, Paired
from model.evaluation.outcome import corpus_digest
from model.report import plots
from model.report.card import card
from model.report.excerpt import Texts
from model.report.markup import Markup, breakable, element
from model.report.page import SURE, Circumstances, document, how, row
from model.report.sections import contestants
from model.report.tables import table
from model.report.wording import Wording

_MOST_WINS = 15


def comparison_page(comparison: Comparison, texts: Texts, circumstances: Circumstances, say: Wording) -> str:
    """Return the HTML page of a comparison."""
    first, second = names(comparison, say)
    return document(
        say("compare_title", first=first, second=second),
        say("compared_on", mails=say.count(comparison.whole.mails), date=circumstances.date),
        [
            element("p", comparison_lead(comparison, say), class_="lead"),
            row(_models(comparison, say)),
            row(_agreement(comparison, say), _risk(comparison, say)),
            row(_parts(comparison, say)),
            row(_labels(comparison, say)),
            row(_wins(comparison, texts, say, second_wins=True)),
            row(_wins(comparison, texts, say, second_wins=False)),
            row(how(corpus_digest(comparison.first.outcomes), circumstances, say)),
        ],
        say,
    )


def names(comparison: Comparison, say: Wording) -> tuple[str, str]:
    """Return what to call the two: A and B where their names are the same."""
    first, second = comparison.first.name, comparison.second.name
    return (first, second) if first != second else (say("first_name"), say("second_name"))


def comparison_lead(comparison: Comparison, say: Wording) -> str:
    """Return in one sentence which is better, if any."""
    whole, (first, second) = comparison.whole, names(comparison, say)
    said = {
        "difference": say.points(whole.difference),
        "span": say.points_span(whole.interval),
        "mails": say.count(whole.mails),
        "chance": say.chance(whole.p),
    }
    if whole.p >= SURE:
        return say("compare_lead_same", **said)
    winner = second if whole.difference > 0 else first
    return say("compare_lead_better", winner=winner, more=say.count(abs(whole.only_second - whole.only_first)), **said)


def _models(comparison: Comparison, say: Wording) -> Markup:
    whole = comparison.whole
    judged = zip(names(comparison, say), (comparison.first, comparison.second), strict=True)
    return card(
        say("compare_models"),
        contestants([(name, contestant(one)) for name, one in judged], say),
        element(
            "p",
            say(
                "compare_mcnemar",
                p=say.p(whole.p),
                difference=say.points(whole.difference),
                span=say.points_span(whole.interval),
            ),
        ),
        class_="wide",
    )


def _agreement(comparison: Comparison, say: Wording) -> Markup:
    whole, (first, second) = comparison.whole, names(comparison, say)
    rows = (
        (say("both_right"), whole.both),
        (say("only", name=second), whole.only_second),
        (say("only", name=first), whole.only_first),
        (say("both_wrong"), whole.neither),
    )
    return card(
        say("agreement"),
        table(
            say("agreement_caption"),
            ["", say("mails"), ""],
            [[name, say.count(count), say.percent(count / whole.mails)] for name, count in rows],
        ),
    )


def _risk(comparison: Comparison, say: Wording) -> Markup:
    first, second = names(comparison, say)
    lines = [("second", second, contestant(comparison.second)), ("first", first, contestant(comparison.first))]
    return card(
        say("risk"),
        plots.risk_coverage(lines, say),
        about=say("risk_about"),
    )


def _parts(comparison: Comparison, say: Wording) -> Markup:
    parts = (*comparison.languages, *comparison.lengths)
    return card(
        say("parts"),
        _differences(say("parts_caption"), [(say.slice_name(part.name), part) for part in parts], comparison, say),
        class_="wide",
    )


def _labels(comparison: Comparison, say: Wording) -> Markup:
    return card(
        say("by_label"),
        _differences(say("by_label_caption"), [(part.name, part) for part in comparison.labels], comparison, say),
        about=say("by_label_about"),
        class_="wide",
    )


def _differences(caption: str, parts: Sequence[tuple[str, Paired]], comparison: Comparison, say: Wording) -> Markup:
    first, second = names(comparison, say)
    rows = table(
        caption,
        [say("part"), first, second, f"{say('difference')} ({say('points')})"],
        [
            [
                element("span", breakable(name), element("small", f"n = {say.count(part.mails)}", class_="under")),
                say.percent(part.first),
                say.percent(part.second),
                element(
                    "span",
                    element("strong" if part.p < SURE else "span", say.signed(part.difference)),
                    element("small", say.points_span(part.interval), class_="under"),
                    element("small", say.p(part.p), class_="under"),
                ),
            ]
            for name, part in parts
        ],
    )
    return element("div", rows, class_="narrow")


def wins_of(comparison: Comparison, *, second_wins: bool) -> list[Pair]:
    """Return the mails that only one gets right, those first that the other got wrong most surely."""
    place = 1 if second_wins else 0
    won = [pair for pair in comparison.pairs if pair[place].right and not pair[1 - place].right]
    return sorted(won, key=lambda pair: -pair[1 - place].confidence)


def _wins(comparison: Comparison, texts: Texts, say: Wording, *, second_wins: bool) -> Markup:
    won = wins_of(comparison, second_wins=second_wins)
    both = names(comparison, say)
    winner, loser = (both[1], both[0]) if second_wins else both
    return card(
        (say("wins", name=winner), f" ({say.count(len(won))})"),
        element(
            "ol",
            (
                element(
                    "li",
                    element(
                        "h3",
                        say("win_row", truth=pair[0].truth, loser=loser, said=pair[0 if second_wins else 1].said),
                    ),
                    element("p", pair[0].id, class_="quiet"),
                    texts.of(pair[0].id, say),
                )
                for pair in won[:_MOST_WINS]
            ),
            class_="mails",
        )
        if won
        else element("p", say("wins_none")),
        class_="wide",
    )

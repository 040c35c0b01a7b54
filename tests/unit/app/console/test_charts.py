"""Charts are sound SVG, say what they show, and can be told apart without colour."""

import re
from xml.etree import ElementTree as ET

import pytest

from app.console import charts
from app.console.charts import Chart, Series

SVG = "{http://www.w3.org/2000/svg}"


def chart(columns=("Mon", "Tue"), title="Mails", write=str):
    return Chart(id="c", title=title, about="The table has the numbers.", columns=columns, write=write)


def parsed(markup):
    return ET.fromstring(f'<body xmlns="http://www.w3.org/2000/svg">{markup}</body>')[0]  # noqa: S314 - ours


def test_a_chart_is_named_and_described():
    drawn = parsed(charts.stacked(chart(), [Series(name="motor", values=[1, 2])]))
    assert drawn.get("role") == "img"
    ids = {each.get("id"): each.text for each in drawn if each.tag in (f"{SVG}title", f"{SVG}desc")}
    assert ids == {"c-title": "Mails", "c-about": "The table has the numbers."}
    assert drawn.get("aria-labelledby").split() == list(ids)


def test_bars_stand_on_one_another_and_none_is_drawn_for_nothing():
    series = [Series(name="motor", values=[30, 0], style=0), Series(name="home", values=[10, 40], style=1)]
    drawn = parsed(charts.stacked(chart(write=lambda value: f"{value:g}"), series))
    columns = [each for each in drawn if each.tag == f"{SVG}g"]
    assert [column[0].text for column in columns] == ["Mon: 40\nhome: 10\nmotor: 30", "Tue: 40\nhome: 40"]
    first, second = columns[0].findall(f"{SVG}rect")
    assert float(first.get("y")) == pytest.approx(float(second.get("y")) + float(second.get("height")), abs=0.11)
    assert [rect.get("fill") for rect in (first, second)] == ["url(#p0)", "url(#p1)"]
    assert len(columns[1].findall(f"{SVG}rect")) == 1


def test_a_line_is_broken_where_nothing_is_known_and_shows_how_sure_it_is():
    line = Series(name="v1", values=[0.5, None, 0.9], ranges=[(0.4, 0.6), None, (0.8, 1.0)])
    drawn = parsed(charts.lines(chart(("1", "2", "3")), [line], charts.shares(0.4)))
    assert drawn.find(f"{SVG}svg/{SVG}path").get("d").count("M") == 2
    assert len(drawn.findall(f".//{SVG}use")) == 2
    assert len([each for each in drawn.iter(f"{SVG}line") if each.get("class") == "range"]) == 2
    assert "v1: 0.5 (0.4…0.6)" in drawn.find(f"{SVG}g/{SVG}title").text


def test_every_style_has_its_own_pattern_marker_and_dash():
    for family in (charts._PATTERNS, charts._MARKERS, charts._DASHES):
        assert len(set(family)) == len(family) == charts.STYLES
    for number in range(charts.STYLES):
        assert f'id="p{number}"' in charts.DEFINITIONS
        assert f'id="m{number}"' in charts.DEFINITIONS


def test_names_cannot_bring_markup_along():
    evil = '"><script>alert(1)</script>'
    series = [Series(name=evil, values=[1]), Series(name=f"{evil}2", values=[1])]
    for drawn in (
        charts.stacked(chart((evil,), evil, lambda _: evil), series),
        charts.lines(chart((evil,), evil, lambda _: evil), series, charts.from_zero(1)),
    ):
        assert "<script" not in drawn
        parsed(drawn)


def test_nothing_in_a_chart_needs_a_style_attribute_or_a_script():
    series = [Series(name="a", values=[1.0, 2.0], ranges=[(0.0, 1.0), None])]
    drawn = [
        charts.stacked(chart(), series),
        charts.lines(chart(), series, charts.from_zero(2)),
        charts.spark([1, 0, 3]),
        charts.whisker(0.5, (0.4, 0.6)),
        charts.swatch(1),
        charts.swatch(1, line=True),
        charts.DEFINITIONS,
    ]
    assert not re.search(r"\bstyle=|\bon[a-z]+=|<script|<style|href=\"[^#]", "".join(drawn))


def test_a_chart_of_no_columns_or_of_nothing_is_still_one():
    parsed(charts.stacked(chart(()), []))
    parsed(charts.stacked(chart(), [Series(name="a", values=[0, None])]))
    parsed(charts.lines(chart(), [Series(name="a", values=[None, None])], charts.shares(0)))
    assert charts.spark([]).count("<rect") == 0
    assert charts.whisker(None, (0, 1)) == ""


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (10, (0, 5, 10)),
        (97, (0, 50, 100)),
        (400, (0, 100, 200, 300, 400)),
        (1_234, (0, 500, 1_000, 1_500)),
    ],
)
def test_an_axis_ends_at_a_round_number_and_has_few_ticks(highest, ticks):
    assert charts.from_zero(highest).ticks == ticks


def test_shares_fill_the_axis_unless_one_is_low():
    assert charts.shares(0.95).low == 0.9
    assert charts.shares(0.83).low == 0.8
    assert charts.shares(0.1).low == 0.0
    assert charts.shares(0.83).ticks[-1] == pytest.approx(1)


def test_a_logarithmic_axis_begins_and_ends_at_a_step():
    scale = charts.logarithmic(150, 70_000, (1, 10, 100, 1_000, 10_000, 60_000, 600_000))
    assert scale.ticks == (100, 1_000, 10_000, 60_000, 600_000)
    assert scale.y(600_000) == charts.TOP
    assert scale.y(100) == charts.TOP + charts.HEIGHT
    assert scale.y(1) == charts.TOP + charts.HEIGHT


def test_at_most_six_columns_are_named_and_half_of_them_on_a_telephone():
    names = charts._names([str(number) for number in range(90)])
    assert names.count("<text") == 6
    assert names.count("spare") == 3

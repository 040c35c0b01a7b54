"""Days are days where the reader lives, whatever the clocks do."""

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import InvalidInput
from routing.span import MOST_DAYS, Span, beginning, day_of_number, latest, local_day

PARIS = ZoneInfo("Europe/Paris")
ZONES = ["Europe/Paris", "UTC", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Marquesas"]
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 1, 1))


@given(first=DAYS, length=st.integers(0, 365), zone=st.sampled_from(ZONES))
def test_pieces_cover_the_span_without_gap_and_number_its_days_rightly(first, length, zone):
    span = Span(first=first, last=date.fromordinal(first.toordinal() + length), zone=ZoneInfo(zone))
    pieces = span.pieces()
    assert pieces[0].since == span.since
    assert pieces[-1].until == span.until
    assert [piece.until for piece in pieces[:-1]] == [piece.since for piece in pieces[1:]]
    for piece in pieces:
        for at in (piece.since, (piece.since + piece.until) // 2, piece.until - 1):
            assert day_of_number(int(at + piece.offset) // 86_400) == local_day(at, span.zone)


def test_a_year_in_paris_has_two_changes_of_the_clocks():
    span = Span(first=date(2026, 1, 1), last=date(2026, 12, 31), zone=PARIS)
    assert [piece.offset for piece in span.pieces()] == [3_600, 7_200, 3_600]


def test_a_day_on_which_the_clocks_change_is_shorter_or_longer():
    assert _hours(date(2026, 3, 29)) == 23
    assert _hours(date(2026, 10, 25)) == 25
    assert _hours(date(2026, 7, 1)) == 24


def test_the_last_days_end_with_today_where_the_reader_is():
    late = beginning(date(2026, 11, 20), PARIS) + 1_800  # still the 19th in London
    assert latest(7, now=late, zone=PARIS) == Span(first=date(2026, 11, 14), last=date(2026, 11, 20), zone=PARIS)
    assert latest(1, now=late, zone=UTC).days() == (date(2026, 11, 19),)


def test_segments_begin_where_they_are_told_and_end_with_the_span():
    span = Span(first=date(2026, 3, 23), last=date(2026, 3, 24), zone=PARIS)
    noon = span.since + 12 * 3_600
    midnight = span.since + 24 * 3_600
    assert list(span.segments(noon)) == [
        (date(2026, 3, 23), noon, midnight),
        (date(2026, 3, 24), midnight, span.until),
    ]
    assert list(span.segments(span.until)) == []


@pytest.mark.parametrize(("first", "last"), [((2026, 1, 2), (2026, 1, 1)), ((2025, 1, 1), (2026, 1, 2))])
def test_a_span_that_ends_before_it_begins_or_is_too_long_is_refused(first, last):
    with pytest.raises(InvalidInput):
        Span(first=date(*first), last=date(*last), zone=PARIS)
    assert len(Span(first=date(2025, 1, 1), last=date(2026, 1, 1), zone=PARIS).days()) == MOST_DAYS


def _hours(day):
    span = Span(first=day, last=day, zone=PARIS)
    return (span.until - span.since) / 3_600

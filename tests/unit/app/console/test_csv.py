"""CSV that spreadsheets open rightly, and that they do not run."""

import csv
import io
from datetime import date

import pytest

from app.console.csv import csv_document


def test_a_document_is_utf8_with_a_mark_commas_and_quotes():
    text = csv_document([["File", "Nombre, part"], ["dégât « eau »", 3], ['a "b"\nc', 0.25]])
    assert text.startswith("\ufeffFile,")
    assert text.count("\r\n") == 3
    assert list(csv.reader(io.StringIO(text[1:], newline=""))) == [
        ["File", "Nombre, part"],
        ["dégât « eau »", "3"],
        ['a "b"\nc', "0.25"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_text_that_a_spreadsheet_would_run_is_text(text):
    (row,) = csv.reader(io.StringIO(csv_document([[text]])[1:], newline=""))
    assert row == ["'" + text]


def test_numbers_dates_and_nothing_are_written_plainly():
    assert csv_document([[-3, -0.5, 1e-7, date(2026, 3, 1), None, "-"]]) == "\ufeff-3,-0.5,1e-07,2026-03-01,,'-\r\n"

"""Corpora in tables: what is read, and what is said of what cannot be."""

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.corpus import Layout, examples_in, read_corpus
from model.corpus import lines as lines_module
from routing.errors import ConfigurationError

LINE = {"id": "1", "label": "quote", "language": "fr", "subject": "Devis", "text": "Combien ?"}


def corpus(tmp_path, *lines):
    file = tmp_path / "mails.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return file


def table(tmp_path, text, name="mails.csv", encoding="utf-8"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


def test_a_folder_is_read_file_by_file_in_order(tmp_path):
    (tmp_path / "b.jsonl").write_text(json.dumps({**LINE, "id": "2"}))
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE) + "\n\n")
    assert [example.id for example in read_corpus([tmp_path])] == ["1", "2"]


def test_an_example_is_read_as_a_mail(tmp_path):
    (example,) = read_corpus([corpus(tmp_path, {**LINE, "attachments": ["constat.pdf"]})])
    assert (example.mail.subject, example.mail.text) == ("Devis", "Combien ?")
    assert [attachment.name for attachment in example.mail.attachments] == ["constat.pdf"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "is empty"),
        (["  "], "is empty"),
        ([LINE, "{torn"], r"mails\.jsonl:2 is not an example"),
        (["[1]"], r"mails\.jsonl:1 is not an example"),
        (["[" * 100_000], r"mails\.jsonl:1 is not an example"),
        ([{"id": "1", "text": "x"}], "label"),
        ([{**LINE, "label": None}], "has no label"),
        ([{**LINE, "label": ["a", "b"]}], "list where label is one text"),
        ([{**LINE, "subject": " ", "text": ""}], "nothing to read"),
        ([{**LINE, "subject": None, "text": None}], "nothing to read"),
        ([LINE, LINE], r"mails\.jsonl:2 repeats the id '1'"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_refused_with_file_and_line(tmp_path, lines, why):
    with pytest.raises(ConfigurationError, match=why):
        read_corpus([corpus(tmp_path, *lines)])


def test_every_row_that_is_no_example_is_told_when_asked_for(tmp_path):
    faults = []
    read = read_corpus([corpus(tmp_path, LINE, "{torn", {"id": "3"}, {**LINE, "id": "4"})], faults=faults)
    assert [example.id for example in read] == ["1", "4"]
    assert ["mails.jsonl:2" in faults[0], "mails.jsonl:3" in faults[1], len(faults)] == [True, True, 2]


def test_a_missing_corpus_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_corpus([tmp_path / "nowhere.jsonl"])


def test_a_file_of_no_known_kind_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="no corpus that is known"):
        read_corpus([table(tmp_path, "x", "mails.docx")])


def test_a_line_of_json_ends_at_a_line_feed_and_nowhere_else(tmp_path):
    file = tmp_path / "mails.jsonl"
    file.write_text(json.dumps({**LINE, "text": "a\u2028b\x85c"}, ensure_ascii=False) + "\r\n", newline="")
    (example,) = read_corpus([file])
    assert example.text == "a\u2028b\x85c"


def test_excels_csv_is_read_as_it_is(tmp_path):
    text = 'id;label;subject;text\r\n1;Réclamation;été;"Deux lignes ;\r\n""citées"""\r\n;;;\r\n2;devis;;prix\r\n'
    first, second = read_corpus([table(tmp_path, text, encoding="cp1252")])
    assert (first.label, first.subject, first.text) == ("Réclamation", "été", 'Deux lignes ;\r\n"citées"')
    assert (second.id, second.place) == ("2", f"{tmp_path / 'mails.csv'}:5")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_of_a_table_are_found(tmp_path, encoding, delimiter):
    file = table(tmp_path, f"Text{delimiter}LABEL\nété{delimiter}other\n", encoding=encoding)
    (example,) = read_corpus([file])
    assert (example.text, example.label, example.id) == ("été", "other", f"{file}:2")


def test_excels_own_hint_before_the_header_is_passed_over(tmp_path):
    (example,) = read_corpus([table(tmp_path, "sep=;\r\ntext;label\r\nprix;quote\r\n")])
    assert example.label == "quote"


def test_columns_go_by_other_names_when_told(tmp_path):
    layout = Layout().with_columns(["label=category", "text=utterance"])
    (example,) = read_corpus([table(tmp_path, "utterance,category\nhow much,quote\n")], layout=layout)
    assert (example.text, example.label) == ("how much", "quote")
    with pytest.raises(ConfigurationError, match="OURS=THEIRS"):
        Layout().with_columns(["category"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("text,category\nx,y\n", "no column 'label'.*--column label=category"),
        ("corps;label\nx;y\n", "no column 'text'.*--column text=corps"),
        ("text,label\na,b,c\n", r"mails\.csv:2 has 3 fields, the header 2"),
        ('text,label\n"never closed,b\n' + "x" * 11_000_000, r"mails\.csv:2 cannot be read as CSV.*quote left open"),
        ('text,label\na,b\n"never closed,b\nc,d\n', r"mails\.csv:3 opens a quote that is never closed"),
        ('text,label\na,"b', r"mails\.csv:2 opens a quote that is never closed"),
        ("text,label\nb\n", "has no label"),
        ("text,label\rb,c\r", r"mails\.csv:1 cannot be read as CSV.*CR alone"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text, why):
    with pytest.raises(ConfigurationError, match=why):
        read_corpus([table(tmp_path, text)])


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_quotes_that_are_closed_may_hold_anything(tmp_path, end):
    examples = read_corpus([table(tmp_path, f'label,text\na,"one\ntwo ""three"""\nb,"four\n"{end}')])
    assert [example.text for example in examples] == ['one\ntwo "three"', "four\n"]


def test_a_binary_file_is_refused(tmp_path):
    file = tmp_path / "mails.csv"
    file.write_bytes(b"PK\x03\x04\0\0\xff")
    with pytest.raises(ConfigurationError, match="binary"):
        read_corpus([file])


def test_a_wrong_encoding_is_refused_with_its_line(tmp_path):
    file = tmp_path / "mails.jsonl"
    file.write_bytes(json.dumps(LINE).encode() + b'\n{"text": "\xe9"}\n')
    with pytest.raises(ConfigurationError, match=r"mails\.jsonl:2 is not utf-8.*--encoding"):
        read_corpus([file])
    with pytest.raises(ConfigurationError, match="'klingon' is no encoding"):
        read_corpus([file], layout=Layout(encoding="klingon"))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines_module, "LINE_BYTES", 1024)
    with pytest.raises(ConfigurationError, match=r"mails\.jsonl:1 is longer than"):
        read_corpus([corpus(tmp_path, {**LINE, "text": "x" * 2000})])


def test_a_corpus_is_read_as_it_is_asked_for(tmp_path):
    rows = examples_in([corpus(tmp_path, LINE, "{torn")])
    assert next(rows).id == "1"


def test_unlabelled_mail_is_read_for_those_who_ask_for_no_label(tmp_path):
    file = table(tmp_path, "text\nbonjour\n")
    (example,) = read_corpus([file], layout=Layout(labelled=False))
    assert (example.text, example.label) == ("bonjour", "")


def test_parquet_is_read_and_its_nulls_are_told(tmp_path):
    rows = {"label": ["quote", None, "other"], "text": ["prix ?", "x", None], "subject": [None, "a", "b"]}
    pq.write_table(pa.table(rows), tmp_path / "mails.parquet")
    faults = []
    read = read_corpus([tmp_path / "mails.parquet"], faults=faults)
    assert [(example.subject, example.text) for example in read] == [("", "prix ?"), ("b", "")]
    assert "mails.parquet:2 has no label" in faults[0]
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "mails.parquet").read_bytes()[:-9])
    with pytest.raises(ConfigurationError, match="cannot be read as Parquet"):
        read_corpus([tmp_path / "torn.parquet"])


def test_parquet_without_its_library_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigurationError, match="needs the package pyarrow"):
        read_corpus([table(tmp_path, "x", "mails.parquet")])

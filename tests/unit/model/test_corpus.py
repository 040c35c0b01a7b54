import json

import pytest

from model.corpus import read_corpus
from routing.errors import ConfigurationError

LINE = {"id": "1", "label": "quote", "language": "fr", "subject": "Devis", "text": "Combien ?"}


def corpus(tmp_path, *lines):
    file = tmp_path / "mails.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return file


def test_a_folder_is_read_file_by_file_in_order(tmp_path):
    (tmp_path / "b.jsonl").write_text(json.dumps({**LINE, "id": "2"}))
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE) + "\n\n")
    assert [example.id for example in read_corpus([tmp_path])] == ["1", "2"]


def test_an_example_is_read_as_a_mail(tmp_path):
    (example,) = read_corpus([corpus(tmp_path, LINE)])
    assert (example.mail.subject, example.mail.text) == ("Devis", "Combien ?")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "is empty"),
        ([LINE, "{torn"], r"mails\.jsonl:2 is not an example"),
        (["[1]"], r"mails\.jsonl:1 is not an example"),
        ([{"id": "1", "text": "x"}], "label"),
        ([{**LINE, "subject": " ", "text": ""}], "nothing to read"),
        ([LINE, LINE], r"mails\.jsonl:2 repeats the id '1'"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_refused_with_file_and_line(tmp_path, lines, why):
    with pytest.raises(ConfigurationError, match=why):
        read_corpus([corpus(tmp_path, *lines)])


def test_a_missing_corpus_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_corpus([tmp_path / "nowhere.jsonl"])

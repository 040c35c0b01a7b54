"""What is written about the code is true of the code."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from facteur.settings_document import BEGIN, END, settings_table, with_settings
from routing import errors
from routing.errors import ConfigurationError, FacteurError
from routing.settings import ELSEWHERE, PREFIX, Settings

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "docs" / "configuration.md"
CHANGELOG = ROOT / "CHANGELOG.md"
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "rancher" / "README.md"]


def read(path):
    return path.read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_that_the_code_gives():
    document = read(CONFIGURATION)
    assert with_settings(document) == document, "run `make docs`"


def test_every_setting_has_a_row_and_a_sentence():
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(fields(Settings))
    for setting, row in zip(fields(Settings), rows, strict=True):
        assert row.startswith(f"| `{PREFIX}{setting.name.upper()}` |")
        assert row.endswith(". |")


def test_variables_that_are_no_settings_are_documented_too():
    assert {name for name in ELSEWHERE if name not in read(CONFIGURATION)} == set()


def test_a_document_without_the_marks_is_refused():
    for document in ("", BEGIN, END):
        with pytest.raises(ConfigurationError):
            with_settings(document)


def error_classes():
    found = [FacteurError]
    for each in found:
        found.extend(each.__subclasses__())
    return [each for each in found if each.__module__ == "routing.errors"]


def test_every_error_stands_in_the_tree_under_the_error_that_it_is_a_kind_of():
    drawn = {}
    path = []
    for line in inspect.getdoc(errors).splitlines():
        match = re.match(r"^([\s│├└─]*)([A-Z]\w+)(\s|$)", line)
        if match and hasattr(errors, match.group(2)):
            depth = len(match.group(1)) // 4
            path = [*path[: depth - 1], match.group(2)]
            drawn[match.group(2)] = path[-2] if len(path) > 1 else None
    assert drawn == {
        each.__name__: None if each is FacteurError else each.__bases__[0].__name__ for each in error_classes()
    }


def test_the_changelog_says_what_is_not_yet_released():
    headings = re.findall(r"^## (.+)$", read(CHANGELOG), flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    for heading in headings[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)


def test_decision_records_are_numbered_without_a_gap_and_say_what_follows():
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    for path in RECORDS:
        assert re.match(rf"# {int(path.name[:4])}\. .+\n\nDate: \d{{4}}-\d\d-\d\d\n", read(path)), path.name
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in read(path), path.name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_into_the_tree_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(name):
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", read(ROOT / name)))
    assert named
    assert named <= targets

"""Waiting for a version ends when that version answers, and never because a variable is empty."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from checkout import ROOT
from serving import serving

VERSION = '{"info": {"title": "", "version": "%s"}}'


def wait(*words):
    done = subprocess.run(
        [sys.executable, str(ROOT / "ci/wait_for.py"), *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def answering(*versions):
    """Answer with one version after the other, and then with the last."""
    said = itertools.chain(versions, itertools.repeat(versions[-1]))
    return serving(lambda *_: (200, VERSION % next(said)))


def test_it_waits_for_the_version_in_its_field():
    with answering("1.1", "1.2.30", "1.2.3") as (address, asked):
        code, said = wait(address, "--field", "info.version=1.2.3", "--every", "0.01", "--seconds", "60")
    assert code == 0, said
    assert len(asked) == 3


def test_old_and_new_in_turn_are_not_yet_the_new_one():
    with answering("1.2", "1.1", "1.2", "1.2", "1.1", "1.2") as (address, asked):
        code, said = wait(address, "--field", "info.version=1.2", "--times", "3", "--every", "0.01", "--seconds", "60")
    assert code == 0, said
    assert len(asked) == 8


def test_another_version_is_named_when_the_time_is_over():
    with answering("1.1") as (address, _):
        code, said = wait(address, "--field", "info.version=1.2", "--every", "0.1", "--seconds", "0.3")
    assert code == 1
    assert "info.version is '1.1', not '1.2'" in said


@pytest.mark.parametrize("page", ["no JSON", "[]", '{"info": "1.2"}', '{"info": {}}'])
def test_an_answer_without_the_field_is_not_the_one(page):
    with serving(lambda *_: (200, page)) as (address, _):
        code, said = wait(address, "--field", "info.version=1.2", "--every", "0.1", "--seconds", "0.1")
    assert code == 1
    assert "info.version is None" in said


@pytest.mark.parametrize(
    "words",
    [("--contains", ""), ("--contains", '""'), ("--field", "info.version="), ("--field", 'info.version=""')],
    ids=str,
)
def test_an_empty_variable_is_refused_before_anybody_is_asked(words):
    with answering("1.1") as (address, asked):
        code, said = wait(address, *words)
    assert code == 2
    assert "a variable is empty" in said
    assert asked == []

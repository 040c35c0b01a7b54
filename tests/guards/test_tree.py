"""The shape of the tree: modules that fit a screen or two, names in the domain's words, nothing secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "benchmarks", "broker", "facteur", "model", "routing", "tests", "worker")
MOST_LINES = 400
WORDS_WITHOUT_MEANING = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}
NOT_OURS = {".git", ".hypothesis", ".venv", "__pycache__", "build", "dist", "node_modules", "var"}
TEXT = {".cfg", ".eml", ".ini", ".json", ".md", ".mako", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgl(pat|rt|dt|cbt|ptt|ft|soat)-[0-9A-Za-z_-]{20}"
    r"|\bgh[pousr]_[0-9A-Za-z]{36}"
    r"|\bxox[abprs]-[0-9A-Za-z-]{10}"
)
OUR_SECRETS = re.compile(r"\bwhsec_[0-9A-Za-z+/]{24}|\bfct_[0-9A-Za-z_-]{32}")
"""Tests make up some of these."""


def files(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts):
                yield path


def modules():
    return [path for path in files(*ROOMS) if path.suffix == ".py"]


def test_every_module_fits_a_screen_or_two():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_module_is_named_by_a_word_without_meaning():
    named = {path for path in modules() if WORDS_WITHOUT_MEANING & set(path.stem.split("_"))}
    assert named == set()


def test_every_folder_of_a_room_is_a_package():
    rooms = [room for room in ROOMS if room not in {"benchmarks", "tests"}]
    folders = {path.parent for path in modules() if path.relative_to(ROOT).parts[0] in rooms}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_nothing_in_the_tree_looks_like_a_secret():
    folders = [
        path.name
        for path in ROOT.iterdir()
        if path.is_dir()
        and path.name not in NOT_OURS
        and not path.name.startswith(".venv")
        and not path.name.endswith("_cache")
    ]
    paths = [*files(*folders), *(path for path in ROOT.iterdir() if path.is_file())]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()[:12]}…"
        for path in paths
        if path.suffix in TEXT
        for kind in ((SECRETS,) if "tests" in path.relative_to(ROOT).parts else (SECRETS, OUR_SECRETS))
        for match in kind.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "fct_" + "x" * 43,
        "whsec_" + "b" * 44,
        "glpat-" + "y" * 20,
        "AKIA" + "Z" * 16,
    ],
)
def test_a_secret_would_be_seen(secret):
    assert SECRETS.search(f"key = {secret}") or OUR_SECRETS.search(f"key = {secret}")

"""What a generated project's files say: their text, their prose, and in which language that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

NOT_OURS = {".git", ".venv", "__pycache__"}
FENCE = re.compile(r"^```.*?^```$", flags=re.MULTILINE | re.DOTALL)
WORDS = {
    "en": {"the", "and", "of", "to", "is", "it", "that", "what", "with", "for", "are", "from", "by", "which", "when"},
    "fr": {"le", "la", "les", "des", "et", "est", "une", "que", "qui", "dans", "pour", "avec", "par", "sur", "ce"},
}
"""Words that almost every sentence of the language has, and the other language lacks."""
FEWEST = 8
"""Words below which a paragraph's language is anybody's guess."""


def files_of(project: Path) -> list[Path]:
    """Return the project's files, its own work left out."""
    return sorted(
        path for path in project.rglob("*") if path.is_file() and not NOT_OURS & set(path.relative_to(project).parts)
    )


def texts_of(project: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file that is text."""
    for path in files_of(project):
        raw = path.read_bytes()
        if b"\0" not in raw and not raw.startswith(b"PAR1"):
            yield str(path.relative_to(project)), raw.decode("utf-8")


def pages_of(project: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of each page of documentation."""
    for path in files_of(project):
        if path.suffix == ".md":
            yield path, path.read_text(encoding="utf-8")


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", page)


def foreign_paragraphs(page: str, language: str) -> list[str]:
    """Return the paragraphs, rows and list items that are in the other language."""
    (other,) = set(WORDS) - {language}
    paragraphs = re.split(
        r"\n\s*\n|\n(?=[-|#\d])", re.sub(r"`[^`\n]*`|\]\([^)]*\)|\S+@\S+|https?://\S+", " ", prose(page))
    )
    return [paragraph for paragraph in paragraphs if _is_in(paragraph, other, language)]


def _is_in(paragraph: str, language: str, other: str) -> bool:
    words = re.findall(r"[^\W\d_]+", paragraph.lower())
    if len(words) < FEWEST:
        return False
    return sum(word in WORDS[language] for word in words) > sum(word in WORDS[other] for word in words)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitLab makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}

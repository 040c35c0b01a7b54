"""The agents' console: pages for people, rendered here and complete without a script.

Each page is a module with a blueprint, and every view names the least role that may open it
(`Endpoint(scope=None, role=…)`). What the pages share is in `page` and `language`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from app.assets import EXTENSION as ASSETS
from app.assets import Asset
from app.console import language, markup, navigation
from app.console.failure import failure_page
from app.console.me import me_pages
from app.console.signing_in import sign_in_pages
from app.console.start import start

__all__ = ["BLUEPRINTS", "failure_page", "install"]

BLUEPRINTS = (
    sign_in_pages,
    start,
    me_pages,
)
"""One for each page or family of pages."""


def install(app: Flask) -> None:
    """Give the templates what they speak with, and name this build by what its pages are made of."""
    app.extensions[language.EXTENSION] = language.read_catalogues()
    navigation.install(app)
    markup.install(app)
    app.extensions["facteur.build"] = _build(app.extensions[ASSETS])


def _build(assets: Mapping[str, Asset]) -> str:
    """Return a digest of all templates, texts and files: pages that browsers kept are no good in another build."""
    digest = hashlib.sha256()
    for folder in ("templates", "translations"):
        for path in sorted((Path(__file__).parents[1] / folder).rglob("*.*")):
            digest.update(path.read_bytes())
    for each in assets.values():
        digest.update(each.digest.encode())
    return digest.hexdigest()[:16]

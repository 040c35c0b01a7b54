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
from app.console.acts import act_pages
from app.console.audit import audit_pages
from app.console.dashboard import dashboard
from app.console.failed import failed_pages
from app.console.failure import failure_page
from app.console.keys import keys_pages
from app.console.mail import mail_pages
from app.console.mail_explanation import mail_explanation
from app.console.mail_files import mail_files
from app.console.me import me_pages
from app.console.policy import policy_pages
from app.console.policy_editing import policy_editing
from app.console.policy_preview import policy_preview
from app.console.queues import queue_pages
from app.console.signing_in import sign_in_pages
from app.console.system import system_pages
from app.console.triage import triage_pages
from app.console.users import users_pages
from app.console.views import view_pages

__all__ = ["BLUEPRINTS", "failure_page", "install"]

BLUEPRINTS = (
    sign_in_pages,
    queue_pages,
    act_pages,
    view_pages,
    me_pages,
    dashboard,
    mail_pages,
    mail_explanation,
    mail_files,
    users_pages,
    keys_pages,
    audit_pages,
    failed_pages,
    system_pages,
    policy_pages,
    policy_preview,
    policy_editing,
    triage_pages,
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

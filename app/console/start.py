"""The console's first page."""

from __future__ import annotations

from flask import Blueprint, Response

from app.console.page import page
from app.endpoint import Endpoint, endpoint
from routing.people import Role

start = Blueprint("start", __name__)


@start.get("/")
@endpoint(Endpoint(scope=None, role=Role.AGENT, documented=False))
def first_page() -> Response:
    """Answer with the way to all pages."""
    return page("console/start.html")

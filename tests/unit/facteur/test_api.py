"""How gunicorn is told to serve."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask

from facteur.api import _Server
from routing.ids import uuid7
from routing.settings import Settings


def test_an_open_list_can_ask_after_its_mails_whatever_is_searched_for():
    search = quote("/queues/" + quote("q" * 60) + "?q=" + quote("😀" * 200), safe="")
    line = "GET /rows?list=" + search + f"&mail={uuid7()}%3A12" * 50 + " HTTP/1.1\r\n"
    assert len(line) > 4_094
    assert len(line) < _Server(Flask("x"), Settings()).cfg.limit_request_line

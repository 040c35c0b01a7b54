"""Asking the role that runs on this machine, or in this container, whether it lives.

The request is written by hand over a socket: this runs every few seconds, and an HTTP client takes longer to import
than the answer to come.
"""

from __future__ import annotations

import socket

import click

from routing.settings import Settings

ANSWER_SECONDS = 2.0
"""Less than the three seconds that orchestrators commonly give a health check."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to listen on, and where to ask then
GOOD = "200"
_LINE_BYTES = 4096


class Unhealthy(click.ClickException):
    """Nothing answers here, or it answers that it does not live."""


def ask_here(settings: Settings) -> str:
    """Ask the API and the port of the other roles, whichever answers, and return one sentence.

    Raises:
        Unhealthy: none answers, or one answers that it is not well.
    """
    host = EVERYWHERE.get(settings.host, settings.host)
    answers = {port: _status(host, port) for port in (settings.metrics_port, settings.port) if port}
    heard = {port: status for port, status in answers.items() if status}
    if not heard:
        hint = "" if settings.metrics_port else "; roles other than the API answer where FACTEUR_METRICS_PORT says"
        raise Unhealthy(f"Nothing answers at {host}, port {' or '.join(map(str, answers))}{hint}.")
    for port, status in heard.items():
        if status != GOOD:
            raise Unhealthy(f"http://{host}:{port}/healthz answers {status}.")
    return "Healthy."


def _status(host: str, port: int) -> str:
    """Return the status of `/healthz`; empty where nobody listens, and a word where there is no answer."""
    try:
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(f"GET /healthz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            words = connection.recv(_LINE_BYTES).split(maxsplit=2)
    except ConnectionRefusedError:
        return ""
    except OSError:
        return "nothing in time"
    return words[1].decode("ascii", "replace") if len(words) > 1 else "nonsense"

"""`/healthz`, `/readyz` and `/metrics` of the roles that have no HTTP of their own, on a port of theirs."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from routing.errors import ConfigurationError
from worker.vitals import Vitals

METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
JSON = "application/json"


def show(vitals: Vitals, *, host: str, port: int) -> ThreadingHTTPServer:
    """Answer probes and scrapes on a thread, until the process ends.

    Children that are forked meanwhile do not keep the port.

    Args:
        vitals: what the probes are answered.
        host: address to listen on.
        port: 0 takes any that is free.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    try:
        server = _Server((host, port), vitals)
    except OSError as error:
        raise ConfigurationError(
            f"FACTEUR_METRICS_PORT is {port}, and {host} cannot be listened on there ({error.strerror}); "
            "each role on one machine needs a port of its own."
        ) from error
    os.register_at_fork(after_in_child=server.socket.close)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], vitals: Vitals) -> None:
        self.vitals = vitals
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Probe)

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which takes seconds where no name server answers."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]


class _Probe(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        """Answer one probe or scrape."""
        answers: dict[str, Callable[[], tuple[HTTPStatus, str, bytes]]] = {
            "/healthz": lambda: _told(self.server.vitals.healthz(), well="ok"),
            "/readyz": lambda: _told(self.server.vitals.readyz(), well="ready"),
            "/metrics": lambda: _metrics(self.headers.get("Accept", "")),
        }
        answer = answers.get(self.path.partition("?")[0], _nothing)
        status, kind, body = answer()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: Any) -> None:
        """Say nothing: probes come every few seconds."""


def _told(parts: dict[str, str], *, well: str) -> tuple[HTTPStatus, str, bytes]:
    status = HTTPStatus.OK if parts["status"] == well else HTTPStatus.SERVICE_UNAVAILABLE
    return status, JSON, json.dumps(parts).encode()


def _metrics(accept: str) -> tuple[HTTPStatus, str, bytes]:
    """Add up what the processes of this role wrote into their directory."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=os.environ[METRICS_DIRECTORY])  # type: ignore[no-untyped-call]
    encode, kind = choose_encoder(accept)
    return HTTPStatus.OK, kind, encode(registry)


def _nothing() -> tuple[HTTPStatus, str, bytes]:
    return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"Ask /healthz, /readyz or /metrics.\n"

"""Asking a role's port for probes."""

from __future__ import annotations

import http.client


def answer_of(port: int, path: str) -> tuple[int, str]:
    """Status and body; status 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()

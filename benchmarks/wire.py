"""Bytes on the wire of a queue's page, first with nothing kept and then again: by plain HTTP, and by Chromium."""

from __future__ import annotations

import http.client
import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from browsing import chromium, launched
from deployment import Deployment, wait_for

HEADERS = {"Accept-Encoding": "gzip", "Accept": "text/html,*/*"}


def first_and_second_visit(url: str, var: Path, name: str, password: str) -> dict[str, int]:
    """Start the service on a database and return the bytes of both visits of its fullest queue, headers included."""
    service = Deployment(
        var=var,
        database_url=url,
        extra={"FACTEUR_API_PROCESSES": "1", "FACTEUR_SESSION_SECRET": "0123456789abcdef" * 4},
        obedient=False,
    )
    with service.store() as store:
        path = f"/queues/{max(store.queue_states(), key=lambda state: state.open).queue}"
    try:
        service.start("redis", "api")
        wait_for(lambda: service.get("/healthz")[0] == 200, seconds=60, what="the API")
        cookie = _sign_in(service, name, password)
        first, second = _by_http(service, path, cookie)
        counts = {"first visit, HTTP": first, "second visit, HTTP": second}
        executable = chromium()
        if executable:
            first, second = _by_chromium(service, path, cookie, executable)
            counts |= {"first visit, Chromium": first, "second visit, Chromium": second}
    finally:
        service.stop()
    return counts


def _ask(service: Deployment, method: str, path: str, **more: object) -> tuple[http.client.HTTPResponse, bytes, int]:
    """Return the answer, its body as sent, and how many bytes it was with its headers."""
    connection = http.client.HTTPConnection("127.0.0.1", service.settings.port, timeout=60)
    connection.request(method, path, **more)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + len("HTTP/1.1 200 OK\r\n\r\n")
    return answer, body, len(body) + head


def _sign_in(service: Deployment, name: str, password: str) -> str:
    form, body, _ = _ask(service, "GET", "/sign-in")
    guest = "; ".join(value.split(";")[0] for value in form.headers.get_all("Set-Cookie") or [])
    token = re.search(r'name="csrf" value="([^"]+)"', body.decode())
    fields = urlencode({"csrf": unescape(token[1]) if token else "", "name": name, "password": password})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://127.0.0.1:{service.settings.port}",
        "Cookie": guest,
    }
    answer, body, _ = _ask(service, "POST", "/sign-in", body=fields, headers=headers)
    assert answer.status == 303, body.decode()
    cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
    return next(cookie for cookie in cookies if cookie.startswith("facteur_session="))


def _by_http(service: Deployment, path: str, cookie: str) -> tuple[int, int]:
    """A browser's first visit asks for the page and all it names; the second for what may not be kept."""
    headers = HEADERS | {"Cookie": cookie}
    _, plain, _ = _ask(service, "GET", path, headers={"Cookie": cookie})
    page, _, first = _ask(service, "GET", path, headers=headers)
    assert page.status == 200, page.status
    second = first
    named = re.findall(r'<(?:script|link|img)\b[^>]*?(?:src|href)="(/static/[^"]+)"', plain.decode())
    for file in dict.fromkeys(unescape(each) for each in named):
        answer, _, size = _ask(service, "GET", file, headers=headers)
        first += size
        if "immutable" not in (answer.getheader("Cache-Control") or ""):
            second += size
    return first, second


def _by_chromium(service: Deployment, path: str, cookie: str, executable: str) -> tuple[int, int]:
    address = f"http://127.0.0.1:{service.settings.port}"
    with launched(executable) as browser:
        context = browser.new_context()
        key, _, value = cookie.partition("=")
        context.add_cookies([{"name": key, "value": value, "url": address}])
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        counts: list[float] = []
        session.on("Network.loadingFinished", lambda event: counts.append(event["encodedDataLength"]))
        visits = []
        for _ in range(2):
            counts.clear()
            page.goto(f"{address}{path}", wait_until="networkidle")
            visits.append(round(sum(counts)))
            page.goto("about:blank")
    return visits[0], visits[1]

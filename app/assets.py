"""Style sheets, scripts and pictures: read once, compressed once, kept by browsers for ever.

Pages name a file with the digest of its content (`/static/console.css?v=…`), so a browser never has to ask whether
its copy is still good, and a new version is another address.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request

from routing.errors import NotFound

EXTENSION = "facteur.assets"
FOLDER = Path(__file__).parent / "static"

KINDS: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """A file that browsers load."""

    content: bytes
    compressed: bytes
    digest: str
    kind: str


@cache
def read_assets(folder: Path = FOLDER) -> Mapping[str, Asset]:
    """Return all files that browsers may load, by name. They are read once a process."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in KINDS:
            content = path.read_bytes()
            found[path.name] = Asset(
                content=content,
                compressed=gzip.compress(content, 9, mtime=0),
                digest=hashlib.sha256(content).hexdigest()[:16],
                kind=KINDS[path.suffix],
            )
    return found


def asset(name: str) -> str:
    """Return the address of a file, for templates. Raises KeyError."""
    found: Mapping[str, Asset] = current_app.extensions[EXTENSION]
    return f"/static/{name}?v={found[name].digest}"


def static(filename: str) -> Response:
    """Answer with a file, compressed for whoever can read that."""
    found: Mapping[str, Asset] = current_app.extensions[EXTENSION]
    chosen = found.get(filename)
    if chosen is None:
        raise NotFound("There is no such file.")
    response = Response(content_type=chosen.kind)
    response.set_etag(chosen.digest, weak=True)
    response.vary.add("Accept-Encoding")
    fresh = request.args.get("v") == chosen.digest
    response.headers["Cache-Control"] = FOR_EVER if fresh else FOR_A_WHILE
    if request.if_none_match.contains_weak(chosen.digest):
        response.status_code = 304
    elif request.accept_encodings["gzip"] > 0:
        response.headers["Content-Encoding"] = "gzip"
        response.set_data(chosen.compressed)
    else:
        response.set_data(chosen.content)
    return response


def install(app: Flask) -> None:
    """Serve the files under `/static/`."""
    app.extensions[EXTENSION] = read_assets()
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
    app.jinja_env.globals["asset"] = asset

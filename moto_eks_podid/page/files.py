"""Styles and scripts."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from .answers import Answer, NotFound, Request

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


def static(request: Request) -> Answer:
    """``GET /ui/static/NAME``: a file; for ever, when the query has its version."""
    name = request.path["name"]
    content = contents().get(name)
    if content is None:
        raise NotFound("There is no such file.")
    lasting = request.query.get("v") == version(name)
    return Answer(
        content,
        content_type=TYPES[name.rpartition(".")[2]],
        headers={"Cache-Control": "max-age=31536000, immutable" if lasting else "no-cache"},
    )


@cache
def contents() -> dict[str, bytes]:
    """Return every file by its name: nothing else is ever read for a request."""
    folder = files(__package__) / "static"
    return {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in TYPES
    }


@cache
def version(name: str) -> str:
    """Return what changes whenever a file does."""
    return hashlib.sha256(contents()[name]).hexdigest()[:10]

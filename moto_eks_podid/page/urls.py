"""The paths of the page, below ``/moto-api/eks-podid/``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

#: Everything there is the page's, so that unknown paths are answered as pages, too.
PAGES = "/ui/"

#: Path below the prefix -> module and function of the view. They are imported with the first
#: request: whoever never looks does not wait for templates.
VIEWS: Mapping[str, str] = {
    "/": "overview:overview",
    "/ui/clusters": "clusters:clusters",
    "/ui/sessions": "sessions:sessions",
    "/ui/pods": "pod_pages:pods",
    "/ui/pods/(?P<pod_id>[0-9a-f]+)": "pod_pages:pod",
    "/ui/events": "events:events",
    "/ui/events/rows": "events:rows",
    "/ui/events/(?P<id>[0-9A-Za-z-]{16,100})": "event:event",
    "/ui/stream": "stream:stream",
    r"/ui/static/(?P<name>[a-z-]+\.[a-z]+)": "files:static",
}


def find_view(path: str) -> tuple[Callable[..., Any], Mapping[str, str]] | None:
    """Return the view of a path below the prefix, and the values in the path."""
    for pattern, name in VIEWS.items():
        if match := re.fullmatch(pattern, path):
            module, _, function = name.partition(":")
            view = getattr(import_module(f".{module}", __package__), function)
            return view, match.groupdict()
    return None

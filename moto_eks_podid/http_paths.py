"""Where our HTTP endpoints and the page are; what answers there is loaded by the first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.core.common_types import TYPE_RESPONSE

from .remote import PREFIX

MAX_BODY: Final = 1024 * 1024
#: The requests whose bodies may be larger: a state has about 3 KiB for each session.
LARGE_BODIES: Final[Mapping[tuple[str, str], int]] = {("PUT", "/state"): 512 * MAX_BODY}


def is_ours(path: str) -> bool:
    """Tell whether a path is one of ours."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def largest_body(method: str, path: str) -> int | None:
    """Return how many bytes a request may bring, None where it is not ours to say."""
    if not is_ours(path):
        return None
    return LARGE_BODIES.get((method, path.removeprefix(PREFIX)), MAX_BODY)


class _Ours:
    """Callable the way moto calls the functions of its own endpoints."""

    # The server names its routes after these two.
    __module__ = __name__

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, request: Any, full_url: str, headers: Any) -> TYPE_RESPONSE:
        from .endpoints import answer

        return answer(request)


#: What moto matches.
url_paths: Mapping[str, Callable[..., TYPE_RESPONSE]] = {
    f"{{0}}{PREFIX}/?$": _Ours("eks_podid"),
    f"{{0}}{PREFIX}/(?P<path>.*)$": _Ours("eks_podid_below"),
}

"""From a request to a view, and from what went wrong to a page that says so."""

from __future__ import annotations

from typing import Any

from moto.core.common_types import TYPE_RESPONSE

from ..remote import PREFIX
from .answers import METHODS, Answer, BadQuery, NotFound, Request
from .templates import render
from .timelines import BadFilter
from .urls import find_view


def dispatch(request: Any) -> TYPE_RESPONSE:
    """Answer a request, which is one of werkzeug's."""
    return _answer(request).for_moto(request.method, at_server=request.from_wsgi_server)


def _answer(request: Any) -> Answer:
    if request.method not in METHODS:
        return _problem(
            405, "Not allowed", "This is a page to look at.", {"Allow": ", ".join(METHODS)}
        )
    path = request.path.removeprefix(PREFIX).rstrip("/") or "/"
    found = find_view(path)
    if found is None:
        return _problem(404, "Not found", "There is no such page.")
    view, values = found
    asked = Request(
        values,
        request.args.to_dict(),
        request.headers,
        streams=request.from_wsgi_server and request.method == "GET",
    )
    try:
        answer: Answer = view(asked)
    except NotFound as error:
        return _problem(404, "Not found", str(error))
    except (BadFilter, BadQuery) as error:
        return _problem(400, "That cannot be asked", str(error))
    return answer


def _problem(
    status: int, title: str, message: str, headers: dict[str, str] | None = None
) -> Answer:
    body = render("problem.html", title=title, message=message, section=None)
    return Answer(body, status, headers=headers or {})

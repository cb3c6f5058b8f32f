"""Parameters as moto finds them, where it looks in more places than AWS.

Services of JSON that moto parses by hand take a parameter from the query, if it is there, then from
the body, then from the path. What is judged must be what moto then acts upon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from moto.core.utils import get_service_model

_QUERY: Final = "querystring"
_OUTSIDE_BODY: Final = frozenset({_QUERY, "uri"})


@dataclass(frozen=True, slots=True)
class _Names:
    """What parameters are called where, and in the models."""

    #: Those that belong into the path or the body, and are found in the query.
    outside_query: dict[str, str]
    #: Those that belong into the query or the path, and are found in the body.
    outside_body: dict[str, str]
    in_body: dict[str, str]


def as_moto_finds(
    response: Any, service: str, operation: str, parsed: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the parameters of a request.

    :param response: moto's response object of the request, of a service of JSON
    :param parsed: the parameters as AWS would read them; None when they cannot be parsed
    """
    names = _names(service, operation)
    parameters: dict[str, Any] = {}
    body: Mapping[str, Any] = {}
    if parsed is None or names.outside_body:
        body = _object_in(response.body)
    if parsed is not None:
        parameters.update(parsed)
    else:
        parameters.update(_called(names.in_body, body))
        parameters.update(_called(names.outside_body, response.uri_match))
    parameters.update(_called(names.outside_body, body))
    for wire_name, values in response.querystring.items():
        name = names.outside_query.get(wire_name)
        if name is not None and values:
            parameters[name] = values[0]
    return parameters


def _called(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[wire] for wire, name in names.items() if wire in values}


def _object_in(body: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=1024)
def _names(service: str, operation: str) -> _Names:
    shape = get_service_model(service).operation_model(operation).input_shape
    names = _Names({}, {}, {})
    for name, member in shape.members.items() if shape is not None else ():
        wire_name = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if location is None:
            names.in_body[wire_name] = name
        elif location in _OUTSIDE_BODY:
            names.outside_body[wire_name] = name
        if location is None or location == "uri":
            names.outside_query[wire_name] = name
    return names

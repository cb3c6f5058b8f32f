"""Why a call of this mock, or of a server, was allowed or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from . import remote
from .iam.explanations import ExplainedCall, find
from .tracing import record_in


def explain(
    event_or_access_key_id_or_request_id: Mapping[str, Any] | str | None = None,
    *,
    endpoint_url: str | None = None,
) -> ExplainedCall | None:
    """Return why a call was allowed or refused: which policy, statement and condition decided.

    Only calls that are judged (see the setting ``iam_enforcement``) are there, the last thousand
    since moto was reset.

    :param event_or_access_key_id_or_request_id: a CloudTrail record, an entry of LookupEvents or an
        event that EventBridge delivered; an access key id, whose latest call counts; a request id,
        as a client's error has it in ``ResponseMetadata``; default: the latest call of all
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :returns: the call with every decision, which ``str()`` turns into text; None when no such call
        was judged
    :raises ValueError: for something that has no record in it
    """
    name = _name(event_or_access_key_id_or_request_id)
    if server := remote.server(endpoint_url):
        query = "" if name is None else f"?{urlencode({'of': name})}"
        answer = remote.call(server, "GET", f"/explain{query}")["call"]
        return ExplainedCall.from_json(answer) if answer else None
    return explain_here(name)


def explain_here(name: str | None) -> ExplainedCall | None:
    """Return why a call of this process was allowed or refused, by an access key or request id."""
    judged = find(name)
    return judged.explained() if judged else None


def _name(what: Mapping[str, Any] | str | None) -> str | None:
    if what is None or isinstance(what, str):
        return what
    request_id = record_in(what).get("requestID")
    if not isinstance(request_id, str):
        raise ValueError("This record has no requestID")
    return request_id

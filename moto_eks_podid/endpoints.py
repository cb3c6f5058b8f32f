"""The plugin's HTTP endpoints, below ``/moto-api/eks-podid/`` of moto's server.

Every answer is JSON. An error is ``{"error": KIND, "message": TEXT}``, where KIND is the name of
what the Python function would raise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from werkzeug.exceptions import RequestEntityTooLarge

from . import (
    __version__,
    administrators,
    clock,
    explaining,
    guard,
    issuers,
    nodes,
    readiness,
    records,
    settings,
    tracing,
)
from .associated import identities_of
from .cloudtrail.delivery import deliver_now
from .eks.lookup import identities
from .faults.fault import fault
from .faults.injected import add_fault, all_faults, remove_faults
from .http_paths import MAX_BODY, largest_body
from .origins import PodOrigin
from .page.dispatch import dispatch
from .page.urls import PAGES
from .recorder import FILTERS, matching_sessions
from .remote import PREFIX, ClusterLookupError
from .state.document import export_here, import_here


class NotReady(Exception):
    """The server does not have everything yet."""


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint is called with: a JSON object and the query's members."""

    body: dict[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
        """Return the body's members as arguments; those that are null are left out.

        :param kinds: every member that there may be, with the type it must have
        :raises ValueError: for another member, or one of another type
        """
        given = {name: value for name, value in self.body.items() if value is not None}
        for name, value in given.items():
            if name not in kinds:
                raise ValueError(f"Unknown member {name!r}; there are {', '.join(kinds)}")
            wrong_number = isinstance(value, bool) and kinds[name] is not bool
            if wrong_number or not isinstance(value, kinds[name]):
                raise ValueError(f"Member {name!r} has the wrong type")
        return given


def _required(arguments: dict[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in arguments]
    if missing:
        raise ValueError(f"Missing member {', '.join(missing)}")


def mint_token(call: Call) -> Any:
    """``POST /tokens``: a token, with the arguments of ``service_account_token``."""
    arguments = call.arguments(
        cluster=str,
        namespace=str,
        service_account=str,
        pod_name=str,
        pod_uid=str,
        node_name=str,
        audience=str,
        expires_in=int,
        region=str,
        account_id=str,
    )
    _required(arguments, "cluster", "namespace", "service_account")
    return {"token": issuers.service_account_token(**arguments)}


def list_issuers(_: Call) -> Any:
    """``GET /issuers``: each cluster with its own issuer and those that it trusts."""
    return {
        "issuers": [
            {
                "cluster": name,
                "region": backend.region_name,
                "account_id": backend.account_id,
                "issuer": identity.issuer.url,
                "trusted": [url for url in identity.key_sets if url != identity.issuer.url],
            }
            for backend, name, identity in identities()
        ]
    }


def trust_issuer(call: Call) -> Any:
    """``POST /issuers``: trust a real cluster's issuer, with the arguments of ``trust_issuer``."""
    arguments = call.arguments(
        cluster=str, issuer=str, jwks=dict, jwks_url=str, region=str, account_id=str
    )
    _required(arguments, "cluster", "issuer")
    issuers.trust_issuer(**arguments)
    return {}


def rotate_signing_key(call: Call) -> Any:
    """``POST /issuers/rotate``: give a cluster a new signing key; answers its ``kid``."""
    arguments = call.arguments(cluster=str, region=str, account_id=str)
    _required(arguments, "cluster")
    return {"kid": issuers.rotate_signing_key(**arguments)}


def list_identities(call: Call) -> Any:
    """``GET /identities``: the associated service accounts of a cluster, which the query names.

    It may narrow them down to a namespace and a service account.
    """
    known = ("cluster", "region", "account_id", "namespace", "service_account")
    for name in call.query:
        if name not in known:
            raise ValueError(f"Unknown filter {name!r}; there are {', '.join(known)}")
    return identities_of(**call.query)


def node_session(call: Call) -> Any:
    """``POST /nodes``: credentials of a cluster's node, null while those that it has are good."""
    arguments = call.arguments(
        cluster=str, instance_id=str, role=str, region=str, account_id=str, access_key_id=str
    )
    _required(arguments, "cluster")
    return nodes.session_here(**arguments)


def give_administrator(call: Call) -> Any:
    """``POST /administrators``: an access key that may do everything, whoever is judged."""
    call.arguments()
    return {"access_key_id": administrators.give_key()}


def take_administrator(call: Call) -> Any:
    """``DELETE /administrators?access_key_id=KEY``: let such a key be nobody's again."""
    if set(call.query) != {"access_key_id"}:
        raise ValueError("The query is access_key_id=, with the key of an administrator")
    administrators.take_key(call.query["access_key_id"])
    return {}


def list_sessions(call: Call) -> Any:
    """``GET /sessions``: the recorded role sessions, narrowed by the query."""
    for name in call.query:
        if name not in FILTERS:
            raise ValueError(f"Unknown filter {name!r}; there are {', '.join(FILTERS)}")
    return {"sessions": [session.as_json() for session in matching_sessions(call.query)]}


def list_records(call: Call) -> Any:
    """``GET /records``: a page of CloudTrail records, newest first, narrowed by the query."""
    query = dict(call.query)
    limit, token = query.pop("limit", None), query.pop("next_token", None)
    for name in query:
        if name not in records.FILTERS:
            known = ", ".join((*records.FILTERS, "limit", "next_token"))
            raise ValueError(f"Unknown filter {name!r}; there are {known}")
    if limit is not None and not (limit.isdecimal() and len(limit) < 10):
        raise ValueError(f"limit is a whole number, not {limit!r}")
    page, next_token = records.page_of_records(
        query, records.DEFAULT_PAGE_SIZE if limit is None else int(limit), token
    )
    return {"records": page, "next_token": next_token, "dropped": records.dropped()}


def trace_name(call: Call) -> Any:
    """``GET /trace?of=NAME``: the pod behind an access key id, or a session's name or ARN."""
    if set(call.query) != {"of"}:
        raise ValueError("The query is of=, with an access key id, or a session's name or ARN")
    return _origin(tracing.trace_here(call.query["of"]))


def trace_record(call: Call) -> Any:
    """``POST /trace``: the pod behind the caller of a CloudTrail record."""
    arguments = call.arguments(record=dict)
    _required(arguments, "record")
    return _origin(tracing.trace_here(tracing.record_in(arguments["record"])))


def _origin(origin: PodOrigin | None) -> Any:
    return {"origin": origin.as_json() if origin else None}


def explain(call: Call) -> Any:
    """``GET /explain?of=NAME``: why a call was judged as it was, by an access key or request id."""
    if not set(call.query) <= {"of"}:
        raise ValueError("The query is of=, with an access key id or a request id, or nothing")
    explained = explaining.explain_here(call.query.get("of"))
    return {"call": explained.as_json() if explained else None}


def list_injections(call: Call) -> Any:
    """``GET /inject``: the injected failures, or the one of ``id=``, and how often they struck."""
    wanted = _injection_id(call)
    injections = [injected.as_json() for injected in all_faults()]
    return {"injections": [one for one in injections if wanted in (None, one["id"])]}


def inject(call: Call) -> Any:
    """``POST /inject``: have calls fail, with the arguments of ``inject``."""
    # Of all members this one alone means something when it is null.
    times = call.body.get("times", 1)
    arguments = call.arguments(
        service=str,
        operation=str,
        error=str,
        message=str,
        status=int,
        latency=(int, float),
        dropped=bool,
        expired=bool,
        clock_skew=(int, float),
        times=int,
        access_key_id=str,
        role_arn=str,
    )
    _required(arguments, "service")
    arguments.pop("times", None)
    return add_fault(fault(**arguments), times).as_json()


def remove_injections(call: Call) -> Any:
    """``DELETE /inject``: remove all injected failures, or the one of ``id=``."""
    return {"removed": remove_faults(_injection_id(call))}


def _injection_id(call: Call) -> str | None:
    if not set(call.query) <= {"id"}:
        raise ValueError("The query is id=, with the id of an injected failure, or nothing")
    return call.query.get("id")


def deliver_trails(call: Call) -> Any:
    """``POST /trails/deliver``: have all trails deliver; answers the URLs of the files."""
    call.arguments()
    return {"files": deliver_now()}


def get_settings(_: Call) -> Any:
    """``GET /settings``: every setting as it is in force."""
    return settings.in_force()


def put_settings(call: Call) -> Any:
    """``PUT /settings``: replace all that were put before; answers what is in force then."""
    settings.override(call.body)
    return settings.in_force()


def patch_settings(call: Call) -> Any:
    """``PATCH /settings``: put these besides those that were put before; answers as ``PUT``."""
    settings.override_besides(call.body)
    return settings.in_force()


def get_clock(_: Call) -> Any:
    """``GET /clock``: the plugin's time, and how many seconds it is ahead of moto's."""
    return {
        "now": clock.now().isoformat().replace("+00:00", "Z"),
        "shift_seconds": clock.shift().total_seconds(),
    }


def put_clock(call: Call) -> Any:
    """``PUT /clock`` with ``{"shift_seconds": N}``: shift the time until the next reset."""
    arguments = call.arguments(shift_seconds=(int, float))
    _required(arguments, "shift_seconds")
    clock.set_shift(arguments["shift_seconds"])
    return get_clock(call)


def health(_: Call) -> Any:
    """``GET /health``: that the server answers, and what it is."""
    return {"status": "ok", "version": __version__, "moto": version("moto")}


def ready(_: Call) -> Any:
    """``GET /ready``: 200 once the server has what it was started with, 503 until then.

    :raises NotReady: until then
    """
    if waiting := readiness.waiting_for():
        raise NotReady(f"Waiting for {', '.join(waiting)}")
    return {"status": "ready"}


def get_state(_: Call) -> Any:
    """``GET /state``: what has to be kept for tokens and credentials to survive a restart."""
    return export_here()


def put_state(call: Call) -> Any:
    """``PUT /state``: take over a state; ``?replace=true`` for what is there and differs, too."""
    replace = call.query.get("replace", "false")
    if not set(call.query) <= {"replace"} or replace not in ("true", "false"):
        raise ValueError("The query is replace=true or replace=false, or nothing")
    import_here(call.body, replace=replace == "true")
    return {}


#: Path -> method -> what answers it.
ENDPOINTS: Mapping[str, Mapping[str, Callable[[Call], Any]]] = {
    "/tokens": {"POST": mint_token},
    "/issuers": {"GET": list_issuers, "POST": trust_issuer},
    "/issuers/rotate": {"POST": rotate_signing_key},
    "/identities": {"GET": list_identities},
    "/nodes": {"POST": node_session},
    "/administrators": {"POST": give_administrator, "DELETE": take_administrator},
    "/sessions": {"GET": list_sessions},
    "/records": {"GET": list_records},
    "/trace": {"GET": trace_name, "POST": trace_record},
    "/explain": {"GET": explain},
    "/inject": {"GET": list_injections, "POST": inject, "DELETE": remove_injections},
    "/trails/deliver": {"POST": deliver_trails},
    "/settings": {"GET": get_settings, "PUT": put_settings, "PATCH": patch_settings},
    "/clock": {"GET": get_clock, "PUT": put_clock},
    "/health": {"GET": health},
    "/ready": {"GET": ready},
    "/state": {"GET": get_state, "PUT": put_state},
}


def answer(request: Any) -> TYPE_RESPONSE:
    """Answer a request for one of the endpoints, or for the page, which is one of moto's."""
    if reason := guard.refusal(request):
        return _json(403, {"error": "Forbidden", "message": reason})
    path = request.path.removeprefix(PREFIX)
    if path in ("", "/") or path.startswith(PAGES):
        return dispatch(request)
    methods = ENDPOINTS.get(path)
    if methods is None:
        return _json(404, {"error": "NotFound", "message": f"There is no {request.path}"})
    function = methods.get(request.method)
    if function is None:
        allowed = {"Allow": ", ".join(methods)}
        return _json(405, {"error": "MethodNotAllowed", "message": request.method}, allowed)
    try:
        return _json(200, function(Call(_body(request), request.args.to_dict())))
    except RequestEntityTooLarge:
        return too_large(request.method, request.path)
    except NotReady as error:
        return _json(503, {"error": "NotReady", "message": str(error)})
    except ClusterLookupError as error:
        return _json(404, {"error": "ClusterLookupError", "message": str(error)})
    except ValueError as error:
        return _json(400, {"error": "ValueError", "message": str(error)})


def _body(request: Any) -> dict[str, Any]:
    limit = largest_body(request.method, request.path) or MAX_BODY
    # A body that does not say how long it is gets cut off there, silently: hence the one byte more.
    request.max_content_length = limit + 1
    text = request.get_data()
    if len(text) > limit:
        raise RequestEntityTooLarge
    if not text:
        return {}
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("The body is not JSON") from None
    if not isinstance(body, dict):
        raise ValueError("The body is not a JSON object")
    return body


def too_large(method: str, path: str) -> tuple[int, dict[str, str], str]:
    """Return the answer to a request that brings more than its path takes."""
    limit = largest_body(method, path) or MAX_BODY
    message = f"The body is larger than {limit // MAX_BODY} MiB"
    return _json(413, {"error": "ValueError", "message": message})


def _json(
    status: int, answer: Any, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(answer)

"""The issuer's two documents: at its own URL and, in the server, at that path below any host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.core.common_types import TYPE_RESPONSE

from .. import clock
from ..eks.lookup import identities
from ..hosts import EKS_URL, ISSUER_DOCUMENT_PATH
from ..identity.errors import IssuerReleased
from ..identity.issuer import Issuer

_HEADERS = {"Content-Type": "application/json", "Cache-Control": "max-age=3600"}


def discovery(request: Any, full_url: str, headers: Any) -> TYPE_RESPONSE:
    """Answer ``/.well-known/openid-configuration`` as EKS serves it: compact JSON in its order."""
    return _document(request, full_url, Issuer.discovery)


def jwks(request: Any, full_url: str, headers: Any) -> TYPE_RESPONSE:
    """Answer ``/keys``: the public keys that tokens of this issuer verify with now."""
    return _document(request, full_url, lambda issuer: issuer.jwks(clock.now()))


def _document(request: Any, full_url: str, document: Callable[[Issuer], Any]) -> TYPE_RESPONSE:
    if request.method not in ("GET", "HEAD"):
        return 405, {"Allow": "GET, HEAD"}, ""
    issuer = _find(full_url, request.host)
    if issuer is None:
        return _not_found()
    try:
        text = json.dumps(document(issuer), separators=(",", ":"))
    except IssuerReleased:
        # The cluster was deleted meanwhile.
        return _not_found()
    return 200, dict(_HEADERS), "" if request.method == "HEAD" else text


def _not_found() -> TYPE_RESPONSE:
    return 404, {"Content-Type": "application/json"}, '{"message":"Not Found"}'


def _find(full_url: str, host: str) -> Issuer | None:
    match = ISSUER_DOCUMENT_PATH.match(urlsplit(full_url).path)
    if match is None:
        return None
    for _, _, identity in identities():
        issuer = identity.issuer
        if issuer.issuer_id == match["issuer_id"]:
            # An issuer answers at its own host only; the server's own address stands for all of
            # them.
            foreign = EKS_URL.match(f"https://{host}") and urlsplit(issuer.url).netloc != host
            return None if foreign else issuer
    return None

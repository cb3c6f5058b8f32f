"""One call, frozen: everything that its CloudTrail record is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .identities import Identity

#: What stands for a value that must not be seen.
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class Map(dict[str, Any]):
    """A map of the service's model: unlike a structure's member names, its keys are data."""


@dataclass(frozen=True, slots=True)
class CallDetails:
    """The facts of one call.

    ``service`` is botocore's name of the service (``eks-auth``), ``operation`` botocore's name of
    the operation (``ListObjectsV2``), ``signing_name`` the name that signatures use and that
    ``eventSource`` begins with, ``protocol`` one of ``query``, ``ec2``, ``json``, ``rest-json`` and
    ``rest-xml``.

    ``parameters`` and ``results`` are Python values in the shape of the service's model and under
    its member names: times are datetimes, blobs are bytes, sensitive members read :data:`HIDDEN`
    already, streams are left out, a map of the model (tags, for example) is a :class:`Map`.
    ``parameters`` is None when the operation takes none or the call passed none; ``results`` is
    None when the call failed or answers nothing. ``parameters_too_large`` and
    ``results_too_large`` say that they are None because they exceeded what is kept of a call.

    ``error_code`` and ``error_message`` are the ones that the caller saw. ``host`` is the host that
    the client asked for; None for calls that AWS services make. ``query`` is the query of the URL,
    decoded and in order (S3 shows it). ``signed_with`` is ``AuthHeader`` or ``QueryString``, None
    for unsigned calls. ``resource_account_id`` is the account of the bucket, if it is known.
    """

    event_id: str
    event_time: datetime
    service: str
    operation: str
    signing_name: str
    protocol: str
    region: str
    account_id: str
    identity: Identity
    source_ip: str
    user_agent: str
    request_id: str
    host: str | None = None
    signed_with: str | None = "AuthHeader"
    query: tuple[tuple[str, str], ...] = ()
    parameters: Mapping[str, Any] | None = None
    results: Mapping[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
    api_version: str | None = None
    shared_event_id: str | None = None
    resource_account_id: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    parameters_too_large: bool = False
    results_too_large: bool = False

"""The nodes of a cluster, as far as AWS knows them: a role, and the session of an instance."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from . import clock, remote
from .eks.lookup import identities
from .iam.roles import find_role
from .identity.sessions import SERVICE_SESSION_SECONDS
from .issuers import find_cluster
from .sts.models import SessionRequest, find_session, sts_recorder

#: Where a node is of which nobody knows the cluster.
DEFAULT_REGION: Final = "us-east-1"

#: What a node renews before it would end.
_LEFT: Final = timedelta(minutes=5)
_ROLE_NAME_LENGTH: Final = 64

#: What the arguments may be, where nothing else would look at them.
_FORMS: Final = {
    "cluster": re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}"),
    "instance_id": re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}"),
    "region": re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+"),
    "account_id": re.compile(r"[0-9]{12}"),
}

_TRUST_POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": ["sts:AssumeRole"],
        }
    ],
}
#: As in the managed policy AmazonEKSWorkerNodePolicy.
_POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["eks-auth:AssumeRoleForPodIdentity"], "Resource": "*"}
    ],
}
_POLICY_NAME: Final = "eks-auth"

#: Two agents of one cluster may begin at once.
_making_roles = threading.Lock()


@dataclass(frozen=True, slots=True)
class NodeSession:
    """The credentials of a node: of its role, in a session that is named like the instance."""

    region: str
    role_arn: str
    access_key_id: str
    secret_access_key: str
    session_token: str


def new_instance_id() -> str:
    """Return the id of a new EC2 instance."""
    return f"i-{mock_random.getrandbits(68):017x}"


def node_session(
    cluster: str,
    instance_id: str,
    *,
    role: str | None = None,
    region: str | None = None,
    account_id: str | None = None,
    current: NodeSession | None = None,
    endpoint_url: str | None = None,
) -> NodeSession:
    """Return credentials that a node of a cluster has now.

    EC2 gives a node the credentials of its instance profile's role; there is no call for that in
    AWS's API, and none is recorded.

    :param cluster: its name. If it is nowhere, the node is, all the same: in the given region and
        account, or in moto's default ones
    :param instance_id: names the session, and so makes the caller a node for CloudTrail
    :param role: name or ARN of the node's role; default: ``eks-node-CLUSTER``, made with the
        permission ``eks-auth:AssumeRoleForPodIdentity`` when it is not there
    :param region: default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param current: what an earlier call returned; it is returned again while it is good
    :param endpoint_url: of a server with the plugin; default: this process
    :raises ClusterLookupError: when several clusters fit
    :raises ValueError: for a role that does not exist, or other arguments that cannot be
    """
    body: dict[str, Any] = {
        "cluster": cluster,
        "instance_id": instance_id,
        "role": role,
        "region": region,
        "account_id": account_id,
        "access_key_id": current.access_key_id if current else None,
    }
    if endpoint_url is None:
        found = session_here(**body)
    else:
        found = remote.call(endpoint_url, "POST", "/nodes", body)
    if found["credentials"] is not None:
        return NodeSession(found["region"], found["role_arn"], **found["credentials"])
    assert current is not None
    return replace(current, region=found["region"])


def session_here(
    cluster: str,
    instance_id: str | None = None,
    role: str | None = None,
    region: str | None = None,
    account_id: str | None = None,
    access_key_id: str | None = None,
) -> dict[str, Any]:
    """Return the session of a node of this process's clusters, as the endpoint answers it.

    The arguments are those of :func:`node_session`. The credentials are null as long as those with
    ``access_key_id`` are good.

    :raises ClusterLookupError: as :func:`node_session`
    :raises ValueError: as :func:`node_session`
    """
    given = {
        "cluster": cluster,
        "instance_id": instance_id,
        "region": region,
        "account_id": account_id,
    }
    for name, value in given.items():
        if value is not None and not _FORMS[name].fullmatch(value):
            raise ValueError(f"{value!r} cannot be the {name} of a node")
    place = _place(cluster, region, account_id)
    role_arn = _role_arn(cluster, role, place)
    answer: dict[str, Any] = {"region": place.region, "role_arn": role_arn, "credentials": None}
    if access_key_id is None or not _is_good(access_key_id, role_arn):
        request = SessionRequest(
            role_arn=role_arn,
            session_name=instance_id or new_instance_id(),
            duration=SERVICE_SESSION_SECONDS,
        )
        recorder = sts_recorder(place.account_id, place.partition)
        made = recorder.start_session(request, place.region).assumed_role
        answer["credentials"] = {
            "access_key_id": made.access_key_id,
            "secret_access_key": made.secret_access_key,
            "session_token": made.session_token,
        }
    return answer


class _Place(NamedTuple):
    """Where a cluster is, or would be."""

    account_id: str
    region: str
    partition: str


def _place(cluster: str, region: str | None, account_id: str | None) -> _Place:
    exists = any(
        name == cluster
        and region in (None, backend.region_name)
        and account_id in (None, backend.account_id)
        for backend, name, _ in identities()
    )
    if not exists:
        region = region or DEFAULT_REGION
        return _Place(account_id or DEFAULT_ACCOUNT_ID, region, get_partition(region))
    backend, _ = find_cluster(cluster, region, account_id)
    return _Place(backend.account_id, backend.region_name, backend.partition)


def _role_arn(cluster: str, role: str | None, place: _Place) -> str:
    """Return the ARN of the role of a cluster's nodes; the default one is made if need be."""
    name = role or f"eks-node-{cluster}"[:_ROLE_NAME_LENGTH]
    if name.startswith("arn:"):
        arn = name
    else:
        arn = f"arn:{place.partition}:iam::{place.account_id}:role/{name}"
    if find_role(arn) is not None:
        return arn
    if role is not None:
        raise ValueError(f"There is no role {arn} for the nodes of {cluster!r}")
    iam = iam_backends[place.account_id][place.partition]
    with _making_roles:
        if find_role(arn) is None:
            iam.create_role(
                role_name=name,
                assume_role_policy_document=json.dumps(_TRUST_POLICY),
                path="/",
                permissions_boundary=None,
                description="",
                tags=[],
                max_session_duration=None,
            )
            iam.put_role_policy(name, _POLICY_NAME, json.dumps(_POLICY))
    return arn


def _is_good(access_key_id: str, role_arn: str) -> bool:
    session = find_session(access_key_id)
    return (
        session is not None
        and session.role_arn == role_arn
        and session.expires_at - clock.now() > _LEFT
    )

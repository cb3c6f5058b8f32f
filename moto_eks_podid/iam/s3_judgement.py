"""Calls of S3 are judged like any other, but for what S3 alone has: anonymous ones and batches."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Final

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.utilities.utils import get_partition

from ..cloudtrail.progress import CallInProgress, current_call
from .credentials import Caller
from .judgement import Judgement, judge, needs_of
from .permissions import Need
from .requested_call import RequestedCall
from .s3_request_keys import request_keys
from .s3_requests import check_s3_request, check_upload

#: The one operation that names several objects, each of which is answered for by itself.
DELETES_SEVERAL: Final = "DeleteObjects"


#: What a grant of READ to everybody in an access control list lets everybody do.
_READS_OBJECT: Final = frozenset({"s3:GetObject", "s3:GetObjectVersion"})
_READS_BUCKET: Final = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
_ALLOWS_EVERYBODY: Final = (
    '{"Version": "2012-10-17", "Statement": '
    '{"Sid": "Acl", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}'
)


class _Batch(threading.local):
    """The objects of the call in progress, if it names several, that it may touch."""

    call: CallInProgress | None = None
    allowed: frozenset[str] = frozenset()


_batch = _Batch()


def judge_s3(
    response: Any, call: RequestedCall, caller: Caller | None, resource: str, **how: bool
) -> Judgement:
    """Judge a call of S3.

    :param response: moto's response object of the request
    :param caller: None for an anonymous one
    :param resource: what moto takes the call to be about, where no model knows the call
    :raises S3ClientError: for a request that nobody can judge
    """
    check_s3_request(response, call)
    if call.operation is None:
        needed: tuple[Need, ...] = (_by_moto(response, resource),)
    else:
        needed = tuple(
            _with_acl(response, call, need) for need in needs_of(response, call, caller, **how)
        )
    keys = request_keys(response, anonymous=caller is None)
    needed = tuple(replace(need, context={**keys, **need.context}) for need in needed)
    judgement = judge(response, caller, needed, to_the_end=call.operation == DELETES_SEVERAL)
    if judgement.refused is None:
        # Which uploads there are is nobody's business who may not write the object.
        check_upload(response, call)
    return judgement


def _by_moto(response: Any, resource: str) -> Need:
    action = response.data.get("Action", "*")
    name = action[0] if isinstance(action, list) else action
    return Need(f"s3:{name}", resource, {}, None, None, ())


def object_arn(region: str, bucket: str | None, key: str | None) -> str:
    """Return the ARN of what moto reads in a URL of S3."""
    name = "/".join(part for part in (bucket or "*", key) if part)
    return f"arn:{get_partition(region)}:s3:::{name}"


def note_objects(judgement: Judgement) -> bool:
    """Note which of its objects the call in progress may touch; moto asks about each of them.

    :returns: False when what was refused is no single object
    """
    refused = {one.need.resource for one in judgement.decided if not one.decision.allowed}
    allowed = {_name(one.need.resource) for one in judgement.decided} - set(map(_name, refused))
    _batch.call, _batch.allowed = current_call(), frozenset(allowed)
    return all(_name(resource) for resource in refused)


def judged_permission(resource: str) -> PermissionResult:
    """Return what moto is to take a bucket's policy for, as far as one object is concerned."""
    # moto also asks before a call is judged, and then the batch is that of an earlier one.
    if _batch.call is None or _batch.call is not current_call():
        return PermissionResult.PERMITTED
    allowed = _name(resource) in _batch.allowed
    return PermissionResult.PERMITTED if allowed else PermissionResult.DENIED


def _name(resource: str) -> str:
    # moto writes every ARN in the partition aws.
    return resource.partition(":s3:::")[2]


def _with_acl(response: Any, call: RequestedCall, need: Need) -> Need:
    """Return a permission with what the access control list of its resource grants to everybody."""
    if need.action not in _READS_OBJECT | _READS_BUCKET:
        return need
    try:
        bucket = response.backend.get_bucket(call.parameters["Bucket"])
    except (KeyError, S3ClientError):
        return need
    of = bucket if need.action in _READS_BUCKET else bucket.keys.get(call.parameters.get("Key"))
    acl = getattr(of, "acl", None)
    if acl is None or not acl.public_read:
        return need
    return replace(need, resource_policies=(*need.resource_policies, _ALLOWS_EVERYBODY))

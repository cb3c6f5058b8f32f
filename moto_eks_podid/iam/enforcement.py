"""Every call is judged here, before its operation is called.

Nothing fails open: credentials that are not good are refused whether or not permissions are judged
with them.
"""

from __future__ import annotations

from typing import Any, Final

from moto.s3.exceptions import S3ClientError

from .. import settings
from ..caller import access_key_of
from .credentials import BadCredentials, Caller, Failure, caller_of
from .denial_texts import denial_text, moto_text
from .explanations import keep, keep_failure
from .foreign_accounts import go_to_owner
from .judgement import Decided, ServiceIsNotListed, judge, needs_of
from .refusals import DENIED, S3_DENIED, refusal_of, s3_refusal
from .requested_call import RequestedCall, requested_call, requested_s3_call
from .s3_judgement import DELETES_SEVERAL, judge_s3, note_objects, object_arn
from .secret_batches import leave_out, reads_several
from .signature_check import check_signature
from .unsigned import check_unsigned

_ALL: Final = "all"

#: A browser's question before a call, which carries no credentials.
_PREFLIGHT: Final = "OPTIONS"
_WITHOUT_BODY: Final = "HEAD"


def enforce(response: Any, mode: str) -> None:
    """Let a call of any service but S3 proceed, or refuse it.

    :param response: moto's response object of the request, before its operation is called
    :param mode: ``sessions`` or ``all``
    :raises Refused: in the protocol of the service
    """
    call = requested_call(response)
    if call.is_unsigned:
        # Whoever signs it all the same is not believed any sooner.
        check_unsigned(response, call)
    try:
        caller = _caller(response, mode)
    except BadCredentials as bad:
        if bad.failure is Failure.NO_CREDENTIALS and call.is_unsigned:
            return
        keep_failure(access_key_of(response), call, bad.failure)
        raise refusal_of(response, bad.failure) from None
    if caller is None or call.is_unsigned:
        return
    message = _judged(response, call, caller)
    if message is not None:
        raise refusal_of(response, DENIED, message)


def enforce_s3(response: Any, mode: str, bucket: str | None, key: str | None) -> None:
    """Let a call of S3 proceed, or refuse it.

    :param response: moto's response object of the request, before its operation is called
    :param mode: ``sessions`` or ``all``
    :param bucket: the bucket as moto reads it in the URL
    :param key: the object likewise
    :raises S3ClientError: which moto serialises
    """
    if response.method == _PREFLIGHT:
        return
    call = requested_s3_call(response)
    anonymous = False
    caller: Caller | None = None
    try:
        caller = _caller(response, mode)
    except BadCredentials as bad:
        anonymous = bad.failure is Failure.NO_CREDENTIALS
        if not anonymous:
            keep_failure(access_key_of(response), call, bad.failure)
            raise _s3_error(response, bad.failure) from None
    if caller is None and not anonymous:
        return
    judgement = judge_s3(response, call, caller, object_arn(response.region, bucket, key))
    message = _s3_text(caller, judgement.refused) if judgement.refused else None
    keep(caller, call, judgement, message)
    if call.operation == DELETES_SEVERAL and note_objects(judgement):
        return
    if message is not None:
        raise _s3_error(response, DENIED, message)


def _s3_error(response: Any, what: str, message: str = "") -> S3ClientError:
    """Return the error that moto is to answer with."""
    if response.method == _WITHOUT_BODY:
        with_body = response.serialized

        # In-process nobody else takes the body away.
        def without_body(result: Any) -> tuple[int, Any, str]:
            status, headers, _ = with_body(result)
            return status, headers, ""

        response.serialized = without_body
    return s3_refusal(what, message)


def _caller(response: Any, mode: str) -> Caller | None:
    caller = caller_of(response, everybody=mode == _ALL)
    # What a service calls for somebody, it was asked for by a call that passed here itself.
    if caller is None or getattr(response, "calling_service", None) is not None:
        return caller
    # moto's overrides, a header and a variable, would let a caller act in any account.
    response.current_account = caller.account_id
    if settings.get("verify_signatures"):
        check_signature(response, caller.secrets)
    return caller


def _judged(response: Any, call: RequestedCall, caller: Caller) -> str | None:
    """Judge a call; return what is said to a caller who may not make it."""
    several = reads_several(call)
    try:
        needed = needs_of(response, call, caller)
    except ServiceIsNotListed:
        message = moto_text(caller.arn, f"{call.service}:{call.operation}")
        keep(caller, call, None, message)
        return message
    judgement = judge(response, caller, needed, to_the_end=several)
    refused = judgement.refused
    denial = None
    if refused is not None:
        denial = denial_text(caller.arn, refused.need, refused.decision, call.service)
    if refused is None or (several and leave_out(response, caller, judgement)):
        said = go_to_owner(response, call, judgement)
    else:
        said = denial
    keep(caller, call, judgement, said or denial)
    return said


def _s3_text(caller: Caller | None, refused: Decided) -> str:
    account = refused.need.resource_account
    if caller is None or (account is not None and account != caller.account_id):
        # S3 tells strangers nothing.
        return S3_DENIED
    return denial_text(caller.arn, refused.need, refused.decision, "s3")

"""moto's own switches (``set_initial_no_auth_action_count`` and the like), with our evaluator.

What a refused caller is told stays moto's; how it is written becomes the service's own.
"""

from __future__ import annotations

from typing import Any, Final

from moto.iam.access_control import IAMRequest, S3IAMRequest

from .credentials import BadCredentials, Caller, Failure, caller_of
from .denial_texts import moto_text
from .explanations import keep
from .foreign_accounts import go_to_owner
from .judgement import Judgement, ServiceIsNotListed, judge, needs_of
from .refusals import DENIED, S3_DENIED, refusal_of, s3_refusal
from .requested_call import RequestedCall, requested_call, requested_s3_call
from .s3_judgement import DELETES_SEVERAL, judge_s3
from .signature_check import check_signature
from .unsigned import check_unsigned

_CODE_AT_EC2: Final = "AccessDenied"


def judged_request(of_moto: type, response: Any, **given: Any) -> JudgedRequest | JudgedS3Request:
    """Return the request that stands in for one of moto's own.

    :param of_moto: ``IAMRequest`` or ``S3IAMRequest``
    :param response: moto's response object of the request
    :param given: what moto makes its own from
    :raises Refused: for credentials that are not good, in the protocol of the service
    :raises S3ClientError: likewise
    """
    ours = JudgedS3Request if issubclass(of_moto, S3IAMRequest) else JudgedRequest
    return ours(response, **given)


class JudgedRequest(IAMRequest):
    """A request to any service but S3, judged when moto's switches say so.

    :raises Refused: for credentials that are not good, in the protocol of the service
    """

    def __init__(self, response: Any, **given: Any) -> None:
        # Not moto's own: it fails on requests without a header of a signature, scans all users and
        # sessions of an account, and knows no session of another one.
        self._response = response
        self._action_of_moto = given["action"]
        self._call: RequestedCall = requested_call(response)
        self._caller: Caller | None = None
        if self._call.is_unsigned:
            check_unsigned(response, self._call)
        try:
            self._caller = caller_of(response, everybody=True)
        except BadCredentials as bad:
            if bad.failure is Failure.NO_CREDENTIALS and self._call.is_unsigned:
                return
            raise refusal_of(response, bad.failure) from None

    def check_signature(self) -> None:
        """Compare the signature.

        :raises Refused: when it is another one
        """
        if self._caller is None:
            return
        try:
            check_signature(self._response, self._caller.secrets)
        except BadCredentials as bad:
            raise refusal_of(self._response, bad.failure) from None

    def check_action_permitted(self, resource: str) -> None:
        """Judge the call.

        :raises Refused: when the caller may not make it
        """
        caller, call, response = self._caller, self._call, self._response
        if caller is None or call.is_unsigned:
            return
        action = f"{self._signing_name}:{self._action_of_moto}"
        message = moto_text(caller.arn, action)
        judgement: Judgement | None = None
        try:
            judgement = judge(response, caller, needs_of(response, call, caller, needs_role=False))
            refused = judgement.refused is not None
        except ServiceIsNotListed:
            refused = True
        if (
            not refused
            and judgement is not None
            and (text := go_to_owner(response, call, judgement))
        ):
            message, refused = text, True
        keep(caller, call, judgement, message if refused else None)
        if refused:
            code = _CODE_AT_EC2 if call.service == "ec2" else None
            raise refusal_of(response, DENIED, message, code=code)

    @property
    def _signing_name(self) -> str:
        scope = self._response.headers.get("Authorization", "").partition("Credential=")[2]
        parts = scope.partition(",")[0].split("/")
        return parts[3] if len(parts) > 3 else self._call.service


class JudgedS3Request(S3IAMRequest):
    """A request to S3, likewise.

    :raises S3ClientError: which moto serialises
    """

    def __init__(self, response: Any, **_: Any) -> None:
        self._response = response
        self._call: RequestedCall = requested_s3_call(response)
        self._caller: Caller | None = None
        try:
            self._caller = caller_of(response, everybody=True)
        except BadCredentials as bad:
            if bad.failure is not Failure.NO_CREDENTIALS:
                raise s3_refusal(bad.failure) from None

    def check_signature(self) -> None:
        """Compare the signature.

        :raises S3ClientError: when it is another one
        """
        if self._caller is None:
            return
        try:
            check_signature(self._response, self._caller.secrets)
        except BadCredentials as bad:
            raise s3_refusal(bad.failure) from None

    def check_action_permitted(self, resource: str) -> None:
        """Judge the call.

        :raises S3ClientError: when the caller may not make it
        """
        call = self._call
        judgement = judge_s3(self._response, call, self._caller, resource)
        refused = judgement.refused is not None
        keep(self._caller, call, judgement, S3_DENIED if refused else None)
        if refused:
            bucket = self._response.data.get("BucketName")
            raise s3_refusal(DENIED, bucket=bucket if call.operation == DELETES_SEVERAL else None)

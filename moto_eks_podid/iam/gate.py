"""Where every call passes before its operation is called: the one cheap check that is always made.

What judges calls is loaded with the first call that is to be judged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import settings
from .credentials import Failure, has_expired
from .refusals import refusal_of, s3_refusal

_OFF: Final = "off"


def check(response: Any) -> None:
    """Let a call of any service but S3 proceed, or refuse it.

    :param response: moto's response object of the request, before its operation is called
    :raises Refused: in the protocol of the service
    """
    mode = settings.get("iam_enforcement")
    if mode != _OFF:
        from .enforcement import enforce

        enforce(response, mode)
    elif has_expired(response):
        raise refusal_of(response, Failure.EXPIRED)


def check_s3(response: Any, bucket: str | None, key: str | None) -> None:
    """Let a call of S3 proceed, or refuse it.

    :param response: moto's response object of the request, before its operation is called
    :param bucket: the bucket as moto reads it in the URL
    :param key: the object likewise
    :raises S3ClientError: which moto serialises
    """
    mode = settings.get("iam_enforcement")
    if mode != _OFF:
        from .enforcement import enforce_s3

        enforce_s3(response, mode, bucket, key)
    elif has_expired(response):
        raise s3_refusal(Failure.EXPIRED)


def bucket_permission(resource: str, moto_s_own: Callable[[], Any]) -> Any:
    """Return what moto is to take a bucket's policy for, when it asks about an object.

    moto reads the policy without principals and conditions, and before it knows who calls.

    :param resource: ARN of the object
    :param moto_s_own: what moto makes of the policy, asked for where calls are not judged
    :returns: moto's ``PermissionResult``
    """
    if settings.get("iam_enforcement") == _OFF:
        return moto_s_own()
    from .s3_judgement import judged_permission

    return judged_permission(resource)

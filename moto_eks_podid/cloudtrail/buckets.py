"""How CloudTrail writes to a bucket: through moto's S3, but over no transport, so unrecorded."""

from __future__ import annotations

from collections.abc import Mapping

from moto.core.exceptions import ServiceException
from moto.s3.models import FakeBucket, s3_backends

from ..events.log_files import File

_SERVICE = "cloudtrail.amazonaws.com"


class PutRefused(Exception):
    """A bucket did not take a file.

    :ivar code: S3's error code
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def put(
    file: File, trail_arn: str, kms_key_id: str | None, metadata: Mapping[str, str] | None = None
) -> None:
    """Put a file into its bucket, whosever that is, compressed and encrypted.

    :param trail_arn: of the trail that it comes from
    :param kms_key_id: of the key to encrypt it with; None for S3's own
    :param metadata: of the object, without the prefix of S3's headers
    :raises PutRefused: when there is no such bucket, its policy denies it, or S3 refuses it
    """
    owner = s3_backends.bucket_accounts.get(file.bucket)
    if owner is None:
        raise PutRefused("NoSuchBucket")
    partition, account_id = owner
    backend = s3_backends[account_id][partition]
    try:
        bucket = backend.get_bucket(file.bucket)
        if bucket.policy and _denies(bucket, file.key, trail_arn):
            raise PutRefused("AccessDenied")
        made = backend.put_object(
            file.bucket,
            file.key,
            file.compressed,
            encryption="aws:kms" if kms_key_id else "AES256",
            kms_key_id=kms_key_id,
        )
    except ServiceException as error:
        raise PutRefused(error.code) from None
    made.set_metadata(
        {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            **{f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()},
        }
    )


def _denies(bucket: FakeBucket, key: str, trail_arn: str) -> bool:
    """Tell whether a bucket's policy denies CloudTrail to write.

    That it also has to allow it is not asked for: moto makes trails for any bucket.
    """
    from ..policy import MalformedPolicy, Request, evaluate

    request = Request(
        principal=_SERVICE,
        action="s3:PutObject",
        resource=f"{bucket.arn}/{key}",
        context={
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": _SERVICE,
            "aws:SecureTransport": "true",
            "aws:SourceAccount": trail_arn.split(":")[4],
            "aws:SourceArn": trail_arn,
            "s3:x-amz-acl": "bucket-owner-full-control",
        },
    )
    policy = bucket.policy
    try:
        text = policy.decode() if isinstance(policy, bytes) else str(policy)
        return evaluate(request, resource=text).word == "explicitly denied"
    except (MalformedPolicy, UnicodeDecodeError):
        # moto takes any text for a policy.
        return False

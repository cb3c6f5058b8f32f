"""Who makes a call: the caller's identity, frozen, from the access key of its signature."""

from __future__ import annotations

import os
from collections.abc import Mapping

from moto.core import DEFAULT_ACCOUNT_ID
from moto.utilities.utils import get_partition

from .. import settings
from ..events.identities import IAMUser, Identity, Root, WebIdentityUser
from ..iam.access_keys import find_user
from ..sts.models import find_issued, find_token

#: Keys that nobody gave out, such as the fake ones that moto puts into the environment, belong to
#: one user whose name and id are those that moto's GetCallerIdentity answers for them.
DEFAULT_USER_NAME = "moto"
DEFAULT_USER_ID = "AKIAIOSFODNN7EXAMPLE"

#: Nobody vouches for the caller of an unsigned call, unless the operation finds out who it is.
ANONYMOUS = WebIdentityUser(None, None, None)


def identify(access_key_id: str, headers: Mapping[str, str], region: str) -> Identity:
    """Return who an access key belongs to at this moment.

    :param access_key_id: empty for an unsigned call
    :param headers: the request's ``x-amz-*`` and ``x-moto-*`` headers, in lower case
    :param region: the one that is called; keys that nobody gave out belong to its partition
    """
    if not access_key_id:
        return ANONYMOUS
    if issued := find_issued(access_key_id):
        return issued.identity
    token = find_token(access_key_id)
    if user := token.request.user if token else find_user(access_key_id):
        return IAMUser(user.id, user.arn, user.account_id, access_key_id, user.name)
    account_id = default_account(headers)
    partition = get_partition(region)
    if settings.get("cloudtrail_default_caller") == "root":
        return Root(f"arn:{partition}:iam::{account_id}:root", account_id, access_key_id)
    return IAMUser(
        DEFAULT_USER_ID,
        f"arn:{partition}:iam::{account_id}:user/{DEFAULT_USER_NAME}",
        account_id,
        access_key_id,
        DEFAULT_USER_NAME,
    )


def default_account(headers: Mapping[str, str]) -> str:
    """Return the account of calls by keys that nobody gave out, as moto chooses it."""
    if (account_id := os.environ.get("MOTO_ACCOUNT_ID")) is not None:
        return account_id
    return headers.get("x-moto-account-id", DEFAULT_ACCOUNT_ID)

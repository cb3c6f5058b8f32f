"""One request to be judged, and what evaluation derives from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .context import fold_context
from .patterns import Context
from .principals import FEDERATED_ACTIONS, Caller, read_caller

_ACCOUNT: Final = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):")
_ROLE: Final = re.compile(r"arn:[^:]*:iam::[^:]*:role/")
_KMS_KEY: Final = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:key/")


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


# A tuple, because a frozen dataclass takes longer to make than to judge.
class Request(NamedTuple):
    """One action of one principal on one resource.

    :param principal: ARN of a user, a role session (``arn:aws:sts::ACCOUNT:assumed-role/R/S``), a
        role, an account's root or an identity provider; the name of a service; None for an
        anonymous request
    :param action: as policies have it, such as ``s3:GetObject``
    :param resource: its ARN, or ``*`` for an action without resources
    :param context: condition key -> str, int, float or bool, or a list of those for a multi-valued
        key
    :param resource_account: 12 digits; when None the resource's ARN tells, and where it does not
        (S3), the resource is taken to be of the principal's account
    :param principal_role_arn: ARN, with path, of the role behind a session; derived without path
        when None
    :param principal_id: unique id (``AIDA…``, ``AROA…``), by which a stored policy may name the
        principal
    :param canonical_user_id: S3's canonical user id of the principal's account
    """

    principal: str | None
    action: str
    resource: str
    context: Mapping[str, Any] = _NOTHING
    resource_account: str | None = None
    principal_role_arn: str | None = None
    principal_id: str | None = None
    canonical_user_id: str | None = None


class Facts:
    """A request as evaluation sees it."""

    __slots__ = ("_context", "_request", "action", "caller", "resource")

    def __init__(self, request: Request) -> None:
        self.action = request.action.lower()
        self.resource = request.resource
        self.caller: Caller = read_caller(
            request.principal,
            request.principal_role_arn,
            request.principal_id,
            request.canonical_user_id,
            self.action in FEDERATED_ACTIONS,
        )
        self._request = request
        self._context: Context | None = None

    def context(self) -> Context:
        """The folded context, made when a condition or a variable first asks for it."""
        if self._context is None:
            self._context = fold_context(self._request.context)
        return self._context

    @property
    def crosses_accounts(self) -> bool:
        """Whether the resource is known to be of another account than the caller."""
        account = self._request.resource_account
        if account is None:
            found = _ACCOUNT.match(self.resource)
            account = found[1] if found else None
        return account is not None and account != self.caller.account

    @property
    def is_trust(self) -> bool:
        """Whether this asks to become a role, so that its resource policy is its trust policy."""
        return self.action.startswith("sts:") and _ROLE.match(self.resource) is not None

    @property
    def is_kms_key(self) -> bool:
        """Whether the resource is a KMS key, whose policy must allow within its account too."""
        return _KMS_KEY.match(self.resource) is not None

"""EKS Auth: from a pod's token to credentials that carry its session tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import Role
from moto.moto_api._internal import mock_random
from moto.sts.models import AssumedRole

from .. import clock, settings
from ..cloudtrail.notes import note_pod_session, note_target_session
from ..eks.cluster_identity import ClusterIdentity
from ..eks.lookup import find_cluster
from ..eks.models import PodIdentityEKSBackend
from ..iam.held_policies import permissions_boundary, policies_held
from ..iam.roles import find_role
from ..identity.associations import Association
from ..identity.errors import JwksUnavailable, MalformedToken, TokenExpired, TokenRefused
from ..identity.pods import is_pod_name, is_pod_uid
from ..identity.sessions import (
    CHAINED_SESSION_SECONDS,
    NO_TAGS,
    SERVICE_SESSION_SECONDS,
    RoleSession,
    SessionTags,
    packed_policy_size,
    pod_session_name,
    pod_session_tags,
)
from ..identity.tokens import POD_IDENTITY_AUDIENCE, VerifiedClaims, read_unverified, verify
from ..identity.trust import (
    Assumption,
    CallingSession,
    RolePolicies,
    judge_service,
    judge_session,
)
from ..policy import Decision, MalformedPolicy
from ..sts.models import IssuedSession, SessionRequest, sts_recorder
from . import exceptions


@dataclass(frozen=True, slots=True)
class PodCredentials:
    """What AssumeRoleForPodIdentity answers from."""

    claims: VerifiedClaims
    association: Association
    session: RoleSession
    assumed_role: AssumedRole


class EKSAuthBackend(BaseBackend):
    """EKS Auth of an account and region: clusters are EKS's, sessions STS's, nothing its own."""

    def assume_role_for_pod_identity(self, cluster_name: str, token: str) -> PodCredentials:
        """Exchange a pod's service account token for credentials of the associated role.

        :raises EKSAuthError: the service's error for what is wrong, in the order in which it
            checks: cluster, token, association, role
        """
        found = find_cluster(self.account_id, self.region_name, cluster_name)
        if found is None:
            raise exceptions.ResourceNotFoundException(
                message=exceptions.chosen("cluster not found", name=cluster_name)
            )
        eks, identity = found
        claims = _verified(token, identity)
        association = identity.associations.find(claims.namespace, claims.service_account)
        if association is None:
            raise exceptions.ResourceNotFoundException(message=exceptions.NO_ASSOCIATION)
        issued = _PodSession(eks, association, claims).start()
        return PodCredentials(claims, association, issued.session, issued.assumed_role)


def _verified(token: str, identity: ClusterIdentity) -> VerifiedClaims:
    try:
        if not settings.get("verify_token"):
            return read_unverified(token)
        return verify(
            token,
            key_sets=identity.key_sets,
            audiences=(POD_IDENTITY_AUDIENCE,),
            now=clock.now(),
        )
    except MalformedToken:
        raise exceptions.InvalidTokenException(message=exceptions.chosen("malformed")) from None
    except TokenExpired as expired:
        raise exceptions.expired(expired.now, expired.expires_at) from None
    except TokenRefused as refused:
        raise exceptions.InvalidTokenException(
            message=exceptions.chosen("refused", detail=refused.detail)
        ) from None
    except JwksUnavailable:
        raise exceptions.InvalidTokenException(
            message=exceptions.chosen("keys unavailable")
        ) from None


class _PodSession:
    """The one or two role sessions that one call makes for a pod.

    Everything is judged before anything is given out: a refused target role leaves no session
    behind.
    """

    def __init__(
        self, eks: PodIdentityEKSBackend, association: Association, claims: VerifiedClaims
    ) -> None:
        self._association = association
        self._claims = claims
        self._region_name = eks.region_name
        self._cluster_arn = eks.cluster_arn(association.cluster_name)
        self._sts = sts_recorder(eks.account_id, eks.partition)
        self._judging: bool = settings.get("judge_trust_policy")

    def start(self) -> IssuedSession:
        """Assume the association's role and, if it has one, its target role with that session.

        :raises AccessDeniedException: when STS would refuse either; the text does not tell which or
            why
        """
        association = self._association
        # STS takes neither a session's name nor tags with other characters.
        if not (is_pod_name(self._claims.pod_name) and is_pod_uid(self._claims.pod_uid)):
            raise exceptions.AccessDeniedException(message=exceptions.UNAUTHORIZED)
        role = _existing(association.role_arn)
        first = Assumption(role.arn, self._session_name(), self._tags())
        self._require(
            lambda: judge_service(
                first, role.assume_role_policy_document, cluster_arn=self._cluster_arn
            )
        )
        if association.target_role_arn is None:
            return self._issue(role, first, SERVICE_SESSION_SECONDS, association.policy)

        target = _existing(association.target_role_arn)
        handed_on = SessionTags({}, first.tags.all, first.tags.transitive_keys)
        second = Assumption(
            target.arn, self._session_name(), handed_on, external_id=association.external_id
        )
        held = [policy.text for policy in policies_held(role)]
        self._require(
            lambda: judge_session(
                second,
                target.assume_role_policy_document,
                caller=_calling_session(role, first),
                policies=RolePolicies(held, permissions_boundary(role)),
                target_role_tags=_role_tags(target),
            )
        )
        parent = self._issue(role, first, SERVICE_SESSION_SECONDS, None)
        # The session policy narrows the target's session alone.
        return self._issue(target, second, CHAINED_SESSION_SECONDS, association.policy, parent)

    def _session_name(self) -> str:
        return pod_session_name(
            self._association.cluster_name, self._claims.pod_name, str(mock_random.uuid4())
        )

    def _tags(self) -> SessionTags:
        if self._association.disable_session_tags:
            return NO_TAGS
        return pod_session_tags(
            self._cluster_arn,
            self._association.cluster_name,
            self._claims.namespace,
            self._claims.service_account,
            self._claims.pod_name,
            self._claims.pod_uid,
        )

    def _require(self, judge: Callable[[], Decision]) -> None:
        if not self._judging:
            return
        try:
            allowed = judge().allowed
        except MalformedPolicy:
            allowed = False
        if not allowed:
            raise exceptions.AccessDeniedException(message=exceptions.UNAUTHORIZED)

    def _issue(
        self,
        role: Role,
        assumption: Assumption,
        duration: int,
        policy: str | None,
        parent: IssuedSession | None = None,
    ) -> IssuedSession:
        packed = packed_policy_size(assumption.tags.all, policy)
        if packed is not None and packed > 100:
            raise exceptions.AccessDeniedException(message=exceptions.UNAUTHORIZED)
        request = SessionRequest(
            role_arn=assumption.role_arn,
            session_name=assumption.session_name,
            duration=duration,
            tags=assumption.tags,
            policy=policy,
            external_id=assumption.external_id,
            parent=parent.session if parent else None,
            association_arn=self._association.association_arn,
            role_id=role.id,
        )
        issued = self._sts.start_session(request, self._region_name)
        if parent is None:
            note_pod_session(issued, packed, self._region_name)
        else:
            note_target_session(issued, packed, self._region_name, parent)
        return issued


def _existing(role_arn: str) -> Role:
    role = find_role(role_arn)
    if role is None:
        raise exceptions.AccessDeniedException(message=exceptions.UNAUTHORIZED)
    return role


def _calling_session(role: Role, assumption: Assumption) -> CallingSession:
    return CallingSession(
        arn=f"arn:{role.partition}:sts::{role.account_id}:assumed-role/{role.name}/{assumption.session_name}",
        role_arn=role.arn,
        user_id=f"{role.id}:{assumption.session_name}",
        tags=assumption.tags.all,
        role_tags=_role_tags(role),
    )


def _role_tags(role: Role) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags or []}


eksauth_backends: BackendDict[EKSAuthBackend] = BackendDict(EKSAuthBackend, "eks")

"""What the services that are ours tell about the call that they are answering.

Nothing is noted outside of a call, for example when a test uses a backend directly.
"""

from __future__ import annotations

from ..events.call import Map
from ..events.identities import AssumedRole, AWSAccount, IAMUser, Root, SAMLUser, WebIdentityUser
from ..identity.sessions import RoleSession
from ..sts.models import IssuedSession
from .progress import current_call
from .service_calls import assumed_for_pod, assumed_target_role


def note_pod_session(issued: IssuedSession, packed_policy_size: int | None, region: str) -> None:
    """EKS assumed an association's role for a pod."""
    if call := current_call():
        call.made_by_services += assumed_for_pod(issued, packed_policy_size, region)


def note_target_session(
    issued: IssuedSession, packed_policy_size: int | None, region: str, parent: IssuedSession
) -> None:
    """EKS assumed a target role with the session of an association's role."""
    if call := current_call():
        call.made_by_services += assumed_target_role(issued, packed_policy_size, region, parent)


def note_assumed_role(issued: IssuedSession, parent: RoleSession | None) -> None:
    """Somebody assumed a role: two accounts see it when the role is another account's."""
    call = current_call()
    if call is None:
        return
    if parent is not None and parent.transitive_tags:
        call.extra_parameters = {"IncomingTransitiveTags": Map(parent.transitive_tags)}
    caller = call.identity
    account_id = issued.session.account_id
    if isinstance(caller, (IAMUser, AssumedRole, Root)) and caller.account_id != account_id:
        principal_id = caller.account_id if isinstance(caller, Root) else caller.principal_id
        call.also_seen_by = (account_id, AWSAccount(principal_id, caller.account_id))


def note_web_identity(identity: WebIdentityUser, account_id: str | None) -> None:
    """Somebody presented a web identity token to assume a role of an account."""
    if call := current_call():
        call.identity = identity
        call.account_id = account_id


def note_saml_user(identity: SAMLUser, account_id: str | None) -> None:
    """Somebody presented a SAML assertion to assume a role of an account."""
    if call := current_call():
        call.identity = identity
        call.account_id = account_id

"""Which operations of IAM are about what: the long rows of its table."""

from __future__ import annotations

from typing import Final

ROLE_OPERATIONS: Final = (
    "AttachRolePolicy DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy"
    " DeleteServiceLinkedRole DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies"
    " ListInstanceProfilesForRole ListRolePolicies ListRoleTags PutRolePermissionsBoundary"
    " PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
)

#: Those that policies may tie to the boundary that a role has.
BOUNDED_OPERATIONS: Final = frozenset(
    {
        "AttachRolePolicy",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
    }
)

USER_OPERATIONS: Final = (
    "AttachUserPolicy CreateAccessKey CreateLoginProfile"
    " CreateServiceSpecificCredential DeactivateMFADevice DeleteAccessKey DeleteLoginProfile"
    " DeleteSSHPublicKey DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser"
    " DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy EnableMFADevice"
    " GetLoginProfile GetMFADevice GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys"
    " ListAttachedUserPolicies ListGroupsForUser ListMFADevices ListSSHPublicKeys"
    " ListServiceSpecificCredentials ListSigningCertificates ListUserPolicies ListUserTags"
    " PutUserPermissionsBoundary PutUserPolicy ResetServiceSpecificCredential ResyncMFADevice"
    " TagUser UntagUser UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey"
    " UpdateServiceSpecificCredential UpdateSigningCertificate UpdateUser UploadSSHPublicKey"
    " UploadSigningCertificate"
)

GROUP_OPERATIONS: Final = (
    "AddUserToGroup AttachGroupPolicy DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup"
    " GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup"
    " UpdateGroup"
)

POLICY_OPERATIONS: Final = (
    "CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion"
    " ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy"
    " UntagPolicy"
)

#: Operations whose action has no resource, or none that their parameters name.
PLAIN_OPERATIONS: Final = (
    "AcquireRole CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy"
    " DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions"
    " DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement"
    " EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport"
    " GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountProperties"
    " GetAccountSummary GetContextKeysForCustomPolicy GetCredentialReport"
    " GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo"
    " GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities ListAccountAliases"
    " ListDelegationRequests ListOpenIDConnectProviders ListOrganizationsFeatures ListSAMLProviders"
    " ListVirtualMFADevices PutAccountProperties SetSecurityTokenServicePreferences"
    " SimulateCustomPolicy UpdateAccountPasswordPolicy"
)

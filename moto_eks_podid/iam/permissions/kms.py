"""Permissions of AWS KMS ("Actions, resources, and condition keys for AWS Key Management Service").

An alias stands for its key: permissions are on the key, and the alias is a condition key.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from typing import TYPE_CHECKING, Any

from .call import Call, Context
from .keys import given_keys, request_tags, resource_tags
from .rows import ANYTHING, Find, Keys, Resource, given, on, owner, parts_of, service, shown_as
from .state import peek

if TYPE_CHECKING:
    from moto.kms.models import Key, KmsBackend

_MODULE = "moto.kms.models"
_KEY = "key/"
_ALIAS = "alias/"
#: moto begins what it encrypts with the id of the key.
_CIPHERTEXT_KEY = re.compile(rb"[0-9a-z-]{36}")


def _backend(account: str, region: str) -> KmsBackend | None:
    backend: KmsBackend | None = peek(_MODULE, "kms_backends", account, region)
    return backend


def key_called(call: Call, name: str) -> Resource:
    """Return a key, with its tags, aliases and policy.

    :param name: its id or ARN, or the name or ARN of an alias; one that no key has stands for
        itself
    """
    bare = name if name.startswith(("arn:", _ALIAS, _KEY)) else _KEY + name
    arn = call.here(bare) if bare.startswith("arn:") else call.arn("kms", bare)
    _, _, _, region, account, resource = parts_of(arn)
    backend = _backend(account, region)
    alias = resource if resource.startswith(_ALIAS) else None
    key = _stored(backend, resource) if backend is not None else None
    request: Context = {"kms:CallerAccount": call.account_id}
    if alias is not None:
        request["kms:RequestAlias"] = alias
    if backend is None or key is None:
        return Resource(arn, request, owner(account))
    context = {**request, **_known(key, backend)}
    return Resource(key.arn, context, owner(account), None, (key.policy,))


def _stored(backend: KmsBackend, resource: str) -> Key | None:
    if not resource.startswith(_ALIAS):
        return backend.keys.get(resource.removeprefix(_KEY))
    # Not moto's own look-up, which makes the keys of AWS's own aliases.
    return next((key for key in list(backend.keys.values()) if resource in key.aliases), None)


def _known(key: Key, backend: KmsBackend) -> Context:
    context = resource_tags(backend.tagger.tags.get(key.id))
    context["kms:KeyOrigin"] = key.origin
    context["kms:KeySpec"] = key.key_spec
    context["kms:KeyUsage"] = key.key_usage or "ENCRYPT_DECRYPT"
    context["kms:MultiRegion"] = "true" if key.multi_region else "false"
    if key.aliases:
        context["kms:ResourceAliases"] = list(key.aliases)
    return context


def _key(*parameters: str) -> Find:
    def find(call: Call) -> tuple[Resource, ...]:
        for parameter in parameters:
            if name := call.text(parameter):
                return (key_called(call, name),)
        return ANYTHING

    return find


def _key_of_ciphertext(parameter: str) -> Find:
    """Find the key that a parameter names, or that something was encrypted with."""

    def find(call: Call) -> tuple[Resource, ...]:
        name = call.text(parameter)
        if name is None:
            key_id = _CIPHERTEXT_KEY.match(_as_bytes(call.parameters.get("CiphertextBlob")))
            name = _arn_of(call, key_id[0].decode()) if key_id else None
        return (key_called(call, name),) if name else ANYTHING

    return find


def _arn_of(call: Call, key_id: str) -> str:
    """Return the ARN of the key, in whatever account."""
    backends = getattr(sys.modules.get(_MODULE), "kms_backends", None) or {}
    for account in list(backends):
        backend = _backend(account, call.region)
        if backend is not None and (key := backend.keys.get(key_id)) is not None:
            return str(key.arn)
    return call.arn("kms", _KEY + key_id)


def _as_bytes(blob: Any) -> bytes:
    if isinstance(blob, str):
        try:
            return base64.b64decode(blob)
        except (binascii.Error, ValueError):
            return b""
    return blob if isinstance(blob, bytes) else b""


def _alias(call: Call) -> tuple[Resource, ...]:
    name = call.text("AliasName")
    return (Resource(call.arn("kms", name), account=call.account_id),) if name else ANYTHING


def _any_key(call: Call) -> tuple[Resource, ...]:
    """Find the key that is yet to be made."""
    return (Resource(call.arn("kms", f"{_KEY}*"), account=call.account_id),)


def _encryption_context(parameter: str) -> Keys:
    def keys(call: Call) -> Context:
        given_context = call.members(parameter)
        context: Context = {
            f"kms:EncryptionContext:{key}": value
            for key, value in given_context.items()
            if isinstance(value, str)
        }
        if given_context:
            context["kms:EncryptionContextKeys"] = list(given_context)
        return context

    return keys


_AT = _key("KeyId")
_TARGET = _key("TargetKeyId")
_OF_ALIAS = _key("AliasName")
_CREATED = given_keys(
    {
        "CustomerMasterKeySpec": "kms:KeySpec",
        "KeySpec": "kms:KeySpec",
        "KeyUsage": "kms:KeyUsage",
        "MultiRegion": "kms:MultiRegion",
        "Origin": "kms:KeyOrigin",
    }
)
_PAIR = given_keys({"KeyPairSpec": "kms:DataKeyPairSpec"})

KMS = service(
    "kms",
    on(
        _AT,
        "CancelKeyDeletion CreateGrant Decapsulate DeleteImportedKeyMaterial DeriveSharedSecret"
        " DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encapsulate"
        " GenerateMac GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport"
        " GetPublicKey ImportKeyMaterial ListGrants ListKeyPolicies ListKeyRotations"
        " ListResourceTags PutKeyPolicy ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand"
        " ScheduleKeyDeletion Sign TagResource UntagResource UpdateKeyDescription"
        " UpdatePrimaryRegion Verify VerifyMac",
    ),
    on(
        _AT,
        "Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext",
        _encryption_context("EncryptionContext"),
    ),
    on(
        _AT,
        "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext",
        _encryption_context("EncryptionContext"),
        _PAIR,
    ),
    on(_key_of_ciphertext("KeyId"), "Decrypt", _encryption_context("EncryptionContext")),
    on(
        _key_of_ciphertext("SourceKeyId"),
        "ReEncrypt=ReEncryptFrom",
        _encryption_context("SourceEncryptionContext"),
    ),
    on(
        _key("DestinationKeyId"),
        "ReEncrypt=ReEncryptTo",
        _encryption_context("DestinationEncryptionContext"),
    ),
    on(_alias, "CreateAlias DeleteAlias UpdateAlias"),
    on(_OF_ALIAS, "DeleteAlias UpdateAlias"),
    on(_TARGET, "CreateAlias UpdateAlias"),
    # Observed in real responses.
    on(shown_as("*"), "CreateKey ReplicateKey=CreateKey", _CREATED),
    on(given("Tags", _any_key), "CreateKey=TagResource ReplicateKey=TagResource"),
    on(
        shown_as("*"),
        "ConnectCustomKeyStore CreateCustomKeyStore DeleteCustomKeyStore DescribeCustomKeyStores"
        " DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants"
        " UpdateCustomKeyStore",
    ),
    keys=(
        request_tags,
        given_keys(
            {
                "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
                "EncryptionAlgorithm": "kms:EncryptionAlgorithm",
                "ExpirationModel": "kms:ExpirationModel",
                "GranteePrincipal": "kms:GranteePrincipal",
                "KeyAgreementAlgorithm": "kms:KeyAgreementAlgorithm",
                "MacAlgorithm": "kms:MacAlgorithm",
                "MessageType": "kms:MessageType",
                "Operations": "kms:GrantOperations",
                "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
                "PrimaryRegion": "kms:PrimaryRegion",
                "ReplicaRegion": "kms:ReplicaRegion",
                "RetiringPrincipal": "kms:RetiringPrincipal",
                "RotationPeriodInDays": "kms:RotationPeriodInDays",
                "SigningAlgorithm": "kms:SigningAlgorithm",
                "WrappingAlgorithm": "kms:WrappingAlgorithm",
                "WrappingKeySpec": "kms:WrappingKeySpec",
            }
        ),
    ),
)

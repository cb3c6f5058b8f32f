"""Permissions of AWS Secrets Manager ("Actions, resources, and condition keys for AWS Secrets
Manager")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .call import Call, Context
from .functions import FUNCTION_TO_ROTATE
from .keys import given_keys, request_tags, resource_tags
from .rows import ANYTHING, Resource, anything, given, on, owner, parts_of, service
from .state import peek

if TYPE_CHECKING:
    from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend

_KIND = "secret:"
#: What AWS adds to the name of a secret in its ARN: a dash and six random letters.
_SUFFIX_LENGTH = 7
#: The suffix of a secret that is yet to be made; policies leave it open, or as six of these.
_NEW_SUFFIX = "-??????"


def secret_called(call: Call, secret_id: str) -> Resource:
    """Return a secret, with its tags and its policy.

    :param secret_id: its name, or its ARN with or without the random end; refusals repeat it
    """
    if owner(parts_of(secret_id)[4]) is not None:
        arn = call.here(secret_id)
    else:
        # Of what looks like an ARN and is none, moto takes the end.
        name = secret_id.rpartition(":")[2] if secret_id.startswith("arn:") else secret_id
        arn = call.arn("secretsmanager", _KIND + name)
    _, _, _, region, account, resource = parts_of(arn)
    secret = _stored(account, region, resource.removeprefix(_KIND), arn)
    if secret is None:
        return Resource(arn, account=owner(account), shown=secret_id)
    tags = resource_tags(secret.tags, "secretsmanager:ResourceTag")
    # "Secrets Manager replicates the encrypted secret data and metadata such as tags and resource
    # policies."
    policy = getattr(getattr(secret, "source", secret), "policy", None)
    return Resource(secret.arn, tags, owner(account), secret_id, (policy,) if policy else ())


def _backend(account: str, region: str) -> SecretsManagerBackend | None:
    backend: SecretsManagerBackend | None = peek(
        "moto.secretsmanager.models", "secretsmanager_backends", account, region
    )
    return backend


def _stored(account: str, region: str, name: str, arn: str) -> FakeSecret | ReplicaSecret | None:
    backend = _backend(account, region)
    if backend is None:
        return None
    # moto's own look-up walks the live dictionary, which another thread may be changing.
    secret = dict.get(backend.secrets, name)
    if secret is None:
        secret = dict.get(backend.secrets, name[:-_SUFFIX_LENGTH])
        if secret is not None and secret.arn != arn:
            secret = None
    return secret or _replica(backend, name, arn)


def _replica(
    backend: SecretsManagerBackend, name: str, arn: str
) -> FakeSecret | ReplicaSecret | None:
    # moto has replicas under their ARNs.
    replicas = [one for key, one in list(dict.items(backend.secrets)) if key == one.arn]
    found = (one for one in replicas if one.arn == arn or one.name == name)
    return next(found, None)


def _secret(call: Call) -> tuple[Resource, ...]:
    secret_id = call.text("SecretId")
    return (secret_called(call, secret_id),) if secret_id else ANYTHING


def _new_secret(call: Call) -> tuple[Resource, ...]:
    name = call.text("Name")
    if name is None:
        return ANYTHING
    arn = call.arn("secretsmanager", _KIND + name + _NEW_SUFFIX)
    return (Resource(arn, account=call.account_id, shown=name),)


def _every_secret(call: Call) -> Iterable[Resource]:
    """Find the secrets that a call lists, or whose names its filters find."""
    ids = call.texts("SecretIdList") or _filtered(call)
    return [secret_called(call, secret_id) for secret_id in ids]


def _filtered(call: Call) -> Iterable[str]:
    backend = _backend(call.account_id, call.region)
    filters = call.items("Filters")
    if backend is None or not filters:
        return ()
    # Their own function, so that what is judged is what they answer with.
    from moto.secretsmanager.models import _matches

    try:
        return [name for name, one in list(backend.secrets.items()) if _matches(one, filters)]
    except (KeyError, TypeError):
        # No filter at all; moto says so.
        return [name for name, _ in list(backend.secrets.items())]


def _replica_regions(call: Call) -> Context:
    regions = [
        region
        for item in call.items("AddReplicaRegions")
        if isinstance(item, dict) and isinstance(region := item.get("Region"), str)
    ]
    return {"secretsmanager:AddReplicaRegions": regions} if regions else {}


SECRETS_MANAGER = service(
    "secretsmanager",
    on(
        _secret,
        "AssociateCrossAccountReplica CancelRotateSecret DeleteResourcePolicy DeleteSecret"
        " DescribeSecret DisassociateCrossAccountReplica GetResourcePolicy GetSecretValue"
        " ListResourcePolicies ListSecretVersionIds PutResourcePolicy PutSecretValue"
        " RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret RotateSecret"
        " StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage"
        " ValidateResourcePolicy",
    ),
    on(_new_secret, "CreateSecret"),
    on(given("Tags", _new_secret), "CreateSecret=TagResource"),
    on(given("AddReplicaRegions", _new_secret), "CreateSecret=ReplicateSecretToRegions"),
    on(given("RotationLambdaARN", FUNCTION_TO_ROTATE), "RotateSecret=lambda:InvokeFunction"),
    on(anything, "BatchGetSecretValue GetRandomPassword ListSecrets"),
    on(_every_secret, "BatchGetSecretValue=GetSecretValue"),
    on(given("Filters", anything), "BatchGetSecretValue=ListSecrets"),
    keys=(
        request_tags,
        _replica_regions,
        given_keys(
            {
                "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy",
                "Description": "secretsmanager:Description",
                "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
                "ForceOverwriteReplicaSecret": "secretsmanager:ForceOverwriteReplicaSecret",
                "KmsKeyId": "secretsmanager:KmsKeyId",
                "Name": "secretsmanager:Name",
                "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
                "RotateImmediately": "secretsmanager:RotateImmediately",
                "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
                "SecretId": "secretsmanager:SecretId",
                "VersionId": "secretsmanager:VersionId",
                "VersionStage": "secretsmanager:VersionStage",
            }
        ),
    ),
)

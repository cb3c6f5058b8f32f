"""What the webhook puts into a pod: environment variables, a mount path, a token file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from .annotations import ServiceAccountOptions

#: Where the agent answers on every node.
CREDENTIALS_URI = "http://169.254.170.23/v1/credentials"
POD_IDENTITY_MOUNT_PATH = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
WEB_IDENTITY_MOUNT_PATH = "/var/run/secrets/eks.amazonaws.com/serviceaccount"

#: A group of variables; none of them is set where one of them is set already.
Variables = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Injection:
    """One of the two ways to credentials, as it appears in a pod.

    :ivar source: the variable that says whom to ask, or which role to ask for, and its value
    :ivar token_variable: the variable that says where the token is
    :ivar audience: of the projected token
    :ivar token_path: of the token below the mount path
    :ivar labelled: whether the pod is labelled
    :ivar jittered: whether the default lifetime of the token is drawn at random
    """

    source: tuple[str, str]
    token_variable: str
    volume: str
    mount_path: str
    token_path: str
    audience: str
    labelled: bool
    jittered: bool

    def token_file(self, *, windows: bool = False) -> str:
        """Return the token's path in a container."""
        path = posixpath.join(self.mount_path, self.token_path)
        return "C:" + path.replace("/", "\\") if windows else path

    def variables(
        self, region: str | None, *, sts_regional_endpoints: bool = True, windows: bool = False
    ) -> tuple[Variables, ...]:
        """Return the groups of variables, in the order in which they are appended."""
        groups: list[Variables] = []
        if sts_regional_endpoints:
            groups.append((("AWS_STS_REGIONAL_ENDPOINTS", "regional"),))
        if region:
            groups.append((("AWS_DEFAULT_REGION", region), ("AWS_REGION", region)))
        groups.append((self.source, (self.token_variable, self.token_file(windows=windows))))
        return tuple(groups)

    def complete(self, names: set[str]) -> bool:
        """Tell whether variables of these names leave nothing to set, whatever their values."""
        return (
            "AWS_STS_REGIONAL_ENDPOINTS" in names
            and not names.isdisjoint({"AWS_DEFAULT_REGION", "AWS_REGION"})
            and not names.isdisjoint({self.source[0], self.token_variable})
        )


def pod_identity(
    credentials_uri: str = CREDENTIALS_URI, mount_path: str = POD_IDENTITY_MOUNT_PATH
) -> Injection:
    """Return what a pod gets whose service account has a pod identity association."""
    return Injection(
        source=("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials_uri),
        token_variable="AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        volume="eks-pod-identity-token",
        mount_path=mount_path,
        token_path="eks-pod-identity-token",
        audience="pods.eks.amazonaws.com",
        labelled=True,
        jittered=True,
    )


def web_identity(role_arn: str, audience: str | None = None) -> Injection:
    """Return what a pod gets whose service account is annotated with a role (IRSA)."""
    return Injection(
        source=("AWS_ROLE_ARN", role_arn),
        token_variable="AWS_WEB_IDENTITY_TOKEN_FILE",
        volume="aws-iam-token",
        mount_path=WEB_IDENTITY_MOUNT_PATH,
        token_path="token",
        audience="sts.amazonaws.com" if audience is None else audience,
        labelled=False,
        jittered=False,
    )


@dataclass(frozen=True, slots=True)
class PodEnvironment:
    """What a process in a container finds.

    :ivar variables: environment variables, in the order in which the webhook sets them
    :ivar mount_path: the folder of the token
    :ivar token_file: the token's path
    """

    variables: Mapping[str, str]
    mount_path: str
    token_file: str


def pod_identity_environment(
    region: str | None,
    service_account_annotations: Mapping[str, str] | None = None,
    *,
    credentials_uri: str = CREDENTIALS_URI,
    mount_path: str = POD_IDENTITY_MOUNT_PATH,
) -> PodEnvironment:
    """Return what a container finds whose service account has a pod identity association.

    :param region: the cluster's; None sets no variable for it
    :param service_account_annotations: they may switch ``AWS_STS_REGIONAL_ENDPOINTS`` off
    :param credentials_uri: where an agent answers, if not where every node's does
    :param mount_path: where the token's folder is, if not where the webhook mounts it
    """
    options = ServiceAccountOptions.read(service_account_annotations or {})
    injection = pod_identity(credentials_uri, mount_path)
    groups = injection.variables(
        region, sts_regional_endpoints=options.sts_regional_endpoints is not False
    )
    return PodEnvironment(
        variables={name: value for group in groups for name, value in group},
        mount_path=mount_path,
        token_file=injection.token_file(),
    )

"""What the pytest fixtures are made of; loaded by the first test that asks for one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import boto3
import requests

from .mocking import mock_aws
from .pod import Pod, run_as_pod
from .pod_calls import of_the_test, outside
from .records import cloudtrail_records

CLUSTER: Final = "test-cluster"
NAMESPACE: Final = "default"
SERVICE_ACCOUNT: Final = "app"
DEFAULT_REGION: Final = "us-east-1"

#: What lets pods of every cluster assume a role ("Create IAM role with trust policy required by EKS
#: Pod Identity", EKS User Guide).
TRUST_POLICY: Final[Mapping[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    },
}

_LONGEST_ROLE_NAME: Final = 64

Policy: TypeAlias = "str | Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class TestAws:
    """The AWS of one test: a mock of this process, or a server that was reset for it.

    :ivar endpoint_url: of the server; None in-process
    :ivar region: where clusters are made
    """

    __test__ = False

    endpoint_url: str | None
    region: str

    def client(self, service: str) -> Any:
        """Return a client of the test itself, which arranges what pods find."""
        make: Any = boto3.client
        return of_the_test(
            make(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        )


@contextmanager
def in_process() -> Iterator[TestAws]:
    """Run a mock for a test; inside of another mock it is the same AWS."""
    with mock_aws():
        yield TestAws(None, _region())


@contextmanager
def at_server(url: str) -> Iterator[TestAws]:
    """Have a server for a test alone: what an earlier one left is gone."""
    requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
    yield TestAws(url, _region())


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


@dataclass(frozen=True, slots=True)
class EksCluster:
    """A cluster that was made for a test.

    :ivar issuer: the URL of its OIDC issuer
    """

    name: str
    arn: str
    issuer: str
    aws: TestAws


def create_cluster(aws: TestAws, name: str = CLUSTER) -> EksCluster:
    """Make a cluster."""
    made = aws.client("eks").create_cluster(
        name=name,
        roleArn="arn:aws:iam::123456789012:role/eks-cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )["cluster"]
    return EksCluster(name, made["arn"], made["identity"]["oidc"]["issuer"], aws)


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """A service account with its role and its association."""

    cluster: EksCluster
    namespace: str
    service_account: str
    role_arn: str
    association_arn: str
    association_id: str

    def pod(self, **arguments: Any) -> Pod:
        """Return a pod of the service account, to run code in.

        :param arguments: of :func:`~moto_eks_podid.run_as_pod`, such as ``iam_enforcement``
        """
        return run_as_pod(
            self.cluster.name,
            self.namespace,
            self.service_account,
            region=self.cluster.aws.region,
            endpoint_url=self.cluster.aws.endpoint_url,
            **arguments,
        )


class MakePodIdentity:
    """The fixture ``pod_identity``: makes role and association of a service account.

    :param cluster: where
    """

    def __init__(self, cluster: EksCluster) -> None:
        self._cluster = cluster

    def __call__(
        self,
        namespace: str = NAMESPACE,
        service_account: str = SERVICE_ACCOUNT,
        *,
        policy: Policy | None = None,
        policy_arns: Sequence[str] = (),
        trust_policy: Policy = TRUST_POLICY,
        role_arn: str | None = None,
        **association: Any,
    ) -> PodIdentity:
        """Make a role and associate a service account with it.

        :param policy: what the role may do: a document, or one statement, as a dict or JSON text
        :param policy_arns: managed policies, AWS's own ones included
        :param trust_policy: default: for pods of every cluster
        :param role_arn: a role that is there already, instead of a new one
        :param association: other members of CreatePodIdentityAssociation, such as ``targetRoleArn``
        """
        # Inside a pod, too, it is the test that arranges things.
        with outside():
            if role_arn is None:
                role_arn = self._role(
                    f"{namespace}-{service_account}", trust_policy, policy, policy_arns
                )
            made = self._cluster.aws.client("eks").create_pod_identity_association(
                clusterName=self._cluster.name,
                namespace=namespace,
                serviceAccount=service_account,
                roleArn=role_arn,
                **association,
            )["association"]
        return PodIdentity(
            self._cluster,
            namespace,
            service_account,
            role_arn,
            made["associationArn"],
            made["associationId"],
        )

    def _role(
        self, name: str, trust: Policy, policy: Policy | None, policy_arns: Sequence[str]
    ) -> str:
        iam = self._cluster.aws.client("iam")
        role = _create_role(iam, name, _document(trust))
        name = role["RoleName"]
        if policy is not None:
            iam.put_role_policy(RoleName=name, PolicyName="pod", PolicyDocument=_document(policy))
        for arn in policy_arns:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return str(role["Arn"])


def _create_role(iam: Any, wanted: str, trust: str) -> Any:
    """Make a role of that name; with a number behind it if another pod's role has that name."""
    name, number = wanted[:_LONGEST_ROLE_NAME], 1
    while True:
        try:
            return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        except iam.exceptions.EntityAlreadyExistsException:
            number += 1
            suffix = f"-{number}"
            name = wanted[: _LONGEST_ROLE_NAME - len(suffix)] + suffix


def _document(policy: Policy) -> str:
    if isinstance(policy, str):
        return policy
    if "Statement" not in policy:
        policy = {"Version": "2012-10-17", "Statement": policy}
    return json.dumps(policy)


class AsPod:
    """The fixture ``as_pod``: the rest of the test runs as a pod.

    :param make: makes role and association
    :param stack: ends the pods with the test
    """

    def __init__(self, make: MakePodIdentity, stack: ExitStack) -> None:
        self._make = make
        self._stack = stack

    def __call__(
        self,
        namespace: str = NAMESPACE,
        service_account: str = SERVICE_ACCOUNT,
        *,
        pod_name: str | None = None,
        node_role: str | None = None,
        iam_enforcement: str | None = "sessions",
        **identity: Any,
    ) -> Pod:
        """Make role and association, and run as a pod of the service account until the test ends.

        The pod's calls are judged by the role's policies.

        :param pod_name: as in :func:`~moto_eks_podid.run_as_pod`
        :param node_role: likewise
        :param iam_enforcement: likewise; None leaves the setting as it is
        :param identity: arguments of the fixture ``pod_identity``, such as ``policy``
        """
        made = self._make(namespace, service_account, **identity)
        pod = made.pod(pod_name=pod_name, node_role=node_role, iam_enforcement=iam_enforcement)
        return self._stack.enter_context(pod)


class Records:
    """The fixture ``cloudtrail_records``: the records of the test's calls.

    :param aws: whose
    """

    def __init__(self, aws: TestAws) -> None:
        self._aws = aws

    def __call__(self, event_name: str | None = None, **narrowed: Any) -> list[dict[str, Any]]:
        """Return CloudTrail records, newest first.

        :param event_name: only those of this operation
        :param narrowed: other arguments of :func:`~moto_eks_podid.cloudtrail_records`
        """
        return cloudtrail_records(
            event_name=event_name, endpoint_url=self._aws.endpoint_url, **narrowed
        )

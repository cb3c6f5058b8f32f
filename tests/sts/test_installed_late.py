"""The plugin was installed while a mock ran: what moto made before cannot do its work."""

from __future__ import annotations

import subprocess
import sys
import textwrap

#: A session in which everything but the pod's credentials was done.
PREPARED = """
import warnings
import boto3, moto
import moto_eks_podid as podid

def client(service):
    return boto3.client(service, region_name="us-west-2")

def prepare():
    client("eks").create_cluster(
        name="blue", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={}
    )
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Principal": {"Service": "pods.eks.amazonaws.com"}, '
        '"Action": ["sts:AssumeRole", "sts:TagSession"]}]}'
    )
    role = client("iam").create_role(RoleName="cart", AssumeRolePolicyDocument=trust)["Role"]
    client("eks").create_pod_identity_association(
        clusterName="blue", namespace="shop", serviceAccount="cart", roleArn=role["Arn"]
    )

def assume(token):
    return client("eks-auth").assume_role_for_pod_identity(clusterName="blue", token=token)
"""


def run(script: str) -> str:
    """Run a script where the plugin is not installed by anything else."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARED + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_warning_leaves_eks_auth_out() -> None:
    """The warning of a late installation says that EKS Auth gives no credentials."""
    script = """
        with moto.mock_aws(), warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            podid.install()
        print([str(w.message) for w in seen if w.category is podid.InstalledInsideMockWarning])
    """
    assert "no credentials from EKS Auth" in run(script)


def test_cluster_that_moto_made_crashes_eks_auth() -> None:
    """A cluster of moto's own EKS has no pods: EKS Auth does not know it."""
    script = """
        with moto.mock_aws(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client("eks").create_cluster(
                name="blue", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={}
            )
            podid.install()
            try:
                assume("a.b.c")
            except client("eks-auth").exceptions.ResourceNotFoundException as refused:
                print(refused.response["ResponseMetadata"]["HTTPStatusCode"])
                print(refused.response["Error"]["Message"])
    """
    assert run(script).splitlines() == ["404", "No cluster found for name: blue."]


def test_sts_that_moto_made_crashes_eks_auth() -> None:
    """moto's own STS cannot record a pod's session; the error says what to do about it."""
    script = """
        with moto.mock_aws(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client("sts").get_caller_identity()
            podid.install()
            prepare()
            try:
                assume(podid.service_account_token("blue", "shop", "cart"))
            except RuntimeError as error:
                print(error)
        with moto.mock_aws():
            prepare()
            answer = assume(podid.service_account_token("blue", "shop", "cart"))
            print(answer["subject"]["serviceAccount"])
    """
    error, after = run(script).splitlines()
    assert error == (
        "moto made the STS of account 123456789012 (aws) before moto_eks_podid was installed, and "
        "it cannot record role sessions. Install first: in a conftest.py, or use "
        "moto_eks_podid.mock_aws. Or start a new mock."
    )
    assert after == "cart"

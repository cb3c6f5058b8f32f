"""CloudFormation was used before the plugin came, or after it went."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from tests.cloudformation.stack_under_test import association, cluster, role, template

WHOLE = template(
    Cluster=cluster(),
    Role=role(),
    Association={**association(), "DependsOn": ["Cluster", "Role"]},
)

SCRIPT = """
    import warnings
    import boto3, moto

    def statuses():
        keys = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-west-2")
        cfn, eks = boto3.client("cloudformation", **keys), boto3.client("eks", **keys)
        cfn.create_stack(StackName="whole", TemplateBody={body!r})
        made = eks.list_clusters()["clusters"]
        if made:
            [found] = eks.list_pod_identity_associations(clusterName=made[0])["associations"]
            made.append(found["namespace"])
        return made

    warnings.simplefilter("ignore")
    with moto.mock_aws():
        print(statuses())
    import moto_eks_podid
    moto_eks_podid.install()
    with moto.mock_aws():
        print(statuses())
    moto_eks_podid.uninstall()
    with moto.mock_aws():
        print(statuses())
"""


def test_resource_types_are_not_noticed() -> None:
    """Types are known as soon as the plugin is installed, and unknown when it is taken out."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT).format(body=WHOLE)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "['prod-blue', 'shop']", "[]"]

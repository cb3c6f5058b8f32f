"""The story, from a cluster to the association that a session came from."""

from __future__ import annotations

import base64

import boto3
from rich.console import Console
from rich.json import JSON
from rich.markup import escape
from rich.panel import Panel

from ..explaining import explain
from ..issuers import service_account_token
from ..pod import run_as_pod
from ..recorder import role_sessions
from ..records import cloudtrail_records
from ..tracing import trace
from .stage import Stage, document, pod_statement
from .trust_examples import CLUSTER, NAMESPACE, OTHER_CLUSTER, trust_examples

BUCKET = "orders"
OBJECTS = {"order-1.json": "namespace=shop", "payroll.json": "namespace=office"}
OWN_OBJECTS = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
    "Condition": {
        "StringEquals": {
            "s3:ExistingObjectTag/namespace": "${aws:PrincipalTag/kubernetes-namespace}"
        }
    },
}
CONTAINER_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_REGION",
)
SERVICE_ACCOUNT, POD = "cart", "cart-7c9d6b5f4-x2k9m"


def tell(stage: Stage, console: Console) -> None:
    """Tell it, chapter by chapter."""
    chapter(console, "A cluster, a role, an association")
    issuer = stage.create_cluster(CLUSTER)
    _line(console, "cluster", CLUSTER)
    _line(console, "issuer", issuer)
    role_arn = stage.create_role(document(pod_statement()))
    _line(console, "role", role_arn)
    association = stage.associate(CLUSTER, NAMESPACE, SERVICE_ACCOUNT, role_arn)
    _line(console, "association", association["associationArn"])

    chapter(console, "The pod's token: its claims")
    token = service_account_token(CLUSTER, NAMESPACE, SERVICE_ACCOUNT, pod_name=POD)
    claims = token.split(".")[1]
    console.print(JSON(base64.urlsafe_b64decode(claims + "==").decode()))

    chapter(console, "AssumeRoleForPodIdentity: credentials, and who they are")
    answer = stage.eks_auth.assume_role_for_pod_identity(clusterName=CLUSTER, token=token)
    credentials = answer["credentials"]
    pod = stage.as_pod("sts", credentials)
    _line(console, "access key", credentials["accessKeyId"])
    _line(console, "until", f"{credentials['expiration']:%Y-%m-%d %H:%M:%S %Z}")
    _line(console, "caller", pod.get_caller_identity()["Arn"])

    chapter(console, "The session's tags, all transitive")
    (session,) = role_sessions(access_key_id=credentials["accessKeyId"])
    for key, value in session.tags.items():
        _line(console, key, value, width=28)

    chapter(console, "In the pod: an agent, a token in a file, an SDK that knows nothing")
    with run_as_pod(CLUSTER, NAMESPACE, SERVICE_ACCOUNT, pod_name=POD) as inside:
        for name in CONTAINER_VARIABLES:
            _line(console, name, inside.environ[name], width=40)
        console.print('boto3.client("sts").get_caller_identity()', style="bold")
        _line(console, "caller", boto3.client("sts").get_caller_identity()["Arn"])

    chapter(console, "A token of another cluster is refused")
    stage.create_cluster(OTHER_CLUSTER)
    stranger = service_account_token(OTHER_CLUSTER, NAMESPACE, SERVICE_ACCOUNT)
    console.print(stage.ask_with(CLUSTER, stranger), soft_wrap=True)

    chapter(console, "Trust policies decide, as AWS documents them")
    policy = None
    for says, who, answer in trust_examples(stage):
        if says != policy:
            policy = says
            console.print(f"the trust policy: {says}", style="bold")
        console.print(f"    {who}: {answer}", soft_wrap=True)

    chapter(console, "IAM: the pod reads what its tags allow")
    stage.allow(role_arn, OWN_OBJECTS)
    stage.put_objects(BUCKET, OBJECTS)
    console.print(
        "the role's policy: s3:GetObject where the object's namespace tag is", style="bold"
    )
    console.print("    ${aws:PrincipalTag/kubernetes-namespace}", style="bold")
    s3 = stage.as_pod("s3", credentials)
    for key, tags in OBJECTS.items():
        console.print(f"    {key} ({tags}): {stage.read(s3, BUCKET, key)}", soft_wrap=True)
    console.print("why, from explain():", style="bold")
    for line in str(explain()).splitlines()[2:]:
        console.print(f"    {escape(line)}", soft_wrap=True)

    chapter(console, "CloudTrail: what the pod did, and the way back to it")
    for record in reversed(cloudtrail_records(event_name="GetObject")):
        _line(console, "event", f"{record['eventName']} at {record['eventTime']}")
        _line(console, "on", record["requestParameters"]["key"])
        _line(console, "outcome", record.get("errorCode", "allowed"))
        _line(console, "with key", record["userIdentity"]["accessKeyId"])
        origin = trace(record["userIdentity"]["accessKeyId"])
        assert origin is not None
        _line(console, "that is pod", f"{origin.pod_name} ({origin.pod_uid})")
        _line(console, "of", f"{origin.namespace}/{origin.service_account}")
        _line(console, "on cluster", origin.cluster_name or "")
        _line(console, "through", origin.association_arn or "")
        console.print()


def chapter(console: Console, title: str) -> None:
    """Begin a chapter."""
    console.print()
    console.print(Panel.fit(title, style="bold"))


def _line(console: Console, name: str, value: str, *, width: int = 14) -> None:
    # Not folded: an ARN is there to be copied.
    console.print(f"{name:<{width}}{escape(value)}", soft_wrap=True)

"""From what a mock or a server has recorded back to the pod."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement

import moto_eks_podid as podid
from moto_eks_podid import PodOrigin
from moto_eks_podid.cloudtrail import recorded
from moto_eks_podid.events.call import CallDetails
from tests.eksauth.target_chain import ROLE, Chain, identity_policy, trusting

ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"


def trace(aws: Aws, what: Any) -> PodOrigin | None:
    return podid.trace(what, endpoint_url=aws.endpoint_url)


def newest(aws: Aws, event_name: str) -> dict[str, Any]:
    found = podid.cloudtrail_records(event_name=event_name, endpoint_url=aws.endpoint_url)
    return found[0]


@pytest.fixture
def association(aws: Aws) -> dict[str, Any]:
    aws.create_cluster()
    return aws.associate(aws.create_role())


def test_call_leads_to_no_pod(aws: Aws, association: dict[str, Any]) -> None:
    """A call's access key, record and event lead back to the pod, its association and its node."""
    token = aws.token(pod_name="cart-0", pod_uid="91ee0000-74f3-49d4-8f7c-bcde305c0000")
    answer = aws.assume(token)
    key = answer["credentials"]["accessKeyId"]
    aws.client_with(answer["credentials"], "s3").list_buckets()

    origin = trace(aws, key)
    assert origin is not None
    [session] = origin.chain
    assert (session.access_key_id, session.arn) == (key, answer["assumedRoleUser"]["arn"])
    assert origin == PodOrigin(
        mechanism="pod-identity",
        cluster_name=CLUSTER,
        cluster_arn=ARN,
        namespace="shop",
        service_account="cart",
        pod_name="cart-0",
        pod_uid="91ee0000-74f3-49d4-8f7c-bcde305c0000",
        role_arn=association["roleArn"],
        association_arn=association["associationArn"],
        issuer=None,
        node=f"arn:aws:iam::{ACCOUNT}:user/moto",
        chain=origin.chain,
    )
    record = newest(aws, "ListBuckets")
    assert trace(aws, record) == origin
    # As LookupEvents and EventBridge wrap it.
    entry = {"EventId": record["eventID"], "CloudTrailEvent": json.dumps(record)}
    assert trace(aws, entry) == origin
    assert trace(aws, {"detail-type": "AWS API Call via CloudTrail", "detail": record}) == origin
    assert trace(aws, session.arn) == origin
    assert trace(aws, str(session.arn).rpartition("/")[2]) == origin


def test_entry_of_lookup_is_refused(aws: Aws, association: dict[str, Any]) -> None:
    """An entry of LookupEvents, as boto3 returns it, is as good as a record."""
    aws.client_with(aws.assume()["credentials"], "sts").get_caller_identity()
    [entry] = aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]
    )["Events"]
    origin = trace(aws, entry)
    assert origin is not None
    assert origin.service_account == "cart"


def test_administrator_is_taken_for_a_pod(aws: Aws, association: dict[str, Any]) -> None:
    """Calls of others lead to no pod, and neither do keys that nobody gave out."""
    aws.assume()
    assert trace(aws, newest(aws, "CreatePodIdentityAssociation")) is None
    assert trace(aws, newest(aws, "AssumeRoleForPodIdentity")) is None
    assert trace(aws, "ASIANOBODY") is None


def test_target_role_hides_the_pod(aws: Aws) -> None:
    """A target role in another account, and roles that the workload assumes, lead back."""
    chain = Chain(aws)
    chain.permit(identity_policy("sts:AssumeRole", "sts:TagSession"))
    target = chain.target(trusting(ROLE), OTHER_ACCOUNT)
    association = chain.associate(target)
    credentials = chain.assume()["credentials"]

    origin = trace(aws, credentials["accessKeyId"])
    assert origin is not None
    assert [session.role_arn for session in origin.chain] == [ROLE, target]
    assert [session.account for session in origin.chain] == [ACCOUNT, OTHER_ACCOUNT]
    assert origin.role_arn == ROLE
    assert origin.association_arn == association["associationArn"]

    own = aws.client_with(credentials, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/own", RoleSessionName="own"
    )["Credentials"]
    further = trace(aws, own["AccessKeyId"])
    assert further is not None
    assert further.chain[:2] == origin.chain
    assert further.chain[2].access_key_id == own["AccessKeyId"]
    assert further.pod_uid == origin.pod_uid


def test_irsa_hides_the_pod(aws: Aws) -> None:
    """A pod that uses IRSA is known by its service account, its issuer and the issuer's cluster."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"]
    )
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.removeprefix('https://')}"
    trust = policy(statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider}))
    role = aws.create_role("irsa", trust)
    key = aws.client("sts").assume_role_with_web_identity(
        RoleArn=role,
        RoleSessionName="cart",
        WebIdentityToken=aws.token(audience="sts.amazonaws.com"),
    )["Credentials"]["AccessKeyId"]
    origin = trace(aws, key)
    assert origin is not None
    assert (origin.mechanism, origin.issuer) == ("irsa", issuer)
    assert (origin.cluster_name, origin.cluster_arn) == (CLUSTER, ARN)
    assert (origin.namespace, origin.service_account) == ("shop", "cart")
    assert (origin.role_arn, origin.pod_name, origin.association_arn) == (role, None, None)


def test_association_without_tags_names_nobody(aws: Aws) -> None:
    """Where session tags are disabled, the association still tells the service account."""
    aws.create_cluster()
    association = aws.associate(aws.create_role(), disableSessionTags=True)
    origin = trace(aws, aws.assume()["credentials"]["accessKeyId"])
    assert origin is not None
    assert origin.association_arn == association["associationArn"]
    assert (origin.cluster_name, origin.namespace, origin.service_account) == (
        CLUSTER,
        "shop",
        "cart",
    )
    assert (origin.pod_name, origin.pod_uid) == (None, None)


def test_association_made_anew_is_taken_for_the_old(aws: Aws) -> None:
    """Each session keeps the association it came from, though a new one replaced it at once."""
    aws.create_cluster()
    role = aws.create_role()
    old = aws.associate(role)
    first = aws.assume()["credentials"]["accessKeyId"]
    aws.client("eks").delete_pod_identity_association(
        clusterName=CLUSTER, associationId=old["associationId"]
    )
    new = aws.associate(role)
    second = aws.assume()["credentials"]["accessKeyId"]
    for key, association in ((first, old), (second, new)):
        origin = trace(aws, key)
        assert origin is not None
        assert origin.association_arn == association["associationArn"]


def test_reset_forgets_nothing(aws: Aws, association: dict[str, Any]) -> None:
    """moto's reset forgets the way back with everything else."""
    key = aws.assume()["credentials"]["accessKeyId"]
    assert trace(aws, key) is not None
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    assert trace(aws, key) is None


def test_every_trace_reads_the_whole_history(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace reads what came since the last one; what is gone from the history counts no more."""
    aws = in_process_aws
    aws.create_cluster()
    aws.associate(aws.create_role())
    keys = [aws.assume()["credentials"]["accessKeyId"] for _ in range(3)]
    read = []
    build = recorded.build

    def counted(details: CallDetails) -> dict[str, Any]:
        read.append(details.operation)
        return build(details)

    monkeypatch.setattr(recorded, "build", counted)
    assert trace(aws, keys[0])
    assert read.count("AssumeRole") == 3
    read.clear()
    assert all(trace(aws, key) for key in keys)
    assert read == []
    keys.append(aws.assume()["credentials"]["accessKeyId"])
    assert all(trace(aws, key) for key in keys)
    assert read.count("AssumeRole") == 1
    read.clear()
    aws.settings(cloudtrail_max_events=3)
    origin = trace(aws, keys[3])
    assert origin is not None
    assert read.count("AssumeRole") == 1
    assert trace(aws, keys[0]) is None


def test_foreign_record_stays(aws: Aws, association: dict[str, Any]) -> None:
    """A record that is traced is not taken into the history."""
    key = aws.assume()["credentials"]["accessKeyId"]
    text = json.dumps(newest(aws, "AssumeRole"))
    foreign = json.loads(text.replace(key, "ASIAFOREIGNFOREIGN00"))
    foreign |= {"eventID": "of another event", "sharedEventID": "of another call"}
    assert trace(aws, foreign) is not None
    assert trace(aws, "ASIAFOREIGNFOREIGN00") is None


def test_records_of_one_id_are_all_records(aws: Aws, association: dict[str, Any]) -> None:
    """An event's id narrows the records to one, data events included."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="k")
    for name in ("CreateCluster", "PutObject"):
        record = newest(aws, name)
        found = podid.cloudtrail_records(event_id=record["eventID"], endpoint_url=aws.endpoint_url)
        assert found == [record]
    assert podid.cloudtrail_records(event_id="x", endpoint_url=aws.endpoint_url) == []


@pytest.mark.parametrize(
    "event",
    [
        *({}, {"eventName": "x"}, {"CloudTrailEvent": "{"}, {"CloudTrailEvent": "[]"}),
        *({"detail": {}}, None, 5, [], b"ASIA"),
    ],
)
def test_anything_passes_for_a_record(aws: Aws, event: Any) -> None:
    """Something without a record in it is refused."""
    with pytest.raises(ValueError, match="CloudTrail"):
        trace(aws, event)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/trace", None),
        ("GET", "/trace?access_key_id=ASIA", None),
        ("GET", "/trace?of=a&more=b", None),
        ("POST", "/trace", {}),
        ("POST", "/trace", {"record": "text"}),
        ("POST", "/trace", {"record": {}}),
    ],
)
def test_odd_request_is_answered(aws: Aws, method: str, path: str, body: Any) -> None:
    """The endpoint refuses what it does not know."""
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.request(method, f"{base}/moto-api/eks-podid{path}", json=body, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "ValueError")

"""The fixtures of the pytest plugin, in test sessions of their own."""

from __future__ import annotations

import pytest

#: Read by a pod of the namespace `shop`; nothing imports the package.
ORDERS = """
import boto3
import pytest
from botocore.exceptions import ClientError

POLICY = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


def who():
    return boto3.client("sts").get_caller_identity()["Arn"]
"""

TESTS = (
    ORDERS
    + """

def test_pod_may_do_what_its_role_may(as_pod, cloudtrail_records):
    pod = as_pod("shop", "cart", policy=POLICY)
    assert ":assumed-role/shop-cart/eks-test-clust-cart-" in who()
    boto3.client("s3").list_buckets()
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        boto3.client("eks").list_clusters()
    [record] = cloudtrail_records("ListBuckets")
    assert record["userIdentity"]["arn"] == who()
    assert record["recipientAccountId"] == "123456789012"


def test_pods_in_turn(pod_identity):
    cart = pod_identity("shop", "cart", policy=POLICY)
    chef = pod_identity("kitchen", "chef", role_arn=cart.role_arn, tags={"team": "food"})
    with cart.pod():
        first = who()
    with chef.pod(pod_name="chef-0"):
        second = who()
    assert "chef-0" in second
    assert first != second
    assert chef.association_id in chef.association_arn


def test_names_of_roles_collide(pod_identity):
    long = "n" * 60
    of = [("team-a", "app"), ("team", "a-app"), (long, "service-one"), (long, "service-two")]
    made = [pod_identity(*who).role_arn.rpartition("/")[2] for who in of]
    assert made == [
        "team-a-app", "team-a-app-2", f"{long}-ser", f"{long}-s-2"
    ]


def test_managed_policies_count(as_pod):
    as_pod(policy_arns=["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])
    boto3.client("s3").list_buckets()


def test_identity_is_made_inside_a_pod(as_pod, pod_identity):
    as_pod("shop", "cart")
    inner = pod_identity("kitchen", "chef")
    assert "shop-cart" in who()
    with inner.pod():
        assert "kitchen-chef" in who()


def test_test_looks_at_what_its_pod_did(as_pod, pod_identity_aws):
    s3 = pod_identity_aws.client("s3")
    s3.create_bucket(Bucket="orders")
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::orders/*"}
    as_pod("shop", "cart", policy=put)
    boto3.client("s3").put_object(Bucket="orders", Key="k", Body=b"x")
    assert s3.get_object(Bucket="orders", Key="k")["Body"].read() == b"x"


def test_cluster_is_the_test_s_own(eks_cluster):
    client = eks_cluster.aws.client("eks")
    assert client.list_clusters()["clusters"] == [eks_cluster.name]
    assert client.list_pod_identity_associations(clusterName=eks_cluster.name)["associations"] == []
    assert eks_cluster.issuer.startswith("https://oidc.eks.us-east-1.amazonaws.com/id/")
"""
)
MARKED = "import pytest\npytestmark = pytest.mark.pod_identity_server\n" + TESTS


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run what is there in a process of its own, in which any warning is an error."""
    return pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:cacheprovider", "--strict-markers", *arguments, timeout=180
    )


def test_fixtures_do_not_work_in_process_or_at_the_server(pytester: pytest.Pytester) -> None:
    """The same tests pass in a mock of the process and, when marked, at a server; in parallel."""
    pytester.makepyfile(test_in_process=TESTS, test_at_server=MARKED)
    run(pytester).assert_outcomes(passed=14)
    run(pytester, "-n", "2").assert_outcomes(passed=14)


def test_server_is_started_for_nobody(pytester: pytest.Pytester) -> None:
    """One server serves all marked tests of a session, each of which finds it empty."""
    pytester.makepyfile(
        """
        import pytest

        urls = set()

        @pytest.mark.pod_identity_server
        @pytest.mark.parametrize("number", range(3))
        def test_it(eks_cluster, number):
            urls.add(eks_cluster.aws.endpoint_url)
            assert len(urls) == 1
            assert eks_cluster.aws.client("iam").list_roles()["Roles"] == []
            eks_cluster.aws.client("iam").create_role(
                RoleName="x", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
            )
        """
    )
    run(pytester).assert_outcomes(passed=3)


def test_fixtures_are_not_described(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` and `--markers` say what there is."""
    listed = run(pytester, "--fixtures").stdout.str()
    for name in ("eks_cluster", "pod_identity", "as_pod", "cloudtrail_records"):
        assert f"\n{name} -- " in listed
    assert "@pytest.mark.pod_identity_server: " in run(pytester, "--markers").stdout.str()

"""The policy evaluator on its own: no moto, no boto3."""

from __future__ import annotations

from moto_eks_podid.policy import Request, evaluate, missing_grants, validate

POD = "arn:aws:sts::123456789012:assumed-role/cart-reader/eks-prod-blue-cart-0-1f0c2b9e"

OWN_NAMESPACE = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::orders/${aws:PrincipalTag/kubernetes-namespace}/*",
    },
}


def test_a_pod_reads_its_namespaces_objects() -> None:
    """A session tag, put into a policy variable, makes one policy serve every namespace."""

    def may_read(key: str, **tags: str) -> str:
        context = {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
        request = Request(
            principal=POD,
            action="s3:GetObject",
            resource=f"arn:aws:s3:::orders/{key}",
            context=context,
        )
        return evaluate(request, identity=[OWN_NAMESPACE]).word

    shop = {"kubernetes-namespace": "shop"}
    assert may_read("shop/2026.json", **shop) == "allowed"
    assert may_read("billing/2026.json", **shop) == "implicitly denied"
    # Without session tags the variable has no value, and matches nothing.
    assert may_read("shop/2026.json") == "implicitly denied"


def test_a_decision_explains_itself() -> None:
    """The text of a decision says which policy decided, and which condition did not hold."""
    trust_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {"aws:RequestTag/eks-cluster-name": ["prod-blue", "prod-red"]}
            },
        },
    }
    decision = evaluate(
        Request(
            principal="pods.eks.amazonaws.com",
            action="sts:AssumeRole",
            resource="arn:aws:iam::123456789012:role/cart-reader",
            context={"aws:RequestTag/eks-cluster-name": "staging-green"},
        ),
        resource=trust_policy,
    )
    assert decision.word == "implicitly denied"
    assert decision.decided_by == "resource"
    assert str(decision).splitlines() == [
        "sts:AssumeRole on arn:aws:iam::123456789012:role/cart-reader for pods.eks.amazonaws.com "
        "is implicitly denied: no resource policy allows it",
        "  resource policy 0, statement 0: Allow has a condition that does not hold",
        "    StringEquals aws:RequestTag/eks-cluster-name: "
        "'staging-green' against 'prod-blue' or 'prod-red' does not hold",
    ]

    # The same as values.
    [condition] = decision.explanation.near_misses[0].conditions
    assert condition.key == "aws:RequestTag/eks-cluster-name"
    assert condition.actual == ("staging-green",)
    assert condition.wanted == ("prod-blue", "prod-red")


def test_every_kind_of_policy_has_a_say() -> None:
    """A session policy and a boundary narrow what the role allows, and a Deny wins anywhere."""
    request = Request(POD, "s3:GetObject", "arn:aws:s3:::orders/2026.json")

    def policy(effect: str, action: str) -> dict[str, object]:
        return {
            "Version": "2012-10-17",
            "Statement": {"Effect": effect, "Action": action, "Resource": "*"},
        }

    everything, lists = policy("Allow", "s3:*"), policy("Allow", "s3:List*")
    assert evaluate(request, identity=[everything], session=everything).allowed
    narrowed = evaluate(request, identity=[everything], session=lists)
    assert (narrowed.word, narrowed.decided_by) == ("implicitly denied", "session")
    denied = evaluate(request, identity=[everything], boundary=policy("Deny", "s3:GetObject"))
    assert (denied.word, denied.decided_by) == ("explicitly denied", "boundary")


def test_what_is_wrong_with_a_policy() -> None:
    """validate() finds what IAM would refuse; missing_grants() what Pod Identity would."""
    trust_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEqual": {"aws:SourceAccount": "123456789012"}},
        },
    }
    [finding] = validate(trust_policy, kind="trust")
    assert (finding.severity, finding.code) == ("error", "unknown-operator")
    assert "StringEqual" in finding.message

    required = ("sts:AssumeRole", "sts:TagSession")
    assert missing_grants(trust_policy, "pods.eks.amazonaws.com", required) == ("sts:TagSession",)

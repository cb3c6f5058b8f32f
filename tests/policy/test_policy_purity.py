"""The policy language stands on its own, and its small promises to callers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

import moto_eks_podid.policy as policy
from moto_eks_podid.policy import OPERATORS, Request, evaluate, missing_grants

PACKAGE = Path(policy.__file__).parent
PODS = "pods.eks.amazonaws.com"
BOTH = ("sts:AssumeRole", "sts:TagSession")
ROLE = "arn:aws:iam::111122223333:role/cart"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_module_needs_more_than_the_standard_library(path: Path) -> None:
    """Every import is of the standard library or of the package itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert node.level or str(node.module).split(".")[0] in sys.stdlib_module_names
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert alias.name.split(".")[0] in sys.stdlib_module_names


def test_public_name_is_missing() -> None:
    """Everything that the package says it exports is there."""
    for name in policy.__all__:
        assert getattr(policy, name) is not None


def test_operator_of_the_documentation_is_missing() -> None:
    """The table has the documented operators, each by the name it is documented under."""
    comparisons = ["Equals", "NotEquals", "LessThan", "LessThanEquals"]
    comparisons += ["GreaterThan", "GreaterThanEquals"]
    documented = {f"{kind}{one}" for kind in ("Numeric", "Date") for one in comparisons}
    documented |= {"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"}
    documented |= {f"Arn{one}" for one in ("Equals", "NotEquals", "Like", "NotLike")}
    documented |= {f"String{one}" for one in ("Equals", "NotEquals", "Like", "NotLike")}
    documented |= {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}
    assert {row.name for row in OPERATORS.values()} == documented
    assert all(name == row.name.lower() for name, row in OPERATORS.items())


def trust(principal: Any = None, **more: Any) -> dict[str, Any]:
    principal = {"Service": PODS} if principal is None else principal
    return {"Effect": "Allow", "Principal": principal, "Action": list(BOTH), **more}


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        ([trust()], ()),
        ([trust("*")], ()),
        ([trust({"AWS": "*"})], ()),
        ([trust({"Service": ["ec2.amazonaws.com", PODS]})], ()),
        ([trust(Action="sts:*")], ()),
        ([trust(Action="*")], ()),
        ([trust(Action="STS:assumerole")], ("sts:TagSession",)),
        ([trust(Action="sts:AssumeRole"), trust(Action="sts:TagSession")], ()),
        ([trust(Action="sts:TagSession")], ("sts:AssumeRole",)),
        ([trust({"Service": "ec2.amazonaws.com"})], BOTH),
        ([trust({"Service": "*.amazonaws.com"})], BOTH),
        ([trust({"AWS": ROLE})], BOTH),
        ([trust({"AWS": PODS})], BOTH),
        ([trust(Condition={"StringEquals": {"aws:RequestTag/eks-cluster-name": "other"}})], ()),
        ([trust(), {**trust(), "Effect": "Deny"}], ()),
        ([{**trust(), "Effect": "Deny"}], BOTH),
        ([], BOTH),
    ],
)
def test_trust_for_pods_is_misread(
    statements: list[dict[str, Any]], missing: tuple[str, ...]
) -> None:
    """What a trust policy grants the service counts, whatever its conditions and its Denies."""
    document = {"Version": "2012-10-17", "Statement": statements}
    assert missing_grants(document, PODS, BOTH) == missing


def test_not_action_grants_to_pods() -> None:
    """NotAction grants what it does not list; NotPrincipal gives the service nothing."""
    statement = {key: value for key, value in trust().items() if key != "Action"}
    granting = {"Statement": {**statement, "NotAction": "sts:TagSession"}}
    assert missing_grants(granting, PODS, BOTH) == ("sts:TagSession",)
    del statement["Principal"]
    others = {"Statement": {**statement, "NotPrincipal": {"AWS": ROLE}, "Action": "*"}}
    assert missing_grants(others, PODS, BOTH) == BOTH


def test_single_document_needs_a_list() -> None:
    """Identity and session policies may be given as one document, boundaries as a list of one."""
    one = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    request = Request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "*")
    assert evaluate(request, one, session=one, boundary=[one]).allowed
    assert not evaluate(request, [], session=[], boundary=[]).allowed
    assert evaluate(request, [one], session=[], boundary=[]).allowed


def test_context_is_folded_again() -> None:
    """A decision folds the context once, however many conditions ask, and only if one does."""

    class Counting(dict[str, Any]):
        folded = 0

        def items(self) -> Any:
            self.folded += 1
            return super().items()

    context = Counting({"aws:PrincipalTag/team": "cart"})
    condition = {"StringEquals": {"aws:PrincipalTag/team": "cart"}}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    request = Request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "*", context)
    assert evaluate(request, [{"Statement": allow}]).allowed
    assert context.folded == 0
    asking = {**allow, "Condition": condition}
    elsewhere = {"Statement": {**asking, "Action": "s3:PutObject"}}
    assert not evaluate(request, [elsewhere, elsewhere]).allowed
    assert context.folded == 0
    assert evaluate(request, [{"Statement": [asking, asking]}] * 3).allowed
    assert context.folded == 1

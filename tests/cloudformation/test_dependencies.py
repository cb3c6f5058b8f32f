"""The order in which the resources of a template are made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.cloudformation.exceptions import ValidationError

from moto_eks_podid.cloudformation.dependencies import in_dependency_order

REFERENCES: dict[str, Any] = {
    "Ref": {"Ref": "B"},
    "GetAtt": {"Fn::GetAtt": ["B", "Arn"]},
    "GetAtt as a text": {"Fn::GetAtt": "B.Arn"},
    "Sub": {"Fn::Sub": "x-${B}-y"},
    "Sub of an attribute": {"Fn::Sub": "${B.Arn}"},
    "Sub with a map": {"Fn::Sub": ["${Name}", {"Name": {"Ref": "B"}}]},
    "inside a list of a map": {"Tags": [{"Key": "a", "Value": {"Fn::Join": ["", [{"Ref": "B"}]]}}]},
    "either way of a condition": {"Fn::If": ["Wanted", "x", {"Ref": "B"}]},
}

NO_REFERENCES: dict[str, Any] = {
    "text": "B",
    "literal": {"Fn::Sub": "${!B}"},
    "a map's own name": {"Fn::Sub": ["${B}", {"B": "x"}]},
    "somebody else": {"Ref": "AWS::Region"},
    "key": {"B": "x"},
}


@pytest.mark.parametrize("name", REFERENCES)
def test_reference_is_overlooked(name: str) -> None:
    """What a resource refers to, in whatever way, is made first."""
    resources = {"A": {"Properties": {"X": REFERENCES[name]}}, "B": {}}
    assert in_dependency_order(resources) == ["B", "A"]


@pytest.mark.parametrize("name", NO_REFERENCES)
def test_reference_is_imagined(name: str) -> None:
    """What is no reference leaves the order as written."""
    resources = {"A": {"Properties": {"X": NO_REFERENCES[name]}}, "B": {}}
    assert in_dependency_order(resources) == ["A", "B"]


@pytest.mark.parametrize("depends_on", ["B", ["B"], ["C", "B"], ["B", "Missing"]])
def test_depends_on_is_overlooked(depends_on: Any) -> None:
    """`DependsOn` is a name or a list of names."""
    resources = {"A": {"DependsOn": depends_on}, "B": {}, "C": {}}
    order = in_dependency_order(resources)
    assert order.index("B") < order.index("A")


@given(st.lists(st.sets(st.integers(0, 11)), max_size=12))
def test_order_is_no_order(graph: list[set[int]]) -> None:
    """Each resource comes once, after all that it depends on; a circle is named."""
    resources = {
        f"R{number}": {"DependsOn": [f"R{other}" for other in others if other < len(graph)]}
        for number, others in enumerate(graph)
    }
    try:
        order = in_dependency_order(resources)
    except ValidationError as error:
        named = str(error.message).partition("[")[2].rstrip("]").split(", ")
        assert named
        for name in named:
            # Each of a circle depends on another of it.
            assert set(resources[name]["DependsOn"]) & set(named)
        return
    assert sorted(order) == sorted(resources)
    for position, name in enumerate(order):
        assert set(resources[name]["DependsOn"]) <= set(order[:position])

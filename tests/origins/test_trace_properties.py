"""What holds for any logs: order and repetition do not matter, and no pod is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.events.synthetic import WAYS, SyntheticRecord, synthetic_records
from moto_eks_podid.origins import Index, PodOrigin
from tests.origins.made_records import (
    association,
    by_node,
    caller,
    for_pod,
    further,
    target_role,
    with_token,
)

STORY = [
    for_pod(),
    by_node(),
    association(),
    association("Delete", time="2026-03-01T10:00:00Z"),
    *target_role(),
    further("ASIAOWN", "arn:aws:iam::111122223333:role/own", caller("ASIATARGET")),
    with_token("ASIAIRSA"),
    further("ASIACIRCLE", "arn:aws:iam::111122223333:role/o", caller("ASIACIRCLE"), event_id="c"),
]


@given(st.permutations([*STORY, *STORY]))
def test_order_or_repetition_changes_the_answer(records: list[Any]) -> None:
    """Records in any order, some of them twice, give the same origins."""
    index, expected = Index(records), Index(STORY)
    keys = set(expected.session_keys())
    assert keys == set(index.session_keys())
    assert {key: index.trace(key) for key in keys} == {key: expected.trace(key) for key in keys}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(range(len(STORY))), st.sampled_from(sorted(STORY[0])), JSON)
def test_hostile_member_breaks_the_trace(place: int, name: str, value: Any) -> None:
    """Whatever a record's member is, tracing ends, and an origin can be written as JSON."""
    records = [*STORY, {**STORY[place], name: value}]
    index = Index(records)
    for what in (*index.session_keys(), *records):
        if origin := index.trace(what):
            assert PodOrigin.from_json(json.loads(json.dumps(origin.as_json()))) == origin


@pytest.fixture(scope="module")
def logs() -> list[SyntheticRecord]:
    return list(synthetic_records(60, 600, seed=7))


def test_generated_pod_is_not_found(logs: list[SyntheticRecord]) -> None:
    """Every generated call leads back to the pod that made it, and no other call to a pod."""
    index = Index(json.loads(record.text) for record in logs)
    for record in logs:
        origin = index.trace(json.loads(record.text))
        if record.pod is None:
            assert origin is None
            continue
        pod, workload = record.pod, record.pod.workload
        assert origin is not None
        assert (origin.namespace, origin.service_account, origin.cluster_arn) == (
            workload.namespace,
            workload.service_account,
            workload.cluster_arn,
        )
        assert origin.association_arn == workload.association_arn
        if workload.way == "irsa":
            assert (origin.mechanism, origin.issuer) == ("irsa", workload.issuer)
        else:
            assert (origin.pod_name, origin.pod_uid) == (pod.name, pod.uid)
            assert origin.node == pod.node.arn


def test_generated_key_is_not_found(logs: list[SyntheticRecord]) -> None:
    """Every session of every generated pod leads back to it; all ways to credentials occur."""
    index = Index(json.loads(record.text) for record in logs)
    pods = {id(record.pod): record.pod for record in logs if record.pod}
    assert len(pods) == 60
    assert {pod.workload.way for pod in pods.values()} == set(WAYS)
    for pod in pods.values():
        assert pod.keys
        for key in pod.keys:
            origin = index.trace(key)
            assert origin is not None
            assert origin.service_account == pod.workload.service_account
            assert origin.chain[-1].access_key_id == key

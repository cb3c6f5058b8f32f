"""What holds for the mutation of every pod."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.webhook.admission import to_json
from moto_eks_podid.webhook.annotations import ServiceAccountOptions
from moto_eks_podid.webhook.mutation import Pod, mutate
from moto_eks_podid.webhook.pods import patched
from moto_eks_podid.webhook.schema import MalformedValue

AS_ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/cart-reader"}
DOMAIN = "eks.amazonaws.com"

Json = dict[str, Any]


def patch_of(pod: Any, *, associated: bool = True, seed: int = 0) -> list[Json] | None:
    return mutate(
        Pod.read(pod),
        ServiceAccountOptions.read(AS_ROLE),
        associated=associated,
        region="us-west-2",
        draw=random.Random(seed).randint,
    )


NAMES = st.sampled_from(["a", "b", "c", "d"])
VARIABLES = st.sampled_from(
    [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "PATH",
        "HOME",
    ]
)
VOLUMES = st.sampled_from(["eks-pod-identity-token", "aws-iam-token", "scratch", "config"])
TEXTS = st.text(max_size=8)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "resources": st.just({})},
        optional={
            "image": TEXTS.filter(bool),
            "env": st.lists(
                st.builds(lambda name: {"name": name, "value": "mine"}, VARIABLES),
                min_size=1,
                max_size=5,
            ),
            "volumeMounts": st.lists(
                st.builds(lambda name: {"name": name, "mountPath": "/mine"}, VOLUMES),
                min_size=1,
                max_size=3,
            ),
            "securityContext": st.just({"privileged": False}),
            "of-tomorrow": st.one_of(TEXTS, st.integers(), st.lists(TEXTS)),
        },
    ),
    min_size=1,
    max_size=3,
)
PODS_OF_ALL_KINDS = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": TEXTS},
            optional={
                "labels": st.dictionaries(TEXTS, TEXTS, max_size=2),
                "annotations": st.fixed_dictionaries(
                    {}, optional={f"{DOMAIN}/skip-containers": NAMES}
                ),
            },
        ),
        "spec": st.fixed_dictionaries(
            {"containers": CONTAINERS, "hostNetwork": st.booleans()},
            optional={
                "initContainers": CONTAINERS,
                "volumes": st.lists(
                    st.builds(lambda name: {"name": name, "emptyDir": {}}, VOLUMES), max_size=3
                ),
                "nodeSelector": st.just({"kubernetes.io/os": "windows"}),
            },
        ),
    }
)

GROUPS = (
    {"AWS_STS_REGIONAL_ENDPOINTS"},
    {"AWS_DEFAULT_REGION", "AWS_REGION"},
)
WAYS = {
    True: (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"},
        "eks-pod-identity-token",
    ),
    False: ({"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}, "aws-iam-token"),
}


@given(pod=PODS_OF_ALL_KINDS, associated=st.booleans())
def test_mutated_pod_lacks_something_or_lost_something(pod: Json, associated: bool) -> None:
    """A patch adds what a container lacks, at the end; everything else stays as it was."""
    patch = patch_of(pod, associated=associated)
    after = jsonpatch.apply_patch(pod, patch)
    assert after == patched(pod, patch or [])
    own, volume = WAYS[associated]
    skipped = pod["metadata"].get("annotations", {}).get(f"{DOMAIN}/skip-containers")

    before_volumes = pod["spec"].get("volumes", [])
    there = any(entry["name"] == volume for entry in before_volumes)
    assert after["spec"]["volumes"][0 if there else 1 :] == before_volumes
    assert any(entry["name"] == volume for entry in after["spec"]["volumes"])
    for kind in ("containers", "initContainers"):
        for old, new in zip(pod["spec"].get(kind, []), after["spec"].get(kind, []), strict=True):
            names = {entry["name"] for entry in old.get("env", [])}
            if old["name"] == skipped or all(names & group for group in (*GROUPS, own)):
                assert new == old
                continue
            added = [entry["name"] for entry in new["env"][len(old.get("env", [])) :]]
            wanted = {name for group in (*GROUPS, own) if not names & group for name in group}
            assert set(added) == wanted
            assert len(added) == len(wanted)
            assert new["env"][: len(old.get("env", []))] == old.get("env", [])
            mounts = old.get("volumeMounts", [])
            assert new["volumeMounts"][: len(mounts)] == mounts
            has_mount = any(mount["name"] == volume for mount in mounts)
            assert len(new["volumeMounts"]) == len(mounts) + (not has_mount)
            rest = {"env", "volumeMounts"}
            assert {k: v for k, v in new.items() if k not in rest} == {
                k: v for k, v in old.items() if k not in rest
            }
    labels = after["metadata"].pop("labels", {})
    mine = {f"{DOMAIN}/pod-identity": "enabled"} if associated else {}
    assert labels == {**pod["metadata"].get("labels", {}), **mine}
    assert after["metadata"] == {k: v for k, v in pod["metadata"].items() if k != "labels"}
    patched_members = {"containers", "initContainers", "volumes"}
    assert {k: v for k, v in after["spec"].items() if k not in patched_members} == {
        k: v for k, v in pod["spec"].items() if k not in patched_members
    }


@given(pod=PODS_OF_ALL_KINDS, associated=st.booleans(), seed=st.integers())
def test_second_mutation_changes_something(pod: Json, associated: bool, seed: int) -> None:
    """EKS reinvokes its webhook: the second patch changes nothing, whatever lifetime it draws."""
    once = patched(pod, patch_of(pod, associated=associated, seed=seed) or [])
    again = patch_of(once, associated=associated, seed=seed + 1)
    assert again is not None
    assert patched(once, again) == once
    assert all("volumes" not in operation["path"] for operation in again)


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(TEXTS, st.sampled_from(["metadata", "spec", "containers", "name", "env"])),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(value=JSON_VALUES, below=st.sampled_from([None, "spec", "metadata"]))
def test_any_json_raises_something_else(value: Any, below: str | None) -> None:
    """Whatever JSON comes, it is a pod or it is malformed."""
    patch = None
    with contextlib.suppress(MalformedValue):
        patch = patch_of(value if below is None else {below: value})
    json.loads(to_json(patch))

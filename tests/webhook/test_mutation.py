"""The rules of the mutation: pods that carry their own patch, and what holds for all pods."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from moto_eks_podid.webhook.admission import to_json
from moto_eks_podid.webhook.annotations import ServiceAccountOptions
from moto_eks_podid.webhook.injection import pod_identity_environment
from moto_eks_podid.webhook.mutation import JITTER, Pod, mutate
from moto_eks_podid.webhook.schema import MalformedValue

PODS = sorted((Path(__file__).parent / "pods").glob("*.yaml"))
ROLE = "arn:aws:iam::111122223333:role/cart-reader"
DOMAIN = "eks.amazonaws.com"

Json = dict[str, Any]


def lowest(first: int, last: int) -> int:
    assert (first, last) == (79_200, 86_400)
    return first


def patch_of(
    pod: Json,
    annotations: dict[str, str] | None = None,
    *,
    associated: bool = True,
    region: str | None = "us-west-2",
    draw: Any = lowest,
) -> list[Json] | None:
    return mutate(
        Pod.read(pod),
        ServiceAccountOptions.read(annotations or {}),
        associated=associated,
        region=region,
        draw=draw,
    )


def test_no_pod_carries_a_patch() -> None:
    """The folder of pods is found."""
    assert len(PODS) >= 12


@pytest.mark.parametrize("path", PODS, ids=lambda path: path.stem)
def test_patch_differs_from_the_one_a_pod_carries(path: Path) -> None:
    """A file has a pod, and then why it gets which patch: the webhook's, to the byte."""
    pod, expected = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    before = copy.deepcopy(pod)
    patch = patch_of(
        pod,
        expected.get("annotations"),
        associated=expected["associated"],
        region=expected["region"],
    )
    assert to_json(patch) == to_json(expected["patch"]), expected["because"]
    assert pod == before


def minimal(**annotations: str) -> Json:
    return {
        "metadata": {
            "annotations": {f"{DOMAIN}/{name}": text for name, text in annotations.items()}
        },
        "spec": {"containers": [{"name": "app"}]},
    }


def lifetime(patch: list[Json] | None) -> int:
    assert patch is not None
    [volumes] = [entry["value"] for entry in patch if entry["path"] == "/spec/volumes"]
    return int(volumes[0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"])


#: The pod's annotation, the service account's -> seconds, None for the default.
LIFETIMES = {
    "neither": (None, None, None),
    "pod": ("7200", None, 7200),
    "service account": (None, "7200", 7200),
    "pod before service account": ("3600", "7200", 3600),
    "the default itself": (None, "86400", 86_400),
    "more than the default": ("100000", None, 100_000),
    "the least": ("600", None, 600),
    "less than the least": ("599", None, 600),
    "negative": ("-1", None, 600),
    "signed": ("+7200", None, 7200),
    "unreadable": ("1h", None, None),
    "unreadable, but not the other": ("1h", "7200", 7200),
    "empty": ("", None, None),
    "with blanks": (" 7200", None, None),
    "with a newline": ("7200\n", None, None),
    "a fraction": ("7200.5", None, None),
    "other digits": ("٧٢٠٠", None, None),
    "more than 64 bits": (str(2**63), None, None),
    "far more than 64 bits": ("9" * 10_000, None, None),
}


@pytest.mark.parametrize("associated", [True, False], ids=["pod-identity", "irsa"])
@pytest.mark.parametrize(("of_pod", "of_account", "expected"), LIFETIMES.values(), ids=LIFETIMES)
def test_token_has_another_lifetime(
    of_pod: str | None, of_account: str | None, expected: int | None, associated: bool
) -> None:
    """The pod's annotation goes before its account's; only Pod Identity's default varies."""
    annotations = {f"{DOMAIN}/role-arn": ROLE}
    if of_account is not None:
        annotations[f"{DOMAIN}/token-expiration"] = of_account
    pod = minimal(**({} if of_pod is None else {"token-expiration": of_pod}))
    patch = patch_of(pod, annotations, associated=associated)
    assert lifetime(patch) == (expected or (79_200 if associated else 86_400))


def test_jitter_leaves_its_bounds() -> None:
    """Default lifetimes are spread over the last two of 24 hours, and a seed repeats them."""

    def lifetimes(seed: int) -> list[int]:
        draw = random.Random(seed).randint
        return [lifetime(patch_of(minimal(), draw=draw)) for _ in range(500)]

    drawn = lifetimes(1)
    assert JITTER == (79_200, 86_400)
    assert min(drawn) >= 79_200
    assert max(drawn) <= 86_400
    assert len(set(drawn)) > 400
    assert drawn == lifetimes(1) != lifetimes(2)


#: The annotation -> which of the containers a, b and " b" are left alone.
SKIPPED = {
    "a": {"a"},
    "a,b": {"a", "b"},
    "a, b": {"a", " b"},
    '"a","b"': {"a", "b"},
    "\n\na\nb": {"a"},
    "": set(),
    "\n": set(),
    'a"b,a': set(),
    'a,"b': set(),
    '"a"b': set(),
}


@pytest.mark.parametrize(("annotation", "expected"), SKIPPED.items())
def test_wrong_container_is_skipped(annotation: str, expected: set[str]) -> None:
    """The list is the first record of a CSV; one that is malformed skips nobody."""
    pod = minimal(**{"skip-containers": annotation})
    pod["spec"]["containers"] = [{"name": name} for name in ("a", "b", " b")]
    patch = patch_of(pod)
    assert patch is not None
    assert {c["name"] for c in patch[-1]["value"] if "env" not in c} == expected


@pytest.mark.parametrize("word", ["1", "t", "T", "true", "True", "TRUE", "yes", "", "tRUE", "2"])
def test_sts_variable_is_missing(word: str) -> None:
    """What is not false to Go's ParseBool leaves the variable where EKS puts it."""
    patch = patch_of(minimal(), {f"{DOMAIN}/sts-regional-endpoints": word})
    assert patch is not None
    assert patch[-1]["value"][0]["env"][0]["name"] == "AWS_STS_REGIONAL_ENDPOINTS"


def test_annotations_of_the_pod_choose_its_role() -> None:
    """Only the service account's annotations name a role."""
    assert patch_of(minimal(**{"role-arn": ROLE}), associated=False) is None


MALFORMED = {
    "list": ([], "it is a list, not an object"),
    "null": (None, "it is null, not an object"),
    "spec": ({"spec": 1}, "spec is a number, not an object"),
    "containers": (
        {"spec": {"containers": {"name": "a"}}},
        "spec.containers is an object, not a list",
    ),
    "container": (
        {"spec": {"containers": [{"name": "a"}, "b"]}},
        "spec.containers[1] is a string, not an object",
    ),
    "init container": (
        {"spec": {"initContainers": [{"name": 1}]}},
        "spec.initContainers[0].name is a number, not a string",
    ),
    "value of a variable": (
        {"spec": {"containers": [{"env": [{"name": "A", "value": True}]}]}},
        "spec.containers[0].env[0].value is a boolean, not a string",
    ),
    "boolean for a number": (
        {"spec": {"containers": [{"ports": [{"containerPort": True}]}]}},
        "spec.containers[0].ports[0].containerPort is a boolean, not a whole number",
    ),
    "fraction": (
        {"spec": {"containers": [{"ports": [{"containerPort": 80.5}]}]}},
        "spec.containers[0].ports[0].containerPort is a number, not a whole number",
    ),
    "number of 33 bits": (
        {"spec": {"containers": [{"ports": [{"containerPort": 2**31}]}]}},
        "spec.containers[0].ports[0].containerPort does not fit into 32 bits",
    ),
    "port of a probe": (
        {"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": []}}}]}},
        "spec.containers[0].livenessProbe.httpGet.port is a list, not a whole number or a string",
    ),
    "quantity": (
        {"spec": {"containers": [{"resources": {"limits": {"cpu": "half"}}}]}},
        "spec.containers[0].resources.limits[cpu]: 'half' is no quantity",
    ),
    "quantity of another type": (
        {"spec": {"containers": [{"resources": {"limits": {"cpu": [1]}}}]}},
        "spec.containers[0].resources.limits[cpu] is a list, not a quantity",
    ),
    "flag": (
        {"spec": {"containers": [{"tty": "yes"}]}},
        "spec.containers[0].tty is a string, not a boolean",
    ),
    "volume": ({"spec": {"volumes": [{"name": 5}]}}, "spec.volumes[0].name is a number"),
    "volumes": ({"spec": {"volumes": "all"}}, "spec.volumes is a string, not a list"),
    "label": ({"metadata": {"labels": {"a": 1}}}, "metadata.labels[a] is a number, not a string"),
    "annotations": ({"metadata": {"annotations": []}}, "metadata.annotations is a list"),
    "key that is no text": ({"metadata": {"labels": {1: "a"}}}, "metadata.labels has the key 1"),
    "node selector": ({"spec": {"nodeSelector": "windows"}}, "spec.nodeSelector is a string"),
    "service account": ({"spec": {"serviceAccountName": 1}}, "spec.serviceAccountName is a number"),
}


@pytest.mark.parametrize(("pod", "message"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_pod_is_taken(pod: Any, message: str) -> None:
    """A value of a wrong type is refused, and the message says which and where."""
    with pytest.raises(MalformedValue) as caught:
        Pod.read(pod)
    assert message in str(caught.value)


def test_environment_differs_from_the_webhooks() -> None:
    """Code that runs as a pod finds what the webhook would have set, in its order."""
    for options in ({}, {f"{DOMAIN}/sts-regional-endpoints": "false"}):
        for region in ("us-west-2", None):
            patch = patch_of(minimal(), options, region=region)
            assert patch is not None
            [container] = patch[-1]["value"]
            found = pod_identity_environment(region, options)
            assert list(found.variables.items()) == [
                (variable["name"], variable["value"]) for variable in container["env"]
            ]
            assert found.mount_path == container["volumeMounts"][0]["mountPath"]
            assert found.token_file == f"{found.mount_path}/eks-pod-identity-token"
            assert found.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] == found.token_file


def test_environment_ignores_the_agents_place() -> None:
    """An agent and a token that are elsewhere are where the variables point to."""
    found = pod_identity_environment(
        "us-west-2", credentials_uri="http://127.0.0.1:9/v1/credentials", mount_path="/tmp/pod"
    )
    assert found.token_file == "/tmp/pod/eks-pod-identity-token"
    assert found.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] == found.token_file
    uri = found.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    assert uri == "http://127.0.0.1:9/v1/credentials"

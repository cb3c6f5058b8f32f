"""From hand-made records back to the pod."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from moto_eks_podid.origins import Index, PodOrigin, TracedSession
from moto_eks_podid.origins.duck import LogLake
from tests.origins.made_records import (
    ACCOUNT,
    CLUSTER,
    CLUSTER_ARN,
    ISSUER_PATH,
    KEY,
    NODE,
    OTHER_ACCOUNT,
    ROLE,
    ROLE_ID,
    SESSION,
    TAGS,
    Json,
    association,
    association_arn,
    by_node,
    caller,
    cluster_created,
    for_pod,
    further,
    ordinary,
    record,
    session_arn,
    target_role,
    with_token,
)

TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/data"
NEXT = f"arn:aws:iam::{ACCOUNT}:role/next"


class Tracer(Protocol):
    """Whatever finds the origins of records."""

    def __call__(self, records: Sequence[Json], what: Json | str) -> PodOrigin | None: ...


@pytest.fixture(params=["index", "duckdb"])
def traced(request: pytest.FixtureRequest, tmp_path: Path) -> Tracer:
    """The origin of a record or name among records, in plain Python and by DuckDB's query."""

    def by_index(records: Sequence[Json], what: Json | str) -> PodOrigin | None:
        return Index(records).trace(what)

    def by_duckdb(records: Sequence[Json], what: Json | str) -> PodOrigin | None:
        import json

        file = tmp_path / "records.jsonl"
        # The records of a trail include the one that is asked about.
        both = [*records, *([what] if isinstance(what, dict) else [])]
        file.write_text("".join(json.dumps(one) + "\n" for one in both))
        with LogLake(file) as lake:
            return lake.trace(what) if isinstance(what, str) else lake.origin_of(what)

    return by_index if request.param == "index" else by_duckdb


FIRST = TracedSession(KEY, session_arn(ROLE, SESSION), ROLE, ACCOUNT)
POD = {
    "mechanism": "pod-identity",
    "cluster_name": CLUSTER,
    "cluster_arn": CLUSTER_ARN,
    "namespace": "shop",
    "service_account": "cart",
    "pod_name": TAGS["kubernetes-pod-name"],
    "pod_uid": TAGS["kubernetes-pod-uid"],
    "role_arn": ROLE,
    "association_arn": None,
    "issuer": None,
    "node": None,
    "chain": (FIRST,),
}
IRSA_SESSION = TracedSession(KEY, session_arn(ROLE, "botocore-session-1772355000"), ROLE, ACCOUNT)
IRSA = {
    **POD,
    "mechanism": "irsa",
    "cluster_name": None,
    "cluster_arn": None,
    "pod_name": None,
    "pod_uid": None,
    "issuer": f"https://{ISSUER_PATH}",
    "chain": (IRSA_SESSION,),
}


def pod(**more: Any) -> PodOrigin:
    return PodOrigin(**{**POD, **more})


# What is asked about


@pytest.mark.parametrize(
    "what",
    [
        KEY,
        SESSION,
        session_arn(ROLE, SESSION),
        f"{ROLE_ID}:{SESSION}",
        ordinary(),
        ordinary(errorCode="AccessDenied"),
        # How other accounts see the caller, and buckets of theirs.
        ordinary(None, userIdentity={"type": "AWSAccount", "principalId": f"{ROLE_ID}:{SESSION}"}),
        for_pod(),
    ],
    ids=[
        "key",
        "session name",
        "session arn",
        "role id",
        "record",
        "denied",
        "other account",
        "issue",
    ],
)
def test_pod_is_not_found(traced: Tracer, what: Json | str) -> None:
    """A key, a name, or any record of the session's, leads to the pod that it was given to."""
    assert traced([for_pod()], what) == pod()


@pytest.mark.parametrize(
    "what",
    [
        "ASIAUNKNOWN",
        "",
        ordinary("ASIAUNKNOWN"),
        ordinary("AKIAEXAMPLE"),
        ordinary(None),
        by_node(),
        {},
        record("s3", "GetObject", {"type": "Root"}, "root"),
    ],
    ids=["key", "nothing", "record", "user", "no key", "node", "empty", "root"],
)
def test_somebody_else_is_taken_for_the_pod(traced: Tracer, what: Json | str) -> None:
    """Calls that no pod made lead to none."""
    other = for_pod(tags={**TAGS, "kubernetes-pod-uid": "other"}, key="ASIAOTHER", event_id="o")
    assert traced([for_pod(), other], what or ordinary("ASIANOBODY")) is None


def test_record_of_2024_leads_nowhere(traced: Tracer) -> None:
    """Records of 2024 have an empty webIdFederationData in Pod Identity sessions."""
    call = ordinary()
    call["userIdentity"]["sessionContext"]["webIdFederationData"] = {}
    assert traced([for_pod()], call) == pod()


# Nodes


SECOND_POD = {**TAGS, "kubernetes-pod-uid": "second"}
OTHER_NODE = f"arn:aws:sts::{ACCOUNT}:assumed-role/prod-blue-nodes/i-0fff"


@pytest.mark.parametrize(
    ("others", "node"),
    [
        ([by_node()], NODE),
        ([by_node(), by_node()], NODE),
        ([by_node(time="2026-03-01T09:00:01Z")], None),
        ([by_node(cluster="prod-green")], None),
        ([{**by_node(), "awsRegion": "eu-west-1"}], None),
        ([{**by_node(), "errorCode": "AccessDenied"}], None),
        # Two nodes asked within the second: either may have asked for this pod.
        ([by_node(), by_node(arn=OTHER_NODE, event_id="2")], None),
        # Two pods got credentials: the record of one node's call may be missing.
        ([by_node(), for_pod("ASIASECOND", tags=SECOND_POD, event_id="2")], None),
        (
            [
                by_node(),
                by_node(event_id="2"),
                for_pod("ASIASECOND", tags=SECOND_POD, event_id="2"),
            ],
            NODE,
        ),
    ],
    ids=[
        "one",
        "delivered twice",
        "other second",
        "other cluster",
        "other region",
        "denied",
        "two nodes",
        "two pods, one call",
        "two pods, two calls",
    ],
)
def test_node_is_guessed(traced: Tracer, others: list[Json], node: str | None) -> None:
    """The node is named when cluster, region and second leave no doubt."""
    assert traced([for_pod(), *others], KEY) == pod(node=node)


# Associations


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([association()], "a-4kz81mq0tv7xw2bny"),
        ([association("Update")], "a-4kz81mq0tv7xw2bny"),
        ([association(time="2026-03-01T09:00:00Z")], "a-4kz81mq0tv7xw2bny"),
        ([association(time="2026-03-01T09:00:01Z")], None),
        ([association(service_account="till")], None),
        ([association(), association("Delete", time="2026-03-01T08:59:59Z")], None),
        (
            [association(), association("Delete", time="2026-03-01T09:00:01Z")],
            "a-4kz81mq0tv7xw2bny",
        ),
        (
            [
                association(association_id="a-old"),
                association("Delete", "a-old", time="2026-03-01T08:40:00Z"),
                association(association_id="a-new", time="2026-03-01T08:41:00Z"),
            ],
            "a-new",
        ),
        # All within one second: the answers' times tell which is the latest.
        (
            [
                association(association_id="a-z-old", time="2026-03-01T09:00:00Z", created_at=9.1),
                association("Delete", "a-z-old", time="2026-03-01T09:00:00Z", created_at=9.1),
                association(association_id="a-new", time="2026-03-01T09:00:00Z", created_at=9.25),
            ],
            "a-new",
        ),
        ([{**association(), "errorCode": "ResourceInUseException"}], None),
    ],
    ids=[
        "created",
        "updated",
        "same second",
        "later",
        "other account",
        "deleted",
        "deleted later",
        "recreated",
        "recreated within a second",
        "refused",
    ],
)
def test_association_is_another(traced: Tracer, changes: list[Json], found: str | None) -> None:
    """The association is the service account's latest before the call, unless it was deleted."""
    arn = association_arn(found) if found else None
    assert traced([for_pod(), *changes], KEY) == pod(association_arn=arn)


def test_deletion_that_names_the_id_alone_is_missed(traced: Tracer) -> None:
    """A deletion counts even when its record shows nothing but the association's id."""
    deleted = {**association("Delete", time="2026-03-01T08:45:00Z"), "responseElements": None}
    assert traced([for_pod(), association(), deleted], KEY) == pod()


# Chains


def test_target_role_breaks_the_chain(traced: Tracer) -> None:
    """A target role's session leads back to the pod, from the records of either account."""
    of_caller, of_target = target_role()
    second = TracedSession("ASIATARGET", session_arn(TARGET, SESSION), TARGET, OTHER_ACCOUNT)
    expected = pod(chain=(FIRST, second))
    for records in ([of_caller], [of_target, of_caller], [of_caller, of_target]):
        assert traced([*records, for_pod()], "ASIATARGET") == expected
        assert traced([*records, for_pod()], ordinary("ASIATARGET")) == expected


def test_copies_of_a_hop_are_not_joined(traced: Tracer) -> None:
    """Where only the other account's record shows the key, the shared id leads to the caller's."""
    of_caller, of_target = target_role()
    of_caller["responseElements"] = None
    found = traced([of_caller, of_target, for_pod()], "ASIATARGET")
    assert found is not None
    assert [session.access_key_id for session in found.chain] == [KEY, "ASIATARGET"]


def test_target_account_alone_knows_nothing(traced: Tracer) -> None:
    """The target account's logs alone name the pod: EKS vouches for the tags of its own call."""
    _, of_target = target_role()
    second = TracedSession("ASIATARGET", session_arn(TARGET, SESSION), TARGET, OTHER_ACCOUNT)
    assert traced([of_target], "ASIATARGET") == pod(role_arn=TARGET, chain=(second,))


def test_workload_hides_behind_further_roles(traced: Tracer) -> None:
    """Roles that the workload assumes itself lead back, along chains of any length."""
    hops = [
        further(f"ASIAHOP{number + 1}", NEXT, caller(parent), event_id=f"hop{number}")
        for number, parent in enumerate([KEY, *(f"ASIAHOP{place}" for place in range(1, 12))])
    ]
    found = traced([*hops, for_pod()], "ASIAHOP12")
    assert found is not None
    assert found.namespace == "shop"
    assert [session.access_key_id for session in found.chain] == [
        KEY,
        *(f"ASIAHOP{place}" for place in range(1, 13)),
    ]
    # The caller of a hop is the session before it.
    before = traced([*hops, for_pod()], hops[5])
    assert before is not None
    assert before.chain == found.chain[:6]


@pytest.mark.parametrize(
    "records",
    [
        [further("ASIAHOP", NEXT, caller("ASIAMISSING"))],
        [further("ASIAHOP", NEXT, caller(None))],
        [further("ASIAHOP", NEXT, caller("ASIAHOP"))],
        [
            further("ASIAHOP", NEXT, caller("ASIABACK")),
            further("ASIABACK", NEXT, caller("ASIAHOP"), event_id="back"),
        ],
        [further("ASIAHOP", NEXT, {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE"})],
    ],
    ids=["missing", "nobody", "itself", "circle", "user"],
)
def test_chain_without_beginning_leads_somewhere(traced: Tracer, records: list[Json]) -> None:
    """A missing link or a circle ends the way: tags that anybody may have passed prove nothing."""
    assert traced([*records, for_pod()], "ASIAHOP") is None


def test_tags_of_a_user_pass_for_a_pods(traced: Tracer) -> None:
    """Whoever tags a session as EKS would is still not EKS."""
    forged = for_pod()
    forged["userIdentity"] = {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE"}
    forged["sourceIPAddress"] = "203.0.113.66"
    forged["userAgent"] = "pods.eks.amazonaws.com"
    assert traced([forged], KEY) is None


def test_other_service_passes_for_eks(traced: Tracer) -> None:
    """Sessions that other AWS services start are no pods."""
    lambdas = for_pod()
    lambdas["userIdentity"]["invokedBy"] = lambdas["sourceIPAddress"] = "lambda.amazonaws.com"
    assert traced([lambdas], KEY) is None


def test_association_without_tags_leads_nowhere(traced: Tracer) -> None:
    """Where session tags are disabled, the role and the session are still known."""
    nothing = dict.fromkeys(
        ("cluster_name", "cluster_arn", "namespace", "service_account", "pod_name", "pod_uid")
    )
    assert traced([for_pod(tags={})], KEY) == pod(**nothing)


# IRSA


def test_irsa_leads_nowhere(traced: Tracer) -> None:
    """IRSA names service account and issuer, and the cluster where a record tells its issuer."""
    assert traced([with_token()], KEY) == PodOrigin(**IRSA)
    named = {**IRSA, "cluster_name": CLUSTER, "cluster_arn": CLUSTER_ARN}
    assert traced([with_token(), cluster_created()], ordinary()) == PodOrigin(**named)


def test_irsa_of_old_records_leads_nowhere(traced: Tracer) -> None:
    """A record whose answer names neither subject nor provider has them in its identity."""
    old = with_token()
    for name in ("subjectFromWebIdentityToken", "provider"):
        del old["responseElements"][name]
    assert traced([old], KEY) == PodOrigin(**IRSA)


def test_chain_from_irsa_breaks(traced: Tracer) -> None:
    """Further roles lead back to a pod that uses IRSA."""
    hop = further("ASIAHOP", NEXT, caller(KEY), tags={})
    second = TracedSession("ASIAHOP", session_arn(NEXT, "hop2"), NEXT, ACCOUNT)
    assert traced([hop, with_token()], "ASIAHOP") == PodOrigin(
        **{**IRSA, "chain": (IRSA_SESSION, second)}
    )


@pytest.mark.parametrize(
    "other",
    [
        with_token(subject="repo:example/project:ref:refs/heads/main"),
        with_token(provider="accounts.google.com"),
        {**with_token(), "errorCode": "AccessDenied", "responseElements": None},
    ],
    ids=["no service account", "no provider", "denied"],
)
def test_other_federation_passes_for_a_pod(traced: Tracer, other: Json) -> None:
    """Web identities that are no service accounts, and refused calls, lead to no pod."""
    assert traced([other], KEY) is None


# Names that are not one session's


def test_shared_name_leads_to_one_of_many(traced: Tracer) -> None:
    """A name that sessions of several pods have leads to none; of one pod, to its latest."""
    later = for_pod("ASIALATER", time="2026-03-01T15:00:00Z", event_id="later")
    found = traced([later, for_pod()], SESSION)
    assert found is not None
    assert found.chain[0].access_key_id == "ASIALATER"
    other = for_pod("ASIAOTHER", tags=SECOND_POD, event_id="other")
    assert traced([later, for_pod(), other], SESSION) is None


Change = Callable[[Json], None]


def set_to(*path: str, value: Any) -> Change:
    def change(made: Json) -> None:
        for name in path[:-1]:
            made = made[name]
        made[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_to("userIdentity", value=None),
        set_to("userIdentity", value="nobody"),
        set_to("requestParameters", value="text"),
        set_to("requestParameters", value=[1]),
        set_to("requestParameters", "tags", value={"a": "b"}),
        set_to("requestParameters", "tags", value=[None, 1, {"key": 2}, {"value": "x"}]),
        set_to("responseElements", value=[]),
        set_to("responseElements", "credentials", value="none"),
        set_to("responseElements", "assumedRoleUser", value=None),
        set_to("eventTime", value=None),
        set_to("eventID", value=None),
        set_to("eventName", value=["AssumeRole"]),
        set_to("eventSource", value={"a": 1}),
    ],
)
def test_odd_record_breaks_the_trace(traced: Tracer, change: Change) -> None:
    """A record of an unexpected shape tells less, and spoils nothing for the others."""
    odd = for_pod("ASIAODD", event_id="odd")
    change(odd)
    assert traced([odd, for_pod()], KEY) == pod()

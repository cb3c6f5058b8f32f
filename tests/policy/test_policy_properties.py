"""What holds for every policy and every request, whatever they contain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.policy import (
    OPERATORS,
    Document,
    Finding,
    MalformedPolicy,
    Request,
    evaluate,
    missing_grants,
    validate,
)
from moto_eks_podid.policy.patterns import Glob, read_template, resolve

# The same examples on every run, and no clock: the machines are busy.

KEYS = ["aws:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "s3:max-keys"]
SESSION = "arn:aws:sts::111122223333:assumed-role/cart/pod"
ROLE = "arn:aws:iam::111122223333:role/cart"
KINDS = ["identity", "resource", "trust", "session", "boundary"]

texts = st.text(alphabet="aAbB:*?/${}'.,12-é\ud800\n", max_size=12)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["true", "10.0.0.0/8", "2026-01-01T00:00:00Z", "5", "${aws:username}"]),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3))
operator_names = st.builds(
    lambda prefix, row, suffix: prefix + row.name + suffix,
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(list(OPERATORS.values())),
    st.sampled_from(["", "IfExists", "X"]),
)
conditions = st.dictionaries(
    operator_names, st.dictionaries(st.sampled_from(KEYS), values, max_size=2), max_size=2
)
actions = st.sampled_from(["*", "s3:*", "s3:GetObject", "sts:AssumeRole", "s3:?et*", ""])
resources = st.one_of(
    st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}/*", ROLE]), texts
)
principals = st.one_of(
    st.just("*"),
    st.dictionaries(
        st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]),
        st.sampled_from(["*", SESSION, ROLE, "111122223333", "pods.eks.amazonaws.com"]),
        min_size=1,
        max_size=2,
    ),
)
effects = st.sampled_from(["Allow", "Deny"])


def one_or_more(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, st.lists(strategy, min_size=1, max_size=3))


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect or draw(effects)}
    statement[draw(st.sampled_from(["Action", "NotAction"]))] = draw(one_or_more(actions))
    if draw(st.booleans()):
        statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(one_or_more(resources))
    if draw(st.booleans()):
        statement[draw(st.sampled_from(["Principal", "NotPrincipal"]))] = draw(principals)
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions)
    return statement


def document(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


documents = st.builds(
    lambda items, version: document(*items, version=version),
    st.lists(statements(), max_size=3),
    st.sampled_from(["2012-10-17", "2008-10-17"]),
)
requests = st.builds(
    Request,
    principal=st.one_of(
        st.none(), st.sampled_from([SESSION, ROLE, "pods.eks.amazonaws.com"]), texts
    ),
    action=st.sampled_from(["s3:GetObject", "sts:AssumeRole", "S3:PUTOBJECT", ""]),
    resource=st.one_of(st.sampled_from(["*", "arn:aws:s3:::b/x", ROLE]), texts),
    context=st.dictionaries(st.sampled_from([*KEYS, "aws:username"]), values, max_size=4),
    resource_account=st.sampled_from([None, "111122223333", "444455556666"]),
)
policies = st.fixed_dictionaries(
    {
        "identity": st.lists(documents, max_size=2),
        "resource": st.one_of(st.none(), documents),
        "session": st.one_of(st.none(), documents, st.lists(documents, max_size=2)),
        "boundary": st.one_of(st.none(), documents),
    }
)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Principal", "Condition", "AWS", "x"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def parses(source: Any) -> bool:
    """Whether it parses; what does not parse must say why."""
    findings: tuple[Finding, ...] = ()
    try:
        Document.parse(source)
    except MalformedPolicy as malformed:
        findings = malformed.findings
    else:
        return True
    assert findings
    return False


@given(json_values, st.sampled_from(KINDS))
def test_json_breaks_the_parser(value: Any, kind: Any) -> None:
    """Any JSON is a document or a MalformedPolicy with findings, and validate only reports."""
    text = json.dumps(value)
    shape_is_right = parses(value)
    parses(text)
    errors = [finding for finding in validate(value, kind=kind) if finding.severity == "error"]
    assert shape_is_right or errors


@given(st.one_of(st.text(), st.binary()))
def test_text_breaks_the_parser(source: str | bytes) -> None:
    """Any text and any bytes are a document or a MalformedPolicy."""
    assert not parses(source)
    assert validate(source)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("[" * 100_000, "too-deep"),
        ('{"Statement":' * 9_000, "too-deep"),
        (" " * 200_000, "too-long"),
        (b"\xff\xfe{}", "not-utf-8"),
        ('{"Statement": {"Effect": "Allow", "Action": NaN}}', "not-json"),
        ('{"Version": ' + "9" * 10_000 + "}", "version"),
        (None, "not-an-object"),
        (7, "not-an-object"),
        ([], "not-an-object"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_hostile_input_is_no_malformed_policy(source: Any, code: str) -> None:
    """Nesting, length, encoding and odd numbers make a document malformed, and nothing else."""
    with pytest.raises(MalformedPolicy) as caught:
        Document.parse(source)
    assert code in [finding.code for finding in caught.value.findings]


@given(policies, requests)
def test_evaluation_raises(given_policies: dict[str, Any], request: Request) -> None:
    """Every well-formed document and every request has a decision, and an explanation."""
    decision = evaluate(request, **given_policies)
    assert decision.allowed is (decision.word == "allowed")
    assert str(decision)


@given(policies, requests, statements("Deny"), st.sampled_from(["identity", "resource"]))
def test_deny_makes_allowed(
    given_policies: dict[str, Any], request: Request, deny: dict[str, Any], where: str
) -> None:
    """A further Deny never turns a denied request into an allowed one."""
    before = evaluate(request, **given_policies)
    # A policy may only be extended: a first resource policy is not the same as a longer one.
    if where == "resource" and given_policies["resource"] is not None:
        old = given_policies["resource"]
        more = {**given_policies, "resource": {**old, "Statement": [*old["Statement"], deny]}}
    else:
        more = {**given_policies, "identity": [*given_policies["identity"], document(deny)]}
    assert before.allowed or not evaluate(request, **more).allowed


@given(policies, requests, statements("Allow"), st.sampled_from(KINDS))
def test_allow_makes_denied(
    given_policies: dict[str, Any], request: Request, allow: dict[str, Any], where: str
) -> None:
    """A further Allow statement never turns an allowed request into a denied one."""
    before = evaluate(request, **given_policies)
    old = given_policies.get(where)
    more = {**given_policies, "identity": [*given_policies["identity"], document(allow)]}
    if isinstance(old, dict):
        more = {**given_policies, where: {**old, "Statement": [*old["Statement"], allow]}}
    assert not before.allowed or evaluate(request, **more).allowed


def holds(operator: str, wanted: Any, context: dict[str, Any]) -> bool:
    condition = {operator: {"aws:k": wanted}}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    return evaluate(Request(SESSION, "s3:GetObject", "*", context), [document(allow)]).allowed


WELL_FORMED = {
    "String": st.text(alphabet="aA*?b", max_size=4),
    "Arn": st.text(alphabet="arn:*?x", max_size=12),
    "Numeric": st.decimals(-9, 9, places=2).map(str),
    "Date": st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)),
    "Ip": st.ip_addresses().map(str),
}
NEGATED = [row for row in OPERATORS.values() if row.negated]


def opposite(name: str) -> str:
    return name.removeprefix("Not") if name.startswith("Not") else name.replace("Not", "", 1)


@pytest.mark.parametrize("name", [row.name for row in NEGATED])
@given(data=st.data())
def test_negated_operator_is_no_complement(name: str, data: st.DataObject) -> None:
    """On a single well-formed value a negated operator is the opposite of its plain twin."""
    family = next(one for one in WELL_FORMED if one in name)
    wanted = data.draw(st.lists(WELL_FORMED[family], min_size=1, max_size=3))
    actual = data.draw(st.one_of(WELL_FORMED[family], st.sampled_from(wanted)))
    context = {"aws:k": actual}
    assert holds(name, wanted, context) is not holds(opposite(name), wanted, context)


@given(policies, requests)
def test_case_of_a_key_matters(given_policies: dict[str, Any], request: Request) -> None:
    """The case in which a request spells its condition keys changes nothing."""
    shouted = Request(
        request.principal,
        request.action,
        request.resource,
        {key.upper(): value for key, value in request.context.items()},
        request.resource_account,
    )
    assert evaluate(request, **given_policies).word == evaluate(shouted, **given_policies).word


def reference_match(pattern: str, text: str) -> bool:
    """Wildcards by dynamic programming: which prefixes of the text the pattern so far matches."""
    reachable = [True] + [False] * len(text)
    for wanted in pattern:
        if wanted == "*":
            seen, following = False, []
            for possible in reachable:
                seen = seen or possible
                following.append(seen)
        else:
            following = [False] + [
                possible and wanted in ("?", actual)
                for possible, actual in zip(reachable[:-1], text, strict=True)
            ]
        reachable = following
    return reachable[-1]


@given(st.text(alphabet="ab*?", max_size=10), st.text(alphabet="ab*\n", max_size=14))
def test_wildcards_match_otherwise(pattern: str, text: str) -> None:
    """A pattern matches what a plain reference implementation says."""
    pieces = resolve(read_template(pattern, wildcards=True, variables=False), {})
    assert pieces is not None
    assert Glob(pieces)(text) is reference_match(pattern, text)
    assert holds("StringLike", pattern, {"aws:k": text}) is reference_match(pattern, text)


@given(statements(), requests, st.sampled_from(["identity", "resource"]))
def test_list_of_one_differs(statement: dict[str, Any], request: Request, where: str) -> None:
    """A statement and a list of that statement are the same document."""
    alone = {"Version": "2012-10-17", "Statement": statement}
    given_policies: dict[str, Any] = {where: alone}
    listed: dict[str, Any] = {where: document(statement)}
    assert evaluate(request, **given_policies).word == evaluate(request, **listed).word


@given(documents, st.sampled_from(["sts:AssumeRole", "s3:GetObject"]))
def test_missing_grants_raises(trust: dict[str, Any], action: str) -> None:
    """What is missing is always some of what was asked for."""
    missing = missing_grants(trust, "pods.eks.amazonaws.com", (action,))
    assert missing in ((), (action,))

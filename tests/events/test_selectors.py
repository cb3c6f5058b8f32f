"""Event selectors, basic and advanced: which are accepted, and which events they pick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.events.selector_rules import (
    MAX_VALUE_LENGTH,
    InvalidSelectors,
    read_advanced_event_selectors,
    read_event_selectors,
)
from moto_eks_podid.events.selectors import (
    FIELDS,
    OPERATORS,
    FieldCondition,
    Selectors,
)

Json = dict[str, Any]

S3_OBJECT = "AWS::S3::Object"
TABLE = "AWS::DynamoDB::Table"
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A CloudTrail record, for selectors to look at."""

    content: Json

    @property
    def event_source(self) -> str:
        return str(self.content["eventSource"])

    @property
    def event_name(self) -> str:
        return str(self.content["eventName"])

    @property
    def read_only(self) -> bool:
        return self.content.get("readOnly") is True

    @property
    def management(self) -> bool:
        return self.content.get("managementEvent", True) is True

    def record(self) -> Json:
        return self.content


def record(source: str, name: str, read_only: bool, *arns: tuple[str, str], **more: Any) -> Json:
    """A record; with resources it is a data event."""
    management = not arns
    return {
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops"},
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "readOnly": read_only,
        **({"resources": [{"type": kind, "ARN": arn} for kind, arn in arns]} if arns else {}),
        "eventType": "AwsApiCall",
        "managementEvent": management,
        "eventCategory": "Management" if management else "Data",
        **more,
    }


def function(name: str) -> tuple[str, str]:
    return FUNCTION, f"arn:aws:lambda:us-west-2:111122223333:function:{name}"


def table(name: str) -> tuple[str, str]:
    return TABLE, f"arn:aws:dynamodb:us-west-2:111122223333:table/{name}"


def item(name: str) -> tuple[str, str]:
    return S3_OBJECT, f"arn:aws:s3:::{name}"


EVENTS = {
    "create": record("eks", "CreateCluster", False),
    "describe": record("eks", "DescribeCluster", True),
    "refused": record("eks", "DeleteCluster", False, errorCode="AccessDenied"),
    "decrypt": record("kms", "Decrypt", True),
    "statement": record("rdsdata", "ExecuteStatement", False),
    "get": record("s3", "GetObject", True, ("AWS::S3::Bucket", "arn:aws:s3:::one"), item("one/a")),
    "put": record("s3", "PutObject", False, item("one/b/c")),
    "put elsewhere": record("s3", "PutObject", False, item("one-more/b")),
    "invoke": record("lambda", "Invoke", False, function("cart")),
    "invoke a version": record("lambda", "Invoke", False, function("cart:7")),
    "invoke another": record("lambda", "Invoke", False, function("cart-2")),
    "get item": record("dynamodb", "GetItem", True, table("orders")),
    "put items": record("dynamodb", "BatchWriteItem", False, table("orders"), table("users")),
    "list": record("s3", "ListObjects", True, item("one"))
    | {"resources": [{"type": S3_OBJECT, "ARNPrefix": "arn:aws:s3:::one/"}]},
}
MANAGEMENT = {"create", "describe", "refused", "decrypt", "statement"}
READING = {name for name, event in EVENTS.items() if event["readOnly"]}


def picked(selectors: Selectors) -> set[str]:
    return {name for name, event in EVENTS.items() if selectors.picks(RecordedEvent(event))}


def test_data_events_come_by_themselves() -> None:
    """Without selectors a trail takes all management events and no data event."""
    assert picked(Selectors()) == MANAGEMENT


def data(kind: str, *values: str, **more: Any) -> Json:
    resources = [{"Type": kind, "Values": list(values)}]
    return {"IncludeManagementEvents": False, "DataResources": resources, **more}


ALL_OF_S3 = {"get", "put", "put elsewhere", "list"}

BASIC: dict[str, tuple[list[Json], set[str]]] = {
    "the defaults": ([{}], MANAGEMENT),
    "members that are null": ([{"ReadWriteType": None, "DataResources": None}], MANAGEMENT),
    "reading": ([{"ReadWriteType": "ReadOnly"}], MANAGEMENT & READING),
    "writing": ([{"ReadWriteType": "WriteOnly"}], MANAGEMENT - READING),
    "without KMS": (
        [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}],
        MANAGEMENT - {"decrypt"},
    ),
    "without either": (
        [{"ExcludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}],
        MANAGEMENT - {"decrypt", "statement"},
    ),
    "all objects": ([data(S3_OBJECT, "arn:aws:s3")], ALL_OF_S3),
    "all objects, spelt out": ([data(S3_OBJECT, "arn:aws:s3:::")], ALL_OF_S3),
    "a bucket's objects": ([data(S3_OBJECT, "arn:aws:s3:::one/")], {"get", "put", "list"}),
    "objects of a prefix": ([data(S3_OBJECT, "arn:aws:s3:::one/b")], {"put"}),
    "two values": (
        [data(S3_OBJECT, "arn:aws:s3:::one/a", "arn:aws:s3:::one-more/")],
        {"get", "put elsewhere"},
    ),
    "writes to a bucket": (
        [data(S3_OBJECT, "arn:aws:s3:::one/", ReadWriteType="WriteOnly")],
        {"put"},
    ),
    "objects and all management events": (
        [data(S3_OBJECT, "arn:aws:s3:::one/b", IncludeManagementEvents=True)],
        MANAGEMENT | {"put"},
    ),
    "all functions": (
        [data(FUNCTION, "arn:aws:lambda")],
        {"invoke", "invoke a version", "invoke another"},
    ),
    "a function": ([data(FUNCTION, function("cart")[1])], {"invoke", "invoke a version"}),
    "all tables": ([data(TABLE, "arn:aws:dynamodb")], {"get item", "put items"}),
    "a table": ([data(TABLE, table("users")[1])], {"put items"}),
    "the beginning of a table's name": ([data(TABLE, table("user")[1])], set()),
    "two selectors": (
        [
            data(TABLE, "arn:aws:dynamodb", ReadWriteType="ReadOnly"),
            {"ReadWriteType": "WriteOnly"},
        ],
        {"get item"} | (MANAGEMENT - READING),
    ),
    "another partition": ([data(S3_OBJECT, "arn:aws-cn:s3:::")], set()),
}


@pytest.mark.parametrize("case", BASIC)
def test_basic_selector_picks_others(case: str) -> None:
    """A basic selector picks by reading and writing, by source, and by resources."""
    selectors, expected = BASIC[case]
    assert picked(read_event_selectors(selectors)) == expected


def where(**fields: Json) -> Json:
    """An advanced selector; `a__b` is the field `a.b`, and a category is there in any case."""
    named = {name.replace("__", "."): operators for name, operators in fields.items()}
    named.setdefault("eventCategory", {"Equals": ["Management"]})
    return {"FieldSelectors": [{"Field": field, **named[field]} for field in named]}


def data_where(kind: str, **fields: Json) -> Json:
    return where(eventCategory={"Equals": ["Data"]}, resources__type={"Equals": [kind]}, **fields)


def equals(*values: str) -> Json:
    return {"Equals": list(values)}


ADVANCED: dict[str, tuple[list[Json], set[str]]] = {
    "management events": ([where()], MANAGEMENT),
    "reading": ([where(readOnly=equals("true"))], MANAGEMENT & READING),
    "writing": ([where(readOnly=equals("false"))], MANAGEMENT - READING),
    "a source": (
        [where(eventSource=equals("eks.amazonaws.com"))],
        {"create", "describe", "refused"},
    ),
    "no KMS": (
        [where(eventSource={"NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]})],
        {"create", "describe", "refused"},
    ),
    "a name or another": (
        [where(eventName=equals("Decrypt", "CreateCluster"))],
        {"create", "decrypt"},
    ),
    "operators that take events are alternatives": (
        [where(eventName={"StartsWith": ["Cre"], "EndsWith": ["crypt"], "Equals": ["X"]})],
        {"create", "decrypt"},
    ),
    "operators that leave events out all count": (
        [where(eventName={"NotStartsWith": ["Cre", "De"], "NotEndsWith": ["ment"]})],
        set(),
    ),
    "taking and leaving out": (
        [where(eventName={"EndsWith": ["Cluster"], "NotEquals": ["CreateCluster"]})],
        {"describe", "refused"},
    ),
    "fields all count": (
        [where(eventName={"EndsWith": ["Cluster"]}, readOnly=equals("true"))],
        {"describe"},
    ),
    "a caller": (
        [where(userIdentity__arn={"EndsWith": ["user/ops"]})],
        MANAGEMENT,
    ),
    "another caller": ([where(userIdentity__arn={"NotEndsWith": ["user/ops"]})], set()),
    "a field that no record has": ([where(sessionCredentialFromConsole=equals("true"))], set()),
    "without a field that no record has": (
        [where(sessionCredentialFromConsole={"NotEquals": ["true"]})],
        MANAGEMENT,
    ),
    "objects": ([data_where(S3_OBJECT)], ALL_OF_S3),
    "objects that somebody wrote": (
        [data_where(S3_OBJECT, readOnly=equals("false"))],
        {"put", "put elsewhere"},
    ),
    "objects by name of the operation": (
        [data_where(S3_OBJECT, eventName=equals("GetObject"))],
        {"get"},
    ),
    "objects of a bucket": (
        [data_where(S3_OBJECT, resources__ARN={"StartsWith": ["arn:aws:s3:::one/"]})],
        {"get", "put", "list"},
    ),
    "objects of other buckets": (
        [data_where(S3_OBJECT, resources__ARN={"NotStartsWith": ["arn:aws:s3:::one/"]})],
        {"put elsewhere"},
    ),
    # The bucket itself is among the resources of GetObject.
    "an object with its bucket's ARN": (
        [data_where(S3_OBJECT, resources__ARN=equals("arn:aws:s3:::one"))],
        set(),
    ),
    "one of two tables": (
        [data_where(TABLE, resources__ARN=equals(table("users")[1]))],
        {"put items"},
    ),
    "another type": ([data_where("AWS::SNS::Topic")], set()),
    "network activity": (
        [
            where(
                eventCategory=equals("NetworkActivity"),
                eventSource=equals("eks.amazonaws.com"),
            )
        ],
        set(),
    ),
    "two selectors": (
        [where(eventName=equals("Decrypt")), data_where(FUNCTION)],
        {"decrypt", "invoke", "invoke a version", "invoke another"},
    ),
}


@pytest.mark.parametrize("case", ADVANCED)
def test_advanced_selector_picks_others(case: str) -> None:
    """An advanced selector picks what meets all of its conditions."""
    selectors, expected = ADVANCED[case]
    assert picked(read_advanced_event_selectors(selectors)) == expected


def test_failed_calls_cannot_be_told() -> None:
    """Data events can be picked by their error."""
    failed = EVENTS["put"] | {"errorCode": "AccessDenied"}
    selectors = read_advanced_event_selectors(
        [data_where(S3_OBJECT, errorCode=equals("AccessDenied"))]
    )
    assert selectors.picks(RecordedEvent(failed))
    assert not selectors.picks(RecordedEvent(EVENTS["put"]))


REFUSED_BASIC: dict[str, Any] = {
    "nothing": None,
    "a structure": {},
    "no selector": [],
    "six selectors": [{}] * 6,
    "a text for a selector": ["All"],
    "another member": [{"ReadWrite": "All"}],
    "a word for reading": [{"ReadWriteType": "read-only"}],
    "a list for reading": [{"ReadWriteType": ["All"]}],
    "a text for a switch": [{"IncludeManagementEvents": "true"}],
    "neither kind of event": [{"IncludeManagementEvents": False}],
    "a source that cannot be excluded": [{"ExcludeManagementEventSources": ["eks.amazonaws.com"]}],
    "a text for sources": [{"ExcludeManagementEventSources": "kms.amazonaws.com"}],
    "a type for advanced selectors": [data("AWS::SNS::Topic", "arn:aws:sns")],
    "no type": [{"DataResources": [{"Values": ["arn:aws:s3"]}]}],
    "no values": [data(S3_OBJECT)],
    "null for values": [{"DataResources": [{"Type": S3_OBJECT, "Values": None}]}],
    "a name for an ARN": [data(S3_OBJECT, "one")],
    "half an ARN": [data(S3_OBJECT, "arn:aws")],
    "an ARN of another service": [data(S3_OBJECT, "arn:aws:lambda")],
    "a number for an ARN": [{"DataResources": [{"Type": S3_OBJECT, "Values": [7]}]}],
    "an empty ARN": [data(S3_OBJECT, "")],
    "too long an ARN": [data(S3_OBJECT, "arn:aws:s3:::" + "x" * MAX_VALUE_LENGTH)],
    "too many data resources": [data(S3_OBJECT, *["arn:aws:s3:::one/"] * 126)] * 2,
}


@pytest.mark.parametrize("case", REFUSED_BASIC)
def test_bad_basic_selector_is_taken(case: str) -> None:
    """What CloudTrail refuses is refused, with a text."""
    with pytest.raises(InvalidSelectors, match=r"\w"):
        read_event_selectors(REFUSED_BASIC[case])


REFUSED_ADVANCED: dict[str, Any] = {
    "nothing": None,
    "no selector": [],
    "no structure": [[]],
    "another member": [{**where(), "Fields": []}],
    "a number for a name": [{**where(), "Name": 7}],
    "no conditions": [{"Name": "all"}],
    "no category": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}],
    "an empty list of conditions": [{"FieldSelectors": []}],
    "an unknown category": [where(eventCategory=equals("Insight"))],
    "two categories": [where(eventCategory=equals("Management", "Data"))],
    "a category by its beginning": [where(eventCategory={"StartsWith": ["Man"]})],
    "a category that is not": [where(eventCategory={"NotEquals": ["Data"]})],
    "a category and more": [where(eventCategory={**equals("Data"), "EndsWith": ["a"]})],
    "an unknown field": [where(eventVersion=equals("1.11"))],
    "a field without a name": [{"FieldSelectors": [{"Equals": ["Management"]}]}],
    "a field without an operator": [where(eventName={})],
    "an operator without a value": [where(eventName={"Equals": []})],
    "an unknown operator": [where(eventName={"Contains": ["x"]})],
    "an empty value": [where(eventName=equals(""))],
    "a boolean": [where(readOnly={"Equals": [True]})],
    "neither true nor false": [where(readOnly=equals("yes"))],
    "a field twice": [
        {"FieldSelectors": where()["FieldSelectors"] + where()["FieldSelectors"]},
    ],
    "data events without a type": [where(eventCategory=equals("Data"))],
    "two types": [where(eventCategory=equals("Data"), resources__type=equals(S3_OBJECT, TABLE))],
    "management events of a resource": [where(resources__type=equals(S3_OBJECT))],
    "network activity without a source": [where(eventCategory=equals("NetworkActivity"))],
    "too many values": [where(eventName=equals(*map(str, range(500))))],
}


@pytest.mark.parametrize("case", REFUSED_ADVANCED)
def test_bad_advanced_selector_is_taken(case: str) -> None:
    """What CloudTrail refuses is refused, with a text."""
    with pytest.raises(InvalidSelectors, match=r"\w"):
        read_advanced_event_selectors(REFUSED_ADVANCED[case])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Field", "FieldSelectors", "DataResources", "Type", *OPERATORS]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_crashes(value: Any) -> None:
    """Whatever comes for selectors is taken or refused, and what is taken can judge."""
    for read in (read_event_selectors, read_advanced_event_selectors):
        try:
            selectors = read(value)
        except InvalidSelectors:
            continue
        assert picked(selectors) <= set(EVENTS)


words = st.text("ab", max_size=3)
operands = st.lists(words, min_size=1, max_size=3).map(tuple)


@given(words | st.none(), st.dictionaries(st.sampled_from(list(OPERATORS)), operands))
def test_operators_do_not_go_together_as_documented(
    value: str | None, operators: dict[str, tuple[str, ...]]
) -> None:
    """One operator that takes the event is enough, if there are any; none may leave it out."""
    compare = {
        "Equals": lambda text, operand: text == operand,
        "StartsWith": lambda text, operand: text[: len(operand)] == operand,
        "EndsWith": lambda text, operand: (
            text[len(text) - len(operand) :] == operand and len(operand) <= len(text)
        ),
    }

    def matches(operator: str) -> bool:
        test = compare[operator.removeprefix("Not")]
        return value is not None and any(test(value, one) for one in operators[operator])

    taking = [name for name in operators if not name.startswith("Not")]
    leaving_out = [name for name in operators if name.startswith("Not")]
    expected = (not taking or any(map(matches, taking))) and not any(map(matches, leaving_out))
    assert FieldCondition("eventName", operators).holds(value) is expected


@given(st.sampled_from(list(FIELDS)), st.sampled_from(list(EVENTS)))
def test_value_of_a_field_is_no_text(field: str, event: str) -> None:
    """Every field of every event is a text or nothing."""
    value = FIELDS[field](RecordedEvent(EVENTS[event]))
    assert value is None or isinstance(value, str)

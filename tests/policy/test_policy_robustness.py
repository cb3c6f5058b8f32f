"""Input that nobody means well: it is refused as malformed, or it just does not match."""

from __future__ import annotations

import decimal
import json
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from moto_eks_podid.policy import Document, MalformedPolicy, validate
from moto_eks_podid.policy.shape import MAX_CHARACTERS, read_document
from tests.policy.policy_texts import ALLOWED, SILENT, allow, document, holds, word

# More digits than Python writes out.
HUGE = 10**5_000


def nested(depth: int = 100_000) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "source",
    [
        document(allow(Effect=HUGE)),
        document(allow(Effect=nested())),
        document(allow(Effect=["Allow"])),
        document(allow(Effect={})),
        document(allow(Effect=None)),
        {**document(allow()), HUGE: 1},
        {**document(allow()), (1, 2): 1},
        {**document(allow()), "Version": True},
        {**document(allow()), "Version": ["2012-10-17"]},
        {**document(allow()), "Version": None},
        {**document(allow()), "Id": nested()},
        document({**allow(), HUGE: 1}),
        document(allow(Sid=HUGE)),
        document(allow(nested())),
        document(allow(["s3:*", None])),
        document(allow([])),
        document(allow(Principal={HUGE: "x"})),
        document(allow(Principal={"AWS": [["111122223333"]]})),
        document(allow(Principal={"AWS": {"111122223333": 1}})),
        document(allow(Principal=["*"])),
        document(allow(Principal={})),
        document(allow(Condition={HUGE: {"aws:username": "x"}})),
        document(allow(Condition={"StringEquals": {HUGE: "x"}})),
        document(allow(Condition={"StringEquals": {"aws:username": nested()}})),
        document(allow(Condition={"StringEquals": {"aws:username": [None]}})),
        document(allow(Condition={"StringEquals": ["aws:username", "x"]})),
        document(allow(Condition=None)),
        {"Statement": None},
        {"Statement": [None]},
        {"Statement": [[allow()]]},
        {"Statement": "Allow"},
    ],
)
def test_nonsense_in_a_mapping_is_malformed(source: Any) -> None:
    """A mapping that no JSON text could be fails like a text: as malformed, with findings."""
    with pytest.raises(MalformedPolicy) as refused:
        Document.parse(source)
    findings = refused.value.findings
    assert findings
    assert all(finding.path.startswith("$") and finding.message for finding in findings)
    assert validate(source) == list(findings)


@pytest.mark.parametrize(
    "found",
    [nested(), [nested()], [["blue"]], [[HUGE]], HUGE, [HUGE], {"blue": 1}, b"blue", object()],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "operator",
    ["StringEquals", "StringLike", "NumericEquals", "DateLessThan", "Bool", "IpAddress", "ArnLike"],
)
def test_a_value_that_is_none_matches_nothing(operator: str, found: Any) -> None:
    """A request's value that is neither text, number nor boolean does not stop the decision."""
    assert not holds(operator, "blue", found)
    assert not holds(f"ForAnyValue:{operator}", "blue", found)


def test_huge_integers_keep_apart() -> None:
    """An integer too long to be written out equals itself alone, and is no number."""
    assert holds("StringEquals", HUGE, HUGE)
    assert not holds("StringEquals", HUGE, HUGE + 1)
    assert not holds("NumericEquals", HUGE, HUGE)


def test_values_given_as_members_of_an_enum() -> None:
    """An enum of texts, in a policy or in a request, stands for its text."""

    class Namespace(str, Enum):
        SHOP = "shop"

    assert holds("StringEquals", "shop", Namespace.SHOP)
    assert holds("StringEquals", Namespace.SHOP, "shop")
    assert holds("ForAnyValue:StringEquals", "shop", [Namespace.SHOP])


@pytest.mark.parametrize("offset", ["+24:00", "-99:99", "+05:60", "+1:00", "05:00"])
def test_offset_that_no_clock_has(offset: str) -> None:
    """A date with an impossible offset is no date, so that it is not unequal to one either."""
    date = f"2026-03-01T00:00:00{offset}"
    assert not holds("DateNotEquals", date, "2026-03-01T00:00:00Z")
    assert not holds("DateGreaterThan", "2000-01-01", date)


def coarse(context: decimal.Context) -> None:
    context.prec = 4


def trapping(context: decimal.Context) -> None:
    context.prec = 4
    context.traps[decimal.Inexact] = True


@pytest.mark.parametrize("change", [coarse, trapping])
def test_the_callers_decimal_context_does_not_matter(
    change: Callable[[decimal.Context], None],
) -> None:
    """A program that computes with few digits gets the same decisions about dates and numbers."""
    with decimal.localcontext() as context:
        change(context)
        assert not holds("DateEquals", "2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z")
        assert holds("DateLessThan", "2026-03-01T00:00:00.5Z", "2026-03-01T00:00:00.4Z")
        assert holds("DateEquals", "1969-12-31T23:59:59.25Z", "-0.75")
        assert not holds("NumericEquals", "1234567", "1234568")


class Counted(str):
    """A text that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        type(self).compared += 1
        return str.__eq__(self, other)  # type: ignore[arg-type]

    __hash__ = str.__hash__


def test_repeated_names_are_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of thousands of names, one of them twice, is not searched once for each name."""
    names = [Counted(f"n{number}") for number in range(2_000)]
    loads = json.loads

    def load(text: str, **options: Any) -> Any:
        options["object_pairs_hook"]([(name, 1) for name in (*names, Counted("n7"))])
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", load)
    assert read_document(json.dumps(document(allow()))).repeated == ("n7",)
    assert Counted.compared < 20 * len(names)


def test_a_long_name_is_not_repeated_in_every_path() -> None:
    """An operator with a name of kilobytes and thousands of keys makes no megabytes of paths."""
    keys = {f"k{number}": "x" for number in range(2_000)}
    shape = read_document(document(allow(Condition={"o" * 50_000: keys})))
    paths = [condition.path for condition in shape.statements[0].conditions]
    assert len(paths) == len(keys)
    assert sum(map(len, paths)) < 500 * len(keys)
    with pytest.raises(MalformedPolicy) as refused:
        Document.parse({"x" * 50_000: 1, **document(allow())})
    assert len(str(refused.value)) < 500


def test_documents_that_are_too_long_or_too_deep() -> None:
    """What could only be meant to exhaust the reader is refused before it is read."""
    for source, code in (
        (" " * MAX_CHARACTERS + json.dumps(document(allow())), "too-long"),
        ("[" * 100_000, "too-deep"),
        (b"\xff{}", "not-utf-8"),
        ('{"Statement": NaN}', "not-json"),
        ("\ufeff{}", "not-json"),
    ):
        assert [finding.code for finding in validate(source)] == [code]


def test_a_document_without_statements_says_nothing() -> None:
    """An empty list of statements can be evaluated, but AWS would not store it."""
    empty = {"Version": "2012-10-17", "Statement": []}
    assert word(by_resource=empty, boundary=empty) == SILENT
    assert word(allow(), boundary=empty) == SILENT
    assert word(allow(), by_resource=empty) == ALLOWED
    assert [finding.code for finding in validate(empty)] == ["no-statement"]

"""Where statements stand in the text of a policy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.policy import Document
from moto_eks_podid.policy.positions import Span, statement_spans

ONE = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
TWO = {"Effect": "Deny", "Action": "*", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": [ONE, TWO]}

#: Text -> the positions of its statements: line and column of begin and end.
TEXTS: dict[str, tuple[str, list[tuple[int, int, int, int]]]] = {
    "list on one line": (
        '{"Statement":[' + json.dumps(ONE) + "," + json.dumps(TWO) + "]}",
        [(1, 15, 1, 80), (1, 80, 1, 131)],
    ),
    "no list": ('{"Statement": ' + json.dumps(ONE) + "}", [(1, 16, 1, 80)]),
    "indented list": (json.dumps(DOCUMENT, indent=2), [(3, 17, 8, 6), (8, 6, 13, 6)]),
    "lines of Windows": (
        json.dumps(DOCUMENT, indent=2).replace("\n", "\r\n"),
        [(3, 17, 8, 6), (8, 6, 13, 6)],
    ),
    "lines of old": (
        json.dumps(DOCUMENT, indent=2).replace("\n", "\r"),
        [(3, 17, 8, 6), (8, 6, 13, 6)],
    ),
    "empty list": ('{"Statement": [ ]}', []),
    "space before everything": (
        ' \n\t{ "Statement" :\n[ ' + json.dumps(ONE) + " ] }",
        [(3, 2, 3, 68)],
    ),
    "member that is written twice": (
        '{"Statement": ' + json.dumps(ONE) + ', "Statement": ' + json.dumps(TWO) + "}",
        [(1, 96, 1, 145)],
    ),
    "name with an escape": ('{"St\\u0061tement": ' + json.dumps(ONE) + "}", [(1, 21, 1, 85)]),
    "brackets in texts": (
        '{"Id": "}]{[", "Statement": [{"Sid": "]},{", "Effect": "Deny", "Action": "*"}]}',
        [(1, 30, 1, 78)],
    ),
    "number of many digits": (
        '{"Statement":[{"Effect":"Deny","Action":"*","Condition":{"NumericEquals":{"a:b":'
        + "9" * 5000
        + "}}}]}",
        [(1, 15, 1, 5084)],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_statement_stands_elsewhere(name: str) -> None:
    """Lines and columns begin with 1; a statement begins behind what came before it."""
    text, expected = TEXTS[name]
    spans = statement_spans(text)
    assert [(*span.start, *span.end) for span in spans] == expected
    assert len(spans) == len(Document.parse(text).statements)


def cut(text: str, span: Span) -> str:
    lines = text.split("\n")
    (first, begin), (last, end) = span
    if first == last:
        return lines[first - 1][begin - 1 : end - 1]
    middle = lines[first : last - 1]
    return "\n".join([lines[first - 1][begin - 1 :], *middle, lines[last - 1][: end - 1]])


texts = st.text(st.characters(codec="utf-8"), max_size=5)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.just("*"), "Resource": texts},
    optional={"Sid": texts, "Condition": st.just({"StringLike": {"aws:userid": ["}", "]"]}})},
)


@given(
    st.lists(statements, max_size=4),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
    st.dictionaries(st.just("Id"), texts),
)
def test_another_text_stands_there(
    written: list[Any], indent: int | None, ascii_only: bool, before: dict[str, str]
) -> None:
    """However a document is written, what stands at a statement's place is that statement."""
    text = json.dumps({**before, "Statement": written}, indent=indent, ensure_ascii=ascii_only)
    found = [cut(text, span).lstrip(" \n,") for span in statement_spans(text)]
    assert [json.loads(one) for one in found] == written

"""Whatever is in a file, reading it ends in a plan or in a ScenarioError."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_eks_podid.scenario.loading import check
from moto_eks_podid.scenario.problems import Place, Problem, ScenarioError
from moto_eks_podid.scenario.table import SCENARIO, SECTIONS

EXAMPLE = (Path(__file__).parents[1] / "examples" / "shop.yaml").read_bytes()
#: Of an error that has no problem, which would be one.
NO_PLACE = Problem("", Place(0, 0), "")
NAMES = [
    *(member.name for member in SCENARIO.members),
    *(member.name for struct, _ in SECTIONS.values() for member in struct.members),
    *("Effect", "Action", "Statement", "Resource", "file", "<<"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["blue", "cart", "shop", "Allow", "*", "arn:aws:iam::123456789012:role/x"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=30,
)
#: Pieces that YAML means something by.
PIECES = st.sampled_from(
    [
        *("&a ", "*a", "- ", ": ", "{", "}", "[", "]", "!!str ", "! ", "|\n ", ">\n", "'", '"'),
        *("\\", "\n", "%YAML 1.1\n", "---\n", "...\n", "# ", "? ", "\t", "\r", "\x85", "\0"),
        *("<<", "~", "\\ud800", *NAMES),
    ]
)


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    path = tmp_path_factory.mktemp("scenario") / "s.yaml"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        problems: tuple[Problem, ...] = ()
        try:
            check(path)
        except ScenarioError as error:
            problems = error.problems or (NO_PLACE,)
        lines = content.decode("utf-8", "replace").splitlines()
        for problem in problems:
            assert 1 <= problem.place.line <= len(lines) + 1
            assert problem.place.column >= 1

    return read


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_bytes_raise_something_else(reads: Callable[[bytes], None], content: bytes) -> None:
    """Bytes of any kind are read or refused, at a place that is in them."""
    reads(content)


@settings(max_examples=100)
@given(pieces=st.lists(PIECES, max_size=20))
def test_signs_of_yaml_raise_something_else(
    reads: Callable[[bytes], None], pieces: list[str]
) -> None:
    """So are signs of YAML in any order."""
    reads("".join(pieces).encode())


@settings(max_examples=100)
@given(tree=TREES)
def test_tree_raises_something_else(reads: Callable[[bytes], None], tree: object) -> None:
    """So are values of any kind below members of any name."""
    reads(yaml.safe_dump(tree).encode())
    reads(json.dumps(tree).encode())


@settings(max_examples=100)
@given(
    start=st.integers(0, len(EXAMPLE)),
    length=st.integers(0, 40),
    instead=st.binary(max_size=4) | PIECES.map(str.encode),
)
def test_damaged_example_raises_something_else(
    reads: Callable[[bytes], None], start: int, length: int, instead: bytes
) -> None:
    """So is the example with any piece of it replaced."""
    reads(EXAMPLE[:start] + instead + EXAMPLE[start + length :])

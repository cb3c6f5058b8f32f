"""What counts as a difference in the moto suite, and which differences fail it."""

from __future__ import annotations

import json

import pytest

from tests.moto_suite.run import EXPECTED, FOLDERS, Outcome, compare, folder_of, tally

PASSED = Outcome("passed")
FAILED = Outcome("failed", "AssertionError: no")
SKIPPED = Outcome("skipped")

ONE = "tests/test_iam/test_iam.py::test_one"
TWO = "tests/test_sts/test_sts.py::test_two"


@pytest.mark.parametrize("outcome", [PASSED, FAILED, SKIPPED], ids=lambda outcome: outcome.word)
def test_tests_that_fare_alike_are_no_difference(outcome: Outcome) -> None:
    """A test that fails in both halves says nothing about the plugin."""
    comparison = compare({ONE: outcome}, {ONE: outcome}, [])
    assert comparison.passed
    assert str(comparison) == "moto suite: 1 tests, 0 differences (0 expected)"


def test_failures_with_other_messages_are_no_difference() -> None:
    """Messages carry ports and random names, so only pytest's word for the outcome is compared."""
    assert compare({ONE: FAILED}, {ONE: Outcome("failed", "other")}, []).passed


@pytest.mark.parametrize(
    ("plain", "plugin"),
    [
        ({ONE: PASSED}, {ONE: FAILED}),
        ({ONE: PASSED}, {ONE: SKIPPED}),
        ({ONE: FAILED}, {ONE: PASSED}),
        ({ONE: PASSED}, {}),
        ({}, {ONE: PASSED}),
    ],
    ids=["breaks", "is skipped", "is repaired", "disappears", "appears"],
)
def test_an_unlisted_difference_fails(
    plain: dict[str, Outcome], plugin: dict[str, Outcome]
) -> None:
    """Whatever differs and is not listed fails the suite, by name, for better or worse."""
    comparison = compare(plain | {TWO: PASSED}, plugin | {TWO: PASSED}, [])
    assert not comparison.passed
    assert [difference.test for difference in comparison.unexpected] == [ONE]
    assert str(comparison) == "moto suite: 2 tests, 1 differences (0 expected)"


def test_a_listed_difference_passes() -> None:
    """A difference that is listed is counted as expected and fails nothing."""
    comparison = compare({ONE: PASSED, TWO: PASSED}, {ONE: FAILED, TWO: PASSED}, [ONE])
    assert comparison.passed
    assert str(comparison) == "moto suite: 2 tests, 1 differences (1 expected)"


@pytest.mark.parametrize("ran", [{ONE: PASSED}, {}], ids=["fares alike", "is gone"])
def test_a_listed_test_that_does_not_differ_fails(ran: dict[str, Outcome]) -> None:
    """The list must not outlive its reasons."""
    comparison = compare(ran, ran, [ONE])
    assert not comparison.passed
    assert comparison.stale == (ONE,)


def test_a_difference_tells_both_outcomes_and_the_failure() -> None:
    """Whoever reads the summary sees why a test failed without opening a log."""
    (difference,) = compare({ONE: PASSED}, {ONE: FAILED}, []).differences
    assert str(difference) == (
        f"{ONE}: passed without the plugin, failed with it\n    AssertionError: no"
    )


def test_the_tally_names_passed_and_failed_even_when_there_are_none() -> None:
    """The closing line always has the two counts that are looked for first."""
    assert tally({}) == "0 passed, 0 failed"
    assert tally({ONE: PASSED, TWO: SKIPPED}) == "1 passed, 0 failed, 1 skipped"


def test_every_listed_difference_is_in_a_folder_that_runs_and_has_a_reason() -> None:
    """A listed id with a misspelt folder would never be compared."""
    for test, reason in json.loads(EXPECTED.read_text()).items():
        assert folder_of(test) in FOLDERS
        assert reason.strip()

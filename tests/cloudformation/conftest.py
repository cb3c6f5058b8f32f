"""Stacks of an AWS with a cluster and a role, and of one without."""

from __future__ import annotations

import pytest
from aws_under_test import Aws

from tests.cloudformation.stack_under_test import Stacks


@pytest.fixture
def empty(aws: Aws) -> Stacks:
    return Stacks(aws)


@pytest.fixture
def stacks(aws: Aws) -> Stacks:
    """With a cluster and the role that associations name."""
    aws.create_cluster()
    aws.create_role()
    return Stacks(aws)

"""Tests that begin with a scenario file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

if TYPE_CHECKING:
    from moto_eks_podid import Scenario

SHOP = Path(__file__).parent / "shop.yaml"


@pytest.mark.scenario("shop.yaml")
def test_pod_reads_its_own_orders(scenario: Scenario) -> None:
    """Everything that the file describes is in place; the application runs as one of its pods."""
    with scenario.pod("cart-0").run():
        s3 = boto3.client("s3")
        assert json.load(s3.get_object(Bucket="orders", Key="newest")["Body"]) == {"id": "o-1"}
        with pytest.raises(ClientError, match="not authorized to perform: s3:GetObject"):
            s3.get_object(Bucket="orders", Key="payroll")


@podid.mock_aws
def test_without_pytest() -> None:
    """The same in any mock, or at a server with `endpoint_url`."""
    scenario = podid.load_scenario(SHOP)

    assert scenario.role("cart") == "arn:aws:iam::123456789012:role/cart"
    assert [pod.name for pod in scenario.pods] == ["cart-0", "cart-1"]
    origin = podid.trace(scenario.pods[1].access_key_id)
    assert origin is not None
    assert origin.pod_name == "cart-1"

"""One cluster for all hostile requests of a module: it must come out of each as it went in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from aws_under_test import Aws

import moto_eks_podid as podid
from tests.hostile.wire import Pods


@pytest.fixture(scope="module", params=["in-process", "server"])
def pods(request: pytest.FixtureRequest) -> Iterator[Pods]:
    if request.param == "in-process":
        with podid.mock_aws():
            yield Pods(Aws(endpoint_url=None))
    else:
        url = request.getfixturevalue("server").url
        requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
        yield Pods(Aws(endpoint_url=url))

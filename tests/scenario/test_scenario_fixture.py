"""The fixture `scenario`, in test sessions of their own."""

from __future__ import annotations

import pytest

FILE = """\
region: us-west-2
roles: [{name: cart}]
clusters: [{name: blue}]
associations: [{cluster: blue, namespace: shop, service_account: cart, role: cart}]
pods: [{cluster: blue, namespace: shop, service_account: cart, count: 1}]
"""

TESTS = """
import boto3
import pytest


def is_the_pod(scenario):
    with scenario.pod("cart-0").run() as pod:
        assert pod.endpoint_url == scenario.endpoint_url
        arn = boto3.client("sts").get_caller_identity()["Arn"]
    assert ":assumed-role/cart/eks-blue-cart-0-" in arn


@pytest.mark.scenario("files/shop.yaml")
def test_in_process(scenario, cloudtrail_records):
    is_the_pod(scenario)
    assert scenario.endpoint_url is None
    assert len(cloudtrail_records("CreateCluster")) == 1


@pytest.mark.pod_identity_server
@pytest.mark.scenario("files/shop.yaml")
@pytest.mark.parametrize("number", range(2))
def test_at_a_server(scenario, number):
    is_the_pod(scenario)
    assert scenario.endpoint_url.startswith("http://127.0.0.1:")
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run what is there in a process of its own, in which any warning is an error."""
    return pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:cacheprovider", "--strict-markers", *arguments, timeout=120
    )


def test_marked_test_finds_no_scenario(pytester: pytest.Pytester) -> None:
    """The marker's file is put in place in a mock, or at the server, for each test anew."""
    folder = pytester.mkdir("deeper")
    (folder / "files").mkdir()
    (folder / "files" / "shop.yaml").write_text(FILE, encoding="utf-8")
    (folder / "test_it.py").write_text(TESTS, encoding="utf-8")
    run(pytester).assert_outcomes(passed=3)


def test_ini_option_does_nothing(pytester: pytest.Pytester) -> None:
    """Without the marker, a test gets the ini option's file, which is beside the ini-file."""
    pytester.makefile(".yaml", shop=FILE, other="clusters: [{name: green}]\n")
    pytester.makeini("[pytest]\nmoto_eks_podid_scenario = shop.yaml\naddopts = --strict-config\n")
    folder = pytester.mkdir("deeper")
    (folder / "test_it.py").write_text(
        """
import pytest

def test_default(scenario):
    assert [cluster.name for cluster in scenario.clusters] == ["blue"]

@pytest.mark.scenario("../other.yaml")
def test_marked(scenario):
    assert [cluster.name for cluster in scenario.clusters] == ["green"]
""",
        encoding="utf-8",
    )
    run(pytester).assert_outcomes(passed=2)


def test_mistake_is_a_traceback(pytester: pytest.Pytester) -> None:
    """What is wrong with a file, or with how it is named, is told without this package's code."""
    pytester.makefile(".yaml", shop="rolls: []\nregion: Europe\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("shop.yaml")
        def test_wrong_file(scenario): ...

        @pytest.mark.scenario
        def test_no_path(scenario): ...

        def test_no_marker(scenario): ...
        """
    )
    result = run(pytester)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*shop.yaml:1:1: there is no member 'rolls'; did you mean 'roles'?",
            "*shop.yaml:2:9: expected a region, got 'Europe'",
            "*The marker scenario takes one path",
            "*The fixture scenario needs a file: @pytest.mark.scenario(path) or the ini option "
            "moto_eks_podid_scenario",
        ]
    )
    assert "loading.py" not in result.stdout.str()


def test_fixture_is_not_described(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` and `--markers` say what there is."""
    assert "\nscenario -- " in run(pytester, "--fixtures").stdout.str()
    assert "@pytest.mark.scenario(path): " in run(pytester, "--markers").stdout.str()

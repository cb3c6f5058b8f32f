"""The pytest plugin: the plugin for moto is installed as soon as a test session imports moto.

It watches for moto's import instead of importing it, so that a session without moto pays nothing,
and mocks that start while test modules are being imported are covered. Switch it off with the ini
option ``moto_eks_podid = false`` or ``-p no:moto_eks_podid``.

The report of a test that failed tells which of its calls were refused, and why; not with the ini
option ``moto_eks_podid_explain = false``.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from . import __version__, _install

# The fixtures load moto, which a session that uses none of them does not pay for.
if TYPE_CHECKING:
    from .fixtures import AsPod, EksCluster, MakePodIdentity, Records, TestAws
    from .scenario.made import Scenario

INI_OPTION = "moto_eks_podid"
EXPLAIN_OPTION = "moto_eks_podid_explain"
SCENARIO_OPTION = "moto_eks_podid_scenario"
SERVER_MARKER = "pod_identity_server"
SCENARIO_MARKER = "scenario"

#: Whether it is this session that waits for moto's import.
_WATCHES = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options."""
    parser.addini(
        INI_OPTION,
        "Install moto-eks-podid (EKS Pod Identity) into moto when a test session imports moto.",
        type="bool",
        default=True,
    )
    parser.addini(
        EXPLAIN_OPTION,
        "Tell in the report of a failed test which calls IAM refused in it, and why.",
        type="bool",
        default=True,
    )
    parser.addini(
        SCENARIO_OPTION,
        "The scenario file of the fixture scenario, relative to the ini-file, for tests without "
        "the marker of that name.",
        type="string",
        default="",
    )


# Before any conftest.py is imported: it may start a mock at once.
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Wait for moto's import, unless the ini option says otherwise."""
    _install_late(early_config)


def _install_late(config: pytest.Config) -> None:
    if config.getini(INI_OPTION) and _install.install_when_moto_is_imported():
        config.stash[_WATCHES] = True


def pytest_report_header(config: pytest.Config) -> str:
    """Return the header's line: version, and whether the plugin is on."""
    state = "installed when moto is imported" if config.getini(INI_OPTION) else "switched off"
    return f"moto-eks-podid: {__version__}, {state}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop waiting for moto's import."""
    # A session inside of this process ends before the one that it is part of.
    if config.stash.get(_WATCHES, False):
        _install.cancel_install_when_moto_is_imported()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Forget the refused calls of the test before."""
    if explanations := _explanations():
        explanations.forget_refused_calls()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell in the report of a failed test which of its calls were refused, and why."""
    report = yield
    explanations = _explanations()
    if explanations and report.failed and item.config.getini(EXPLAIN_OPTION):
        calls = explanations.take_refused_calls()
        if calls:
            report.sections.append(("Calls that IAM refused", "\n\n".join(map(str, calls))))
    return report


def _explanations() -> ModuleType | None:
    """Return the module that keeps judged calls; None while none was judged."""
    return sys.modules.get("moto_eks_podid.iam.explanations")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    # A conftest.py that names this plugin comes too late for the other hook.
    _install_late(config)
    config.addinivalue_line(
        "markers",
        f"{SERVER_MARKER}: eks_cluster, pod_identity, as_pod, scenario and cloudtrail_records use "
        "a server of the test session, instead of a mock in this process.",
    )
    config.addinivalue_line(
        "markers",
        f"{SCENARIO_MARKER}(path): the file of the fixture scenario, relative to the test's own.",
    )


@pytest.fixture(scope="session")
def pod_identity_server() -> Iterator[str]:
    """URL of moto's server with EKS Pod Identity, on a free port, for the whole test session."""
    from .server import in_thread

    with in_thread() as url:
        yield url


@pytest.fixture
def pod_identity_aws(request: pytest.FixtureRequest) -> Iterator[TestAws]:
    """The AWS of one test: a mock in this process, or the session's server if it is marked so."""
    from . import fixtures

    if request.node.get_closest_marker(SERVER_MARKER):
        where = fixtures.at_server(request.getfixturevalue("pod_identity_server"))
    else:
        where = fixtures.in_process()
    with where as aws:
        yield aws


@pytest.fixture
def eks_cluster(pod_identity_aws: TestAws) -> EksCluster:
    """A cluster with an issuer of its own: its name, ARN and issuer."""
    from .fixtures import create_cluster

    return create_cluster(pod_identity_aws)


@pytest.fixture
def pod_identity(eks_cluster: EksCluster) -> MakePodIdentity:
    """A function that makes a role and associates a service account of the cluster with it."""
    from .fixtures import MakePodIdentity

    return MakePodIdentity(eks_cluster)


@pytest.fixture
def as_pod(pod_identity: MakePodIdentity) -> Iterator[AsPod]:
    """A function that makes role and association, and has the test go on as a pod with them."""
    from .fixtures import AsPod

    with ExitStack() as stack:
        yield AsPod(pod_identity, stack)


@pytest.fixture
def scenario(request: pytest.FixtureRequest, pod_identity_aws: TestAws) -> Scenario:
    """What the file of the marker scenario describes, in place: its clusters, roles and pods."""
    from .scenario.loading import load_scenario
    from .scenario.problems import ScenarioError

    if marker := request.node.get_closest_marker(SCENARIO_MARKER):
        if len(marker.args) != 1 or marker.kwargs:
            raise pytest.UsageError(f"The marker {SCENARIO_MARKER} takes one path")
        path = request.path.parent / marker.args[0]
    elif given := request.config.getini(SCENARIO_OPTION):
        ini_file = request.config.inipath
        path = (ini_file.parent if ini_file else request.config.rootpath) / given
    else:
        raise pytest.UsageError(
            f"The fixture scenario needs a file: @pytest.mark.{SCENARIO_MARKER}(path) or the ini "
            f"option {SCENARIO_OPTION}"
        )
    try:
        return load_scenario(path, endpoint_url=pod_identity_aws.endpoint_url)
    except ScenarioError as error:
        wrong = str(error)
    # The file is to blame, not this code.
    pytest.fail(wrong, pytrace=False)


@pytest.fixture
def cloudtrail_records(pod_identity_aws: TestAws) -> Records:
    """A function that returns the CloudTrail records of the test's calls, newest first."""
    from .fixtures import Records

    return Records(pod_identity_aws)

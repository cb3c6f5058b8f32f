"""What mocks leave behind: nothing, after any reset, any number of mocks, any uninstall."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta

import moto
import pytest
from aws_under_test import CLUSTER, Aws
from botocore.exceptions import ClientError
from moto.backend_index import backend_url_patterns
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.core.model_instances import model_data
from moto.core.models import MockAWS
from moto.moto_api._internal.models import moto_api_backend
from pods import credentials_of_a_pod, moto_api, prepare

import moto_eks_podid as podid
from moto_eks_podid import _install, clock, overrides, settings
from moto_eks_podid.eks.cluster_identity import ClusterIdentity
from moto_eks_podid.eks.lookup import identities
from moto_eks_podid.identity.associations import Association
from moto_eks_podid.identity.keys import key_pool
from moto_eks_podid.sts.models import IssuedSession, recorded_sessions


@pytest.fixture
def local() -> Aws:
    """AWS in this process; the test starts the mocks."""
    return Aws(endpoint_url=None)


@pytest.fixture
def reinstalled() -> Iterator[None]:
    """Whatever the test does, the plugin is installed afterwards as it was before."""
    was_installed = _install.installed()
    yield
    podid.uninstall()
    if was_installed:
        podid.install()


# What is left behind

RESETS: dict[str, Callable[[], None]] = {
    "mock's own": lambda: MockAWS().reset(),
    "moto API in Python": moto_api_backend.reset,
    "moto API over HTTP": lambda: moto_api(Aws(None), "reset"),
    "backend dictionaries": BackendDict.reset,
}


@podid.mock_aws
@pytest.mark.parametrize("reset", RESETS)
def test_reset_leaves_something(local: Aws, reset: str) -> None:
    """Every reset that moto knows forgets clusters, associations, sessions, settings, the time."""
    expected = state_of_the_process()
    settings.override({"associations_per_cluster": 1})
    prepare(local)
    token = local.token()
    credentials = local.assume(token)["credentials"]
    podid.rotate_signing_key(CLUSTER)
    local.shift(60)
    assert len(key_pool._out) == expected["keys out"] + 2
    RESETS[reset]()
    assert state_of_the_process() == expected
    assert list(identities()) == list(recorded_sessions()) == []
    assert clock.shift() == timedelta(0)
    # The key that nobody gave out any more is moto's default account's, as any unknown one.
    caller = local.client_with(credentials, "sts").get_caller_identity()
    assert caller["Account"] == DEFAULT_ACCOUNT_ID

    prepare(local)
    with pytest.raises(ClientError, match="InvalidTokenException"):
        local.assume(token)


def state_of_the_process() -> dict[str, int]:
    """The size of everything that outlives a mock."""
    return {
        "keys out": len(key_pool._out),
        "url patterns": len(backend_url_patterns),
        # A seam is applied when its module is first imported, which may be at any time, but once.
        "seams applied twice": len(_install._applied)
        - len({seam.name for seam, _ in _install._applied}),
        "settings put": len(overrides.overrides()),
        "import hooks": len(sys.meta_path),
        "environment": len(os.environ),
    }


def alive(*kinds: type) -> int:
    gc.collect()
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


def test_mocks_in_a_row_accumulate_something(local: Aws) -> None:
    """Hundreds of mocks leave behind no cluster, association, session, key or setting."""
    kinds = (ClusterIdentity, Association, podid.RoleSession, IssuedSession)
    configuration = {"eks_podid": {"associations_per_cluster": 1}}

    def story() -> None:
        with podid.mock_aws(config=configuration):
            credentials_of_a_pod(local)

    story()
    before, living = state_of_the_process(), alive(*kinds)
    idle = len(key_pool._idle)
    for number in range(200):
        # moto itself takes long to make a cluster.
        if number % 20 == 0:
            story()
        with podid.mock_aws(config=configuration), podid.mock_aws():
            local.shift(60)
    assert state_of_the_process() == before
    assert alive(*kinds) == living
    assert len(key_pool._idle) == idle, "one key is handed out again and again"
    assert podid.role_sessions() == []
    assert [
        instance
        for models in model_data.values()
        for model in models.values()
        for instance in model.instances_tracked  # type: ignore[attr-defined]
    ] == []


# Uninstalling


def has_associations(aws: Aws) -> bool:
    """Whether EKS knows the operation: moto alone answers that it is not implemented."""
    with pytest.raises(ClientError) as caught:
        aws.client("eks").list_pod_identity_associations(clusterName="nowhere")
    message = caught.value.response["Error"]["Message"]
    assert message in ("No cluster found for name: nowhere.", "Not yet implemented")
    return bool(message != "Not yet implemented")


def test_uninstalling_between_mocks_is_not_noticed(local: Aws, reinstalled: None) -> None:
    """Uninstalled, moto is plain from the next mock on; installed again, it has the plugin."""
    for _ in range(2):
        podid.uninstall()
        with moto.mock_aws():
            local.create_cluster()
            assert not has_associations(local)
            assert "moto.eksauth" not in sys.modules
        podid.install()
        with moto.mock_aws():
            assert has_associations(local)
            credentials_of_a_pod(local)


def test_uninstalling_inside_a_mock_breaks_its_end(local: Aws, reinstalled: None) -> None:
    """A mock that was running when the plugin went ends as any other, and leaves no setting."""
    podid.install()
    out = len(key_pool._out)
    with podid.mock_aws(config={"eks_podid": {"validate_role": False}}):
        credentials_of_a_pod(local)
        podid.uninstall()
    assert not MockAWS._mocks_active
    assert settings.get("validate_role") is True
    assert len(key_pool._out) == out
    with moto.mock_aws():
        assert not has_associations(local)


def test_missing_package_leaves_moto_plain_on_the_second_try() -> None:
    """When our part of a service cannot be loaded, using it fails each time, not once."""
    script = """
        import sys

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name == "jwt":
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        import moto
        import moto_eks_podid
        moto_eks_podid.install()
        blocker = Blocker()
        sys.meta_path.insert(0, blocker)
        for _ in range(2):
            try:
                import moto.eks.models
            except ModuleNotFoundError as error:
                print(error.name)
        sys.meta_path.remove(blocker)
        import moto.eks.models
        print(moto.eks.models.eks_backends.backend.__module__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["jwt", "jwt", "moto_eks_podid.eks.models"]

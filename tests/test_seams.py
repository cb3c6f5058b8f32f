"""The seams: what they alter in moto, that it is put back, that moto is what they lean on."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator

import boto3
import moto
import pytest
from moto import backend_index

import moto_eks_podid as podid
from moto_eks_podid import _install, _seams
from moto_eks_podid._alterations import Revert
from moto_eks_podid._digests import DIGESTS, VERSIONS_CHECKED, current_digest
from moto_eks_podid._seams import SEAMS


def run(script: str) -> str:
    """Run a script in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def uninstalled() -> Iterator[None]:
    was_installed = _install.installed()
    podid.uninstall()
    yield
    podid.uninstall()
    if was_installed:
        podid.install()


@pytest.mark.parametrize(
    ("seam", "upstream"),
    [
        pytest.param(seam.name, upstream, id=f"{seam.name}: {upstream}")
        for seam in SEAMS
        for upstream in seam.leans_on
    ],
)
def test_moto_has_changed_something_that_a_seam_leans_on(
    seam: str, upstream: str, uninstalled: None
) -> None:
    """Every upstream source that a seam leans on is the one that it was written for."""
    now = current_digest(upstream)
    assert now == DIGESTS[upstream], (
        f"{upstream} has changed in moto {moto.__version__}: read it again beside the seam "
        f"{seam!r}, then put the new digest ({now}) and version into the table"
    )


def test_a_digest_is_kept_for_nothing() -> None:
    """Each digest is that of a source that a seam leans on."""
    assert set(DIGESTS) == {upstream for seam in SEAMS for upstream in seam.leans_on}


def test_a_version_was_checked_without_being_named() -> None:
    """The table names the version of moto that it was checked with."""
    assert moto.__version__ in VERSIONS_CHECKED


def test_importing_the_package_imports_moto() -> None:
    """Importing the package loads neither moto nor boto3 nor anything else that is large."""
    heavy = run(
        """
        import sys, moto_eks_podid
        heavy = {"moto", "boto3", "botocore", "werkzeug", "jwt", "cryptography"}
        print(sorted(heavy & set(sys.modules)))
        """
    )
    assert heavy == "[]"


def test_every_public_name_is_there() -> None:
    """Each public name loads, and `dir` and `__all__` list it."""
    for name in podid.__all__:
        assert getattr(podid, name) is not None
        assert name in dir(podid)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = podid.nothing


def test_installing_twice_patches_twice(uninstalled: None) -> None:
    """Installing again changes nothing."""
    podid.install()
    patterns = list(backend_index.backend_url_patterns)
    podid.install()
    assert list(backend_index.backend_url_patterns) == patterns


ONCE = """
    {first}
    import importlib, moto_eks_podid as podid
    from moto_eks_podid import _install, _seams
    podid.install()
    for seam in _seams.SEAMS:
        importlib.import_module(seam.module)
    print([seam.name for seam, _ in _install._applied if seam in _seams.SEAMS])
    """


@pytest.mark.parametrize("first", ["", "import moto.backend_index", "import moto.server"])
def test_seam_is_applied_twice(first: str) -> None:
    """Each seam is applied once, also where several alter one module, whatever was imported."""
    applied = ast.literal_eval(run(ONCE.format(first=first)))
    assert sorted(applied) == sorted(seam.name for seam in SEAMS)


def test_uninstalling_leaves_something_behind() -> None:
    """After uninstall, everything that the seams touch is the object that it was."""
    script = """
        import sys
        import moto.backends, moto.core.models, moto.eks.models, moto.sts.models
        import moto.moto_server.werkzeug_app, moto.moto_api._internal.urls, moto.moto_proxy.proxy3
        import moto.cloudformation.models, moto.cloudformation.parsing
        import moto.cloudtrail.models, moto.core.authorization, moto.core.botocore_stubber
        import moto.core.utils
        from moto.backend_index import backend_url_patterns
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication
        import moto_eks_podid as podid

        def state():
            mock = moto.core.models.MockAWS
            return [
                id(backend_url_patterns), list(backend_url_patterns), "moto.eksauth" in sys.modules,
                moto.eks.models.validate_role_arn,
                moto.eks.models.eks_backends.backend, moto.sts.models.sts_backends.backend,
                DomainDispatcherApplication.infer_service_region_host, mock.start, mock.stop,
                sorted(moto.moto_api._internal.urls.url_paths), list(sys.meta_path),
                moto.cloudtrail.models.cloudtrail_backends.backend,
                moto.iam.models.iam_backends.backend,
                moto.core.botocore_stubber.BotocoreStubber.process_request,
                moto.core.utils.convert_to_flask_response.__call__,
                moto.moto_proxy.proxy3.MotoRequestHandler.parse_request,
                vars(moto.core.authorization.ActionAuthenticatorMixin).copy(),
                moto.cloudformation.models.cloudformation_backends.backend,
                moto.cloudformation.models.ResourceMap,
                moto.cloudformation.parsing.get_model_list,
                sorted(moto.cloudformation.parsing.get_model_map()),
                sorted(moto.cloudformation.parsing.get_name_type_map()),
            ]

        before = state()
        podid.install()
        during = state()
        podid.uninstall()
        print(state() == before, sum(a != b for a, b in zip(before, during)))
    """
    assert run(script) == "True 20"


def test_a_service_imported_after_install_is_moto_s_own() -> None:
    """Services imported after install get our backend too, whichever package comes first."""
    for first in ("moto.eks.models", "moto_eks_podid.eks.models", "moto_eks_podid.eksauth.models"):
        script = f"""
            import moto_eks_podid
            moto_eks_podid.install()
            import {first}
            from moto.eks.models import eks_backends
            print(eks_backends.backend.__module__)
        """
        assert run(script) == "moto_eks_podid.eks.models"


def test_a_failing_seam_leaves_the_others_in_place(
    uninstalled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installing is all or nothing: what was applied before a failure is taken back."""

    def fail(_: object) -> Revert:
        raise RuntimeError("cannot be applied")

    failing = _seams.Seam("failing", "moto.core.models", "nothing", "for the test", (), fail)
    before = list(backend_index.backend_url_patterns)
    monkeypatch.setattr(_install, "SEAMS", (*SEAMS, failing))
    with pytest.raises(RuntimeError, match="cannot be applied"):
        podid.install()
    assert not _install.installed()
    assert list(backend_index.backend_url_patterns) == before


def test_installing_inside_a_mock_is_silent(uninstalled: None) -> None:
    """Installing while a mock runs warns, and says until when something will not work."""
    with moto.mock_aws():
        boto3.client("eks", region_name="us-west-2").list_clusters()
        with pytest.warns(podid.InstalledInsideMockWarning, match="Until the next mock starts"):
            podid.install()
    with warnings.catch_warnings(), podid.mock_aws():
        warnings.simplefilter("error")
        podid.install()
        eks = boto3.client("eks", region_name="us-west-2")
        eks.create_cluster(
            name="blue", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={}
        )
        assert eks.list_pod_identity_associations(clusterName="blue")["associations"] == []


def test_the_table_of_seams_is_not_documented() -> None:
    """The documentation of the seams names every seam, its target and what it leans on."""
    text = _seams.as_markdown()
    for seam in SEAMS:
        assert seam.name in text
        assert seam.target in text
        assert all(upstream in text for upstream in seam.leans_on)


def test_a_seam_names_a_module_that_is_not_moto_s() -> None:
    """Every seam names an upstream module that exists, once."""
    for seam in SEAMS:
        assert importlib.import_module(seam.module).__name__.startswith("moto.")
    assert len({seam.name for seam in SEAMS}) == len(SEAMS)


def test_services_imported_at_once_wait_for_each_other() -> None:
    """Threads that use several services for the first time at once do not lock each other out."""
    script = """
        import os, threading
        import moto_eks_podid
        moto_eks_podid.install()
        import moto.core.models
        together = threading.Barrier(3)

        def use(name):
            together.wait()
            __import__(name)

        names = ("moto.eks.models", "moto.sts.models", "moto.iam.models")
        threads = [threading.Thread(target=use, args=(name,), daemon=True) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        print([thread.is_alive() for thread in threads], flush=True)
        os._exit(0)
    """
    assert run(script) == "[False, False, False]"

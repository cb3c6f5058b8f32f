"""The pytest plugin, in test sessions of their own: whatever starts a mock, the plugin is in it."""

from __future__ import annotations

import pytest

import moto_eks_podid as podid

#: What the inner tests share. It knows moto, boto3 and requests; nothing imports our package.
STORY = '''
import json

import boto3
import requests

ENDPOINT = "http://motoapi.amazonaws.com/moto-api/eks-podid"
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}


def client(service):
    return boto3.client(service, region_name="us-west-2")


def make_cluster():
    """A cluster with an association. A cluster of that name must not be there yet."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = client("iam").create_role(RoleName="cart", AssumeRolePolicyDocument=policy)
    arn = role["Role"]["Arn"]
    client("eks").create_cluster(name="blue", roleArn=arn, resourcesVpcConfig={})
    client("eks").create_pod_identity_association(
        clusterName="blue", namespace="shop", serviceAccount="cart", roleArn=arn
    )


def pod_gets_credentials():
    """The pod of that association does, and its session is the only one."""
    pod = {"cluster": "blue", "namespace": "shop", "service_account": "cart"}
    token = requests.post(ENDPOINT + "/tokens", json=pod).json()["token"]
    answer = client("eks-auth").assume_role_for_pod_identity(clusterName="blue", token=token)
    (session,) = requests.get(ENDPOINT + "/sessions").json()["sessions"]
    assert session["access_key_id"] == answer["credentials"]["accessKeyId"]
    assert session["tags"]["kubernetes-namespace"] == "shop"
'''

#: How a test session comes to a mock -> its files.
MOCKS: dict[str, dict[str, str]] = {
    "decorators": {
        "test_function": """
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            @mock_aws
            def test_bare():
                make_cluster()
                pod_gets_credentials()

            @mock_aws()
            def test_called():
                make_cluster()
                pod_gets_credentials()
            """,
        "test_unittest_class": """
            import unittest
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            @mock_aws
            class TestIt(unittest.TestCase):
                def setUp(self):
                    make_cluster()

                def test_first(self):
                    pod_gets_credentials()

                def test_second(self):
                    pod_gets_credentials()
            """,
        "test_class_with_setup_method": """
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            @mock_aws
            class TestIt:
                def setup_method(self, method):
                    make_cluster()

                def test_first(self):
                    pod_gets_credentials()

                def test_second(self):
                    pod_gets_credentials()
            """,
        "test_plain_class": """
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            @mock_aws
            class TestIt:
                def test_first(self):
                    make_cluster()
                    pod_gets_credentials()

                def test_second(self):
                    make_cluster()
                    pod_gets_credentials()
            """,
    },
    "mock started by a test module": {
        "test_it": """
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            mock = mock_aws()
            mock.start()
            make_cluster()

            def test_it():
                pod_gets_credentials()

            def teardown_module():
                mock.stop()
            """
    },
    "mock started by a conftest": {
        "conftest": """
            import moto
            from story import make_cluster

            mock = moto.mock_aws()
            mock.start()
            make_cluster()

            def pytest_unconfigure():
                mock.stop()
            """,
        "test_it": """
            from story import pod_gets_credentials

            def test_it():
                pod_gets_credentials()
            """,
    },
    "fixture of a conftest": {
        "conftest": """
            import moto
            import pytest
            from story import make_cluster

            @pytest.fixture(autouse=True, scope="session")
            def aws():
                with moto.mock_aws():
                    make_cluster()
                    yield
            """,
        "test_it": """
            from story import pod_gets_credentials

            def test_it():
                pod_gets_credentials()
            """,
    },
    "moto imported by a test": {
        "test_it": """
            def test_it():
                import moto

                with moto.mock_aws():
                    from story import make_cluster, pod_gets_credentials

                    make_cluster()
                    pod_gets_credentials()
            """
    },
}

WITHOUT = """
    import sys
    import boto3
    import pytest
    from botocore.exceptions import ClientError
    from moto import mock_aws

    @mock_aws
    def test_moto_is_plain():
        assert "moto.eksauth" not in sys.modules
        eks = boto3.client("eks", region_name="us-west-2")
        role = "arn:aws:iam::123456789012:role/x"
        eks.create_cluster(name="x", roleArn=role, resourcesVpcConfig={})
        with pytest.raises(ClientError, match="Not yet implemented"):
            eks.list_pod_identity_associations(clusterName="x")
    """

HEADER = f"moto-eks-podid: {podid.__version__}, "


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run what is there in a process of its own, in which any warning is an error."""
    pytester.makepyfile(story=STORY)
    return pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:cacheprovider", *arguments, timeout=120
    )


@pytest.mark.parametrize("case", MOCKS)
def test_mock_has_no_pod_identity(pytester: pytest.Pytester, case: str) -> None:
    """moto's own mocks have associations and EKS Auth, wherever they start; nothing warns."""
    pytester.makepyfile(**MOCKS[case])
    result = run(pytester)
    assert result.ret == 0
    assert result.parseoutcomes().keys() == {"passed"}
    result.stdout.fnmatch_lines([HEADER + "installed when moto is imported"])


def test_plugin_cannot_be_switched_off_in_the_ini_file(pytester: pytest.Pytester) -> None:
    """With `moto_eks_podid = false`, moto is as it was, and the header says so."""
    pytester.makeini("[pytest]\nmoto_eks_podid = false\n")
    pytester.makepyfile(test_it=WITHOUT)
    result = run(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([HEADER + "switched off"])


def test_plugin_cannot_be_switched_off_on_the_command_line(pytester: pytest.Pytester) -> None:
    """With `-p no:moto_eks_podid` nothing of the package is loaded, and the header omits it."""
    pytester.makepyfile(
        test_it=WITHOUT,
        test_import="""
            import sys

            def test_package_is_not_loaded():
                assert "moto_eks_podid" not in sys.modules
            """,
    )
    result = run(pytester, "-p", "no:moto_eks_podid")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("moto-eks-podid: *")


def test_session_without_moto_pays_for_it(pytester: pytest.Pytester) -> None:
    """A session that never imports moto loads neither it nor more of us than the watcher needs."""
    pytester.makepyfile(
        test_it="""
            import sys

            LARGE = {"boto3", "botocore", "cryptography", "flask", "jwt", "moto", "werkzeug"}

            def test_nothing_large_is_loaded():
                assert LARGE & set(sys.modules) == set()

            def test_few_of_our_modules_are_loaded():
                ours = {name for name in sys.modules if name.startswith("moto_eks_podid")}
                assert ours == {
                    "moto_eks_podid",
                    "moto_eks_podid._alterations",
                    "moto_eks_podid._digests",
                    "moto_eks_podid._install",
                    "moto_eks_podid._seams",
                    "moto_eks_podid._watcher",
                    "moto_eks_podid.hosts",
                    "moto_eks_podid.pytest_plugin",
                    "moto_eks_podid.signatures",
                }
            """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", timeout=120)
    result.assert_outcomes(passed=2)


INNER_SESSION = """
    pytest_plugins = ["pytester"]

    def test_inner_session(pytester):
        pytester.makepyfile("def test_it(): pass")
        pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)

    def test_outer_session_still_waits_for_moto():
        import sys

        assert "moto" not in sys.modules
        import moto.core.models
        from moto_eks_podid import _install

        assert _install.installed()
    """


def test_inner_session_ends_the_outer_one_s_watch(pytester: pytest.Pytester) -> None:
    """A session inside of the process leaves the one that it is part of as it was."""
    pytester.makepyfile(INNER_SESSION)
    run(pytester).assert_outcomes(passed=2)


def test_plugin_that_a_conftest_names_is_not_installed(pytester: pytest.Pytester) -> None:
    """Without pytest's entry points, `pytest_plugins` of a conftest.py is enough."""
    pytester.makeconftest('pytest_plugins = ["moto_eks_podid.pytest_plugin"]')
    pytester.makepyfile(
        """
        def test_it():
            import moto
            from moto_eks_podid import _install

            assert _install.installed()
        """
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        run(pytester).assert_outcomes(passed=1)


def test_parallel_tests_see_each_other(pytester: pytest.Pytester) -> None:
    """Under xdist every worker has the plugin, and every test an AWS of its own."""
    pytester.makepyfile(
        test_it="""
            import pytest
            from moto import mock_aws
            from story import make_cluster, pod_gets_credentials

            @pytest.mark.parametrize("number", range(6))
            @mock_aws
            def test_it(number, worker_id):
                assert worker_id in ("gw0", "gw1")
                make_cluster()
                pod_gets_credentials()
            """
    )
    result = run(pytester, "-n", "2")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines([HEADER + "installed when moto is imported"])


def test_setting_of_the_ini_file_is_unknown_to_pytest(pytester: pytest.Pytester) -> None:
    """The ini option is declared, with its meaning: strict configuration takes it."""
    pytester.makeini("[pytest]\nmoto_eks_podid = true\naddopts = --strict-config\n")
    pytester.makepyfile(test_it="def test_it(): pass")
    run(pytester).assert_outcomes(passed=1)
    listed = pytester.runpytest_subprocess("--help", timeout=120)
    listed.stdout.fnmatch_lines(["*moto_eks_podid (bool):*"])


REFUSED = """
import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

JUDGED = {"eks_podid": {"iam_enforcement": "sessions"}}


def refused_call():
    iam = boto3.client("iam")
    iam.create_user(UserName="mallory")
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    boto3.client(
        "s3",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    ).list_buckets()
"""
SECTION = "*- Calls that IAM refused -*"


def test_report_does_not_say_why_a_call_was_refused(pytester: pytest.Pytester) -> None:
    """The report of a test that failed has its refused calls, and those of no other test."""
    pytester.makepyfile(
        test_it=REFUSED
        + """
@mock_aws(config=JUDGED)
def test_expects_a_refusal():
    with pytest.raises(ClientError):
        refused_call()

@mock_aws(config=JUDGED)
def test_is_refused():
    refused_call()

def test_fails_for_something_else():
    assert False
"""
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_is_refused _*",
            SECTION,
            "s3 ListBuckets: refused",
            "User: arn:aws:iam::123456789012:user/mallory is not authorized to perform: *",
            "s3:ListAllMyBuckets on * is implicitly denied: no identity policy allows it",
            "*_ test_fails_for_something_else _*",
        ],
        consecutive=False,
    )
    assert result.stdout.str().count("s3 ListBuckets: refused") == 1


def test_report_cannot_be_kept_short(pytester: pytest.Pytester) -> None:
    """With `moto_eks_podid_explain = false`, reports are pytest's own."""
    pytester.makeini("[pytest]\nmoto_eks_podid_explain = false\n")
    pytester.makepyfile(
        test_it=REFUSED
        + """
@mock_aws(config=JUDGED)
def test_is_refused():
    refused_call()
"""
    )
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line(SECTION)

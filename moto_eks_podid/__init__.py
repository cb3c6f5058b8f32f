"""EKS Pod Identity for moto.

Importing this package is cheap and changes nothing: moto is altered only by :func:`install` (which
:data:`mock_aws`, the server and the pytest plugin call for you). Every other public name is loaded
when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._install import InstalledInsideMockWarning, install, uninstall
    from .agent import PodIdentityAgent
    from .explaining import explain
    from .iam.explanations import ExplainedCall
    from .identity.sessions import RoleSession
    from .injection import Injection, inject
    from .issuers import rotate_signing_key, service_account_token, trust_issuer
    from .mocking import mock_aws
    from .mutating import mutate_pod
    from .origins import PodOrigin
    from .pod import Pod, run_as_pod
    from .pod_calls import NotAdoptedWarning
    from .recorder import role_sessions
    from .records import cloudtrail_records
    from .remote import ClusterLookupError, ServerError
    from .scenario.loading import load_scenario
    from .scenario.made import Scenario
    from .scenario.problems import ScenarioError
    from .state import export_state, import_state
    from .tracing import trace
    from .trails import deliver_trails

__version__ = "0.1.0"

#: Public name -> the module of this package that defines it.
_HOMES = {
    "ClusterLookupError": "remote",
    "ExplainedCall": "iam.explanations",
    "Injection": "injection",
    "InstalledInsideMockWarning": "_install",
    "NotAdoptedWarning": "pod_calls",
    "Pod": "pod",
    "PodIdentityAgent": "agent",
    "PodOrigin": "origins",
    "RoleSession": "identity.sessions",
    "Scenario": "scenario.made",
    "ScenarioError": "scenario.problems",
    "ServerError": "remote",
    "cloudtrail_records": "records",
    "deliver_trails": "trails",
    "explain": "explaining",
    "export_state": "state",
    "import_state": "state",
    "inject": "injection",
    "install": "_install",
    "load_scenario": "scenario.loading",
    "mock_aws": "mocking",
    "mutate_pod": "mutating",
    "role_sessions": "recorder",
    "rotate_signing_key": "issuers",
    "run_as_pod": "pod",
    "service_account_token": "issuers",
    "trace": "tracing",
    "trust_issuer": "issuers",
    "uninstall": "_install",
}

__all__ = [
    "ClusterLookupError",
    "ExplainedCall",
    "Injection",
    "InstalledInsideMockWarning",
    "NotAdoptedWarning",
    "Pod",
    "PodIdentityAgent",
    "PodOrigin",
    "RoleSession",
    "Scenario",
    "ScenarioError",
    "ServerError",
    "__version__",
    "cloudtrail_records",
    "deliver_trails",
    "explain",
    "export_state",
    "import_state",
    "inject",
    "install",
    "load_scenario",
    "mock_aws",
    "mutate_pod",
    "role_sessions",
    "rotate_signing_key",
    "run_as_pod",
    "service_account_token",
    "trace",
    "trust_issuer",
    "uninstall",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))

"""Scenario files, as a test or a server uses them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from moto.core.models import MockAWS

from .. import overrides, remote, settings
from ..administrators import administrator
from ..extras import requires_extra
from ..pod_calls import outside

if TYPE_CHECKING:
    from .made import Scenario
    from .plan import Plan


#: The sections whose entries are of services that no state keeps.
_IN_NO_STATE: Final = frozenset({"buckets", "secrets", "tables"})


def check(path: str | os.PathLike[str]) -> Plan:
    """Read and check a scenario file; nothing is made.

    :param path: the file
    :returns: what the file wants
    :raises ScenarioError: with all that is wrong with it
    :raises MissingExtra: without PyYAML
    """
    with requires_extra("cli", "yaml"):
        from .plan import read_plan
    return read_plan(Path(path), lambda name, text: settings.validate({name: text})[name])


def schema() -> str:
    """Return a JSON Schema of scenario files, for editors.

    :raises MissingExtra: without PyYAML
    """
    with requires_extra("cli", "yaml"):
        from .schema import json_schema
    meanings = {name: setting.meaning for name, setting in settings.SETTINGS.items()}
    return json.dumps(json_schema(meanings), indent=2)


def load_scenario(path: str | os.PathLike[str], *, endpoint_url: str | None = None) -> Scenario:
    """Put in place what a scenario file describes: clusters, roles, associations, pods.

    The whole file is checked first. What AWS then refuses takes back what had been made, so far as
    it can be taken back: sessions of pods stay. The calls are those of an administrator of each
    entry's account, whoever is judged otherwise; a pod's credentials are asked for by a node.

    :param path: the file, in YAML; policies in files of their own are found relative to it
    :param endpoint_url: of a server with the plugin; default: the mock of this process, or moto's
        own server under ``TEST_SERVER_MODE``
    :returns: what was made, with ARNs, ids and tokens
    :raises ScenarioError: when the file is wrong, or something in it is refused; each problem has
        its line
    :raises RuntimeError: without a mock or a server
    :raises ServerError: for a server without the plugin
    :raises MissingExtra: without PyYAML
    """
    return _load(check(path), endpoint_url)


def load_what_no_state_has(
    path: str | os.PathLike[str], *, endpoint_url: str | None = None
) -> Scenario:
    """Put in place what pods of a scenario reach for; the rest came in with a state.

    :raises ScenarioError: as :func:`load_scenario`, and so on
    """
    plan = check(path)
    sections = {name: plan.sections[name] if name in _IN_NO_STATE else () for name in plan.sections}
    return _load(replace(plan, settings={}, sections=sections), endpoint_url)


def _load(plan: Plan, endpoint_url: str | None) -> Scenario:
    server = remote.server(endpoint_url)
    if server is None and not MockAWS._mocks_active:
        raise RuntimeError(
            "There is no AWS to put the scenario in: start mock_aws first, or give the "
            "endpoint_url of a server with the plugin"
        )
    from .making import make

    # Inside a pod, too, it is the test that arranges things.
    with outside(), _configured(plan.settings, server), administrator(server) as key:
        return make(plan, server, key)


@contextmanager
def _configured(values: Any, server: str | None) -> Iterator[None]:
    """Put settings, besides those that were; if the block fails, have them as they were."""
    if not values:
        yield
        return
    if server is None:
        before = dict(overrides.overrides())
        settings.override_besides(values)
    else:
        in_force = remote.call(server, "GET", "/settings")
        before = {name: in_force[name] for name in values}
        remote.call(server, "PATCH", "/settings", values)
    try:
        yield
    except BaseException:
        if server is None:
            settings.override(before)
        else:
            remote.call(server, "PATCH", "/settings", before)
        raise

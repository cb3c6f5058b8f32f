"""Clients that put a scenario in place, and the way back when that fails."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..remote import ClusterLookupError, ServerError, is_this_machine
from .kinds import Entry
from .plan import Plan
from .problems import BEGINNING, Place, Problem, ScenarioError

#: Variable of a session -> its name in the configuration, variables of the environment, default
#: and conversion.
_WITHOUT_PROFILE: Any = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@functools.cache
def _session() -> boto3.Session:
    """One for all scenarios: making a client is mostly reading its service's model.

    It knows no profile: keys are given, and one that is not there would stop it.
    """
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=_WITHOUT_PROFILE))


#: What a call for an entry fails with, if it is the entry that is to blame.
_REFUSALS = (ClientError, BotoCoreError, ClusterLookupError, ServerError, ValueError)


class Arranging:
    """One scenario's way into AWS.

    :param plan: what is to be made
    :param server: its URL; None for the mock of this process
    :param access_key_id: an administrator's
    """

    def __init__(self, plan: Plan, server: str | None, access_key_id: str) -> None:
        self.plan = plan
        self.server = server
        self._access_key_id = access_key_id
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._undo: list[tuple[Place, Callable[[], object]]] = []
        self._at = BEGINNING

    def client(self, service: str, account_id: str, region: str) -> Any:
        """Return a client of an administrator of an account."""
        where = (service, account_id, region)
        if where not in self._clients:
            client = self.client_with(service, region, self._access_key_id, "testing")

            def name_account(params: dict[str, Any], **_: Any) -> None:
                # Of keys that are nobody's, this chooses the account.
                params["headers"]["x-moto-account-id"] = account_id

            client.meta.events.register("before-call", name_account)
            self._clients[where] = client
        return self._clients[where]

    def client_with(self, service: str, region: str, *keys: str) -> Any:
        """Return a client with keys: id, secret and, if there is one, session token."""
        make: Any = _session().client
        configuration: Any = Config
        return make(
            service,
            region,
            endpoint_url=self.server,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None,
            config=configuration(
                retries={"total_max_attempts": 1},
                # A server's name need not resolve with a bucket's in front.
                s3={"addressing_style": "path"},
                # In-process, whatever the environment says.
                ignore_configured_endpoint_urls=True,
                # Without any, botocore looks for those of the environment.
                proxies={} if is_this_machine(self.server or "") else None,
            ),
        )

    def client_for(self, service: str, entry: Entry) -> Any:
        """Return a client of the account and region that an entry is in."""
        return self.client(service, entry["account_id"], entry.get("region", self.plan.region))

    def undo_with(self, undo: Callable[..., object], **arguments: Any) -> None:
        """Note what undoes the call that was just made."""
        self._undo.append((self._at, lambda: undo(**arguments)))

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo, if the block fails, all that was noted in it, the last first."""
        try:
            yield
        except BaseException as error:
            kept = self._undone()
            if kept and isinstance(error, ScenarioError):
                raise ScenarioError([*error.problems, *kept]) from error.__cause__
            raise

    def _undone(self) -> list[Problem]:
        """Undo, and return what could not be undone."""
        kept = []
        while self._undo:
            place, undo = self._undo.pop()
            try:
                undo()
            except _REFUSALS as error:
                text = f"this was made, and could not be undone: {_said(error)}"
                kept.append(Problem(str(self.plan.path), place, text))
        return kept

    @contextmanager
    def blaming(self, entry: Entry) -> Iterator[None]:
        """Make an entry in the block: a refusal becomes an error that names its place.

        :raises ScenarioError: for a refusal
        """
        self._at = entry.place
        try:
            yield
        except _REFUSALS as error:
            problem = Problem(str(self.plan.path), entry.place, _said(error))
            raise ScenarioError([problem]) from error


def _said(error: Exception) -> str:
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return f"{error.operation_name} answered {said['Code']}: {said.get('Message', '')}"
    return str(error)

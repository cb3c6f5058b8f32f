"""From a scenario file to a plan: everything that is to be made, with all names resolved."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from .kinds import Entry, Reading
from .problems import Place
from .table import DEFAULT_ACCOUNT, DEFAULT_REGION, MOST_PODS, SCENARIO, SECTIONS, UNIQUE

_CLUSTER_ARN: Final = re.compile(r"arn:[^:]+:eks:([^:]+):([0-9]{12}):cluster/(.+)")
#: How a region's name begins -> the partition in which moto has it.
_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eusc-": "aws-eusc",
}
_SINGULAR: Final = {"roles": "role", "policies": "policy", "clusters": "cluster"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that an entry names: of the file, or one that is there already."""

    account_id: str
    region: str
    name: str
    node_role: str | None = field(default=None, compare=False)

    @property
    def arn(self) -> str:
        """The cluster's ARN."""
        return (
            f"arn:{partition(self.region)}:eks:{self.region}:{self.account_id}:cluster/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file wants.

    In its entries, roles and policies are ARNs, a cluster is a :class:`Cluster`, every account and
    region is there, and each pod has an entry of its own.

    :ivar settings: values by names, as they were parsed
    :ivar sections: entries by the names of sections, which are in the order of making
    """

    path: Path
    region: str
    settings: Mapping[str, Any]
    sections: Mapping[str, tuple[Entry, ...]]


def partition(region: str) -> str:
    """Return the partition that moto has a region in."""
    return next((found for begin, found in _PARTITIONS.items() if region.startswith(begin)), "aws")


def read_plan(path: Path, parse_setting: Callable[[str, object], Any]) -> Plan:
    """Read and check a file.

    :param parse_setting: returns the value of a setting from its name and text, or raises
        ValueError
    :raises ScenarioError: with all that is wrong with it
    """
    reading = Reading(path)
    text = reading.text()
    root = None if text is None else reading.root(text)
    reading.end()
    assert root is not None
    entry = SCENARIO.read(root, reading)
    plan = _Resolution(entry, reading).plan(parse_setting)
    reading.end()
    return plan


class _Resolution:
    """Resolves the names in a file's entries."""

    def __init__(self, root: Entry, reading: Reading) -> None:
        self._root = root
        self._reading = reading
        self._account = root.get("account_id", DEFAULT_ACCOUNT)
        self._region = root.get("region", DEFAULT_REGION)
        self._number_of_pods = 0
        self._sections = {name: self._placed(name) for name in SECTIONS}
        #: Section -> name -> the accounts that have one of that name.
        self._accounts: dict[str, dict[str, set[str]]] = {}
        for section in ("roles", "policies"):
            accounts = self._accounts[section] = defaultdict(set)
            for entry in self._sections[section]:
                accounts[entry.get("name", "")].add(entry["account_id"])
        #: Name -> clusters of that name; each is its own value, with its node's role.
        self._clusters: dict[str, dict[Cluster, Cluster]] = defaultdict(dict)

    def plan(self, parse_setting: Callable[[str, object], Any]) -> Plan:
        """Return the plan, as far as names could be resolved: what could not was reported."""
        resolve: Mapping[str, Callable[[Entry], Iterable[Entry]]] = {
            "roles": self._role,
            "clusters": self._cluster,
            "tables": self._table,
            "associations": self._association,
            "pods": self._pods,
        }
        for name, change in resolve.items():
            self._sections[name] = tuple(
                changed for entry in self._sections[name] for changed in change(entry)
            )
        for name in SECTIONS:
            self._unique(name)
        self._associated()
        settings = self._settings(parse_setting)
        return Plan(self._reading.path, self._region, settings, self._sections)

    def _report(self, place: Place, text: str) -> None:
        self._reading.report(place, text)

    def _placed(self, section: str) -> tuple[Entry, ...]:
        """Return a section's entries, with accounts and regions."""
        known = {member.name for member in SECTIONS[section][0].members}
        where = {"account_id": self._account, "region": self._region}
        where = {name: value for name, value in where.items() if name in known}
        return tuple(
            replace(entry, values={**where, **entry.values})
            for entry in self._root.get(section, ())
        )

    def _settings(self, parse: Callable[[str, object], Any]) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        given: Entry | None = self._root.get("settings")
        if given is not None:
            for name, text in given.values.items():
                try:
                    found[name] = parse(name, text)
                except ValueError as error:
                    self._report(given.places[name], str(error))
        return found

    # Names

    def _role(self, entry: Entry) -> Iterable[Entry]:
        account = entry["account_id"]
        changed: dict[str, Any] = {}
        if "managed_policies" in entry.values:
            place = entry.places["managed_policies"]
            changed["managed_policies"] = [
                self._iam("policies", name, account, place) for name in entry["managed_policies"]
            ]
        if "permissions_boundary" in entry.values:
            changed["permissions_boundary"] = self._iam(
                "policies",
                entry["permissions_boundary"],
                account,
                entry.places["permissions_boundary"],
            )
        yield _with(entry, **changed)

    def _cluster(self, entry: Entry) -> Iterable[Entry]:
        account = entry["account_id"]
        default = self._arn("roles", account, "eks-cluster")
        changed = {"role": default, **self._roles_of(entry, account, "role", "node_role")}
        if "name" in entry.values:
            cluster = Cluster(account, entry["region"], entry["name"], changed.get("node_role"))
            self._clusters[cluster.name].setdefault(cluster, cluster)
        yield _with(entry, **changed)

    def _table(self, entry: Entry) -> Iterable[Entry]:
        for item in entry.get("items", ()):
            if "key" in entry.values and not item.get(entry["key"]):
                place = entry.places["items"]
                self._report(place, f"an item lacks the table's key {entry['key']!r}")
        yield entry

    def _association(self, entry: Entry) -> Iterable[Entry]:
        cluster = self._named_cluster(entry)
        if cluster is not None:
            roles = self._roles_of(entry, cluster.account_id, "role")
            target = entry.get("target_role")
            if target is not None:
                roles["target_role"] = self._target(target, cluster, entry.places["target_role"])
            if entry.get("policy") and not entry.get("disable_session_tags"):
                self._report(
                    entry.places["policy"], "a policy needs disable_session_tags: true beside it"
                )
            yield _with(entry, cluster=cluster, **roles)

    def _pods(self, entry: Entry) -> Iterable[Entry]:
        cluster = self._named_cluster(entry)
        if cluster is None:
            return
        count = entry.get("count", 1)
        self._number_of_pods += count
        if self._number_of_pods > MOST_PODS:
            if self._number_of_pods - count <= MOST_PODS:
                self._report(entry.place, f"these are more than {MOST_PODS} pods in one file")
            return
        if "count" not in entry.values:
            yield _with(entry, cluster=cluster)
            return
        name = entry.get("name", entry.get("service_account"))
        for number in range(count):
            yield _with(entry, cluster=cluster, name=f"{name}-{number}")

    def _named_cluster(self, entry: Entry) -> Cluster | None:
        """Return the cluster that an entry names; None when there is none, which is reported."""
        if "cluster" not in entry.values:
            return None
        name, place = entry["cluster"], entry.places["cluster"]
        if found := _CLUSTER_ARN.fullmatch(name):
            wanted = Cluster(found[2], found[1], found[3])
            return self._clusters[wanted.name].get(wanted, wanted)
        fitting = list(self._clusters[name])
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            arns = ", ".join(sorted(one.arn for one in fitting))
            self._report(place, f"there are several clusters {name!r}: give an ARN, of {arns}")
        else:
            self._unknown("clusters", name, place)
        return None

    def _roles_of(self, entry: Entry, account: str, *members: str) -> dict[str, Any]:
        return {
            name: self._iam("roles", entry[name], account, entry.places[name])
            for name in members
            if name in entry.values
        }

    def _target(self, name: str, cluster: Cluster, place: Place) -> str:
        """Return the ARN of a target role, which may be of any account."""
        accounts = self._accounts["roles"][name]
        if not name.startswith("arn:") and cluster.account_id not in accounts:
            if len(accounts) > 1:
                text = f"there are several roles {name!r}: give an ARN, with one of the accounts "
                self._report(place, text + ", ".join(sorted(accounts)))
            if accounts:
                return self._arn("roles", min(accounts), name)
        return self._iam("roles", name, cluster.account_id, place)

    def _iam(self, section: str, name: str, account: str, place: Place) -> str:
        """Return the ARN of a role or policy of an account; one that is not there is reported."""
        accounts = self._accounts[section][name]
        if name.startswith("arn:"):
            return name
        if account not in accounts:
            if accounts:
                owners = ", ".join(sorted(accounts))
                self._report(
                    place,
                    f"the {_SINGULAR[section]} {name!r} is of account {owners}, and what names it "
                    f"of account {account}",
                )
            else:
                self._unknown(section, name, place)
        return self._arn(section, account, name)

    def _arn(self, section: str, account: str, name: str) -> str:
        return f"arn:{partition(self._region)}:iam::{account}:{_SINGULAR[section]}/{name}"

    def _unknown(self, section: str, name: str, place: Place) -> None:
        # Of a section that could not be read, nobody knows what is in it.
        if section in self._root.places and section not in self._root.values:
            return
        names = [one.get("name") for one in self._sections[section]]
        if None in names:
            return
        close = difflib.get_close_matches(name, map(str, names), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "; if it is elsewhere, give its ARN"
        self._report(place, f"there is no {_SINGULAR[section]} {name!r} in this file{hint}")

    # Entries among each other

    def _unique(self, section: str) -> None:
        seen: dict[tuple[Any, ...], Place] = {}
        for entry in self._sections[section]:
            if not all(name in entry.values for name in UNIQUE[section]):
                continue
            identity = tuple(entry[name] for name in UNIQUE[section])
            first = seen.setdefault(identity, entry.place)
            if first is not entry.place:
                said = "/".join(
                    part.name if isinstance(part, Cluster) else part for part in identity[-3:]
                )
                text = f"{said!r} stands in {section} before, in line {first.line}"
                self._report(entry.place, text)

    def _associated(self) -> None:
        """Report pods that have no association, on clusters whose associations are all here."""
        if "associations" in self._root.places and "associations" not in self._root.values:
            return
        names = ("cluster", "namespace", "service_account")

        def whose(entry: Entry) -> tuple[Any, ...] | None:
            return tuple(entry[n] for n in names) if all(n in entry.values for n in names) else None

        given = {whose(entry) for entry in self._sections["associations"]}
        reported: set[Place] = set()
        for pod in self._sections["pods"]:
            pods = whose(pod)
            if pods is None or pods in given or None in given or pod.place in reported:
                continue
            if pod["cluster"] in self._clusters[pod["cluster"].name]:
                reported.add(pod.place)
                where = f"{pod['namespace']}/{pod['service_account']}"
                self._report(
                    pod.place,
                    f"there is no association of {where} on {pod['cluster'].name!r}, so its pods "
                    "get no credentials",
                )


def _with(entry: Entry, **values: Any) -> Entry:
    return replace(entry, values={**entry.values, **values})

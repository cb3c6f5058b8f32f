"""The customer managed policies of every account, with all their versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, PolicyVersion, iam_backends
from moto.utilities.utils import PARTITION_NAMES

from ..iam.models import PartitionedIAMBackend
from ..iam.roles import find_backend
from .attributes import read_attributes, write_attributes
from .codec import NaiveTime
from .section import Commit, Incoming, changes, check_account, check_texts, printable

_PATH = re.compile(r"/([\x21-\x7e]+/)?")
_NEXT_VERSIONS = range(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a policy: moto's attributes."""

    version_id: str
    document: str
    is_default: bool
    create_date: NaiveTime


@dataclass(frozen=True, slots=True)
class PolicyAttributes:
    """What moto keeps of a policy."""

    name: str
    path: str
    id: str
    description: str
    create_date: NaiveTime
    update_date: NaiveTime
    default_version_id: str
    next_version_num: int
    tags: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """A policy in the state."""

    account_id: str
    partition: str
    policy: PolicyAttributes
    versions: list[Version]

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        path_and_name = self.policy.path + self.policy.name
        return f"arn:{self.partition}:iam::{self.account_id}:policy{path_and_name}"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.arn,)

    @property
    def title(self) -> str:
        return f"The policy {self.arn}"


def all_iam() -> Iterator[IAMBackend]:
    """Yield moto's IAM of every account and partition."""
    for account in list(iam_backends.values()):
        yield from list(account.values())


def check_iam(account_id: str, partition: str, title: str) -> None:
    """:raises ValueError: for a place where there is no IAM, or one without the plugin"""
    check_account(account_id, title)
    if partition not in PARTITION_NAMES:
        raise ValueError(f"{printable(title)} is in no partition of AWS")
    backend = find_backend(account_id, partition)
    if backend is not None and not isinstance(backend, PartitionedIAMBackend):
        raise ValueError(
            f"moto made the IAM of account {account_id} before moto_eks_podid was installed"
        )


def check_path(path: str, title: str) -> None:
    """:raises ValueError: for no path of IAM"""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{title} has no path that begins and ends with /")


def check_tag_names(tags: list[dict[str, str]], title: str) -> None:
    """:raises ValueError: for tags that are not each a Key and a Value"""
    if any(set(tag) != {"Key", "Value"} for tag in tags):
        raise ValueError(f"{title} has a tag that is not a Key and a Value")


def export_policies() -> list[PolicyEntry]:
    """Return every customer managed policy."""
    return [
        PolicyEntry(
            backend.account_id,
            backend.partition,
            read_attributes(PolicyAttributes, policy),
            [read_attributes(Version, version) for version in list(policy.versions)],
        )
        for backend in all_iam()
        for policy in list(backend.managed_policies.values())
        if not isinstance(policy, AWSManagedPolicy)
    ]


def prepare_policies(entries: list[PolicyEntry], incoming: Incoming) -> Commit:
    """:raises ValueError: for policies that cannot be, or that are there and differ"""
    for entry in entries:
        _check(entry)
    present = {entry.key: entry for entry in export_policies()}
    changed = changes(entries, present, incoming)

    def commit() -> None:
        for entry in changed:
            _put(entry)

    return commit


def _check(entry: PolicyEntry) -> None:
    check_iam(entry.account_id, entry.partition, entry.title)
    check_texts(entry)
    check_path(entry.policy.path, entry.title)
    check_tag_names(list(entry.policy.tags.values()), entry.title)
    ids = [version.version_id for version in entry.versions]
    defaults = [version.version_id for version in entry.versions if version.is_default]
    if len(set(ids)) != len(ids) or defaults != [entry.policy.default_version_id]:
        raise ValueError(f"{entry.title} has not exactly one default version")
    if entry.policy.next_version_num not in _NEXT_VERSIONS:
        raise ValueError(f"{entry.title} has an impossible number of versions")


def _put(entry: PolicyEntry) -> None:
    backend = iam_backends[entry.account_id][entry.partition]
    policy = backend.managed_policies.get(entry.arn)
    if policy is None:
        # Abstract only to mypy: moto leaves out members that CloudFormation alone asks for.
        policy = ManagedPolicy(  # type: ignore[abstract]
            entry.policy.name,
            account_id=entry.account_id,
            region=backend.region_name,
            path=entry.policy.path,
        )
        backend.managed_policies[entry.arn] = policy
    # One that is there stays the same object: roles, users and groups hold it.
    write_attributes(entry.policy, policy)
    policy.versions = [_version(version, entry.arn) for version in entry.versions]


def _version(values: Version, arn: str) -> PolicyVersion:
    version = PolicyVersion(arn, values.document)
    write_attributes(values, version)
    return version

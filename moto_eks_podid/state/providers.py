"""The OIDC providers of every account: IRSA needs them."""

from __future__ import annotations

from dataclasses import dataclass

from moto.iam.models import OpenIDConnectProvider, iam_backends

from .attributes import read_attributes, write_attributes
from .codec import NaiveTime
from .policies import all_iam, check_iam, check_tag_names
from .section import Commit, Incoming, changes, check_texts


@dataclass(frozen=True, slots=True)
class ProviderAttributes:
    """What moto keeps of a provider; the URL is without its scheme."""

    url: str
    thumbprint_list: list[str]
    client_id_list: list[str]
    create_date: NaiveTime
    tags: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """A provider in the state."""

    account_id: str
    partition: str
    provider: ProviderAttributes

    @property
    def arn(self) -> str:
        """The provider's ARN."""
        return f"arn:{self.partition}:iam::{self.account_id}:oidc-provider/{self.provider.url}"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.arn,)

    @property
    def title(self) -> str:
        return f"The OIDC provider {self.arn}"


def export_providers() -> list[ProviderEntry]:
    """Return every OIDC provider."""
    return [
        ProviderEntry(
            backend.account_id, backend.partition, read_attributes(ProviderAttributes, provider)
        )
        for backend in all_iam()
        for provider in list(backend.open_id_providers.values())
    ]


def prepare_providers(entries: list[ProviderEntry], incoming: Incoming) -> Commit:
    """:raises ValueError: for providers that cannot be, or that are there and differ"""
    for entry in entries:
        check_iam(entry.account_id, entry.partition, entry.title)
        check_texts(entry)
        check_tag_names(list(entry.provider.tags.values()), entry.title)
    present = {entry.key: entry for entry in export_providers()}
    changed = changes(entries, present, incoming)

    def commit() -> None:
        for entry in changed:
            _put(entry)

    return commit


def _put(entry: ProviderEntry) -> None:
    backend = iam_backends[entry.account_id][entry.partition]
    # moto checks what it makes a provider of; what it keeps is another form of that.
    provider = OpenIDConnectProvider(
        entry.account_id, backend.region_name, "https://example.com", [], [], {}
    )
    write_attributes(entry.provider, provider)
    backend.open_id_providers[entry.arn] = provider

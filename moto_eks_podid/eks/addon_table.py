"""The add-ons of one cluster and their updates: found by name and id, listed in pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ..identity.page_tokens import PageTokens
from ..identity.request_tokens import RequestTokens

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Addon:
    """An add-on that is installed; ``association_ids`` are those of the associations it owns."""

    cluster_name: str
    name: str
    version: str
    arn: str
    namespace: str
    created_at: datetime
    modified_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    service_account_role_arn: str | None = None
    configuration_values: str | None = None
    association_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddonUpdate:
    """One UpdateAddon; ``params`` are what it changed: names of parameters and values."""

    id: str
    addon_name: str
    params: tuple[tuple[str, str], ...]
    created_at: datetime


class AddonTable:
    """Add-ons by name. Not locked: its owner is."""

    def __init__(self) -> None:
        self.requests = RequestTokens()
        self.pages = Pages()
        self._addons: dict[str, Addon] = {}
        self._updates: dict[str, AddonUpdate] = {}

    def get(self, name: str) -> Addon | None:
        """Return the add-on with that name, if it is installed."""
        return self._addons.get(name)

    def names(self) -> list[str]:
        """Return the names of the add-ons, sorted."""
        return sorted(self._addons)

    def put(self, addon: Addon) -> None:
        """Put an add-on in, in the place of the one with its name."""
        self._addons[addon.name] = addon

    # As the table of associations calls it: tags of both are changed by the same code.
    replace = put

    def remove(self, name: str) -> None:
        """Take out the add-on with that name, which must be there, its updates and requests."""
        del self._addons[name]
        self.requests.forget(name)
        for update in self.updates_of(name):
            del self._updates[update.id]
            self.requests.forget(update.id)

    def add_update(self, update: AddonUpdate) -> None:
        """Note an update of an add-on."""
        self._updates[update.id] = update

    def update(self, update_id: str) -> AddonUpdate | None:
        """Return the update with that id, if there is one."""
        return self._updates.get(update_id)

    def updates_of(self, name: str) -> list[AddonUpdate]:
        """Return the updates of an add-on, oldest first."""
        return [update for update in self._updates.values() if update.addon_name == name]


class Pages:
    """Listings in pages with opaque tokens, each for one query of one listing."""

    def __init__(self) -> None:
        self._tokens = PageTokens()

    def page(
        self,
        items: Iterable[tuple[int, Item]],
        query: Mapping[str, str],
        limit: int,
        token: str | None,
    ) -> tuple[list[Item], str | None]:
        """Return a page of items and the token of the next page, None at the end.

        :param items: each with a number that does not change, in the order of the numbers
        :param query: which listing it is, and of what
        :raises InvalidPageToken: for a token that was not issued for this query
        """
        last = 0 if token is None else self._tokens.read(token, query)
        left = [(number, item) for number, item in items if number > last]
        found = left[:limit]
        more = self._tokens.issue(found[-1][0], query) if len(left) > limit else None
        return [item for _, item in found], more

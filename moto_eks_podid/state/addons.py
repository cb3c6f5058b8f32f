"""Add-ons that come in, with their updates."""

from __future__ import annotations

from collections.abc import Iterable

from ..eks import addon_catalogue
from ..eks.addon_table import Addon, AddonTable, AddonUpdate
from ..identity import associations
from ..identity.request_tokens import RememberedRequest


def put_addons(
    table: AddonTable,
    addons: Iterable[Addon],
    updates: Iterable[AddonUpdate],
    requests: Iterable[RememberedRequest],
    place: str,
    cluster_name: str,
) -> None:
    """Put add-ons into the table of a cluster, and the requests that had a token.

    :param place: how ARNs of the cluster's account and region begin: ``arn:aws:eks:…:…:``
    :raises ValueError: for one that the catalogue does not have, or two that are one
    """
    for addon in addons:
        title = f"The add-on {addon.name[:64]!r} of {cluster_name!r}"
        if addon_catalogue.find(addon.name) is None:
            raise ValueError(f"{title} is not in the catalogue")
        if table.get(addon.name) is not None:
            raise ValueError(f"{title} is in the state twice")
        beginning = f"{place}addon/{cluster_name}/{addon.name}/"
        if addon.cluster_name != cluster_name or not addon.arn.startswith(beginning):
            raise ValueError(f"{title} is another cluster's")
        associations.check_tags(addon.tags)
        table.put(addon)
    for update in updates:
        if table.get(update.addon_name) is None or table.update(update.id) is not None:
            raise ValueError(f"An update of {cluster_name!r} is of no add-on, or is there twice")
        table.add_update(update)
    try:
        table.requests.restore(requests)
        for request in table.requests.remembered():
            if table.get(request.about) is None and table.update(request.about) is None:
                raise ValueError(f"there is no {request.about[:64]!r}")
    except ValueError as refused:
        raise ValueError(f"A request token of {cluster_name!r} cannot be: {refused}") from None

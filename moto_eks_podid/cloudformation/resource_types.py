"""The resource types that are ours, one row each, by their names in templates."""

from __future__ import annotations

from collections.abc import Mapping

from ..eks.addon_stack_resource import AddonResource
from ..eks.stack_resources import ClusterResource, PodIdentityAssociationResource
from .resources import StackResource

#: In the order in which moto would list them.
ROWS: tuple[type[StackResource], ...] = (
    AddonResource,
    ClusterResource,
    PodIdentityAssociationResource,
)

RESOURCE_TYPES: Mapping[str, type[StackResource]] = {row.TYPE: row for row in ROWS}

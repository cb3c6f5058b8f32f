"""The resource types that are ours, one row each, by their names in templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def has_ours(resources: Mapping[str, Any]) -> bool:
    """Tell whether a template's resources, of whatever form, include one of a type that is ours."""
    definitions = (each for each in resources.values() if isinstance(each, Mapping))
    types = (definition.get("Type") for definition in definitions)
    return any(isinstance(each, str) and each in RESOURCE_TYPES for each in types)

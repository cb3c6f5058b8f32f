"""Values that moto hands through as they came: whether they fit EKS's own model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.utils import get_service_model

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
}


def check_fits(shape_name: str, members: Mapping[str, Any], title: str) -> None:
    """Check members of a structure of EKS's model; what the model does not know is left alone.

    :param members: by the model's names
    :raises ValueError: for a member that could not be answered
    """
    shape = get_service_model("eks").shape_for(shape_name)
    if not _fits(members, shape):
        raise ValueError(f"{title} has a member that is no {shape_name} of EKS")


def _fits(value: Any, shape: Shape) -> bool:
    if value is None:
        return True
    if isinstance(shape, StructureShape):
        return isinstance(value, Mapping) and all(
            _fits(value[name], member) for name, member in shape.members.items() if name in value
        )
    if isinstance(shape, ListShape):
        return isinstance(value, list) and all(_fits(entry, shape.member) for entry in value)
    if isinstance(shape, MapShape):
        return isinstance(value, Mapping) and all(
            _fits(member, shape.value) for member in value.values()
        )
    return type(value) in _SCALARS.get(shape.type_name, (type(value),))

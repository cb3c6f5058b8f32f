"""Attributes of moto's objects, as a dataclass with fields of the same names."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def read_attributes(kind: type[T], thing: Any) -> T:
    """Return a dataclass whose fields hold an object's attributes of the same names."""
    return kind(**{field.name: getattr(thing, field.name) for field in fields(kind)})


def write_attributes(values: DataclassInstance, thing: Any) -> None:
    """Give an object the attributes that a dataclass holds."""
    vars(thing).update({field.name: getattr(values, field.name) for field in fields(values)})

"""The constraints that IAM's service model puts on parameters, in structures and lists too.

The texts are those of real responses, which name an element of a list ``name.N.member`` and repeat
a value only in the newest parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.model import ListShape, Shape, StructureShape

from .. import constraints
from . import exceptions

#: Shapes whose pattern is another one than the model's: it would refuse the wildcards.
_PATTERNS: Final = {"AttachmentName": r".*[\w+=,.@-]+.*"}
#: The order in which real responses list what is possible, by shape; the model's elsewhere.
_ORDERS: Final = {
    "AttachmentType": ("user", "role", "group"),
    "ContextKeyTypeEnum": (
        "binary",
        "ipList",
        "booleanList",
        "ip",
        "boolean",
        "numericList",
        "dateList",
        "numeric",
        "date",
        "stringList",
        "string",
        "binaryList",
    ),
}
#: The parameter whose values the texts repeat.
_REPEATED: Final = "policyExclusionList"


def check_parameters(given: Mapping[str, Any], shape: StructureShape) -> None:
    """Check the parameters of an operation.

    :param given: as moto parsed them
    :raises ValidationError: for the first constraint that is broken
    """
    text = next(_of_structure("", given, shape), None)
    if text is not None:
        raise exceptions.ValidationError(text)


def _broken(name: str, value: Any, shape: Shape) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _of_structure(f"{name}.", value, shape)
        return
    text = constraints.broken(
        name,
        value,
        shape,
        pattern=_PATTERNS.get(shape.name),
        listed=_ORDERS.get(shape.name),
        repeated=name.startswith(_REPEATED) and isinstance(value, str),
    )
    if text is not None:
        yield text
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value, 1):
            yield from _broken(f"{name}.{number}.member", item, shape.member)


def _of_structure(prefix: str, given: Mapping[str, Any], shape: StructureShape) -> Iterator[str]:
    for member, member_shape in shape.members.items():
        name = prefix + member[0].lower() + member[1:]
        if member in given:
            yield from _broken(name, given[member], member_shape)
        elif member in shape.required_members:
            yield constraints.missing(name)

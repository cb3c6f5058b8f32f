"""A policy document, compiled: what evaluation reads.

Follows "Grammar of the IAM JSON policy language" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

from .conditions import Condition, Test, compile_condition
from .patterns import (
    Context,
    Template,
    any_of,
    is_fixed,
    matches_everything,
    read_resource,
    read_template,
    resolve,
)
from .principals import PrincipalTest
from .shape import VARIABLES_VERSION, DocumentShape, Named, StatementShape, read_document

#: What stands for a document wherever one is asked for.
Source: TypeAlias = "str | bytes | Mapping[str, Any] | Document"

#: Compiled texts kept; a text is compiled once for all its uses.
CACHED_TEXTS: Final = 1024


class ResourceTest:
    """The compiled ``Resource`` or ``NotResource`` of a statement."""

    __slots__ = ("_everything", "_fixed", "_inverted", "_variable")

    def __init__(self, shape: Named, *, variables: bool) -> None:
        templates = [read_resource(value, variables=variables) for value in shape.values]
        fixed = [p for t in templates if is_fixed(t) and (p := resolve(t, {})) is not None]
        self._inverted = shape.inverted
        self._everything = any(map(matches_everything, fixed))
        self._fixed: Callable[[str], bool] = any_of(fixed)
        self._variable: tuple[Template, ...] = tuple(t for t in templates if not is_fixed(t))

    def __call__(self, resource: str, context: Callable[[], Context]) -> bool:
        """:param context: called only when a policy variable needs it"""
        # A request for "*" is for an action without resources: not one of the ARNs a pattern means.
        matched = self._everything if resource == "*" else self._fixed(resource)
        if matched or not self._variable:
            return matched is not self._inverted
        patterns = [resolve(template, context()) for template in self._variable]
        if resource != "*" and any_of(p for p in patterns if p is not None)(resource):
            return not self._inverted
        return self._inverted and None not in patterns


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A compiled statement.

    :param index: its place in the document, from 0
    :param principal: None in policies of identities
    :param resource: None in trust policies, which belong to the one resource they are about
    """

    index: int
    sid: str | None
    effect: str
    conditions: tuple[Condition, ...]
    principal: PrincipalTest | None = field(repr=False)
    resource: ResourceTest | None = field(repr=False)
    _action: Callable[[str], bool] = field(repr=False)
    _not_action: bool = field(repr=False)
    #: The conditions once more, without what only explanations need.
    tests: tuple[Test, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tests", tuple(one.test for one in self.conditions))

    def covers_action(self, action: str) -> bool:
        """Whether the statement is about an action, given in lower case."""
        return self._action(action) is not self._not_action

    def covers_resource(self, resource: str, context: Callable[[], Context]) -> bool:
        """Whether the statement is about a resource; without Resource it needs a Principal."""
        if self.resource is None:
            return self.principal is not None
        return self.resource(resource, context)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A compiled, immutable policy document.

    :param label: what explanations call it, such as a managed policy's ARN
    """

    version: str
    statements: tuple[Statement, ...]
    label: str | None = None
    allows: tuple[Statement, ...] = field(init=False, repr=False)
    denies: tuple[Statement, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, effect in (("allows", "Allow"), ("denies", "Deny")):
            chosen = tuple(one for one in self.statements if one.effect == effect)
            object.__setattr__(self, name, chosen)

    @classmethod
    def parse(cls, source: Source, *, label: str | None = None) -> Document:
        """Compile a document; a text is compiled once and then found again.

        :param source: JSON text (bytes in UTF-8), a mapping, or a document, which is answered as is
        :param label: what explanations call it
        :raises MalformedPolicy: when the shape is wrong; see `validate` for what else can be
        """
        if isinstance(source, Document):
            document = source
        elif isinstance(source, (str, bytes)):
            document = _parse_text(source)
        else:
            document = _compile(read_document(source))
        return document if label is None else replace(document, label=label)


@lru_cache(maxsize=CACHED_TEXTS)
def _parse_text(text: str | bytes) -> Document:
    return _compile(read_document(text))


def _compile(shape: DocumentShape) -> Document:
    variables = shape.version == VARIABLES_VERSION
    return Document(
        shape.version,
        tuple(
            _compile_statement(index, statement, variables=variables)
            for index, statement in enumerate(shape.statements)
        ),
    )


def _compile_statement(index: int, shape: StatementShape, *, variables: bool) -> Statement:
    actions = [
        read_template(value.lower(), wildcards=True, variables=False)
        for value in shape.action.values
    ]
    return Statement(
        index=index,
        sid=shape.sid,
        effect=shape.effect,
        conditions=tuple(
            compile_condition(one.operator, one.key, one.values, variables=variables)
            for one in shape.conditions
        ),
        principal=None if shape.principal is None else PrincipalTest(shape.principal),
        resource=(
            None if shape.resource is None else ResourceTest(shape.resource, variables=variables)
        ),
        _action=any_of(p for t in actions if (p := resolve(t, {})) is not None),
        _not_action=shape.action.inverted,
    )

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
    any_of,
    fixed_patterns,
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

#: Tests a resource; the context is asked for only when a policy variable needs it.
ResourceTest: TypeAlias = Callable[[str, Callable[[], Context]], bool]

#: Compiled texts kept; a text is compiled once for all its uses.
CACHED_TEXTS: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A compiled statement.

    :param index: its place in the document, from 0
    :param principal: None in policies of identities
    :param covers_action: whether the statement is about an action, given in lower case
    :param covers_resource: whether the statement is about a resource
    """

    index: int
    sid: str | None
    effect: str
    conditions: tuple[Condition, ...]
    principal: PrincipalTest | None = field(repr=False)
    covers_action: Callable[[str], bool] = field(repr=False)
    covers_resource: ResourceTest = field(repr=False)
    #: The conditions once more, without what only explanations need.
    tests: tuple[Test, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tests", tuple(one.test for one in self.conditions))


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
    return Statement(
        index=index,
        sid=shape.sid,
        effect=shape.effect,
        conditions=tuple(
            compile_condition(one.operator, one.key, one.values, variables=variables)
            for one in shape.conditions
        ),
        principal=None if shape.principal is None else PrincipalTest(shape.principal),
        covers_action=_action_test(shape.action),
        covers_resource=_resource_test(shape, variables=variables),
    )


def _action_test(shape: Named) -> Callable[[str], bool]:
    templates = [
        read_template(value.lower(), wildcards=True, variables=False) for value in shape.values
    ]
    test = any_of(fixed_patterns(templates))
    return (lambda action: not test(action)) if shape.inverted else test


def _resource_test(statement: StatementShape, *, variables: bool) -> ResourceTest:
    shape = statement.resource
    if shape is None:
        # A trust policy is about the one role that it belongs to. A policy of an identity has to
        # say what it is about.
        belongs_to_resource = statement.principal is not None
        return lambda resource, context: belongs_to_resource
    inverted = shape.inverted
    templates = [read_resource(value, variables=variables) for value in shape.values]
    fixed = fixed_patterns(templates)
    everything = any(map(matches_everything, fixed))
    matches_fixed = any_of(fixed)

    def test(resource: str, context: Callable[[], Context]) -> bool:
        # A request for "*" is for an action without resources, and only "*" means those.
        return (everything if resource == "*" else matches_fixed(resource)) is not inverted

    variable = [template for template in templates if not is_fixed(template)]
    if not variable:
        return test

    def test_with_variables(resource: str, context: Callable[[], Context]) -> bool:
        if everything if resource == "*" else matches_fixed(resource):
            return not inverted
        patterns = [resolve(template, context()) for template in variable]
        if resource != "*" and any_of(p for p in patterns if p is not None)(resource):
            return not inverted
        # "None of these" cannot be said of something unknown.
        return inverted and None not in patterns

    return test_with_variables

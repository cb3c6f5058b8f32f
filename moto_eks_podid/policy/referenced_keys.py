"""The condition keys that a policy refers to, in its conditions and in its policy variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .operators import read_operator
from .patterns import Template, Variable, read_resource, read_template
from .shape import VARIABLES_VERSION, StatementShape, read_document


def referenced_keys(sources: Iterable[str | bytes | Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the condition keys of documents, each once, as it is spelt where it stands first.

    :param sources: JSON texts (bytes in UTF-8) or mappings
    :raises MalformedPolicy: when a document cannot be read
    """
    found: dict[str, str] = {}
    for source in sources:
        document = read_document(source)
        variables = document.version == VARIABLES_VERSION
        for statement in document.statements:
            for key in _keys(statement, variables=variables):
                found.setdefault(key.lower(), key)
    return tuple(found.values())


def _keys(statement: StatementShape, *, variables: bool) -> Iterator[str]:
    if variables and statement.resource is not None:
        for value in statement.resource.values:
            yield from _variables(read_resource(value, variables=True))
    for condition in statement.conditions:
        yield condition.key
        usage = read_operator(condition.operator)
        if variables and usage is not None and usage.operator.variables:
            for value in condition.values:
                yield from _variables(read_template(value, wildcards=False, variables=True))


def _variables(template: Template) -> Iterator[str]:
    for piece in template:
        if isinstance(piece, Variable):
            # Not its `key`, which is folded.
            yield piece.text[2:-1].partition(",")[0]

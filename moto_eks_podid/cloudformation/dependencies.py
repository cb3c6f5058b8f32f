"""In which order the resources of a template are made: each after those that it depends on.

Follows "DependsOn attribute" and "Ref", "Fn::GetAtt", "Fn::Sub" (CloudFormation Template
Reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from .template_format import check_form

#: ``AWS::Region`` and the like.
_PSEUDO_PARAMETER = "AWS::"

#: ``${Name}`` and ``${Name.Attribute}``; ``${!Name}`` is a literal.
_SUBSTITUTED = re.compile(r"\$\{([^!}.][^}.]*)")


def in_dependency_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the logical ids of a template's resources, dependencies first, else as written.

    :raises ValidationError: when resources depend on each other
    """
    order: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in path:
            circle = ", ".join(sorted(path[path.index(name) :]))
            raise ValidationError(message=f"Circular dependency between resources: [{circle}]")
        path.append(name)
        for dependency in _dependencies(resources[name]):
            if dependency in resources:
                visit(dependency)
        path.pop()
        order.append(name)

    for name in resources:
        visit(name)
    return order


def check_dependencies(template: Mapping[str, Any]) -> None:
    """Check that a template's resources depend on what there is, and not on each other.

    :raises ValidationError: when they do not, or the template has another form
    """
    check_form(template)
    resources = template["Resources"]
    known = {*resources, *template.get("Parameters", {})}
    named = {
        "Resources": [name for each in resources.values() for name in _named(each)],
        "Outputs": list(_references(template.get("Outputs"), with_att=True)),
    }
    for block, names in named.items():
        for name in names:
            if name not in known and not name.startswith(_PSEUDO_PARAMETER):
                raise ValidationError(
                    message=f"Template format error: Unresolved resource dependencies [{name}] in "
                    f"the {block} block of the template"
                )
    in_dependency_order(resources)


def _named(definition: Mapping[str, Any]) -> Iterator[str]:
    yield from depends_on(definition)
    yield from _references(definition.get("Properties"), with_att=False)


def depends_on(definition: Mapping[str, Any]) -> list[str]:
    """Return what a resource names in ``DependsOn``."""
    named = definition.get("DependsOn", [])
    return [named] if isinstance(named, str) else list(named)


def _dependencies(definition: Mapping[str, Any]) -> Iterator[str]:
    yield from depends_on(definition)
    yield from _references(definition.get("Properties"), with_att=True)


def _references(value: Any, *, with_att: bool) -> Iterator[str]:
    """Yield the names that a value refers to; those of ``Fn::GetAtt``, which moto checks, if asked.

    :param with_att: whether to yield the latter
    """
    if isinstance(value, list):
        for item in value:
            yield from _references(item, with_att=with_att)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name == "Ref" and isinstance(item, str):
                yield item
            elif name == "Fn::GetAtt":
                if with_att:
                    yield item[0] if isinstance(item, list) else str(item).partition(".")[0]
            elif name == "Fn::Sub":
                text, own = item if isinstance(item, list) else (item, {})
                yield from (found for found in _SUBSTITUTED.findall(text) if found not in own)
                yield from _references(own, with_att=with_att)
            else:
                yield from _references(item, with_att=with_att)

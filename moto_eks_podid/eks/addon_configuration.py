"""Configuration values of an add-on: JSON or YAML that its schema allows.

Follows the refusals of the service, whose words are those of its schema validator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..extras import requires_extra


class UnreadableConfiguration(ValueError):
    """Configuration values that are neither JSON nor YAML."""


class InvalidConfiguration(ValueError):
    """Configuration values that the add-on's schema does not allow; ``problems`` say where."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def check(text: str, schema: Mapping[str, Any]) -> None:
    """Check configuration values, as CreateAddon and UpdateAddon do.

    :param text: JSON or YAML; nothing at all is allowed, and means no configuration
    :param schema: the add-on's
    :raises MissingExtra: without the libraries that read them
    :raises UnreadableConfiguration: for what is neither JSON nor YAML
    :raises InvalidConfiguration: for what the schema does not allow
    """
    if not text:
        return
    # Not at the top: it takes a tenth of a second, and not every installation has it.
    with requires_extra("addons", "jsonschema"):
        from jsonschema import Draft6Validator

    values = _read(text)
    try:
        errors = sorted(Draft6Validator(schema).iter_errors(values), key=_path)
    except RecursionError:
        raise UnreadableConfiguration from None
    problems = [problem for error in errors for problem in _problems(error)]
    if problems:
        raise InvalidConfiguration(problems)


#: Of lists and maps in each other. Kubernetes' own objects need about ten.
_DEEPEST = 100


def _read(text: str) -> Any:
    """Return what a text says, in JSON's types."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    with requires_extra("addons", "yaml"):
        import yaml

    try:
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            # A few lines of aliases can stand for more than anybody can walk through, and the
            # scanner takes a time that grows with the square of the depth.
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                raise UnreadableConfiguration
        # Keys of other types, and dates, have a form in JSON.
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        raise UnreadableConfiguration from None


_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return _TYPES.get(type(value), "number")


def _path(error: Any) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return "$" + "".join(steps)


def _problems(error: Any) -> Iterator[str]:
    """Yield what the service says about one of jsonschema's errors."""
    path, wanted = _path(error), error.validator_value
    if error.validator == "additionalProperties":
        for name in error.instance:
            if name not in error.schema["properties"]:
                yield (
                    f"{path}.{name}: is not defined in the schema and the schema does not allow "
                    "additional properties"
                )
    elif error.validator == "type":
        expected = wanted if isinstance(wanted, str) else f"[{', '.join(wanted)}]"
        yield f"{path}: {_type_of(error.instance)} found, {expected} expected"
    else:
        # Of the other keywords, the catalogue's schemas use this one only.
        yield f"{path}: does not have a value in the enumeration [{', '.join(wanted)}]"

"""From JSON to statements: the shape that every policy document has, whatever its kind.

What fails here cannot be evaluated, and guessing could widen a permission (a misspelt `Condition`
would be no condition), so it is malformed. Follows "Grammar of the IAM JSON policy language" (IAM
User Guide).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .context import as_text
from .findings import Finding, MalformedPolicy, Severity

#: Four times the largest document that AWS stores anywhere, a KMS key policy of 32 KB.
MAX_CHARACTERS: Final = 131_072

VARIABLES_VERSION: Final = "2012-10-17"
DEFAULT_VERSION: Final = "2008-10-17"
VERSIONS: Final = (DEFAULT_VERSION, VARIABLES_VERSION)

PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")


class JsonNumber(str):
    """A number the way the document spells it; conditions compare texts."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Named:
    """``Action`` or ``NotAction``, ``Resource`` or ``NotResource``; ``path`` is where it stands."""

    values: tuple[str, ...]
    inverted: bool
    path: str


@dataclass(frozen=True, slots=True)
class NamedPrincipals:
    """``Principal`` or ``NotPrincipal``: the names by type; ``{"AWS": "*"}`` is everybody too."""

    names: Mapping[str, tuple[str, ...]]
    inverted: bool
    path: str


@dataclass(frozen=True, slots=True)
class ConditionShape:
    """One key under one operator, with the values as texts."""

    operator: str
    key: str
    values: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class StatementShape:
    """A statement with its elements in order, not yet compiled."""

    path: str
    sid: str | None
    effect: str
    action: Named
    resource: Named | None
    principal: NamedPrincipals | None
    conditions: tuple[ConditionShape, ...]


@dataclass(frozen=True, slots=True)
class DocumentShape:
    """A document whose shape is right; ``repeated`` are names that one JSON object has twice."""

    version: str
    statements: tuple[StatementShape, ...]
    repeated: tuple[str, ...] = ()


def read_document(source: object) -> DocumentShape:
    """Read a document from JSON text (str, or bytes in UTF-8) or from a mapping.

    :raises MalformedPolicy: with every finding about its shape
    """
    repeated: list[str] = []
    if isinstance(source, (str, bytes, bytearray)):
        source = _load(source, repeated)
    reader = _Reader()
    shape = reader.document(source, tuple(repeated))
    if shape is None or reader.findings:
        raise MalformedPolicy(reader.findings)
    return shape


def _load(source: str | bytes | bytearray, repeated: list[str]) -> object:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counted = Counter(name for name, _ in pairs)
            repeated.extend(name for name, count in counted.items() if count > 1)
        return found

    if len(source) > MAX_CHARACTERS:
        raise _malformed("too-long", f"The document is longer than {MAX_CHARACTERS} characters.")
    try:
        text = source if isinstance(source, str) else source.decode()
    except UnicodeDecodeError:
        raise _malformed("not-utf-8", "The document is not encoded in UTF-8.") from None
    try:
        return json.loads(
            text,
            object_pairs_hook=members,
            parse_int=JsonNumber,
            parse_float=JsonNumber,
            parse_constant=_no_constant,
        )
    except ValueError as error:
        raise _malformed("not-json", f"The document is not JSON: {error}.") from None
    except RecursionError:
        raise _malformed("too-deep", "The document is nested too deeply.") from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON value")


def _malformed(code: str, message: str) -> MalformedPolicy:
    return MalformedPolicy([Finding(Severity.ERROR, code, "$", message)])


#: Characters of a name that a path shows. Every key's path repeats its operator's name.
_SHOWN: Final = 128


def _step(name: object) -> str:
    """A member's name as a part of a path."""
    return name[:_SHOWN] if isinstance(name, str) else type(name).__name__


def _spelt(name: object) -> str:
    """A member's name in a message; only a mapping that was never JSON has names of other types."""
    return repr(name[:_SHOWN]) if isinstance(name, str) else f"A name of type {type(name).__name__}"


class _Reader:
    """Collects findings while it reads; an element that cannot be read is None."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def _report(self, code: str, path: str, message: str) -> None:
        self.findings.append(Finding(Severity.ERROR, code, path, message))

    def document(self, source: object, repeated: tuple[str, ...]) -> DocumentShape | None:
        if not isinstance(source, Mapping):
            self._report("not-an-object", "$", "A policy document is a JSON object.")
            return None
        self._only(source, ("Version", "Id", "Statement"), "$")
        version = source.get("Version", DEFAULT_VERSION)
        if version not in VERSIONS:
            self._report("version", "$.Version", f"The version must be one of {VERSIONS}.")
        self._text(source, "Id", "$")
        listed = source.get("Statement")
        if listed is None:
            self._report("no-statement", "$", "The document has no Statement.")
            return None
        many = isinstance(listed, (list, tuple))
        shapes = [
            self._statement(item, f"$.Statement[{index}]" if many else "$.Statement")
            for index, item in enumerate(listed if many else [listed])
        ]
        return DocumentShape(version, tuple(shape for shape in shapes if shape), repeated)

    def _statement(self, source: object, path: str) -> StatementShape | None:
        if not isinstance(source, Mapping):
            self._report("not-an-object", path, "A statement is a JSON object.")
            return None
        self._only(source, _ELEMENTS, path)
        sid = self._text(source, "Sid", path)
        effect = source.get("Effect")
        if not isinstance(effect, str) or effect not in ("Allow", "Deny"):
            effect = ""
            self._report("effect", f"{path}.Effect", "The effect must be Allow or Deny.")
        action = self._either(source, "Action", path, self._texts)
        if action is None and "Action" not in source and "NotAction" not in source:
            self._report("no-action", path, "Policy statement must contain actions.")
        resource = self._either(source, "Resource", path, self._texts)
        principal = self._either(source, "Principal", path, self._principals)
        conditions = self._conditions(source.get("Condition", {}), f"{path}.Condition")
        if action is None:
            return None
        return StatementShape(
            path,
            sid,
            effect,
            Named(*action),
            None if resource is None else Named(*resource),
            None if principal is None else NamedPrincipals(*principal),
            conditions,
        )

    def _only(self, source: Mapping[Any, Any], known: Sequence[str], path: str) -> None:
        for name in source:
            if name not in known:
                self._report("unknown-element", path, f"{_spelt(name)} is not an element here.")

    def _text(self, source: Mapping[str, Any], name: str, path: str) -> str | None:
        if name not in source:
            return None
        value = source[name]
        if isinstance(value, str) and not isinstance(value, JsonNumber):
            return value
        self._report("not-text", f"{path}.{name}", "The value must be a string.")
        return None

    def _texts(self, value: object, path: str) -> tuple[str, ...] | None:
        """One string, or a list of at least one."""
        values = value if isinstance(value, (list, tuple)) else [value]
        if not values or not all(
            isinstance(item, str) and not isinstance(item, JsonNumber) for item in values
        ):
            self._report("not-text", path, "The value must be a string or a list of strings.")
            return None
        return tuple(values)

    def _either(
        self,
        source: Mapping[str, Any],
        name: str,
        path: str,
        read: Callable[[object, str], Any],
    ) -> tuple[Any, bool, str] | None:
        """The element or its `Not…` twin: its value, whether it is the twin, its path."""
        present = [element for element in (name, f"Not{name}") if element in source]
        if len(present) == 2:
            self._report("both", path, f"A statement has {name} or Not{name}, not both.")
        if len(present) != 1:
            return None
        element = present[0]
        value = read(source[element], f"{path}.{element}")
        return None if value is None else (value, element != name, f"{path}.{element}")

    def _principals(self, value: object, path: str) -> dict[str, tuple[str, ...]] | None:
        if value == "*":
            return {"AWS": ("*",)}
        if not isinstance(value, Mapping) or not value:
            self._report("principal", path, 'A principal is "*" or an object of named types.')
            return None
        self._only(value, PRINCIPAL_TYPES, path)
        names = {
            kind: self._texts(value[kind], f"{path}.{kind}")
            for kind in PRINCIPAL_TYPES
            if kind in value
        }
        return {kind: found for kind, found in names.items() if found is not None}

    def _conditions(self, source: object, path: str) -> tuple[ConditionShape, ...]:
        if not isinstance(source, Mapping):
            self._report("condition", path, "A condition is an object of operators.")
            return ()
        found: list[ConditionShape] = []
        for operator, keys in source.items():
            where = f"{path}.{_step(operator)}"
            if not isinstance(operator, str) or not isinstance(keys, Mapping):
                self._report("condition", where, "An operator holds an object of condition keys.")
                continue
            for key, value in keys.items():
                place = f"{where}.{_step(key)}"
                values = value if isinstance(value, (list, tuple)) else [value]
                if isinstance(key, str) and all(
                    isinstance(item, (str, bool, int, float)) for item in values
                ):
                    found.append(ConditionShape(operator, key, tuple(map(as_text, values)), place))
                else:
                    self._report(
                        "condition",
                        place,
                        "A condition key holds strings, numbers or booleans, or a list of them.",
                    )
        return tuple(found)


_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)

"""The form of a template: what CloudFormation refuses before it makes anything.

The texts are CloudFormation's, as far as its users published them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

#: What a value has to be, and what is said of one that is not.
_Rule = tuple[Callable[[Any], bool], str]

#: ``${…}``, with what is inside; ``${!…}`` is a literal.
_SUBSTITUTION = re.compile(r"\$\{(?!!)([^}]*)\}")
_SUBSTITUTED = re.compile(r"[A-Za-z0-9_.:]+")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_there(value: Any) -> bool:
    return value is not None


def _or_absent(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _or_function(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: fits(value) or _is_object(value)


def _each(*fitting: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return what a list of as many members has to be."""
    return lambda value: (
        _is_list(value)
        and len(value) == len(fitting)
        and all(fits(member) for fits, member in zip(fitting, value, strict=True))
    )


def _is_texts(value: Any) -> bool:
    return _is_text(value) or (_is_list(value) and all(_is_text(each) for each in value))


def _is_attribute(value: Any) -> bool:
    parts = value.split(".") if _is_text(value) else value
    return _is_list(parts) and len(parts) >= 2 and all(_is_text(part) and part for part in parts)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) or (_is_text(value) and value.isdecimal())


def _is_substitution(value: Any) -> bool:
    return _is_text(value) or _each(_is_text, _is_object)(value)


def _names_variables(value: Any) -> bool:
    names = _SUBSTITUTION.findall(value if _is_text(value) else value[0])
    return all(_SUBSTITUTED.fullmatch(name) for name in names)


#: What functions take. Those that are not here are values like others.
_FUNCTIONS: Mapping[str, _Rule] = {
    "Ref": (_is_text, "every Ref object must have a single String value."),
    "Fn::GetAtt": (
        _is_attribute,
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
        "resource attribute",
    ),
    "Fn::Sub": (
        _is_substitution,
        "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
        "string as first argument, and an optional second argument to specify a mapping of values "
        "to replace in the string",
    ),
    "Fn::If": (
        _each(_is_text, _is_there, _is_there),
        "Fn::If requires a list argument with three elements",
    ),
    "Fn::Join": (
        _each(_is_text, _or_function(_is_list)),
        "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) "
        "to be joined.",
    ),
    "Fn::Split": (
        _each(_is_text, _or_function(_is_text)),
        "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string "
        "to be split or a function that returns a string to be split.",
    ),
    "Fn::Select": (
        _each(_is_index, _or_function(_is_list)),
        "Fn::Select requires a list argument with two elements: an integer index and a list",
    ),
    "Fn::FindInMap": (
        _each(_is_text, _or_function(_is_text), _or_function(_is_text)),
        "every Fn::FindInMap object requires three parameters, the map name, map key and the "
        "attribute for return value",
    ),
    "Fn::Equals": (
        _each(_is_there, _is_there),
        "every Fn::Equals object requires a list of 2 string parameters.",
    ),
}

#: Functions whose first argument names an entry of a section, and what is said of a name that none
#: of them has.
_NAMING: Mapping[str, tuple[str, str]] = {
    "Fn::If": ("Conditions", "unresolved condition dependency {} in Fn::If"),
    "Fn::FindInMap": (
        "Mappings",
        "Mapping named '{}' is not present in the 'Mappings' section of template.",
    ),
}

_VARIABLES = (
    "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, "
    "periods, and colons"
)

_CONDITION: _Rule = (_or_absent(_is_text), "Every Condition member must be a string.")

#: Section -> member of each of its entries -> what it has to be.
_ENTRIES: Mapping[str, Mapping[str, _Rule]] = {
    "Parameters": {
        "Type": (_is_text, "Every Parameters object must contain a Type member."),
    },
    "Conditions": {"Condition": _CONDITION},
    "Resources": {
        "Type": (_is_text, "Every Resources object must contain a Type member."),
        "Properties": (_or_absent(_is_object), "Every Properties member must be an object."),
        "Condition": _CONDITION,
        "DependsOn": (_or_absent(_is_texts), "Every DependsOn value must be a string."),
        "DeletionPolicy": (_or_absent(_is_text), "Every DeletionPolicy member must be a string."),
        "UpdateReplacePolicy": (
            _or_absent(_is_text),
            "Every UpdateReplacePolicy member must be a string.",
        ),
    },
    "Outputs": {
        "Value": (_is_there, "Every Outputs member must contain a Value object"),
        "Export": (_or_absent(_is_object), "Every Export member must be an object."),
        "Condition": _CONDITION,
    },
}

#: The member of an entry that nobody reads.
_UNREAD = "Metadata"


def resources_of(template: Any) -> Mapping[str, Any]:
    """Return a template's resources.

    :raises ValidationError: when there are none, or they are no object
    """
    if not _is_object(template):
        raise _wrong("unsupported structure.")
    if template.get("Resources") is None:
        raise _wrong("At least one Resources member must be defined.")
    resources: Mapping[str, Any] = _entries(template, "Resources")
    return resources


def check_form(template: Mapping[str, Any]) -> None:
    """Check that a template's sections, and the functions in them, have the form that they need.

    :raises ValidationError: when they have not
    """
    resources_of(template)
    for section in _ENTRIES:
        for name, entry in _entries(template, section).items():
            path = f"/{section}/{name}"
            if entry is None:
                raise _null(path)
            if not _is_object(entry):
                raise _wrong(f"Every {section} member must be an object.")
            _check_entry(path, section, entry, template)


def _entries(template: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    entries = template.get(section, {})
    if entries is None:
        raise _null(f"/{section}")
    if not _is_object(entries):
        raise _wrong(f"Every {section} member must be an object.")
    found: Mapping[str, Any] = entries
    return found


def _check_entry(
    path: str, section: str, entry: Mapping[str, Any], template: Mapping[str, Any]
) -> None:
    for name, member in entry.items():
        if name != _UNREAD:
            _check_value(f"{path}/{name}", name, member, template)
    for name, (fits, text) in _ENTRIES[section].items():
        if not fits(entry.get(name)):
            raise _wrong(text)
    condition = entry.get("Condition")
    if condition is not None and condition not in _entries(template, "Conditions"):
        raise _wrong(
            f"Unresolved condition dependency {condition} in the {section} block of the template"
        )


def _check_value(path: str, name: Any, value: Any, template: Mapping[str, Any]) -> None:
    """Check a value, the functions in it, and that of its own name."""
    if value is None:
        raise _null(path)
    if _is_list(value):
        for position, member in enumerate(value):
            _check_value(f"{path}/{position}", position, member, template)
    elif _is_object(value):
        for inner, member in value.items():
            _check_value(f"{path}/{inner}", inner, member, template)
    if name in _FUNCTIONS:
        _check_function(name, value, template)


def _check_function(name: str, argument: Any, template: Mapping[str, Any]) -> None:
    fits, text = _FUNCTIONS[name]
    if not fits(argument):
        raise ValidationError(message=f"Template error: {text}")
    if name == "Fn::Sub" and not _names_variables(argument):
        raise ValidationError(message=f"Template error: {_VARIABLES}")
    if name in _NAMING:
        section, text = _NAMING[name]
        if argument[0] not in _entries(template, section):
            raise ValidationError(message=f"Template error: {text.format(argument[0])}")


def _null(path: str) -> ValidationError:
    return ValidationError(message=f"[{path}] 'null' values are not allowed in templates")


def _wrong(text: str) -> ValidationError:
    return ValidationError(message=f"Template format error: {text}")

"""Condition keys: those that the parameters of a call give, and the tags of resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .call import Call, Context
from .rows import Keys

#: Members that hold the tags of a request, and those that hold their keys alone.
_TAGS = ("Tags", "tags", "TagsList")
_TAG_KEYS = ("TagKeys", "tagKeys")
#: How tags in lists call their key and their value.
_KEY_NAMES = (("Key", "Value"), ("TagKey", "TagValue"), ("key", "value"))


def request_tags(call: Call) -> Context:
    """Return ``aws:RequestTag/…`` and ``aws:TagKeys`` of a call that gives or takes tags."""
    given = call.parameters
    for name in _TAGS:
        if tags := given.get(name):
            return tag_request(tags_in(tags))
    for name in _TAG_KEYS:
        if given.get(name):
            return {"aws:TagKeys": call.texts(name)}
    return {}


def tag_request(tags: Mapping[str, str | None]) -> Context:
    """Return the keys of a request with these tags; those without a value are taken away."""
    if not tags:
        return {}
    context: Context = {
        f"aws:RequestTag/{key}": value for key, value in tags.items() if value is not None
    }
    context["aws:TagKeys"] = list(tags)
    return context


def tags_in(value: Any) -> dict[str, str | None]:
    """Return tags by key, whether they come as a map or as a list; a tag's key alone has no value.

    What is no tag is left out.
    """
    tags: dict[str, str | None] = {}
    # Copies: another thread may be changing what moto keeps.
    if isinstance(value, dict):
        for key, item in list(value.items()):
            if isinstance(key, str):
                tags[key] = item if isinstance(item, str) else None
    elif isinstance(value, list):
        for item in list(value):
            if isinstance(item, dict):
                for key_name, value_name in _KEY_NAMES:
                    key = item.get(key_name)
                    if isinstance(key, str):
                        text = item.get(value_name)
                        tags[key] = text if isinstance(text, str) else None
                        break
            elif isinstance(item, str):
                tags[item] = None
    return tags


def resource_tags(tags: Any, *prefixes: str) -> Context:
    """Return the tags of a resource as ``aws:ResourceTag/…``.

    :param tags: as moto has them: a map, a list, or None
    :param prefixes: further names of the same tags, such as ``ec2:ResourceTag``
    """
    if not tags:
        return {}
    by_key = tags_in(tags)
    context: Context = {f"aws:ResourceTag/{key}": value or "" for key, value in by_key.items()}
    for prefix in prefixes:
        context.update((f"{prefix}/{key}", value or "") for key, value in by_key.items())
    return context


def given_keys(table: Mapping[str, str]) -> Keys:
    """Return what makes condition keys of parameters.

    :param table: parameter -> condition key
    """

    def keys(call: Call) -> Context:
        context: Context = {}
        for parameter, value in call.parameters.items():
            key = table.get(parameter)
            if key is not None and value is not None:
                context[key] = as_value(value)
        return context

    return keys


def always(**values: str) -> Keys:
    """Return what gives the same keys to every call.

    :param values: by key; two underscores stand for the colon
    """
    constant: Context = {key.replace("__", ":"): value for key, value in values.items()}
    return lambda _: constant


def as_value(value: Any) -> str | list[str]:
    """Return a parameter as the value of a condition key."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return texts(value)
    return str(value) if isinstance(value, (int, float)) else ""


def texts(values: Iterable[Any]) -> list[str]:
    """Return the texts among some values."""
    return [value for value in values if isinstance(value, str)]

"""What a request of DynamoDB is about: partition keys and attributes, as condition keys.

Follows "Using IAM policy conditions for fine-grained access control" (DynamoDB Developer Guide).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from .call import Context

#: Parameters that are expressions, but for the one that has the partition key.
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
#: Parameters that are maps from attributes to what they are, or are compared with.
_BY_ATTRIBUTE: Final = (
    "AttributeUpdates",
    "Expected",
    "Item",
    "Key",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)

#: A path in an expression; only its first part is an attribute of the item.
_PATH = re.compile(r"(?<![\w.:#])(?P<name>#?[A-Za-z_]\w*)(?:\[\d+\]|\.#?\w+)*(?!\w|\s*\()")
_WORDS: Final = frozenset({"add", "and", "between", "delete", "in", "not", "or", "remove", "set"})


def described(hash_key: str | None, requests: Iterable[Mapping[str, Any]]) -> Context:
    """Return ``dynamodb:LeadingKeys`` and ``dynamodb:Attributes`` of requests about one table.

    :param hash_key: the attribute that is the partition key; None when nobody knows the table
    """
    leading: dict[str, None] = {}
    attributes: dict[str, None] = {}
    for request in requests:
        attributes.update(dict.fromkeys(_attributes(request)))
        if hash_key is not None:
            leading.update(dict.fromkeys(_leading_keys(hash_key, request)))
    context: Context = {}
    if leading:
        context["dynamodb:LeadingKeys"] = list(leading)
    if attributes:
        context["dynamodb:Attributes"] = list(attributes)
    return context


def of_enclosing(operation: str) -> Context:
    """Return the key that tells in which transaction or batch an action is."""
    return {"dynamodb:EnclosingOperation": operation}


def _map(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = request.get(name)
    return value if isinstance(value, dict) else {}


def _leading_keys(hash_key: str, request: Mapping[str, Any]) -> Iterator[str]:
    for name in ("Key", "Item"):
        if (text := key_text(_map(request, name).get(hash_key))) is not None:
            yield text
    condition = _map(request, "KeyConditions").get(hash_key)
    if isinstance(condition, dict) and isinstance(condition.get("AttributeValueList"), list):
        for value in condition["AttributeValueList"]:
            if (text := key_text(value)) is not None:
                yield text
    expression = request.get("KeyConditionExpression")
    if isinstance(expression, str):
        names = _map(request, "ExpressionAttributeNames")
        values = _map(request, "ExpressionAttributeValues")
        for name, placeholder in _equalities(expression):
            if names.get(name, name) == hash_key:
                text = key_text(values.get(placeholder))
                if text is not None:
                    yield text


_EQUALITY = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


# The same few expressions come with every call.
@lru_cache(maxsize=1024)
def _equalities(expression: str) -> list[tuple[str, str]]:
    """Return what a condition compares with what: names and placeholders."""
    return _EQUALITY.findall(expression)


@lru_cache(maxsize=1024)
def _names(expression: str) -> tuple[str, ...]:
    """Return the attributes in an expression, some as placeholders."""
    words = (match["name"] for match in _PATH.finditer(expression))
    return tuple(word for word in words if word.lower() not in _WORDS)


def key_text(value: Any) -> str | None:
    """Return a key's value as text: strings and numbers as they are, binary in base64."""
    if not isinstance(value, dict):
        return None
    for kind in ("S", "N", "B"):
        given = value.get(kind)
        if isinstance(given, str):
            return given
        if isinstance(given, bytes):
            return base64.b64encode(given).decode()
    return None


def _attributes(request: Mapping[str, Any]) -> Iterator[str]:
    for name in _BY_ATTRIBUTE:
        yield from _map(request, name)
    listed = request.get("AttributesToGet")
    if isinstance(listed, list):
        yield from (item for item in listed if isinstance(item, str))
    names = _map(request, "ExpressionAttributeNames")
    for name in _EXPRESSIONS:
        expression = request.get(name)
        if isinstance(expression, str):
            for word in _names(expression):
                attribute = names.get(word, word)
                if isinstance(attribute, str):
                    yield attribute

"""Policies in a scenario file: as YAML, as JSON text, or in a file of their own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ..policy import Finding, Severity, validate
from ..policy.grammar import Kind as Purpose
from .kinds import INVALID, Json, Reading, called, is_nothing
from .problems import BEGINNING

_LANGUAGE: Final = "2012-10-17"
_NUMBER: Final = re.compile(r"\[([0-9]{1,6})\]")


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy; its value is JSON text.

    :param purpose: what it is for
    """

    purpose: Purpose
    word: str = "a policy"

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the policy as JSON text: to the letter, if it was written so."""
        if isinstance(node, yaml.ScalarNode):
            if is_nothing(node):
                reading.report(node, f"expected {self.word}, got nothing")
                return INVALID
            errors = self._errors(node.value)
            for error in errors:
                # Where lines of a folded text were broken, it does not know any more.
                reading.report(node, f"{error.message} (at {error.path})")
            return INVALID if errors else node.value
        if (path := _path_in(node)) is not None:
            return self._in_file(path, reading)
        return self._as_yaml(node, reading)

    def _as_yaml(self, node: yaml.Node, reading: Reading) -> Any:
        before = len(reading.problems)
        document = _texts(node, reading)
        if len(reading.problems) > before:
            return INVALID
        root = "$"
        if not _is_whole(node):
            root = "$.Statement"
            document = {"Version": _LANGUAGE, "Statement": document}
        errors = self._errors(document)
        for error in errors:
            reading.report(_node_at(node, error.path.removeprefix(root)), error.message)
        return INVALID if errors else json.dumps(document)

    def _in_file(self, name: yaml.ScalarNode, reading: Reading) -> Any:
        path = reading.path.parent / name.value
        other = Reading(path, reading.problems)
        try:
            content = path.is_file()
        except (OSError, ValueError):
            content = False
        if not content:
            reading.report(name, f"there is no file {path}")
            return INVALID
        text = other.text()
        if text is None:
            return INVALID
        if not text.lstrip().startswith("{"):
            root = other.root(text)
            return INVALID if root is None else self._as_yaml(root, other)
        errors = self._errors(text)
        for error in errors:
            other.report(_place_in_json(text, error, path), error.message)
        return INVALID if errors else text

    def _errors(self, document: Any) -> list[Finding]:
        found = validate(document, kind=self.purpose)
        return [one for one in found if one.severity is Severity.ERROR]

    def schema(self) -> Json:
        """Return what JSON Schema says of it: an editor checks no policies."""
        return {"type": ["object", "array", "string"]}


def _path_in(node: yaml.Node) -> yaml.ScalarNode | None:
    """Return the path in ``{file: path}``; None for anything else."""
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
        ((name, value),) = node.value
        if name.value == "file" and isinstance(value, yaml.ScalarNode) and value.value:
            return value
    return None


def _is_whole(node: yaml.Node) -> bool:
    """Tell whether a node is a document; else it is a statement of one, or a list of them."""
    if not isinstance(node, yaml.MappingNode):
        return False
    names = {name.value for name, _ in node.value if isinstance(name, yaml.ScalarNode)}
    return names.isdisjoint({"Effect", "Action", "NotAction"})


def _texts(node: yaml.Node, reading: Reading) -> Any:
    """Return what a node holds as JSON, all of whose values are texts.

    Policies compare texts: a number is the same as a text of its digits, and an account's id begins
    with whatever digit it begins with.
    """
    if isinstance(node, yaml.MappingNode):
        return {name.value: _texts(value, reading) for name, value in reading.members(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_texts(entry, reading) for entry in node.value]
    if is_nothing(node):
        reading.report(node, f"expected a text, a list or a mapping, got {called(node)}")
    return node.value


def _node_at(node: yaml.Node, path: str) -> yaml.Node:
    """Return the node at a finding's path, or the last one on the way that there is."""
    while path:
        if isinstance(node, yaml.SequenceNode) and (number := _NUMBER.match(path)):
            if int(number[1]) >= len(node.value):
                return node
            node, path = node.value[int(number[1])], path[number.end() :]
        elif isinstance(node, yaml.MappingNode):
            # Names of condition keys have dots in them: the longest one that fits.
            fitting = [
                (name.value, value)
                for name, value in node.value
                if isinstance(name, yaml.ScalarNode) and path.startswith(f".{name.value}")
            ]
            if not fitting:
                return node
            name, node = max(fitting, key=lambda one: len(one[0]))
            path = path[len(name) + 1 :]
        else:
            return node
    return node


def _place_in_json(text: str, error: Finding, path: Path) -> Any:
    # JSON is YAML, but for tabs between its values.
    root = Reading(path).root(text.replace("\t", " "))
    return BEGINNING if root is None else _node_at(root, error.path.removeprefix("$"))

"""The table of scenario files for others: as a JSON Schema for editors, and as documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .kinds import Json, Member
from .table import SCENARIO, SECTIONS

_HEAD = "| Member | Is | Meaning |\n| --- | --- | --- |"


def json_schema(settings: Mapping[str, str]) -> Json:
    """Return a JSON Schema (2020-12) of scenario files.

    :param settings: the meanings of the plugin's settings, by their names
    """
    schema: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of moto-eks-podid",
        **SCENARIO.schema(),
    }
    known = schema["properties"]["settings"]
    value = known["additionalProperties"]
    known["properties"] = {
        name: {"description": meaning, **value} for name, meaning in settings.items()
    }
    known["additionalProperties"] = False
    return schema


def as_markdown() -> str:
    """Render the table for the documentation: the file, and then each of its sections."""
    parts = ["## The file", _rows(SCENARIO.members)]
    for name, (struct, meaning) in SECTIONS.items():
        parts += [f"## `{name}`", meaning, _rows(struct.members)]
    return "\n\n".join(parts) + "\n"


def _rows(members: Iterable[Member]) -> str:
    rows = [
        f"| `{member.name}`{', required' if member.required else ''} | {member.kind.word} "
        f"| {member.meaning} |"
        for member in members
    ]
    return "\n".join([_HEAD, *rows])

"""The identities file: which service accounts have an association, as EKS tells its webhook.

The format is the open-source webhook's:
``{"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .schema import ListOf, MalformedValue, Member, Struct, Text

#: Namespace and service account.
Identity = tuple[str, str]

_FILE = Struct(
    (
        Member(
            "identities",
            ListOf(Struct((Member("namespace", Text()), Member("serviceAccount", Text())))),
        ),
    )
)


class MalformedIdentities(ValueError):
    """What was given is no list of identities. The message says why."""


def parse_identities(text: str | bytes) -> frozenset[Identity]:
    """Read the text of an identities file; an empty one lists none.

    :raises MalformedIdentities: for anything else
    """
    if not text.strip():
        return frozenset()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedIdentities("it is not JSON") from None
    return read_identities(value)


def read_identities(value: Any) -> frozenset[Identity]:
    """Read the JSON value of an identities file.

    :raises MalformedIdentities: for another form
    """
    try:
        listed = _FILE.canonical(value, "").get("identities", [])
    except MalformedValue as error:
        raise MalformedIdentities(str(error)) from None
    return frozenset(
        (entry.get("namespace", ""), entry.get("serviceAccount", "")) for entry in listed
    )


def write_identities(identities: Iterable[Identity]) -> list[dict[str, str]]:
    """Return the entries of an identities file."""
    return [
        {"namespace": namespace, "serviceAccount": service_account}
        for namespace, service_account in identities
    ]

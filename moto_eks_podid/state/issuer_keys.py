"""Issuers with their keys, private ones included, and the issuers that a cluster trusts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ..identity.issuer import HeldKey, Issuer, KeySet, TrustedIssuer
from ..identity.keys import SigningKey, read_private_key, write_private_key
from ..oidc.fetch import fetch_jwks


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key that an issuer signs with, or did; ``jwk`` is its public half, as it is published."""

    kid: str
    created_at: datetime
    needed_until: datetime | None
    jwk: dict[str, str]
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuerEntry:
    """A cluster's own issuer, its newest key first."""

    url: str
    keys: list[KeyEntry]


@dataclass(frozen=True, slots=True)
class TrustedEntry:
    """An issuer that is trusted: its keys as they are known, and where they are fetched, if so."""

    url: str
    jwks_url: str | None
    jwks: dict[str, Any]


def read_issuer(issuer: Issuer) -> IssuerEntry:
    """Return an issuer with all its keys."""
    return IssuerEntry(
        issuer.url,
        [
            KeyEntry(
                held.key.kid,
                held.key.created_at,
                held.needed_until,
                held.key.jwk,
                write_private_key(held.key.private_key),
            )
            for held in issuer.held_keys()
        ],
    )


def held_keys(entry: IssuerEntry, title: str) -> list[HeldKey]:
    """Return an issuer's keys, ready to use.

    :raises ValueError: for keys that cannot be used, or do not go together
    """
    kids = {key.kid for key in entry.keys}
    if len(kids) != len(entry.keys) or "" in kids:
        raise ValueError(f"{title} has two keys with one id, or a key without")
    return [HeldKey(_signing_key(key, title), key.needed_until) for key in entry.keys]


def _signing_key(entry: KeyEntry, title: str) -> SigningKey:
    try:
        private_key = read_private_key(entry.private_key)
    except ValueError as unusable:
        raise ValueError(f"{title} has a private key that {unusable}") from None
    key = SigningKey.of(private_key, entry.kid, entry.created_at)
    if key.jwk != entry.jwk:
        raise ValueError(f"{title} has a private key that is not that of its public key")
    return key


def read_trusted(key_sets: Iterable[KeySet]) -> list[TrustedEntry]:
    """Return the issuers among sets of keys that are trusted ones."""
    return [
        TrustedEntry(trusted.url, trusted.jwks_url, trusted.jwks())
        for trusted in key_sets
        if isinstance(trusted, TrustedIssuer)
    ]


def trusted_issuer(entry: TrustedEntry, title: str) -> TrustedIssuer:
    """:raises ValueError: for keys that are none, or a URL that is not http or https"""
    url = entry.jwks_url
    try:
        if url is None:
            return TrustedIssuer(entry.url, jwks=entry.jwks)
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("their URL is not http or https")
        # Those that were never fetched are none.
        fetched = entry.jwks if entry.jwks.get("keys") != [] else None
        return TrustedIssuer(
            entry.url, fetch=lambda: fetch_jwks(url), jwks_url=url, fetched=fetched
        )
    except ValueError as unusable:
        raise ValueError(f"{title} trusts an issuer without usable keys: {unusable}") from None

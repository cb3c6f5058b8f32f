"""What Pod Identity knows of one cluster."""

from __future__ import annotations

from collections.abc import Mapping

from ..identity import associations
from ..identity.association_table import AssociationTable
from ..identity.issuer import Issuer, KeySet, TrustedIssuer
from .addon_table import AddonTable


class ClusterIdentity:
    """What Pod Identity keeps about one cluster, for exactly as long as the cluster lives."""

    def __init__(self, issuer: Issuer, *, kubernetes_version: str) -> None:
        """:param kubernetes_version: what was asked for; empty for moto's own default"""
        self.issuer = issuer
        self.associations = AssociationTable()
        self.addons = AddonTable()
        self.kubernetes_version = kubernetes_version
        self.too_old = associations.too_old(kubernetes_version)
        #: Issuers whose tokens count as this cluster's, by URL: its own, and real clusters' ones.
        self.key_sets: Mapping[str, KeySet] = {issuer.url: issuer}

    def trust(self, issuer: TrustedIssuer) -> None:
        """Let the tokens of a real cluster's issuer count as this cluster's."""
        # A new mapping: others may be walking over this one.
        self.key_sets = {**self.key_sets, issuer.url: issuer}

"""The paths of EKS: moto's, those of associations and add-ons, and the issuers' documents."""

from __future__ import annotations

import moto.eks.urls as upstream

from ..hosts import EKS_URL_BASE
from ..oidc.documents import discovery, jwks
from .responses import PodIdentityEKSResponse

url_bases = [EKS_URL_BASE, *upstream.url_bases]

_dispatch = PodIdentityEKSResponse.dispatch

# Flask does not know an optional slash: each way has a line of its own.
# The issuer's id has 32 hexadecimal digits; braces are doubled because moto formats these strings.
url_paths = {
    "{0}/clusters/(?P<name>[^/]+)/pod-identity-associations$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/pod-identity-associations/$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/pod-identity-associations/(?P<associationId>[^/]+)$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/addons$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/addons/$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/addons/(?P<addonName>[^/]+)$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/addons/(?P<addonName>[^/]+)/update$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/updates$": _dispatch,
    "{0}/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$": _dispatch,
    "{0}/addons/supported-versions$": _dispatch,
    "{0}/addons/configuration-schemas$": _dispatch,
    **dict.fromkeys(upstream.url_paths, _dispatch),
    "{0}/id/(?P<issuer_id>[0-9A-F]{{32}})/keys$": jwks,
    "{0}/id/(?P<issuer_id>[0-9A-F]{{32}})/.well-known/openid-configuration$": discovery,
}

"""The path of EKS Auth, at every host that botocore resolves for it."""

from __future__ import annotations

from ..hosts import EKS_AUTH_URL_BASE
from .responses import EKSAuthResponse

url_bases = [EKS_AUTH_URL_BASE]

url_paths = {
    "{0}/clusters/(?P<clusterName>[^/]+)/assume-role-for-pod-identity$": EKSAuthResponse.dispatch,
    # Without it, moto would send every other path in-process to the network.
    "{0}/.*$": EKSAuthResponse.dispatch,
}

"""The host names at which EKS, its OIDC issuers and EKS Auth are reached, in every partition.

The suffixes are botocore's (a test resolves every partition, FIPS and dual-stack combination and
looks each host up here). moto's own region pattern knows only ``amazonaws.com``, so the region is
read with these patterns too.
"""

from __future__ import annotations

import re

#: The DNS suffix of each partition's plain endpoints, issuers included.
DNS_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}

#: The suffixes of dual-stack endpoints: the only ones that EKS Auth has.
DUAL_STACK_SUFFIXES = (
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "api.aws.hci.ic.gov",
)

# Longest first, so that `api.aws` does not stop short of `api.aws.ic.gov`.
_SUFFIX = "|".join(
    re.escape(suffix)
    for suffix in sorted({*DNS_SUFFIXES.values(), *DUAL_STACK_SUFFIXES}, key=len, reverse=True)
)
# Not any word: a bucket may be named like one of these hosts, as in `eks-auth.s3.amazonaws.com`.
_REGION = r"(?P<region>[a-z]+(?:-[a-z]+)+-[0-9]+)"

#: `eks-auth.us-west-2.amazonaws.com` exists only inside moto, whose server rebuilds that name from
#: the signature.
EKS_AUTH_URL_BASE = rf"https?://eks-auth(?:-fips)?\.{_REGION}\.(?:{_SUFFIX})"
EKS_URL_BASE = rf"https?://(?:(?:fips\.|oidc\.)?eks|eks-fips|oidc-eks)\.{_REGION}\.(?:{_SUFFIX})"

EKS_AUTH_URL = re.compile(EKS_AUTH_URL_BASE)
EKS_URL = re.compile(EKS_URL_BASE)

#: What EKS gives a cluster as its issuer.
ISSUER_URL = re.compile(rf"https://oidc\.eks\.{_REGION}\.(?:{_SUFFIX})/id/[0-9A-F]{{32}}")

#: Path of an issuer's documents, below any host: `/id/ID/keys` and the discovery document.
ISSUER_DOCUMENT_PATH = re.compile(
    r"/id/(?P<issuer_id>[0-9A-F]{32})/(?:keys|\.well-known/openid-configuration)$"
)


#: Paths that no other service has, so that they route even a request without a usable signature.
_OWN_PATHS = (
    (re.compile(r"/clusters/[^/]+/assume-role-for-pod-identity$"), "eks-auth"),
    (re.compile(r"/clusters/[^/]+/pod-identity-associations(/[^/]*)?$"), "eks"),
)


def host_of_path(path: str) -> str | None:
    """Return the host of the service that alone has a path; None for every other path."""
    for pattern, service in _OWN_PATHS:
        if pattern.match(path):
            return f"{service}.us-east-1.amazonaws.com"
    return None


def region_in(url: str) -> str | None:
    """Return the region named by an EKS, issuer or EKS Auth URL; None for any other URL."""
    match = EKS_URL.match(url) or EKS_AUTH_URL.match(url)
    return match["region"] if match else None

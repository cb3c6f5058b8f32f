"""From a CloudTrail record back to the pod (pure).

Needs nothing but the standard library, and works on any CloudTrail logs::

    from moto_eks_podid.origins import Index, records

    index = Index(records("AWSLogs/"))
    print(index.trace("ASIAEXAMPLEKEYID0001"))
"""

from __future__ import annotations

from .index import Index
from .origin import IRSA, POD_IDENTITY, PodOrigin, TracedSession
from .sources import MalformedInput, records

__all__ = [
    "IRSA",
    "POD_IDENTITY",
    "Index",
    "MalformedInput",
    "PodOrigin",
    "TracedSession",
    "records",
]

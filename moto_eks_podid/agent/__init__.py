"""The node agent: ``/v1/credentials``, where AWS SDKs in a pod ask for credentials.

``go_json`` and ``go_jwt`` read tokens as the real agent does, which is a Go program; ``checks``
and ``signatures`` refuse them. ``retriever`` leads from there to ``cache`` and ``upstream``;
``node`` is who asks EKS Auth. ``application`` and ``server`` put HTTP around it, ``running`` starts
and stops.
"""

from __future__ import annotations

from .running import VERSIONS, PodIdentityAgent

__all__ = ["VERSIONS", "PodIdentityAgent"]

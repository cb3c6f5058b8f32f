"""The service ``cloudtrail``: moto's trails, plus a record of every call."""

from __future__ import annotations

# See the comment in `moto_eks_podid/eks/__init__.py`.
import moto.cloudtrail.models  # noqa: F401

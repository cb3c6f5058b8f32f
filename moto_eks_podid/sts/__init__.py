"""The service ``sts``: moto's, plus a recorder of role sessions with their tags."""

from __future__ import annotations

# See the comment in `moto_eks_podid/eks/__init__.py`.
import moto.sts.models  # noqa: F401

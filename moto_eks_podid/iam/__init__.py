"""The service ``iam``: moto's, at home in every partition; its roles as others read them."""

from __future__ import annotations

# See the comment in `moto_eks_podid/eks/__init__.py`.
import moto.iam.models  # noqa: F401

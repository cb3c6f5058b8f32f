"""The service ``iam``: moto's, at home in every partition, and its roles as the other services read them."""

# See the comment in `moto_eks_podid/eks/__init__.py`.
import moto.iam.models  # noqa: F401

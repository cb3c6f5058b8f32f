"""The paths of IAM: moto's."""

from __future__ import annotations

from moto.iam.urls import url_bases as url_bases

from .responses import PartitionedIamResponse

url_paths = {"{0}/$": PartitionedIamResponse.dispatch}

"""The paths of CloudFormation: moto's."""

from __future__ import annotations

from moto.cloudformation.urls import url_bases as url_bases
from moto.cloudformation.urls import url_paths as url_paths

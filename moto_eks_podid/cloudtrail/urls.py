"""The path of CloudTrail: moto's."""

from __future__ import annotations

from moto.cloudtrail.urls import url_bases as url_bases

from .responses import EventHistoryCloudTrailResponse

url_paths = {"{0}/$": EventHistoryCloudTrailResponse.dispatch}

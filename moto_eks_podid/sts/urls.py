"""The paths of STS: moto's."""

from __future__ import annotations

from moto.sts.urls import url_bases as url_bases

from .responses import SessionRecorderSTSResponse

url_paths = {"{0}/$": SessionRecorderSTSResponse.dispatch}

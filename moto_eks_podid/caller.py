"""Who calls: the account and the session come from the access key, whatever else says otherwise."""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException

_XML_REQUEST_ID = re.compile(r"(?<=<RequestId>)[^<]*(?=</RequestId>)")


def account_of(access_key_id: str) -> str | None:
    """Return the account that owns an access key; None for a key that moto did not give out."""
    for account_id, backends in list(iam_backends.items()):
        for backend in list(backends.values()):
            if access_key_id in backend.access_keys:
                return account_id
    return None


class CallerResponse(BaseResponse):
    """A response class that knows its caller: for the services that are ours."""

    def get_current_account(self) -> str:
        # `MOTO_ACCOUNT_ID` and `x-moto-account-id` only choose the account of keys that nobody
        # owns.
        return account_of(self.get_access_key()) or super().get_current_account()

    def decompress_request_body(self, request: Request) -> None:
        # What is not gzip, whatever its header says, is read as it stands: it is then refused as
        # the text that it is not. moto's own version fails on it.
        if request.content_encoding != "gzip":
            return
        body = request.get_data(cache=False)
        with suppress(OSError, EOFError, zlib.error):
            body = gzip.decompress(body)
        request.stream = BytesIO(body)

    def _dispatch(
        self, request: Request, full_url: str | None = None, headers: Any = None
    ) -> TYPE_RESPONSE:
        # moto answers an error that an operation raises; these are raised before there is one.
        try:
            return super()._dispatch(request, full_url, headers)
        except ServiceException as error:
            status, error_headers, body = self.serialized(ActionResult(error))
        except HTTPException as error:
            status, body = error.code or 500, error.description or ""
            # A broken form fails in the middle of moto's set-up, before there are any.
            common = getattr(self, "response_headers", {})
            error_headers = {**common, **dict(error.get_headers())}
        return status, *self._enrich_response(error_headers, body)

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        # moto's request ids are 52 letters; these services answer UUIDs.
        if "status" in headers:
            headers["status"] = str(headers["status"])
        request_id = str(mock_random.uuid4())
        headers["x-amzn-RequestId"] = request_id
        if isinstance(body, str) and body.startswith("<"):
            body = _XML_REQUEST_ID.sub(request_id, body, count=1)
        return headers, body

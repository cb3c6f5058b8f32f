"""Who calls: the account and the session come from the access key, whatever else says otherwise."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from .iam.access_keys import account_of
from .signatures import key_in_header, key_in_query, region_in_query

#: The most bytes that a compressed body may become; honest ones are a thousandth of it.
MAX_DECOMPRESSED_BODY = 16 * 2**20

_XML_REQUEST_ID = re.compile(r"(?<=<RequestId>)[^<]*(?=</RequestId>)")
#: Fields of a form that a browser posts to S3, signed with version 4 or 2.
_KEY_FIELDS = ("x-amz-credential", "X-Amz-Credential", "AWSAccessKeyId")


def access_key_of(response: BaseResponse) -> str | None:
    """Return the access key that signed a request, wherever in it; None for an unsigned one.

    The header counts first, then a presigned URL's query, then the fields of a form.

    :param response: moto's response object of the request, of any service, once it is set up
    """
    authorization = response.headers.get("Authorization")
    if authorization and (key := key_in_header(authorization)):
        return key
    query = response.parsed_url.query
    if query and (key := key_in_query(query)):
        return key
    for field in _KEY_FIELDS:
        # moto fills the same dictionary with a form's lists, or a request's headers.
        values = response.querystring.get(field)
        if isinstance(values, list) and values:
            return str(values[0]).partition("/")[0]
    return None


@dataclass(frozen=True, slots=True)
class CallingService:
    """An AWS service that makes a call for somebody, in an account that it chooses.

    ``principal`` is its name as a principal, such as ``cloudformation.amazonaws.com``.
    """

    principal: str
    account_id: str


class CallerResponse(BaseResponse):
    """A response class that knows its caller: for the services that are ours."""

    #: None for a call over a transport.
    calling_service: CallingService | None = None

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        if self.calling_service is None:
            super()._authenticate_and_authorize_normal_action(resource)
        elif "Authorization" in self.headers:
            # moto's own judging, behind ours, begins with a signature, which these calls have not.
            from .iam.gate import check

            check(self)

    def get_access_key(self) -> str:
        return access_key_of(self) or super().get_access_key()

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        if "?" in full_url and "Authorization" not in request.headers:
            region = region_in_query(full_url.partition("?")[2])
            if region is not None:
                return region
        return super().get_region_from_url(request, full_url)

    def get_current_account(self) -> str:
        if self.calling_service is not None:
            return self.calling_service.account_id
        # `MOTO_ACCOUNT_ID` and `x-moto-account-id` only choose the account of keys that nobody
        # owns.
        return account_of(self.get_access_key()) or super().get_current_account()

    def decompress_request_body(self, request: Request) -> None:
        # What is not gzip, whatever its header says, is read as it stands: it is then refused as
        # the text that it is not. moto's own version fails on it, and has no bound.
        if request.content_encoding != "gzip":
            return
        body = request.get_data(cache=False)
        try:
            with gzip.GzipFile(fileobj=BytesIO(body)) as compressed:
                text = compressed.read(MAX_DECOMPRESSED_BODY + 1)
        except (OSError, EOFError, zlib.error):
            text = body
        if len(text) > MAX_DECOMPRESSED_BODY:
            raise RequestEntityTooLarge(
                f"The request body is longer than {MAX_DECOMPRESSED_BODY} bytes."
            )
        request.stream = BytesIO(text)

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

"""STS as its wire has it: a form in, XML out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from aws_under_test import REGION, Aws, Response

NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post(aws: Aws, body: bytes | str, caller: str | None = None) -> Response:
    """Send a form; `caller` is the access key that signs."""
    headers = dict(FORM)
    if caller is not None:
        scope = f"{caller}/20260101/{REGION}/sts/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"
    return aws.http("sts", "POST", "/", body, headers=headers)


def query(aws: Aws, action: str, caller: str | None = None, **members: Any) -> Response:
    """Call an operation, with whatever members."""
    form = {"Action": action, "Version": "2011-06-15", **members}
    return post(aws, urlencode(form), caller)


def text_of(answer: Response, name: str) -> str | None:
    """The text of the first element of that name."""
    found = ElementTree.fromstring(answer.text).find(f".//{NAMESPACE}{name}")
    return None if found is None else found.text


def error_of(answer: Response) -> tuple[str | None, int, str | None]:
    """Code, HTTP status and message."""
    return text_of(answer, "Code"), answer.status, text_of(answer, "Message")

"""Uploads by a browser's form: the only calls whose signature is in the body.

Follows "Browser-based uploads using POST" (S3 API Reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from .bucket_urls import bucket_in

MULTIPART = "multipart/form-data"
#: Fields with the credential, of signatures of version 4 and 2.
_CREDENTIALS = ("x-amz-credential", "awsaccesskeyid")
#: KEY/DATE/REGION/SERVICE/aws4_request.
_PARTS_OF_SCOPE = 5
_FILE_NAME = "${filename}"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload. ``region`` is empty where the signature has none."""

    access_key_id: str
    region: str
    bucket: str
    key: str


def upload_in(url: str, content_type: str, body: Any) -> Upload | None:
    """Return the signed upload that a form is; None for any other form.

    :param body: its bytes, or its fields where somebody else has read them
    """
    fields = _fields(content_type, body) if isinstance(body, bytes) else body
    if not isinstance(fields, Mapping):
        return None
    fields = {name.lower(): value for name, value in fields.items()}
    credential = next((fields[name] for name in _CREDENTIALS if fields.get(name)), "")
    if not credential or "key" not in fields:
        return None
    scope = credential.split("/")
    return Upload(
        scope[0],
        scope[2] if len(scope) == _PARTS_OF_SCOPE else "",
        bucket_in(url),
        fields["key"].replace(_FILE_NAME, fields.get(_FILE_NAME, "")),
    )


def fields_of(form: Mapping[str, str], files: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form that was read; the file's name stands under ``${filename}``."""
    file = files.get("file")
    name = (getattr(file, "filename", None) or "").replace("\\", "/").rpartition("/")[2]
    return {**form, _FILE_NAME: name}


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    media_type, options = parse_options_header(content_type)
    _, form, files = FormDataParser().parse(BytesIO(body), media_type, len(body), options)
    return fields_of(form, files)

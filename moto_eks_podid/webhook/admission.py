"""AdmissionReview: what the API server asks the webhook, and how the webhook answers.

Follows "Dynamic Admission Control" (Kubernetes documentation) and the open-source webhook.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from .mutation import Operation, Pod
from .schema import Keep, MalformedValue, Member, Struct, Text

KIND = "AdmissionReview"
VERSIONS = ("admission.k8s.io/v1", "admission.k8s.io/v1beta1")

#: The answer to a body that is no AdmissionReview.
BAD_CONTENT = "bad content"
#: The answer to a review that has no object: what Go says to JSON that is not there.
NO_OBJECT = "unexpected end of JSON input"

_REQUEST = Struct((Member("uid", Text(), Keep.ALWAYS), Member("namespace", Text(), Keep.ALWAYS)))

#: Returns the patch for a pod in its namespace, None for no mutation.
Decide = Callable[[Pod], "list[Operation] | None"]


@dataclass(frozen=True, slots=True)
class Review:
    """A question of the API server; ``pod`` is whatever it sent as the object."""

    api_version: str
    uid: str
    namespace: str
    pod: Any


class BadContent(ValueError):
    """A body that is no AdmissionReview."""


def answer(body: bytes, decide: Decide) -> bytes:
    """Return the answer to a body, an AdmissionReview as well; refusals are answers, too.

    :param decide: may raise what it wants; nothing is answered then
    """
    try:
        review = read_review(body)
    except BadContent:
        return to_json({"response": _refused("", BAD_CONTENT)})
    head = {"kind": KIND, "apiVersion": review.api_version}
    if review.pod is None:
        return to_json({**head, "response": _refused(review.uid, NO_OBJECT)})
    try:
        pod = Pod.read(review.pod, namespace=review.namespace)
    except MalformedValue as error:
        return to_json({**head, "response": _refused(review.uid, str(error))})
    response: dict[str, Any] = {"uid": review.uid, "allowed": True}
    patch = decide(pod)
    if patch is not None:
        response["patch"] = base64.b64encode(to_json(patch)).decode()
        response["patchType"] = "JSONPatch"
    return to_json({**head, "response": response})


def read_review(body: bytes) -> Review:
    """Read the body of a request.

    :raises BadContent: for anything but an AdmissionReview with a request
    """
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        if (
            not isinstance(value, dict)
            or value.get("kind") != KIND
            or value.get("apiVersion") not in VERSIONS
            or value.get("request") is None
        ):
            raise BadContent
        request = _REQUEST.canonical(value["request"], "request")
    # Text that is not UTF-8 is a ValueError, and so is a member of a wrong type.
    except (ValueError, RecursionError):
        raise BadContent from None
    return Review(
        api_version=value["apiVersion"],
        uid=request["uid"],
        namespace=request["namespace"],
        pod=request.get("object"),
    )


def to_json(value: Any) -> bytes:
    """Write JSON as Go does: compact, UTF-8, and safe to put into HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Outside strings, JSON has none of these.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Go has no lone surrogates: it reads them as this.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _refused(uid: str, message: str) -> dict[str, Any]:
    return {"uid": uid, "allowed": False, "status": {"metadata": {}, "message": message}}


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")

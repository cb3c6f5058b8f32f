"""AdmissionReview: what the webhook answers to whatever is sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.webhook.admission import answer, to_json
from moto_eks_podid.webhook.mutation import Pod

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
POD = {"metadata": {"namespace": "lies"}, "spec": {"serviceAccountName": "cart"}}
PATCH = [{"op": "add", "path": "/metadata/labels", "value": {"a": "<&>\u2028é"}}]

Json = dict[str, Any]


def review(version: str = "v1", **request: Any) -> Json:
    return {
        "kind": "AdmissionReview",
        "apiVersion": f"admission.k8s.io/{version}",
        "request": {"uid": UID, "namespace": "shop", "object": POD, **request},
    }


def decide(pod: Pod) -> list[Json] | None:
    return PATCH if (pod.namespace, pod.service_account) == ("shop", "cart") else None


def ask(body: Any) -> Any:
    return json.loads(answer(body if isinstance(body, bytes) else to_json(body), decide))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_answer_is_of_another_form(version: str) -> None:
    """The answer has the review's version and uid, and the patch as Go writes it, in base64."""
    text = answer(to_json(review(version)), decide)
    expected = r'[{"op":"add","path":"/metadata/labels","value":{"a":"\u003c\u0026\u003e\u2028é"}}]'
    patch = base64.b64encode(expected.encode()).decode()
    assert text.decode() == (
        f'{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/{version}",'
        f'"response":{{"uid":"{UID}","allowed":true,"patch":"{patch}","patchType":"JSONPatch"}}}}'
    )


def test_pod_that_is_left_alone_gets_a_patch() -> None:
    """Without an association or a role the pod is allowed, and that is all."""
    assert ask(review(namespace="till"))["response"] == {"uid": UID, "allowed": True}


def test_pod_without_service_account_is_defaults() -> None:
    """The API server fills in the service account: the webhook itself knows no default."""
    seen = []
    answer(to_json(review(object={"spec": {}})), lambda pod: seen.append(pod))
    assert [(pod.namespace, pod.service_account) for pod in seen] == [("shop", "")]


NO_REVIEWS: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"kind": "\xff"}',
    "JSON that is no object": b"[]",
    "a number too large": to_json(review()).replace(b'"cart"', b"1e999"),
    "a number that is none": to_json(review()).replace(b'"cart"', b"NaN"),
    "nested too deeply": b"[" * 100_000,
    "another kind": {**review(), "kind": "Pod"},
    "another version": review("v2"),
    "a version that is no text": {**review(), "apiVersion": []},
    "no version": {"kind": "AdmissionReview", "request": review()["request"]},
    "no request": {**review(), "request": None},
    "a request that is no object": {**review(), "request": [1]},
    "a uid that is no text": review(uid=5),
    "a namespace that is no text": review(namespace={}),
}


@pytest.mark.parametrize("body", NO_REVIEWS.values(), ids=NO_REVIEWS)
def test_garbage_is_not_called_bad_content(body: Any) -> None:
    """What is no review is refused in a response of its own."""
    status = {"metadata": {}, "message": "bad content"}
    assert ask(body) == {"response": {"uid": "", "allowed": False, "status": status}}


MALFORMED_PODS = {
    "none": (None, "unexpected end of JSON input"),
    "list": ([], "it is a list, not an object"),
    "containers": ({"spec": {"containers": "a"}}, "spec.containers is a string, not a list"),
}


@pytest.mark.parametrize(("pod", "message"), MALFORMED_PODS.values(), ids=MALFORMED_PODS)
def test_malformed_pod_is_allowed(pod: Any, message: str) -> None:
    """A pod that cannot be read is refused, with the reason in the status."""
    answered = ask(review(object=pod))
    assert answered == {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "response": {
            "uid": UID,
            "allowed": False,
            "status": {"metadata": {}, "message": message},
        },
    }


@given(body=st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_body_raises(body: bytes) -> None:
    """Whatever is sent gets an answer."""
    assert ask(body)["response"]["allowed"] is False


@given(text=st.text(alphabet=st.characters(exclude_categories=[])))
def test_text_is_written_as_no_utf8(text: str) -> None:
    """Any text that JSON can hold is written, with Go's replacement for half a character."""
    written = to_json({"text": text})
    assert not set(b"<>&") & set(written)
    kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert json.loads(written) == {"text": kept}

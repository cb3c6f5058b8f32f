"""A server whose history is full: run as a program, it prints its URL and ends with its input."""

from __future__ import annotations

import sys
from copy import copy
from uuid import UUID

from aws_under_test import Aws

from moto_eks_podid.cloudtrail.calls import CapturedCall
from moto_eks_podid.cloudtrail.history import History, history
from moto_eks_podid.events.catalogue import Classified
from moto_eks_podid.server import in_thread

EVENTS = 100_000
PODS = 10


class Again(CapturedCall):
    """A call that was captured and classified before."""

    __slots__ = ("classified",)

    classified: Classified

    def classify(self) -> Classified:
        return self.classified


def fill(aws: Aws) -> None:
    """Let each of a few pods make a call, over and over, until the history is full."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    for number in range(PODS):
        pod = aws.assume(aws.token(pod_name=f"cart-{number}"))["credentials"]
        aws.client_with(pod, "sts").get_caller_identity()
    recorded = history()
    events, _ = recorded.appended(0)
    calls = [
        _again(event.entry, event.classified)
        for event in events
        if event.event_name == "GetCallerIdentity" and isinstance(event.entry, CapturedCall)
    ]
    # Whatever had to be called before makes room.
    for number in range(EVENTS):
        _append(recorded, calls[number % PODS], number)


def _again(call: CapturedCall, classified: Classified) -> Again:
    made = Again.__new__(Again)
    for name in CapturedCall.__slots__:
        setattr(made, name, getattr(call, name))
    made.classified = classified
    return made


def _append(recorded: History, call: Again, number: int) -> None:
    call = copy(call)
    call.request_id = str(UUID(int=number, version=4))
    if number % 1000 == 0:
        call.status, call.answer = 403, b"<Error><Code>AccessDenied</Code></Error>"
    recorded.append(call)


def main() -> None:
    with in_thread() as url:
        fill(Aws(url))
        assert len(history()) == EVENTS
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

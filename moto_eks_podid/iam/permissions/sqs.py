"""Permissions of Amazon SQS ("Actions, resources, and condition keys for Amazon SQS")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .call import Call
from .keys import request_tags, resource_tags
from .rows import (
    ANYTHING,
    Resource,
    anything,
    by_name,
    given,
    on,
    owner,
    parts_of,
    service,
    shown_as,
)
from .state import peek

if TYPE_CHECKING:
    from moto.sqs.models import SQSBackend


def queue_at(arn: str) -> Resource:
    """Return a queue, with its tags and its policy."""
    _, _, _, region, account, name = parts_of(arn)
    backend: SQSBackend | None = peek("moto.sqs.models", "sqs_backends", account, region)
    queue = backend.queues.get(name) if backend is not None else None
    if queue is None:
        return Resource(arn, account=owner(account))
    policy = queue.policy
    policies = (policy,) if policy else ()
    return Resource(arn, resource_tags(queue.tags), owner(account), None, policies)


def _at_url(call: Call) -> tuple[Resource, ...]:
    before, _, name = (call.text("QueueUrl") or "").rpartition("/")
    if not name:
        return ANYTHING
    account = owner(before.rpartition("/")[2]) or call.account_id
    return (queue_at(f"arn:{call.partition}:sqs:{call.region}:{account}:{name}"),)


def _of_owner(call: Call) -> tuple[Resource, ...]:
    name = call.text("QueueName")
    if name is None:
        return ANYTHING
    account = call.text("QueueOwnerAWSAccountId") or call.account_id
    return (queue_at(f"arn:{call.partition}:sqs:{call.region}:{account}:{name}"),)


_NEW = by_name("sqs", "", "QueueName")
_SOURCE = by_name("sqs", "", "SourceArn", look=queue_at)
_DESTINATION = by_name("sqs", "", "DestinationArn", look=queue_at)

SQS = service(
    "sqs",
    on(
        _at_url,
        "AddPermission ChangeMessageVisibility ChangeMessageVisibilityBatch=ChangeMessageVisibility"
        " DeleteMessage DeleteMessageBatch=DeleteMessage DeleteQueue GetQueueAttributes"
        " ListDeadLetterSourceQueues ListQueueTags PurgeQueue ReceiveMessage RemovePermission"
        " SendMessage SendMessageBatch=SendMessage SetQueueAttributes TagQueue UntagQueue",
    ),
    on(_of_owner, "GetQueueUrl"),
    on(_NEW, "CreateQueue"),
    on(given("tags", _NEW), "CreateQueue=TagQueue"),
    on(
        _SOURCE,
        "ListMessageMoveTasks StartMessageMoveTask StartMessageMoveTask=ReceiveMessage"
        " StartMessageMoveTask=DeleteMessage StartMessageMoveTask=GetQueueAttributes",
    ),
    on(given("DestinationArn", _DESTINATION), "StartMessageMoveTask=SendMessage"),
    # Its only parameter is a handle that names no queue.
    on(anything, "CancelMessageMoveTask"),
    # Observed in real responses.
    on(shown_as("arn:{partition}:sqs:{region}:{account}:"), "ListQueues"),
    keys=(request_tags,),
)

"""Permissions of Amazon SNS ("Actions, resources, and condition keys for Amazon SNS")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .call import ANY, Call
from .keys import given_keys, request_tags, resource_tags
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
    from moto.sns.models import SNSBackend


def topic_at(arn: str) -> Resource:
    """Return a topic, with its tags and its policy."""
    _, _, _, region, account, _ = parts_of(arn)
    backend: SNSBackend | None = peek("moto.sns.models", "sns_backends", account, region)
    topic = backend.topics.get(arn) if backend is not None else None
    if topic is None:
        return Resource(arn, account=owner(account))
    return Resource(arn, resource_tags(topic._tags), owner(account), None, (topic.policy,))


def _published_to(call: Call) -> tuple[Resource, ...]:
    """Find a topic, or the endpoint of a device.

    A message to a telephone is on no resource, but refusals name the number: observed in real
    responses.
    """
    arn = call.text("TopicArn") or call.text("TargetArn")
    return (topic_at(arn),) if arn else (Resource(ANY, shown=call.text("PhoneNumber")),)


def _subscribed_to(call: Call) -> tuple[Resource, ...]:
    arn = call.text("SubscriptionArn")
    # The ARN of a subscription is its topic's, and an id.
    return (topic_at(arn.rpartition(":")[0]),) if arn and arn.count(":") > 5 else ANYTHING


_TOPIC = by_name("sns", "", "TopicArn", "ResourceArn", look=topic_at)
_NEW = by_name("sns", "", "Name")

SNS = service(
    "sns",
    on(
        _TOPIC,
        "AddPermission ConfirmSubscription DeleteTopic GetDataProtectionPolicy GetTopicAttributes"
        " ListSubscriptionsByTopic ListTagsForResource PutDataProtectionPolicy RemovePermission"
        " SetTopicAttributes TagResource UntagResource",
    ),
    on(_TOPIC, "Subscribe", given_keys({"Endpoint": "sns:Endpoint", "Protocol": "sns:Protocol"})),
    on(_published_to, "Publish PublishBatch=Publish"),
    on(_subscribed_to, "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"),
    on(_NEW, "CreateTopic"),
    on(given("Tags", _NEW), "CreateTopic=TagResource"),
    # Observed in real responses.
    on(shown_as("arn:{partition}:sns:{region}:{account}:*"), "ListSubscriptions ListTopics"),
    on(
        anything,
        "CheckIfPhoneNumberIsOptedOut CreatePlatformApplication CreatePlatformEndpoint"
        " CreateSMSSandboxPhoneNumber DeleteEndpoint DeletePlatformApplication"
        " DeleteSMSSandboxPhoneNumber GetEndpointAttributes GetPlatformApplicationAttributes"
        " GetSMSAttributes GetSMSSandboxAccountStatus ListEndpointsByPlatformApplication"
        " ListOriginationNumbers ListPhoneNumbersOptedOut ListPlatformApplications"
        " ListSMSSandboxPhoneNumbers OptInPhoneNumber SetEndpointAttributes"
        " SetPlatformApplicationAttributes SetSMSAttributes VerifySMSSandboxPhoneNumber",
    ),
    keys=(request_tags,),
)

"""The errors of LookupEvents and of trails, with AWS's codes and HTTP statuses.

AWS's texts for them are not published; those in `OUR_CHOICE` are ours.
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError


class CloudTrailError(JsonRESTError):
    """An error of CloudTrail, answered as AWS's JSON protocol has it."""

    TYPE: str

    def __init__(self, message: str) -> None:
        super().__init__(self.TYPE, message)
        self.content_type = "application/x-amz-json-1.1"


class InvalidLookupAttributesException(CloudTrailError):
    """The attribute to look up is none, or there is more than one."""

    TYPE = "InvalidLookupAttributesException"


class InvalidTimeRangeException(CloudTrailError):
    """The time range ends before it starts, or a time is none."""

    TYPE = "InvalidTimeRangeException"


class InvalidMaxResultsException(CloudTrailError):
    """The page size is not one of 1 to 50."""

    TYPE = "InvalidMaxResultsException"


class InvalidNextTokenException(CloudTrailError):
    """The page token is not one of this lookup."""

    TYPE = "InvalidNextTokenException"


class InvalidEventCategoryException(CloudTrailError):
    """The category of events is none."""

    TYPE = "InvalidEventCategoryException"


class UnsupportedOperationException(CloudTrailError):
    """The operation is not supported here."""

    TYPE = "UnsupportedOperationException"


class SerializationException(CloudTrailError):
    """The request cannot be read."""

    TYPE = "SerializationException"


class InvalidEventSelectorsException(CloudTrailError):
    """The event selectors are none that a trail can have."""

    TYPE = "InvalidEventSelectorsException"


class TrailAlreadyExistsException(CloudTrailError):
    """There is a trail of that name in the account and region."""

    TYPE = "TrailAlreadyExistsException"


class CloudTrailARNInvalidException(CloudTrailError):
    """The resource is none that a trail's ARN can name."""

    TYPE = "CloudTrailARNInvalidException"


class InvalidCloudWatchLogsLogGroupArnException(CloudTrailError):
    """The ARN of the log group is none."""

    TYPE = "InvalidCloudWatchLogsLogGroupArnException"


class InvalidCloudWatchLogsRoleArnException(CloudTrailError):
    """The ARN of the role for the log group is none."""

    TYPE = "InvalidCloudWatchLogsRoleArnException"


class InvalidInsightSelectorsException(CloudTrailError):
    """The insight selectors are none that a trail can have."""

    TYPE = "InvalidInsightSelectorsException"


class InvalidKmsKeyIdException(CloudTrailError):
    """The id of the key is none."""

    TYPE = "InvalidKmsKeyIdException"


class InvalidS3BucketNameException(CloudTrailError):
    """The name of the bucket is none."""

    TYPE = "InvalidS3BucketNameException"


class InvalidS3PrefixException(CloudTrailError):
    """The prefix of the keys is none."""

    TYPE = "InvalidS3PrefixException"


class InvalidSnsTopicNameException(CloudTrailError):
    """The name of the topic is none."""

    TYPE = "InvalidSnsTopicNameException"


class InvalidTagParameterException(CloudTrailError):
    """The tags are none that a trail can have."""

    TYPE = "InvalidTagParameterException"


class InvalidTrailNameException(CloudTrailError):
    """The name of the trail is none."""

    TYPE = "InvalidTrailNameException"


#: Texts that no published response shows.
OUR_CHOICE = {
    "one attribute": "You can specify only one lookup attribute",
    "attribute": "A lookup attribute has an AttributeKey and an AttributeValue, which are strings",
    "attribute key": "The lookup attribute key is not valid; it should be one of {keys}",
    "attribute value": (
        "The lookup attribute value should be between 1 and 2000 characters long; underscores, "
        "spaces, commas and newlines count as two"
    ),
    "no time": "The parameter {parameter} is not a valid time",
    "time range": "The start time should not be after the end time",
    "max results": "The parameter MaxResults should be between 1 and 50",
    "next token": "The parameter NextToken is invalid, or was given for other parameters",
    "event category": "The parameter EventCategory should be insight",
    "one kind": "Specify either event selectors or advanced event selectors",
    "trail exists": "Trail {name} already exists for customer: {account_id}",
    "bad region": "Region {region} is not valid",
    "no json": "The request body is not valid JSON.",
    "no object": "The request body is not a JSON object.",
    "missing parameter": "The parameter {parameter} is required",
    "wrong type": "The parameter {parameter} has a value of the wrong type",
    "wrong length": "The parameter {parameter} is too long or too short",
    "no text": "The parameter {parameter} is not a text that can be encoded",
}


def chosen(word: str, **values: Any) -> str:
    """Return one of the texts that are our own choice, filled in."""
    return OUR_CHOICE[word].format(**values)

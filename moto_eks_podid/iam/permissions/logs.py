"""Permissions of Amazon CloudWatch Logs ("Actions, resources, and condition keys for Amazon
CloudWatch Logs").

A log group stands in permissions as the group of its streams, ``log-group:NAME:log-stream:``, but
where it is tagged: "Overview of managing access permissions" (CloudWatch Logs User Guide), and
observed in real responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from .call import Call
from .keys import request_tags, resource_tags
from .passing import passed
from .rows import ANYTHING, Resource, anything, by_name, given, on, owner, parts_of, plain, service
from .state import peek

if TYPE_CHECKING:
    from moto.logs.models import LogsBackend

_GROUP: Final = "log-group:"
_STREAM: Final = ":log-stream:"


def resource_at(arn: str) -> Resource:
    """Return a log group, one of its streams, or a destination, with the tags."""
    _, _, _, region, account, _ = parts_of(arn)
    backend: LogsBackend | None = peek("moto.logs.models", "logs_backends", account, region)
    if backend is None:
        return Resource(arn, account=owner(account))
    group, _, _ = arn.partition(_STREAM)
    return Resource(arn, resource_tags(backend.tagger.tags.get(group)), owner(account))


def _group_arn(call: Call, name: str) -> str:
    arn = name if name.startswith("arn:") else call.arn("logs", _GROUP + name)
    return arn.removesuffix(":*")


def _group(call: Call) -> tuple[Resource, ...]:
    for parameter in ("logGroupName", "logGroupIdentifier", "resourceIdentifier"):
        if name := call.text(parameter):
            return (resource_at(_group_arn(call, name) + _STREAM),)
    return _every_group(call)


def _every_group(call: Call) -> tuple[Resource, ...]:
    """Find what calls are on that list groups, or name none."""
    return (Resource(call.arn("logs", f"{_GROUP}{_STREAM}"), account=call.account_id),)


def _groups(call: Call) -> Iterable[Resource]:
    names = [
        *call.texts("logGroupNames"),
        *call.texts("logGroupIdentifiers"),
        *call.texts("logGroupArnList"),
    ]
    return [resource_at(_group_arn(call, name) + _STREAM) for name in names] or _group(call)


def _stream(call: Call) -> tuple[Resource, ...]:
    group = call.text("logGroupName") or call.text("logGroupIdentifier")
    stream = call.text("logStreamName")
    if group is None or stream is None:
        return ANYTHING
    return (resource_at(_group_arn(call, group) + _STREAM + stream),)


def _tagged_group(call: Call) -> tuple[Resource, ...]:
    name = call.text("logGroupName")
    return (resource_at(_group_arn(call, name)),) if name else ANYTHING


_DELIVERY = by_name("logs", "delivery:", "id")
_DELIVERY_DESTINATION = by_name("logs", "delivery-destination:", "name", "deliveryDestinationName")
_DELIVERY_SOURCE = by_name("logs", "delivery-source:", "name", "deliverySourceName")
_DESTINATION = by_name("logs", "destination:", "destinationName", look=resource_at)
_DETECTOR = by_name("logs", "anomaly-detector:", "anomalyDetectorArn")
_LOOKUP_TABLE = by_name("logs", "lookup-table:", "lookupTableArn", "lookupTableName")
_SCHEDULED = by_name("logs", "scheduled-query:", "identifier", "name")
_TAGGED = by_name("logs", _GROUP, "resourceArn", look=resource_at)


def _delivered_to(call: Call) -> tuple[Resource, ...]:
    arn = call.text("deliveryDestinationArn")
    return (plain(arn),) if arn else ANYTHING


def _new_delivery(call: Call) -> tuple[Resource, ...]:
    return (Resource(call.arn("logs", "delivery:*"), account=call.account_id),)


def _subscriber(call: Call) -> Iterable[Resource]:
    """Find a destination of CloudWatch Logs; subscribers of other services need nothing more."""
    arn = call.text("destinationArn")
    return (resource_at(arn),) if arn and ":logs:" in arn else ()


_ROLE = passed("logs.amazonaws.com", "roleArn")

LOGS = service(
    "logs",
    on(
        _group,
        "AssociateKmsKey CreateExportTask CreateLogGroup DeleteDataProtectionPolicy DeleteLogGroup"
        " DeleteMetricFilter DeleteRetentionPolicy DeleteSubscriptionFilter"
        " DeleteSyslogConfiguration DeleteTransformer DescribeLogStreams DescribeMetricFilters"
        " DescribeSubscriptionFilters DisassociateKmsKey FilterLogEvents GetDataProtectionPolicy"
        " GetLogGroupFields GetTransformer ListTagsLogGroup PutBearerTokenAuthentication"
        " PutDataProtectionPolicy PutLogGroupDeletionProtection PutMetricFilter PutRetentionPolicy"
        " PutSubscriptionFilter PutSyslogConfiguration PutTransformer TagLogGroup UntagLogGroup",
    ),
    on(_groups, "CreateLogAnomalyDetector StartLiveTail StartQuery"),
    on(_every_group, "DescribeLogGroups GetLogRecord GetQueryResults"),
    on(_stream, "CreateLogStream DeleteLogStream GetLogEvents PutLogEvents"),
    on(given("tags", _tagged_group), "CreateLogGroup=TagResource"),
    on(_subscriber, "PutSubscriptionFilter"),
    on(
        _ROLE,
        "PutDestination=iam:PassRole PutSubscriptionFilter=iam:PassRole"
        " PutDeliveryDestination=iam:PassRole",
    ),
    on(_DESTINATION, "DeleteDestination PutDestination PutDestinationPolicy"),
    on(given("tags", _DESTINATION), "PutDestination=TagResource"),
    on(_delivered_to, "CreateDelivery"),
    on(_new_delivery, "CreateDelivery"),
    on(given("deliverySourceName", _DELIVERY_SOURCE), "CreateDelivery"),
    on(_DELIVERY, "DeleteDelivery GetDelivery UpdateDeliveryConfiguration"),
    on(
        _DELIVERY_DESTINATION,
        "DeleteDeliveryDestination DeleteDeliveryDestinationPolicy GetDeliveryDestination"
        " GetDeliveryDestinationPolicy PutDeliveryDestination PutDeliveryDestinationPolicy",
    ),
    on(_DELIVERY_SOURCE, "DeleteDeliverySource GetDeliverySource PutDeliverySource"),
    on(
        _DETECTOR,
        "DeleteLogAnomalyDetector GetLogAnomalyDetector ListAnomalies UpdateAnomaly"
        " UpdateLogAnomalyDetector",
    ),
    on(_LOOKUP_TABLE, "CreateLookupTable DeleteLookupTable GetLookupTable UpdateLookupTable"),
    on(
        _SCHEDULED,
        "CreateScheduledQuery DeleteScheduledQuery GetScheduledQuery GetScheduledQueryHistory"
        " UpdateScheduledQuery",
    ),
    on(_TAGGED, "ListTagsForResource TagResource UntagResource"),
    on(
        anything,
        "AssociateSourceToS3TableIntegration CancelExportTask CancelImportTask CreateImportTask"
        " DeleteAccountPolicy DeleteIndexPolicy DeleteIntegration DeleteQueryDefinition"
        " DeleteResourcePolicy DescribeAccountPolicies DescribeConfigurationTemplates"
        " DescribeDeliveries DescribeDeliveryDestinations DescribeDeliverySources"
        " DescribeDestinations DescribeExportTasks DescribeFieldIndexes DescribeImportTaskBatches"
        " DescribeImportTasks DescribeIndexPolicies DescribeLookupTables DescribeQueries"
        " DescribeQueryDefinitions DescribeResourcePolicies"
        " DisassociateSourceFromS3TableIntegration"
        " GetIntegration GetLogFields GetLogObject GetStorageTierPolicy"
        " ListAggregateLogGroupSummaries ListIntegrations ListLogAnomalyDetectors ListLogGroups"
        " ListLogGroupsForQuery ListScheduledQueries ListSourcesForS3TableIntegration"
        " ListSyslogConfigurations PutAccountPolicy PutIndexPolicy PutIntegration"
        " PutQueryDefinition PutResourcePolicy PutStorageTierPolicy StopQuery TestMetricFilter"
        " TestTransformer",
    ),
    keys=(request_tags,),
)

"""Permissions of Amazon DynamoDB ("Actions, resources, and condition keys for Amazon DynamoDB").

Operations about several items or tables need the permission of each: transactions are the single
operations that they are made of, and PartiQL has actions of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .call import Call, Context
from .dynamodb_keys import described, of_enclosing
from .dynamodb_statements import described_statement, read_statement
from .keys import given_keys, request_tags, resource_tags
from .rows import (
    ANYTHING,
    Find,
    Resource,
    anything,
    below,
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
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table

_TABLE: Final = "table/"


def table_at(arn: str) -> Resource:
    """Return a table, or an index of it, with the table's tags and policy."""
    return _looked_up(arn)[0]


def _looked_up(arn: str) -> tuple[Resource, Table | None]:
    _, _, _, region, account, resource = parts_of(arn)
    backend: DynamoDBBackend | None = peek(
        "moto.dynamodb.models", "dynamodb_backends", account, region
    )
    name = resource.removeprefix(_TABLE).partition("/")[0]
    table = backend.tables.get(name) if backend is not None else None
    if backend is None or table is None:
        return Resource(arn, account=owner(account)), None
    stored = backend.resource_policies.get(table.table_arn)
    policies = (stored.policy_doc,) if stored is not None else ()
    return Resource(arn, resource_tags(table.tags), owner(account), None, policies), table


def _table_arn(call: Call, name: str, index: Any = None) -> str:
    arn = call.here(name) if name.startswith("arn:") else call.arn("dynamodb", _TABLE + name)
    return f"{arn}/index/{index}" if isinstance(index, str) and index else arn


def _hash_key(table: Table, index_name: str) -> str | None:
    """Return the partition key's attribute of a table, or of an index of it."""
    if not index_name:
        return table.hash_key_attr
    for index in list(table.all_indexes()):
        if index.name == index_name:
            return next(
                (key["AttributeName"] for key in index.schema if key["KeyType"] == "HASH"), None
            )
    return None


def _with_hash_key(arn: str) -> tuple[Resource, str | None]:
    resource, table = _looked_up(arn)
    hash_key = _hash_key(table, arn.partition("/index/")[2]) if table is not None else None
    return resource, hash_key


def _about(arn: str, *requests: Mapping[str, Any], enclosing: str | None = None) -> Resource:
    """Return a table, with the keys and attributes that requests name."""
    resource, hash_key = _with_hash_key(arn)
    context: Context = described(hash_key, requests)
    if enclosing is not None:
        context.update(of_enclosing(enclosing))
    return resource._replace(context={**resource.context, **context})


def _one(call: Call) -> tuple[Resource, ...]:
    name = call.text("TableName")
    if name is None:
        return ANYTHING
    return (_about(_table_arn(call, name, call.parameters.get("IndexName")), call.parameters),)


def _batch(of_table: Callable[[Any], Iterable[Mapping[str, Any]]]) -> Find:
    """Find the tables of a batch.

    :param of_table: what a table's part of the batch asks for, as requests about one item
    """

    def find(call: Call) -> Iterable[Resource]:
        return [
            _about(_table_arn(call, name), *of_table(part))
            for name, part in call.members("RequestItems").items()
        ] or ANYTHING

    return find


def _reads(part: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(part, dict):
        keys = part.get("Keys")
        yield part
        yield from ({"Key": key} for key in (keys if isinstance(keys, list) else ()))


def _writes(part: Any) -> Iterable[Mapping[str, Any]]:
    for write in part if isinstance(part, list) else ():
        if isinstance(write, dict):
            yield from (one for one in write.values() if isinstance(one, dict))


def _in_transaction(member: str, operation: str) -> Find:
    """Find the tables of the parts of a transaction that are of one kind."""

    def find(call: Call) -> Iterable[Resource]:
        requests: dict[str, list[Mapping[str, Any]]] = {}
        for item in call.items("TransactItems"):
            part = item.get(member) if isinstance(item, dict) else None
            name = part.get("TableName") if isinstance(part, dict) else None
            if part is not None and isinstance(name, str) and name:
                requests.setdefault(_table_arn(call, name), []).append(part)
        return [_about(arn, *some, enclosing=operation) for arn, some in requests.items()]

    return find


def _statements(call: Call) -> Iterable[tuple[str, list[Any]]]:
    """Return the PartiQL statements of a call, each with its parameters."""
    several = (*call.items("Statements"), *call.items("TransactStatements"))
    for item in (call.parameters, *several):
        if isinstance(item, Mapping) and isinstance(item.get("Statement"), str):
            parameters = item.get("Parameters")
            yield item["Statement"], parameters if isinstance(parameters, list) else []


def _partiql(verb: str) -> Find:
    """Find the tables and indexes of the PartiQL statements that begin with a verb."""

    def find(call: Call) -> Iterable[Resource]:
        enclosing = of_enclosing(call.operation) if call.operation != "ExecuteStatement" else {}
        for text, parameters in _statements(call):
            statement = read_statement(text)
            if statement is not None and statement.verb == verb:
                arn = _table_arn(call, statement.table, statement.index_name)
                resource, hash_key = _with_hash_key(arn)
                described = described_statement(statement, hash_key, parameters)
                context = {**resource.context, **described, **enclosing}
                yield resource._replace(context=context)

    return find


def _unreadable_partiql(call: Call) -> Iterable[Resource]:
    """Find everything, for a statement that nobody can read."""
    statements = [read_statement(text) for text, _ in _statements(call)]
    return () if statements and None not in statements else ANYTHING


_AT = by_name("dynamodb", _TABLE, "TableName", look=table_at)
_AT_ARN = by_name("dynamodb", _TABLE, "ResourceArn", "TableArn", look=table_at)
_BACKUP = by_name("dynamodb", "table/", "BackupArn")
_TARGET = by_name("dynamodb", _TABLE, "TargetTableName", look=table_at)
_SOURCE = by_name("dynamodb", _TABLE, "SourceTableArn", "SourceTableName", look=table_at)
_INDEX = below(
    "dynamodb", "table/{TableName}/index/{IndexName}", "TableName", "IndexName", look=table_at
)


def _global_table(call: Call) -> tuple[Resource, ...]:
    name = call.text("GlobalTableName")
    if name is None:
        return ANYTHING
    arn = f"arn:{call.partition}:dynamodb::{call.account_id}:global-table/{name}"
    return (Resource(arn, account=call.account_id),)


def _imported(call: Call) -> tuple[Resource, ...]:
    name = call.members("TableCreationParameters").get("TableName")
    return (table_at(_table_arn(call, name)),) if isinstance(name, str) and name else ANYTHING


_PARTIQL = ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction")
_TRANSACTION = (
    ("ConditionCheck", "ConditionCheckItem"),
    ("Delete", "DeleteItem"),
    ("Put", "PutItem"),
    ("Update", "UpdateItem"),
)

DYNAMODB = service(
    "dynamodb",
    on(_one, "DeleteItem GetItem PutItem Query Scan SearchVectors UpdateItem"),
    on(_batch(_reads), "BatchGetItem"),
    on(_batch(_writes), "BatchWriteItem"),
    on(_in_transaction("Get", "TransactGetItems"), "TransactGetItems=GetItem"),
    *(
        on(_in_transaction(member, "TransactWriteItems"), f"TransactWriteItems={action}")
        for member, action in _TRANSACTION
    ),
    *(
        on(_partiql(verb.upper()), f"{operation}=PartiQL{verb}")
        for operation in _PARTIQL
        for verb in ("Delete", "Insert", "Select", "Update")
    ),
    on(_unreadable_partiql, " ".join(f"{operation}=PartiQLSelect" for operation in _PARTIQL)),
    on(
        _AT,
        "CreateBackup CreateTable DeleteTable DescribeContinuousBackups"
        " DescribeContributorInsights DescribeKinesisStreamingDestination DescribeTable"
        " DescribeTableReplicaAutoScaling DescribeTimeToLive DisableKinesisStreamingDestination"
        " EnableKinesisStreamingDestination StartBulkPutItems UpdateContinuousBackups"
        " UpdateContributorInsights UpdateKinesisStreamingDestination UpdateTable"
        " UpdateTableReplicaAutoScaling UpdateTimeToLive",
    ),
    on(given("IndexName", _INDEX), "DescribeContributorInsights UpdateContributorInsights"),
    on(given("Tags", _AT), "CreateTable=TagResource"),
    on(given("ResourcePolicy", _AT), "CreateTable=PutResourcePolicy"),
    on(
        _AT_ARN,
        "DeleteResourcePolicy ExportTableToPointInTime GetResourcePolicy ListExports ListImports"
        " ListTagsOfResource PutResourcePolicy TagResource UntagResource",
    ),
    on(_BACKUP, "DeleteBackup DescribeBackup RestoreTableFromBackup"),
    on(_TARGET, "RestoreTableFromBackup RestoreTableToPointInTime"),
    on(_SOURCE, "RestoreTableToPointInTime"),
    on(_imported, "ImportTable"),
    on(by_name("dynamodb", "table/", "ImportArn"), "DescribeImport"),
    on(by_name("dynamodb", "table/", "ExportArn"), "DescribeExport"),
    on(
        _global_table,
        "CreateGlobalTable DescribeGlobalTable DescribeGlobalTableSettings UpdateGlobalTable"
        " UpdateGlobalTableSettings",
    ),
    on(
        by_name("dynamodb", _TABLE, "GlobalTableName", look=table_at),
        "CreateGlobalTable UpdateGlobalTable UpdateGlobalTableSettings",
    ),
    on(
        anything,
        "CancelBulkOperation DescribeBulkOperation DescribeEndpoints ListBackups"
        " ListBulkOperations ListContributorInsights ListGlobalTables",
    ),
    # Observed in real responses.
    on(shown_as("*"), "DescribeLimits"),
    on(shown_as("arn:{partition}:dynamodb:{region}:{account}:table/*"), "ListTables"),
    keys=(
        request_tags,
        given_keys(
            {
                "ReturnConsumedCapacity": "dynamodb:ReturnConsumedCapacity",
                "ReturnValues": "dynamodb:ReturnValues",
                "Select": "dynamodb:Select",
            }
        ),
    ),
)

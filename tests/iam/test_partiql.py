"""Statements of PartiQL are judged by the partition keys and attributes in them."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import Aws, Json
from judged import allow, deny, judge, pod, refused, role

OWN = "${aws:PrincipalTag/kubernetes-namespace}"
LEADING: Json = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [OWN]}}

#: What a pod of the namespace `shop` may do to its own items.
ALLOWED: tuple[tuple[str, list[Json]], ...] = (
    ("SELECT * FROM carts WHERE pk = 'shop'", []),
    ("SELECT tea FROM carts WHERE pk = ? AND tea = 'green'", [{"S": "shop"}]),
    ("INSERT INTO carts VALUE {'pk': 'shop', 'tea': 'black'}", []),
    ("UPDATE carts SET tea = ? WHERE pk = ?", [{"S": "kitchen"}, {"S": "shop"}]),
    ("DELETE FROM carts WHERE pk='shop'", []),
)
#: And what it may not: others' items, and statements that nobody can read, or not as moto does.
REFUSED: tuple[tuple[str, list[Json]], ...] = (
    ("SELECT * FROM carts WHERE pk = 'kitchen'", []),
    ("SELECT * FROM carts WHERE PK = 'kitchen'", []),
    ("SELECT * FROM carts WHERE pk = ?", [{"S": "kitchen"}]),
    ("SELECT * FROM carts WHERE pk = ?", []),
    ("SELECT * FROM carts WHERE pk > 'shop'", []),
    ("SELECT * FROM carts WHERE pk = 'shop' OR pk = 'kitchen'", []),
    ("SELECT * FROM carts WHERE tea = 'green' AND pk='shop'", []),
    ("SELECT * FROM carts WHERE tea = ' WHERE ' AND pk = 'shop'", []),
    ("INSERT INTO carts VALUE {'pk': 'kitchen'}", []),
    ("INSERT INTO carts VALUE {'pk': 'shop', 'pk': 'kitchen'}", []),
    ("INSERT INTO carts VALUE {'pk': 'shop', 'p\\u006b': 'kitchen'}", []),
    ("UPDATE carts SET pk = 'shop' WHERE tea = 'green'", []),
    ("UPDATE carts SET tea = ? WHERE pk = ?", [{"S": "shop"}, {"S": "kitchen"}]),
    ("UPDATE carts REMOVE tea WHERE pk = 'kitchen'", []),
    ("DELETE FROM carts WHERE pk='kitchen'", []),
    ("DELETE FROM carts WHERE tea = 'green'", []),
)


@pytest.fixture
def carts(aws: Aws) -> Any:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="carts",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    for owner in ("shop", "kitchen"):
        dynamodb.put_item(TableName="carts", Item={"pk": {"S": owner}, "tea": {"S": "green"}})
    return dynamodb


def run(client: Any, statement: str, parameters: list[Json]) -> None:
    given = {"Parameters": parameters} if parameters else {}
    client.execute_statement(Statement=statement, **given)


@pytest.mark.parametrize(("statement", "parameters"), ALLOWED)
def test_own_item_is_refused(aws: Aws, carts: Any, statement: str, parameters: list[Json]) -> None:
    """A statement about one's own partition is allowed."""
    if statement.startswith("INSERT"):
        carts.delete_item(TableName="carts", Key={"pk": {"S": "shop"}})
    credentials = pod(aws, role(aws, allow("dynamodb:PartiQL*", **LEADING)))
    judge(aws)
    run(aws.client_with(credentials, "dynamodb"), statement, parameters)
    judge(aws, "off")
    assert carts.get_item(TableName="carts", Key={"pk": {"S": "kitchen"}})["Item"]["tea"] == {
        "S": "green"
    }


@pytest.mark.parametrize(("statement", "parameters"), REFUSED)
def test_item_of_others_is_reached(
    aws: Aws, carts: Any, statement: str, parameters: list[Json]
) -> None:
    """A statement about another partition, or about nobody knows which, is refused."""
    credentials = pod(aws, role(aws, allow("dynamodb:PartiQL*", **LEADING)))
    judge(aws)
    with refused("AccessDeniedException", "table/carts because no identity-based policy", 400):
        run(aws.client_with(credentials, "dynamodb"), statement, parameters)


def test_batch_hides_a_statement(aws: Aws, carts: Any) -> None:
    """Each statement of a transaction is judged by itself."""
    null: Json = {"Null": {"dynamodb:LeadingKeys": "false"}}
    credentials = pod(aws, role(aws, allow("dynamodb:PartiQL*", **LEADING, **null)))
    judge(aws)
    client = aws.client_with(credentials, "dynamodb")
    own, everything = "SELECT * FROM carts WHERE pk = 'shop'", "SELECT * FROM carts"
    client.execute_transaction(TransactStatements=[{"Statement": own}])
    with refused("AccessDeniedException", "table/carts because", 400):
        client.execute_transaction(
            TransactStatements=[{"Statement": own}, {"Statement": everything}]
        )


@pytest.mark.parametrize("where", ["", " WHERE tea = 'green'", " WHERE pk > 'a'"])
def test_whole_table_is_scanned(aws: Aws, carts: Any, where: str) -> None:
    """A SELECT without an equality of the partition key is a full table scan."""
    scan = deny("dynamodb:PartiQLSelect", Bool={"dynamodb:FullTableScan": "true"})
    credentials = pod(aws, role(aws, allow("dynamodb:PartiQLSelect"), scan))
    judge(aws)
    client = aws.client_with(credentials, "dynamodb")
    with refused("AccessDeniedException", "explicit deny", 400):
        client.execute_statement(Statement=f"SELECT * FROM carts{where}")
    assert client.execute_statement(Statement="SELECT * FROM carts WHERE pk = 'shop'")["Items"]


def test_hidden_attribute_is_selected(aws: Aws, carts: Any) -> None:
    """The attributes of a statement are those that it selects, sets and compares."""
    some: Json = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "tea"]}}
    credentials = pod(aws, role(aws, allow("dynamodb:PartiQL*", **some)))
    judge(aws)
    client = aws.client_with(credentials, "dynamodb")
    client.execute_statement(Statement="SELECT tea FROM carts WHERE pk = 'shop'")
    for statement in (
        "SELECT tea, price FROM carts WHERE pk = 'shop'",
        "SELECT tea FROM carts WHERE pk = 'shop' AND price = '1'",
        "UPDATE carts SET price = '1' WHERE pk = 'shop'",
        "SELECT nested.price FROM carts WHERE pk = 'shop'",
    ):
        with refused("AccessDeniedException", "table/carts because", 400):
            client.execute_statement(Statement=statement)

"""Tracing log lakes with Spark (the extra ``spark``): DuckDB's query, and the same rows.

In a notebook or a job that has a session::

    from moto_eks_podid.origins import spark as podid_spark

    records = podid_spark.read_records(session, "s3a://my-trail/AWSLogs/")
    origins = podid_spark.origins(session, records)
    podid_spark.enriched(session, records, origins).write.text("s3a://my-trail-with-pods/")

From the command line the same is ``python -m moto_eks_podid.origins.spark IN… OUT``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import query
from .dialect import MAP, TEXT
from .sources import DIGESTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Names of views of a session, while a query runs.
_RECORDS = "records"
_KEYED = "keyed"


class SparkDialect:
    """How Spark reads and writes JSON."""

    def parse(self, text: str, schema: Mapping[str, Any]) -> str:
        return f"from_json({text}, '{_schema(schema)}')"

    def tag(self, tags: str, key: str) -> str:
        as_list = f"from_json({tags}, 'ARRAY<STRUCT<key: STRING, value: STRING>>')"
        return f"get(filter({as_list}, t -> t.key = '{key}'), 0).value"

    def json_object(self, members: Mapping[str, str]) -> str:
        pairs = ", ".join(f"'{name}', {value}" for name, value in members.items())
        return f"to_json(named_struct({pairs}), map('ignoreNullFields', 'false'))"


def _schema(schema: Mapping[str, Any]) -> str:
    kinds = {TEXT: "STRING", MAP: "MAP<STRING, STRING>"}
    members = ", ".join(
        f"{name}: {kinds[kind] if isinstance(kind, str) else _schema(kind)}"
        for name, kind in schema.items()
    )
    return f"STRUCT<{members}>"


DIALECT = SparkDialect()


def read_records(session: SparkSession, *paths: str) -> DataFrame:
    """Return the records of log files as a column ``record`` of JSON texts.

    Each file is read as a whole: log files as a trail delivers them, output of LookupEvents, JSON
    lines; packed ones are recognised by their name (``.gz``). Digests are left out.

    :param paths: of files and folders, wherever Spark reads from
    """
    # A record is a line of JSON lines, or what one of the lists of a file holds.
    return (
        session.read.text(list(paths), wholetext=True, recursiveFileLookup=True)
        .selectExpr("value AS content", "_metadata.file_path AS path")
        .where(f"NOT contains(path, '{DIGESTS}')")
        .selectExpr(
            "content",
            "regexp_extract(substr(content, 1, 200), '^\\\\s*\\\\{\\\\s*\"(Records|Events)\"', 1)"
            " AS kind",
        )
        .selectExpr(
            "explode(CASE kind"
            " WHEN 'Records' THEN from_json(content, 'STRUCT<Records: ARRAY<STRING>>').Records"
            " WHEN 'Events' THEN from_json(content,"
            " 'STRUCT<Events: ARRAY<STRUCT<CloudTrailEvent: STRING>>>').Events.CloudTrailEvent"
            " ELSE split(content, '\\\\n') END) AS record"
        )
        .where("trim(record) <> ''")
    )


def origins(session: SparkSession, records: DataFrame) -> DataFrame:
    """Return each session's origin.

    Columns: ``access_key_id``, ``assumed_role_id``, ``only_one`` (no other session has the same
    ``assumed_role_id``) and ``origin``, the JSON of a :class:`~.origin.PodOrigin`.

    :param records: with a column ``record``; read once
    """
    records.createOrReplaceTempView(_RECORDS)
    views = [_RECORDS, "calls", "origins"]
    calls = session.sql(query.issuing_calls(DIALECT)).cache()
    calls.createOrReplaceTempView("calls")
    level = calls
    for name, text in query.steps(DIALECT):
        level = session.sql(text).cache()
        level.createOrReplaceTempView(name)
        views.append(name)
    found = level
    while not level.isEmpty():
        # The plan would grow with the length of the chains.
        level = session.sql(query.next_level(DIALECT)).localCheckpoint()
        level.createOrReplaceTempView("level")
        found = found.unionAll(level)
    found.createOrReplaceTempView("origins")
    keyed = session.sql(query.keyed(DIALECT)).localCheckpoint()
    for view in views:
        session.catalog.dropTempView(view)
    return keyed


def traced(session: SparkSession, records: DataFrame, origins: DataFrame) -> DataFrame:
    """Return each record with the origin of its caller: ``record``, ``event_id``, ``origin``.

    ``origin`` is the JSON of a :class:`~.origin.PodOrigin`, null where no pod was behind the call;
    ``already`` tells whether the record has its block.
    """
    return _asked(session, query.traced(DIALECT), records, origins)


def enriched(session: SparkSession, records: DataFrame, origins: DataFrame) -> DataFrame:
    """Return each record as a ``line`` of JSON with the member ``podOrigin``."""
    return _asked(session, query.enriched(DIALECT), records, origins)


def _asked(session: SparkSession, text: str, records: DataFrame, origins: DataFrame) -> DataFrame:
    records.createOrReplaceTempView(_RECORDS)
    origins.createOrReplaceTempView(_KEYED)
    try:
        return session.sql(text)
    finally:
        session.catalog.dropTempView(_RECORDS)
        session.catalog.dropTempView(_KEYED)


def main() -> None:
    """Read the paths given, but for the last, and write every record with its pod there."""
    from pyspark.sql import SparkSession

    *paths, out = sys.argv[1:]
    session = SparkSession.builder.appName("moto-eks-podid trace").getOrCreate()
    records = read_records(session, *paths)
    enriched(session, records, origins(session, records)).write.text(out)


if __name__ == "__main__":
    main()

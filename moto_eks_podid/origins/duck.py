"""Tracing large inputs on one machine with DuckDB (the extra ``trace``).

DuckDB keeps what does not fit into its memory on disk, and the input is read in batches of files:
memory does not grow with the input.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from . import query
from .batches import Batch, batches
from .dialect import MAP, TEXT
from .enrich import readable_twice
from .origin import PodOrigin
from .sources import MalformedInput, files

if TYPE_CHECKING:
    import duckdb

#: Called with the bytes that have been read and those that there are, over both passes.
Progress = Callable[[int, int], None]

#: How DuckDB, and this module's query, name the file of a complaint.
_FILE = re.compile(r' in file "(.+?)",|^(?!Malformed)(.+?): (?=this is no)')


class DuckDBDialect:
    """How DuckDB reads and writes JSON."""

    def parse(self, text: str, schema: Mapping[str, Any]) -> str:
        return f"from_json({text}, '{_schema(schema)}')"

    def tag(self, tags: str, key: str) -> str:
        # Parameters too large, or hidden, are a text that is no JSON.
        valid = f"CASE WHEN json_valid({tags}) THEN {tags} END"
        as_list = f"""from_json({valid}, '[{{"key":"VARCHAR","value":"VARCHAR"}}]')"""
        return f"list_filter({as_list}, lambda t: t.key = '{key}')[1].value"

    def json_object(self, members: Mapping[str, str]) -> str:
        pairs = ", ".join(f"'{name}', {value}" for name, value in members.items())
        return f"CAST(json_object({pairs}) AS VARCHAR)"


def _schema(schema: Mapping[str, Any]) -> str:
    kinds = {TEXT: '"VARCHAR"', MAP: '"MAP(VARCHAR, VARCHAR)"'}
    members = ",".join(
        f'"{name}":{kinds[kind] if isinstance(kind, str) else _schema(kind)}'
        for name, kind in schema.items()
    )
    return f"{{{members}}}"


DIALECT = DuckDBDialect()


class LogLake:
    """The records of many files, in DuckDB's hands. A context manager.

    :param paths: as for :func:`~.sources.records`
    :param progress: told how far the work is
    :param memory_limit: what DuckDB may use, in its own notation
    :raises ImportError: without DuckDB

    Its methods raise :class:`~.sources.MalformedInput` as :func:`~.sources.records` does, and
    MemoryError when the memory does not suffice. Members that are no texts where CloudTrail has
    texts, which plain Python leaves out, are read as texts here.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        progress: Progress | None = None,
        memory_limit: str = "1GB",
    ) -> None:
        import duckdb

        self._memory_limit = memory_limit
        self._progress = progress or (lambda _done, _all: None)
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="podid-")))
        self._paths = list(self._stack.enter_context(readable_twice(paths)))
        self._database: duckdb.DuckDBPyConnection = self._stack.enter_context(
            duckdb.connect(
                str(self._folder / "trace.duckdb"),
                config={
                    "memory_limit": memory_limit,
                    "temp_directory": str(self._folder / "spilled"),
                    "preserve_insertion_order": "false",
                },
            )
        )
        self._done = 0
        self._total = 0
        self._indexed = False

    def __enter__(self) -> LogLake:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def trace(self, what: str) -> PodOrigin | None:
        """Return the pod behind an access key id, a session's name or ARN, or an event's id.

        As :meth:`Index.trace <moto_eks_podid.origins.Index.trace>` does.
        """
        self._index(passes=1)
        rows = self._rows("SELECT origin FROM keyed WHERE access_key_id = ?", what)
        if not rows:
            # The name's last session of each pod; `origin` differs in the chain alone.
            members = ", ".join(f"o.{name}" for name in ("mechanism", "cluster_arn", "issuer"))
            pod = f"{members}, o.namespace, o.service_account, o.pod_uid"
            rows = self._rows(
                f"""
                SELECT max_by(k.origin, coalesce(o.time, '') || o.access_key_id)
                FROM keyed AS k JOIN origins AS o ON k.access_key_id = o.access_key_id
                WHERE $1 IN (o.session_arn, o.assumed_role_id, o.session_name)
                GROUP BY {pod}
                """,
                what,
            )
        return _origin(rows[0][0]) if len(rows) == 1 else None

    def event(self, event_id: str) -> dict[str, Any] | None:
        """Return the record with an id; None when the input has none. It reads the input."""
        for batch in batches(self._paths):
            rows = self._rows(
                f"SELECT record FROM ({self._records(batch)}) AS records "
                "WHERE contains(record, $1) AND record ->> '$.eventID' = $1 LIMIT 1",
                event_id,
            )
            if rows:
                record: dict[str, Any] = json.loads(rows[0][0])
                return record
        return None

    def origin_of(self, record: Mapping[str, Any]) -> PodOrigin | None:
        """Return the pod behind a record of the input."""
        self._index(passes=1)
        one = "(SELECT CAST($1 AS VARCHAR) AS record)"
        rows = self._rows(query.traced(DIALECT, f"{one} AS one"), json.dumps(record))
        return _origin(rows[0][3]) if rows[0][3] else None

    def rows(self) -> Iterator[tuple[str, str | None, bool, str]]:
        """Yield each session of a pod: its key, its role id, whether that is its alone, its origin.

        The origin is the JSON of a :class:`~.origin.PodOrigin`.
        """
        self._index(passes=1)
        cursor = self._database.execute(
            "SELECT access_key_id, assumed_role_id, only_one, origin FROM keyed"
        )
        while rows := cursor.fetchmany(1000):
            yield from rows

    def origins(self) -> Iterator[tuple[str, PodOrigin]]:
        """Yield the access key of every session of a pod with its origin."""
        for key, _, _, origin in self.rows():
            yield key, _origin(origin)

    def enrich(self, out: IO[bytes]) -> int:
        """Write every record with its origin as a line of JSON; return how many there were.

        The block is :data:`~.dialect.BLOCK`, null where no pod was behind the call. Records that
        have it already stay as they are. The order of the records is not kept.
        """
        self._index(passes=2)
        written = 0
        part = self._folder / "part.jsonl"
        for batch in batches(self._paths):
            with self._errors():
                # No character of JSON is the quote or the separator here: each line stays as it is.
                [(count,)] = self._database.execute(
                    f"COPY ({query.enriched(DIALECT, f'({self._records(batch)}) AS records')}) "
                    f"TO '{_quoted(part)}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', "
                    "DELIMITER '\x01')"
                ).fetchall()
            written += int(count)
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, out, 1 << 20)
            self._advance(batch)
        return written

    # Both passes

    def _index(self, passes: int) -> None:
        if self._indexed:
            return
        self._total = passes * sum(file.stat().st_size for file in files(self._paths))
        self._progress(0, self._total)
        empty = "(SELECT NULL::VARCHAR AS record WHERE false) AS records"
        self._make("calls", query.issuing_calls(DIALECT, empty))
        for batch in batches(self._paths):
            records = f"({self._records(batch)}) AS records"
            with self._errors():
                self._database.execute(f"INSERT INTO calls {query.issuing_calls(DIALECT, records)}")
            self._advance(batch)
        for name, text in query.steps(DIALECT):
            self._make(name, text)
        self._make("origins", "SELECT * FROM level")
        while self._rows("SELECT 1 FROM level LIMIT 1"):
            self._make("next_level", query.next_level(DIALECT))
            self._make("level", "SELECT * FROM next_level")
            self._database.execute("INSERT INTO origins SELECT * FROM level")
        self._make("keyed", query.keyed(DIALECT))
        self._indexed = True

    def _make(self, name: str, text: str) -> None:
        with self._errors():
            self._database.execute(f"CREATE OR REPLACE TABLE {name} AS {text}")

    def _rows(self, text: str, *values: str) -> list[Any]:
        with self._errors():
            return self._database.execute(text, values or None).fetchall()

    def _advance(self, batch: Batch) -> None:
        self._done += sum(file.size for file in batch.files)
        self._progress(self._done, self._total)

    def _records(self, batch: Batch) -> str:
        """Return the query for the records of some files, as text."""
        packing = "gzip" if batch.files[0].packed else "uncompressed"
        names = ", ".join(f"'{_quoted(file.path)}'" for file in batch.files)
        # The last one fails on purpose: a value that is none of these.
        return f"""
        SELECT CASE
          WHEN contains(record, '"eventName"') OR contains(record, '"userIdentity"') THEN record
          ELSE error(filename || ': this is no CloudTrail record')
        END AS record
        FROM (
          SELECT filename, unnest(CASE
            WHEN json_exists(json, '$.Records')
              THEN CAST(json_extract(json, '$.Records[*]') AS VARCHAR[])
            WHEN json_exists(json, '$.Events')
              THEN json_extract_string(json, '$.Events[*].CloudTrailEvent')
            WHEN json_type(json) = 'ARRAY' THEN CAST(json_extract(json, '$[*]') AS VARCHAR[])
            WHEN json_exists(json, '$.detail.eventName')
              THEN [CAST(json_extract(json, '$.detail') AS VARCHAR)]
            ELSE [CAST(json AS VARCHAR)]
          END) AS record
          FROM read_json_objects([{names}], format = 'unstructured', filename = true,
            compression = '{packing}', maximum_object_size = {batch.longest_object})
        ) AS found
        """

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Name the file of DuckDB's complaints."""
        import duckdb

        try:
            yield
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as e:
            problem = str(e).splitlines()[0].partition(": ")[2] or str(e)
            if named := _FILE.search(problem):
                file = named[1] or named[2]
                raise MalformedInput(file, problem.replace(named[0], "")) from None
            raise MalformedInput("the input", problem) from None
        except duckdb.OutOfMemoryException:
            raise MemoryError(f"DuckDB needs more memory than {self._memory_limit}") from None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _origin(text: str) -> PodOrigin:
    return PodOrigin.from_json(json.loads(text))

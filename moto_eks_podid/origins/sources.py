"""CloudTrail records from wherever they are: log files, folders, LookupEvents, JSON lines, a pipe.

Follows "CloudTrail log file examples" and "Finding your CloudTrail log files" (CloudTrail User
Guide) and the output of ``aws cloudtrail lookup-events``.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from .json_stream import Elements, MalformedJSON

#: Stands for standard input among paths.
STANDARD_INPUT = "-"
#: What counts as a log file in a folder; a file that is named itself may be called anything.
SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
#: A trail's digest files lie beside its log files.
DIGESTS = "CloudTrail-Digest"

LISTS = frozenset({"Records", "Events"})
_GZIP = b"\x1f\x8b"


class MalformedInput(ValueError):
    """An input that is no CloudTrail log; ``source`` is the file and ``problem`` says where."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


def files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """Yield the log files of paths, folders with all below them, digests left out.

    :raises MalformedInput: for a path that does not exist
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _below(path)
        elif path.exists():
            yield path
        else:
            raise MalformedInput(str(path), "there is no such file or folder")


def size_of(paths: Iterable[str | os.PathLike[str]]) -> int:
    """Return how many bytes the log files of paths have, standard input not counted."""
    return sum(
        file.stat().st_size for file in files(path for path in paths if path != STANDARD_INPUT)
    )


def _below(folder: Path) -> Iterator[Path]:
    # One folder at a time: a trail's layout has millions of files, but a day's folder has few.
    for where, folders, names in os.walk(folder):
        folders.sort()
        if DIGESTS in folders:
            folders.remove(DIGESTS)
        for name in sorted(names):
            if name.endswith(SUFFIXES) and DIGESTS not in name and not name.startswith("."):
                yield Path(where, name)


def records(*paths: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Yield the records of files and folders, in the order in which they are found.

    :param paths: log files (``{"Records": […]}``), output of LookupEvents (``{"Events": […]}``),
        lists, JSON lines, events as EventBridge delivers them; each may be compressed with gzip;
        folders of such files; ``-`` for standard input
    :raises MalformedInput: when something is no JSON or no record; records before it have been
        given by then
    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield from records_in(cast(io.BufferedReader, sys.stdin.buffer), "standard input")
        else:
            for file in files([path]):
                try:
                    with file.open("rb") as content:
                        yield from records_in(content, str(file))
                except OSError as error:
                    raise MalformedInput(str(file), error.strerror or str(error)) from None


def records_in(content: io.BufferedReader, source: str) -> Iterator[dict[str, Any]]:
    """Yield the records of an open file.

    :param source: what an error calls the file
    :raises MalformedInput: see :func:`records`
    """
    with _errors_of(source):
        packed = content.peek(2)[:2] == _GZIP
        plain: Any = gzip.GzipFile(fileobj=content) if packed else content
        text = io.TextIOWrapper(plain, encoding="utf-8-sig")
        try:
            elements = Elements(text, LISTS)
            for value in elements:
                found = list(_records_of(value))
                if not found:
                    raise elements.error("this is no CloudTrail record")
                yield from (record for record in found if record)
        finally:
            # The file belongs to the caller.
            text.detach()


def _records_of(value: Any) -> Iterator[dict[str, Any]]:
    """The records in one value; an empty one for a list of none."""
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("CloudTrailEvent"), str):
        with suppress(json.JSONDecodeError, RecursionError):
            record = json.loads(value["CloudTrailEvent"])
            if isinstance(record, dict):
                yield record
    elif "eventName" in value or "userIdentity" in value:
        yield dict(value)
    elif isinstance(value.get("detail"), dict):
        yield value["detail"]
    else:
        for name in LISTS & set(value):
            entries = value[name]
            if isinstance(entries, list):
                yield {}
                for entry in entries:
                    yield from _records_of(entry)


@contextmanager
def _errors_of(source: str) -> Iterator[None]:
    try:
        yield
    except MalformedJSON as error:
        raise MalformedInput(source, str(error)) from None
    except UnicodeDecodeError as error:
        raise MalformedInput(source, f"this is not UTF-8: {error.reason}") from None
    except EOFError:
        raise MalformedInput(source, "the compressed file ends in the middle") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise MalformedInput(source, f"this is not gzip: {error}") from None

"""Every record of an input with the pod behind it, one line of JSON each, in plain Python."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from .dialect import BLOCK
from .index import Index
from .sources import STANDARD_INPUT, records

Paths = Sequence[str | os.PathLike[str]]


@contextmanager
def readable_twice(paths: Paths) -> Iterator[Paths]:
    """Put standard input into a file for the block, if it is among the paths.

    A call's record may come before that of the AssumeRole which leads to its pod, so enriching
    reads its input twice.
    """
    if STANDARD_INPUT not in paths:
        yield paths
        return
    with tempfile.TemporaryDirectory(prefix="podid-") as folder:
        spooled = os.path.join(folder, "standard-input.json")
        with open(spooled, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [spooled if path == STANDARD_INPUT else path for path in paths]


def enrich(paths: Paths, out: IO[bytes]) -> int:
    """Write every record with its origin as a line of JSON; return how many there were.

    The block is :data:`~.dialect.BLOCK`, null where no pod was behind the call. Records that have
    it already stay as they are. Memory grows with the number of sessions in the input.

    :param paths: as for :func:`~.sources.records`
    :raises MalformedInput: as :func:`~.sources.records` does
    """
    count = 0
    with readable_twice(paths) as twice:
        index = Index(records(*twice))
        for record in records(*twice):
            if BLOCK not in record:
                origin = index.trace(record)
                record[BLOCK] = origin.as_json() if origin else None
            out.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count

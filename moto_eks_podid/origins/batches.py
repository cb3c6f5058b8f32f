"""A large input in batches of files, for readers that are told how to read what they are given."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .sources import MalformedInput, files

#: What is read at once, unpacked; and how many files at most. DuckDB may hold several copies of it.
BATCH_BYTES = 48 * 1024 * 1024
BATCH_FILES = 500
#: No record is that long; a log file is one object, and may be longer.
LONG_RECORD = 4 * 1024 * 1024

#: How a file begins that is one value; otherwise it begins with a record.
_OBJECT = re.compile(rb'(\xef\xbb\xbf)?\s*(\[|\{\s*"(Records|Events|NextToken)"\s*:)')
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the input; ``unpacked`` is its size unpacked, as far as its end tells it.

    ``is_object`` says that it is one object (or list), not one record after the other.
    """

    path: Path
    size: int
    packed: bool
    is_object: bool
    unpacked: int

    @classmethod
    def examined(cls, path: Path) -> File:
        """Look into a file.

        :raises MalformedInput: when it cannot be unpacked
        """
        size = path.stat().st_size
        with path.open("rb") as content:
            beginning = content.read(64)
            packed = beginning.startswith(_GZIP)
            unpacked = size
            if packed and size > 4:
                content.seek(-4, os.SEEK_END)
                unpacked = int.from_bytes(content.read(4), "little")
                content.seek(0)
                try:
                    beginning = gzip.GzipFile(fileobj=content).read(64)
                except (EOFError, OSError, zlib.error) as error:
                    raise MalformedInput(str(path), f"this cannot be unpacked: {error}") from None
        return cls(path, size, packed, bool(_OBJECT.match(beginning)), unpacked)


@dataclass(slots=True)
class Batch:
    """Files that are read together."""

    files: list[File] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many bytes they have, unpacked."""
        return sum(file.unpacked for file in self.files)

    @property
    def longest_object(self) -> int:
        """How many bytes one value may have: DuckDB sets aside a multiple of that."""
        if not self.files[0].is_object:
            return LONG_RECORD
        return max(LONG_RECORD, *(file.unpacked + 1 for file in self.files))


def batches(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Batch]:
    """Yield the files of paths in groups that are read alike.

    :raises MalformedInput: for a path that does not exist, or a file that cannot be unpacked
    """
    waiting: dict[tuple[bool, bool], Batch] = {}
    for path in files(paths):
        file = File.examined(path)
        kind = file.packed, file.is_object
        batch = waiting.setdefault(kind, Batch())
        batch.files.append(file)
        if batch.size >= BATCH_BYTES or len(batch.files) >= BATCH_FILES:
            yield waiting.pop(kind)
    yield from waiting.values()

"""Synthetic records in files: in the layout of a trail's bucket, or as JSON lines.

The layout is that of "Finding your CloudTrail log files" (CloudTrail User Guide).
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_letters, digits

from .synthetic import REGION, SyntheticRecord

#: CloudTrail delivers about every five minutes.
DELIVERED_EVERY = timedelta(minutes=5)
#: Of many records in that time, so many go into one file.
RECORDS_A_FILE = 5000

_LINES = "records.jsonl"
_ALPHANUMERIC = ascii_letters + digits
#: The least effort that still packs a trail's repetitive text well.
_GZIP_LEVEL = 3


def write_lines(records: Iterable[SyntheticRecord], folder: Path) -> int:
    """Write records into ``records.jsonl``, in the order of time; return how many there were."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / _LINES).open("w", encoding="utf-8") as file:
        for record in records:
            file.write(record.text + "\n")
            count += 1
    return count


def write_trail(records: Iterable[SyntheticRecord], folder: Path, seed: int = 0) -> int:
    """Write records as a trail delivers them to a bucket; return how many there were.

    Each account's files are below ``AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD``.

    :param seed: decides the random part of the files' names
    """
    names = random.Random(seed)
    waiting: dict[str, list[str]] = {}
    delivery: datetime | None = None
    count = 0
    for record in records:
        if delivery is None:
            delivery = record.time + DELIVERED_EVERY
        while record.time >= delivery:
            for account, texts in waiting.items():
                _deliver(texts, account, delivery, folder, names)
            waiting = {}
            delivery += DELIVERED_EVERY
        texts = waiting.setdefault(record.account, [])
        texts.append(record.text)
        count += 1
        if len(texts) == RECORDS_A_FILE:
            _deliver(waiting.pop(record.account), record.account, delivery, folder, names)
    for account, texts in waiting.items():
        assert delivery is not None
        _deliver(texts, account, delivery, folder, names)
    return count


def _deliver(
    texts: list[str], account: str, now: datetime, folder: Path, names: random.Random
) -> None:
    unique = "".join(names.choices(_ALPHANUMERIC, k=16))
    where = folder / "AWSLogs" / account / "CloudTrail" / REGION / f"{now:%Y/%m/%d}"
    where.mkdir(parents=True, exist_ok=True)
    name = f"{account}_CloudTrail_{REGION}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
    content = f'{{"Records":[{",".join(texts)}]}}'.encode()
    (where / name).write_bytes(gzip.compress(content, _GZIP_LEVEL, mtime=0))

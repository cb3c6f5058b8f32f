"""The files of a trail: their keys, their content, and what digest files are signed with."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.events.log_files import (
    DigestFile,
    File,
    Place,
    log_file_content,
    string_to_sign,
    unique,
)

TIME = datetime(2026, 3, 1, 9, 5, 7, 999_999, tzinfo=timezone.utc)
DAY = "2026/03/01"

KEYS = {
    "no prefix": ("", "AWSLogs/111122223333"),
    "a prefix": ("audit/logs", "audit/logs/AWSLogs/111122223333"),
}


@pytest.mark.parametrize("case", KEYS)
def test_key_is_laid_out_otherwise(case: str) -> None:
    """Keys have CloudTrail's layout: a log file's minute, a digest file's second and trail."""
    prefix, begin = KEYS[case]
    place = Place("logs", "111122223333", "my_trail", "us-east-1", prefix)
    assert place.log_file_key("eu-west-1", TIME, "seed") == (
        f"{begin}/CloudTrail/eu-west-1/{DAY}/"
        f"111122223333_CloudTrail_eu-west-1_20260301T0905Z_{unique('seed')}.json.gz"
    )
    assert place.digest_key("eu-west-1", TIME) == (
        f"{begin}/CloudTrail-Digest/eu-west-1/{DAY}/"
        "111122223333_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20260301T090507Z.json.gz"
    )


@given(st.sets(st.text(), min_size=2, max_size=20))
def test_names_collide(seeds: set[str]) -> None:
    """The unique part is 16 letters and digits, another for another seed and the same again."""
    names = {unique(seed) for seed in seeds}
    assert len(names) == len(seeds)
    assert names == {unique(seed) for seed in seeds}
    assert all(re.fullmatch(r"[0-9A-Za-z]{16}", name) for name in names)


@given(st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=4) | st.none(), max_size=3)))
def test_content_has_two_lines(records: list[dict[str, str | None]]) -> None:
    """Any records come back from a log file, which is one line and compressed always alike."""
    content = log_file_content(records)
    assert content.count(b"\n") == 0
    file = File("logs", "key", content)
    assert json.loads(gzip.decompress(file.compressed)) == {"Records": records}
    assert file.compressed == File("logs", "key", content).compressed
    assert file.hash_value == hashlib.sha256(content).hexdigest()


def test_another_text_is_signed() -> None:
    """What is signed: end, place, hash and the signature before, or null for none."""
    digest = hashlib.sha256(b"{}").hexdigest()
    assert string_to_sign("logs", "a/b", b"{}", TIME, None).decode() == (
        f"2026-03-01T09:05:07Z\nlogs/a/b\n{digest}\nnull"
    )
    before = DigestFile("logs", "a/a", b"", TIME, "0a1b")
    assert string_to_sign("logs", "a/b", b"{}", TIME, before).decode().endswith(f"{digest}\n0a1b")

"""Buckets and objects: which ones a call of S3 is about, and what moto knows of them.

All accounts share the names of buckets, and a bucket's ARN tells nobody whose it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote

from .call import Call, Context
from .keys import tags_in
from .rows import ANYTHING, NO_KEYS, Find, Resource, owner, parts_of
from .state import peek

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket, S3Backend

_MODULE: Final = "moto.s3.models"
#: What stands between the ARN of an access point and the name of an object.
_BEHIND_ACCESS_POINT: Final = "/object/"


class _Stored(NamedTuple):
    """A bucket as moto has it."""

    bucket: FakeBucket
    backend: S3Backend
    account: str


class _Object(NamedTuple):
    """An object that a call names."""

    bucket: str
    key: str
    version_id: str | None = None


def _stored(name: str) -> _Stored | None:
    backends = getattr(sys.modules.get(_MODULE), "s3_backends", None)
    place = backends.bucket_accounts.get(name) if backends is not None else None
    if place is None:
        return None
    partition, account = place
    backend: S3Backend | None = peek(_MODULE, "s3_backends", account, partition)
    bucket = backend.buckets.get(name) if backend is not None else None
    return _Stored(bucket, backend, account) if backend is not None and bucket is not None else None


def _bucket_arn(call: Call, name: str) -> str:
    # An access point goes by its ARN.
    return name if name.startswith("arn:") else f"arn:{call.partition}:s3:::{name}"


def _resource(arn: str, name: str, stored: _Stored | None, context: Context) -> Resource:
    if stored is None:
        # Of an access point the ARN tells; of a bucket, nothing.
        account = owner(parts_of(name)[4])
        return Resource(arn, context or NO_KEYS, account)
    policy = stored.bucket.policy
    context["s3:ResourceAccount"] = stored.account
    policies = (policy.decode(errors="replace"),) if policy else ()
    return Resource(arn, context, stored.account, None, policies)


def bucket(call: Call) -> tuple[Resource, ...]:
    """Find the bucket that a call names."""
    name = call.text("Bucket")
    return (_resource(_bucket_arn(call, name), name, _stored(name), {}),) if name else ANYTHING


def new_bucket(call: Call) -> tuple[Resource, ...]:
    """Find the bucket that a call is to make, for its own account."""
    name = call.text("Bucket")
    if name is None:
        return ANYTHING
    context = {"s3:ResourceAccount": call.account_id}
    return (Resource(_bucket_arn(call, name), context, call.account_id),)


def _object_at(call: Call, what: _Object, *, with_tags: bool) -> Resource:
    bucket_arn = _bucket_arn(call, what.bucket)
    between = _BEHIND_ACCESS_POINT if what.bucket.startswith("arn:") else "/"
    stored = _stored(what.bucket)
    context: Context = {}
    if with_tags and stored is not None:
        context.update(
            (f"s3:ExistingObjectTag/{key}", value) for key, value in _tags(stored, what).items()
        )
    return _resource(f"{bucket_arn}{between}{what.key}", what.bucket, stored, context)


def _tags(stored: _Stored, what: _Object) -> dict[str, str]:
    versions = list(stored.bucket.keys.getlist(what.key, []))
    if what.version_id is None:
        versions = versions[-1:]
    else:
        versions = [one for one in versions if str(one.version_id) == what.version_id]
    # A delete marker has no ARN, by which moto keeps tags, and no tags.
    arn = getattr(versions[0], "arn", None) if versions else None
    tags = tags_in(stored.backend.tagger.tags.get(arn)) if arn is not None else {}
    return {key: value or "" for key, value in tags.items()}


def _named(call: Call) -> _Object | None:
    name, key = call.text("Bucket"), call.text("Key")
    return _Object(name, key, call.text("VersionId")) if name and key else None


def target(call: Call) -> tuple[Resource, ...]:
    """Find the object that a call names, for actions that do not see its tags."""
    what = _named(call)
    return (_object_at(call, what, with_tags=False),) if what else ANYTHING


def existing(call: Call) -> tuple[Resource, ...]:
    """Find the object that a call names, with its tags."""
    what = _named(call)
    return (_object_at(call, what, with_tags=True),) if what else ANYTHING


def missed(call: Call) -> Iterable[Resource]:
    """Find the bucket, if it is there and the object that a call names is not.

    That this is so, only those may know who may list the bucket.
    """
    what = _named(call)
    stored = _stored(what.bucket) if what is not None else None
    if what is None or stored is None or what.version_id is not None:
        return ()
    versions = stored.bucket.keys.getlist(what.key, [])
    # A delete marker has no content either.
    if versions and hasattr(versions[-1], "arn"):
        return ()
    return (_resource(_bucket_arn(call, what.bucket), what.bucket, stored, {}),)


def deleted_objects(*, versions: bool) -> Find:
    """Find the objects of a list: those of which a version is named, or the others."""

    def find(call: Call) -> Iterable[Resource]:
        name = call.text("Bucket")
        objects = call.members("Delete").get("Objects")
        for item in objects if name and isinstance(objects, list) else ():
            key = item.get("Key") if isinstance(item, dict) else None
            if isinstance(key, str) and bool(item.get("VersionId")) is versions:
                yield _object_at(call, _Object(name or "", key), with_tags=False)

    return find


# Copies


def _source(call: Call) -> _Object | None:
    given: Any = call.parameters.get("CopySource")
    if isinstance(given, dict):
        name, key, version = given.get("Bucket"), given.get("Key"), given.get("VersionId")
        if isinstance(name, str) and isinstance(key, str):
            return _Object(name, key, version if isinstance(version, str) else None)
        return None
    return _source_in_header(given) if isinstance(given, str) and given else None


# Each row about a copy asks again.
@lru_cache(maxsize=256)
def _source_in_header(given: str) -> _Object:
    path, _, query = given.partition("?")
    path = unquote(path).removeprefix("/")
    if path.startswith("arn:") and _BEHIND_ACCESS_POINT in path:
        name, _, key = path.partition(_BEHIND_ACCESS_POINT)
    else:
        name, _, key = path.partition("/")
    version = parse_qs(query).get("versionId", [None])[0]
    return _Object(name, key, version)


def copy_source(*, version: bool) -> Find:
    """Find the object that is copied, if the call names a version of it, or if it names none."""

    def find(call: Call) -> Iterable[Resource]:
        what = _source(call)
        if what is not None and bool(what.version_id) is version:
            yield _object_at(call, what, with_tags=True)

    return find


def copied_tags(*, version: bool) -> Find:
    """Find the object whose tags are copied with it, if it has any."""
    of_source = copy_source(version=version)

    def find(call: Call) -> Iterable[Resource]:
        return of_source(call) if _copies_tags(call) else ()

    return find


def tagged_copy(call: Call) -> Iterable[Resource]:
    """Find the copy, if it is to have tags: its own or those of its source."""
    replaced = call.text("TaggingDirective") == "REPLACE" and call.text("Tagging") is not None
    return target(call) if replaced or _copies_tags(call) else ()


def _copies_tags(call: Call) -> bool:
    what = _source(call)
    if what is None or call.text("TaggingDirective") == "REPLACE":
        return False
    stored = _stored(what.bucket)
    return stored is not None and bool(_tags(stored, what))


# When


def when(holds: Callable[[Call], bool], find: Find) -> Find:
    """Find resources only for calls of which something holds."""
    return lambda call: find(call) if holds(call) else ()


def latest(find: Find) -> Find:
    """Find an object only for a call that names no version of it."""
    return lambda call: () if call.parameters.get("VersionId") else find(call)


def of_version(find: Find) -> Find:
    """Find an object only for a call that names a version of it."""
    return lambda call: find(call) if call.parameters.get("VersionId") else ()

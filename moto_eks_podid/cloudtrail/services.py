"""Which of botocore's services a request can be for: an index of all of them.

Loading every model takes seconds; the index reads the beginning of each, where the metadata is.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader


@dataclass(frozen=True, slots=True)
class Service:
    """One service of botocore's, by what its requests look like."""

    name: str
    signing_name: str
    endpoint_prefix: str
    target_prefix: str | None
    api_version: str


@dataclass(frozen=True, slots=True)
class Index:
    """All services, by what a request tells; within an entry those that requests mean most often
    come first."""

    by_signing_name: dict[str, list[Service]]
    by_target_prefix: dict[str, list[Service]]
    by_endpoint_prefix: dict[str, list[Service]]
    by_api_version: dict[str, list[Service]]


#: Names in signatures that no model has: those that S3's endpoint rules choose, and an old one.
SIGNING_ALIASES = {
    "s3express": "s3",
    "s3-object-lambda": "s3",
    "s3-outposts": "s3",
    "eventbridge": "events",
}

#: Signs requests to whatever a user's API Gateway answers, none of which CloudTrail records.
NO_API = "execute-api"

#: Enough compressed or plain bytes of a model to hold its metadata.
_HEAD = 4096
_MODEL_FILES = ("service-2.json.gz", "service-2.json")
_METADATA = re.compile(r'"metadata"\s*:\s*')


@cache
def index() -> Index:
    """Return the index of the services that botocore knows (made once a process)."""
    found = Index(defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    for service in sorted(_services(), key=_by_likelihood):
        if service.signing_name == NO_API:
            continue
        found.by_signing_name[service.signing_name].append(service)
        found.by_endpoint_prefix[service.endpoint_prefix].append(service)
        found.by_api_version[service.api_version].append(service)
        if service.target_prefix:
            found.by_target_prefix[service.target_prefix].append(service)
    return Index(
        dict(found.by_signing_name),
        dict(found.by_target_prefix),
        dict(found.by_endpoint_prefix),
        dict(found.by_api_version),
    )


def _by_likelihood(service: Service) -> tuple[bool, str]:
    """A service named like the signature is meant more often than those that share its name."""
    return (service.name != service.signing_name, service.name)


def _services() -> Iterator[Service]:
    loader = Loader()
    seen = set()
    for folder in loader.search_paths:
        if not os.path.isdir(folder):
            continue
        for name in os.listdir(folder):
            if name in seen:
                continue
            metadata = _metadata_of(os.path.join(folder, name))
            if metadata is None:
                continue
            seen.add(name)
            endpoint_prefix = metadata.get("endpointPrefix", name)
            yield Service(
                name=name,
                signing_name=metadata.get("signingName", endpoint_prefix),
                endpoint_prefix=endpoint_prefix,
                target_prefix=metadata.get("targetPrefix"),
                api_version=metadata.get("apiVersion", ""),
            )


def _metadata_of(folder: str) -> dict[str, Any] | None:
    """Return the metadata of a service's newest model; None when the folder holds none."""
    if not os.path.isdir(folder):
        return None
    for version in sorted(os.listdir(folder), reverse=True):
        for file_name in _MODEL_FILES:
            path = os.path.join(folder, version, file_name)
            if os.path.isfile(path):
                return _read_metadata(path)
    return None


def _read_metadata(path: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        content = file.read(_HEAD)
        for more in (True, False):
            plain = (
                zlib.decompressobj(wbits=31).decompress(content)
                if path.endswith(".gz")
                else content
            )
            text = plain.decode("utf-8", "ignore")
            if match := _METADATA.search(text):
                try:
                    metadata: dict[str, Any] = json.JSONDecoder().raw_decode(text, match.end())[0]
                    return metadata
                except json.JSONDecodeError:
                    pass
            if more:
                content += file.read()
    return {}


def signed_as(signing_name: str) -> list[Service]:
    """Return the services whose requests are signed with a name."""
    return index().by_signing_name.get(SIGNING_ALIASES.get(signing_name, signing_name), [])


_DNS_SUFFIX = re.compile(
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$",
    re.ASCII,
)
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)
_S3_LABEL = re.compile(
    r"s3(?:-(?:fips|accelerate|external-1|accesspoint|accesspoint-fips|object-lambda"
    r"|[a-z]{2,4}(?:-[a-z]+)+-\d)|express-[a-z0-9-]+)?",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def at_host(host: str) -> tuple[Service, ...]:
    """Return the services at a host name of AWS; none for any other host.

    :param host: as in a URL, perhaps with a port
    """
    name = host.partition(":")[0].lower()
    match = _DNS_SUFFIX.search(name)
    if match is None:
        return ()
    labels = [label for label in name[: match.start()].split(".") if label != "dualstack"]
    for position, label in enumerate(labels):
        if position and _REGION.fullmatch(label):
            del labels[position:]
            break
    prefixes = index().by_endpoint_prefix
    wanted = ".".join(labels)
    for prefix in (wanted, wanted.removesuffix("-fips"), wanted.removeprefix("fips-")):
        if prefix in prefixes:
            return tuple(prefixes[prefix])
    # Only S3 takes a name of the caller's, the bucket, for a part of the host; and an account's id
    # is a part of S3 Control's.
    last = labels[-1].removesuffix("-fips")
    if last == "s3-control":
        return tuple(prefixes["s3-control"])
    return tuple(prefixes["s3"]) if _S3_LABEL.fullmatch(labels[-1]) else ()

"""Kubernetes manifests: YAML documents, the pods and templates of pods in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import yaml

from .admission import Decide
from .mutation import Operation
from .pods import DEFAULT_NAMESPACE, patch_of, patched
from .schema import ListOf, MalformedValue, MapOf, Member, Struct, Text, named

#: Kind -> its API group, and where its pod is.
_PODS = {
    "Pod": ("", ()),
    "PodTemplate": ("", ("template",)),
    "ReplicationController": ("", ("spec", "template")),
    "Deployment": ("apps", ("spec", "template")),
    "StatefulSet": ("apps", ("spec", "template")),
    "DaemonSet": ("apps", ("spec", "template")),
    "ReplicaSet": ("apps", ("spec", "template")),
    "Job": ("batch", ("spec", "template")),
    "CronJob": ("batch", ("spec", "jobTemplate", "spec", "template")),
}
# YAML allows no line in a document to begin so, not even inside a quoted or a literal text.
_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_HEAD = Struct((Member("kind", Text()), Member("apiVersion", Text())))
_METADATA = Struct(
    (
        Member("name", Text()),
        Member("namespace", Text()),
        Member("annotations", MapOf(Text())),
    )
)
_LIST = Struct((Member("items", ListOf(Struct(()))),))

#: Namespace and name.
ServiceAccount = tuple[str, str]


class MalformedManifest(ValueError):
    """What was given is no Kubernetes manifest. The message names the file and the document."""


class _Loader(yaml.SafeLoader):
    """Reads YAML as Kubernetes does: into what JSON has, without dates and numbers to base 60."""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _read_number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    # 22:22 is a number to base 60 in YAML 1.1; Kubernetes takes it for text.
    if ":" in node.value:
        return node.value
    if node.tag.endswith(":int"):
        return loader.construct_yaml_int(node)
    return loader.construct_yaml_float(node)


def _read_nothing(loader: _Loader, node: yaml.Node) -> None:
    loader.construct_undefined(node)


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # YAML's other ends of line are lost unless they are escaped.
    escaped = not set("\r\x85\u2028\u2029").isdisjoint(text)
    style = '"' if escaped else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _read_number)
for _tag in ("binary", "timestamp", "omap", "pairs", "set"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _read_nothing)
_Dumper.add_representer(str, _write_text)
# Texts that Python's YAML reads as such, but Kubernetes' as numbers and booleans: to be quoted.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.?[0-9]*)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^0o[0-7]+$"), ["0"])
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a manifest.

    :ivar where: the file and the document's number in it
    :ivar text: the document as it was written, its separator included
    :ivar value: the object in it, or the patched one; None for a document that is empty
    :ivar patch: what was done to the object, relative to its root
    """

    where: str
    text: str
    value: Any
    patch: tuple[Operation, ...] = ()

    def as_yaml(self) -> str:
        """Return the document's YAML: an object that nothing was done to as it was written."""
        if not self.patch:
            return self.text if self.text.endswith("\n") else f"{self.text}\n"
        separator = "---\n" if self.text.startswith("---") else ""
        return separator + yaml.dump(
            self.value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30
        )


def read_documents(text: str, source: str) -> list[Document]:
    """Read the documents of a manifest.

    :param source: the file's name, for messages
    :raises MalformedManifest: for something else
    """
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text))]
    documents: list[Document] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if not part.strip():
            continue
        where = f"{source}, document {len(documents) + 1}"
        line = text.count("\n", 0, start)
        documents.append(Document(where, part, _object(part, where, line)))
    return documents


def _object(text: str, where: str, line: int) -> Any:
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {line + mark.line + 1})" if mark else ""
        raise MalformedManifest(f"{where} is no YAML{place}: {error.problem}") from None
    except RecursionError:
        raise MalformedManifest(f"{where} is nested too deeply") from None
    # Explicit tags let through what then cannot be read: "!!int x", "!!bool x".
    except (yaml.YAMLError, ValueError, LookupError) as error:
        raise MalformedManifest(f"{where} is no YAML: {' '.join(str(error).split())}") from None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise MalformedManifest(f"{where} is {named(value)}, not a Kubernetes object")
    if "kind" not in value:
        raise MalformedManifest(f"{where} has no kind: it is not a Kubernetes object")
    return value


def service_accounts(
    documents: Iterable[Document], namespace: str | None = None
) -> Iterator[tuple[ServiceAccount, dict[str, str]]]:
    """Yield every service account of a manifest, and its annotations.

    :param namespace: of those that name none
    :raises MalformedManifest: for one that is malformed
    """
    for document in documents:
        with _errors_name(document):
            for item in _items(document.value):
                if item.kind != "ServiceAccount" or item.group:
                    continue
                metadata = item.metadata()
                if "name" not in metadata:
                    raise MalformedValue(f"{item.place('metadata.name')} is missing")
                home = metadata.get("namespace") or namespace or DEFAULT_NAMESPACE
                yield (home, metadata["name"]), metadata.get("annotations", {})


def mutated(document: Document, decide: Decide, namespace: str | None = None) -> Document:
    """Return a document whose pods, and templates of pods, have been through the webhook.

    :param namespace: of objects that name none
    :raises MalformedManifest: for a pod that is malformed, or of another namespace
    """
    operations: list[Operation] = []
    with _errors_name(document):
        for item in _items(document.value):
            operations += _patch_of(item, decide, namespace)
    value = patched(document.value, operations)
    return replace(document, value=value, patch=tuple(operations))


def _patch_of(item: _Item, decide: Decide, namespace: str | None) -> list[Operation]:
    group, below = _PODS.get(item.kind, (None, ()))
    if group is None or item.group not in (group, None):
        return []
    own = item.metadata().get("namespace")
    if own and namespace and own != namespace:
        where = item.place("metadata.namespace")
        raise MalformedValue(f"{where} is {own!r}, not {namespace!r}")
    pod: Any = item.value
    path = item.path
    for name in below:
        pod, path = pod.get(name), (*path, name)
        if not isinstance(pod, dict):
            raise MalformedValue(f"{'.'.join(path)} is {named(pod)}, not an object")
    try:
        patch = patch_of(pod, decide, namespace=own or namespace)
    except MalformedValue as error:
        raise MalformedValue(f"{'.'.join(path)}: {error}" if path else str(error)) from None
    root = "".join(f"/{name}" for name in path)
    return [{**operation, "path": root + operation["path"]} for operation in patch]


@dataclass(frozen=True, slots=True)
class _Item:
    """An object of a document, or of a list in it; the group is None where nobody says it."""

    path: tuple[str, ...]
    value: dict[str, Any]
    kind: str
    group: str | None

    def place(self, name: str) -> str:
        return ".".join((*self.path, name))

    def metadata(self) -> dict[str, Any]:
        given = self.value.get("metadata")
        return {} if given is None else _METADATA.canonical(given, self.place("metadata"))


def _items(
    value: Any, path: tuple[str, ...] = (), kind: str | None = None, version: str | None = None
) -> Iterator[_Item]:
    if value is None:
        return
    head = _HEAD.canonical(value, ".".join(path))
    kind, version = head.get("kind") or kind or "", head.get("apiVersion") or version
    entries = kind.removesuffix("List")
    if entries != kind and entries in {"", "ServiceAccount", *_PODS}:
        for place, entry in enumerate(_LIST.canonical(value, ".".join(path)).get("items", ())):
            # The entries of a PodList need not say that they are pods.
            yield from _items(entry, (*path, "items", str(place)), entries, version)
        return
    group = None if version is None else version.rpartition("/")[0]
    yield _Item(path, value, kind, group)


@contextmanager
def _errors_name(document: Document) -> Iterator[None]:
    try:
        yield
    except MalformedValue as error:
        raise MalformedManifest(f"{document.where}: {error}") from None
    except RecursionError:
        raise MalformedManifest(f"{document.where}: it contains itself") from None

"""The commands ``mutate`` and ``webhook``: what EKS's webhook does to pods."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import cli_options
from .cli_errors import reading
from .stop_signals import stop_signalled

if TYPE_CHECKING:
    import ssl

    from .associated import Associated
    from .webhook.admission import Decide
    from .webhook.manifests import Document

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)


def _knowledge(command: _Command) -> _Command:
    """Give a command the options about clusters and service accounts."""
    for option in reversed(
        (
            click.option("--cluster", help="Whose associations count. Default: the only one."),
            click.option(
                "--identities",
                type=_FILE,
                help="Instead of a cluster: the JSON file that EKS gives its webhook.",
            ),
            click.option(
                "--service-accounts",
                multiple=True,
                type=_FILE,
                help="A manifest of service accounts, for their annotations; may be given several "
                "times.",
            ),
            click.option("--region", help="Default: wherever the only cluster of that name is."),
            click.option("--account-id", help="Default: whichever account has the cluster."),
            click.option("--seed", type=int, help="Draw the same lifetimes of tokens every time."),
            cli_options.endpoint_url("The server that has the cluster."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.option(
    "-f",
    "--filename",
    "sources",
    multiple=True,
    required=True,
    metavar="PATH",
    help="A manifest, or - for standard input; may be given several times.",
)
@click.option("-n", "--namespace", help="Of objects that name none. Default: default.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["yaml", "json", "patch"]),
    default="yaml",
    show_default=True,
    help="patch: a line with the JSON Patch for each document.",
)
@_knowledge
def mutate(sources: tuple[str, ...], namespace: str | None, form: str, **options: Any) -> None:
    """Print manifests as EKS's webhook would have pods of them created.

    Pods are mutated, and so are the templates of Deployments, StatefulSets, DaemonSets,
    ReplicaSets, Jobs and CronJobs. Everything else is printed as it is; service accounts among it
    count with their annotations.
    """
    from .webhook.manifests import mutated

    with _one_line_errors():
        documents = [document for source in sources for document in _read(source)]
        cluster = _Cluster.of(options, documents, namespace)
        decide = cluster.decide(cluster.associated())
        _show([mutated(document, decide, namespace) for document in documents], form)


@click.command(short_help="Serve EKS's webhook.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=23443,
    show_default=True,
    help="0 takes a free one.",
)
@click.option("--tls-cert", type=_FILE, help="PEM. Default: one is made.")
@click.option("--tls-key", type=_FILE, help="PEM, the certificate's key.")
@click.option(
    "--tls-name",
    "names",
    multiple=True,
    help="A name or address that the certificate that is made is for, besides this machine's; may "
    "be given several times.",
)
@click.option("--ca-out", type=_FILE, help="Where to write the certificate that is made.")
@_knowledge
def webhook(
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    names: tuple[str, ...],
    ca_out: Path | None,
    **options: Any,
) -> None:
    """Serve EKS's webhook: POST /mutate answers an API server's AdmissionReview.

    Associations are looked up anew for each pod, and so is the file of identities.
    """
    from .webhook.mutation import Operation, Pod
    from .webhook.server import SourceUnavailable, Webhook, WebhookServer

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together.")
    if tls_cert is not None and (ca_out is not None or names):
        raise click.UsageError("--ca-out and --tls-name are for a certificate that is made.")
    with _one_line_errors():
        cluster = _Cluster.of(options, [], None)
        if options["identities"] is not None:
            # A file that is wrong from the start would only be noticed with the first pod.
            cluster.associated()
        context = _tls(tls_cert, tls_key, ("localhost", "127.0.0.1", "::1", host, *names), ca_out)

        def decide(pod: Pod) -> list[Operation] | None:
            try:
                with _one_line_errors():
                    known = cluster.associated((pod.namespace, pod.service_account))
            except click.ClickException as error:
                raise SourceUnavailable(error.message) from None
            return cluster.decide(known)(pod)

        server = WebhookServer(Webhook(decide), host, port, context)
    stopped = stop_signalled()
    with server:
        click.echo(f"Serving {server.url}")
        stopped.wait()


@dataclass(frozen=True, slots=True)
class _Cluster:
    """What a command was told about the cluster."""

    options: Mapping[str, Any]
    annotations: Mapping[tuple[str, str], Mapping[str, str]]
    draw: Callable[[int, int], int]

    @classmethod
    def of(
        cls, options: Mapping[str, Any], documents: list[Document], namespace: str | None
    ) -> _Cluster:
        from .webhook.manifests import service_accounts

        given = [document for path in options["service_accounts"] for document in _read(str(path))]
        return cls(
            options=options,
            annotations=dict(service_accounts([*given, *documents], namespace)),
            draw=random.Random(options["seed"]).randint,
        )

    def associated(self, subject: tuple[str, str] | None = None) -> Associated:
        from .associated import associated

        identities = self.options["identities"]
        with reading(identities):
            return associated(
                self.options["cluster"],
                file=identities,
                region=self.options["region"],
                account_id=self.options["account_id"],
                endpoint_url=self.options["endpoint_url"],
                subject=subject,
            )

    def decide(self, known: Associated) -> Decide:
        from .webhook.annotations import ServiceAccountOptions
        from .webhook.mutation import mutate

        return lambda pod: mutate(
            pod,
            ServiceAccountOptions.read(
                self.annotations.get((pod.namespace, pod.service_account), {})
            ),
            associated=known.has(pod.namespace, pod.service_account),
            region=known.region,
            draw=self.draw,
        )


def _read(source: str) -> list[Document]:
    from .webhook.manifests import MalformedManifest, read_documents

    name = "standard input" if source == "-" else source
    with reading(name), click.open_file(source, "rb") as file:
        data = file.read()
    try:
        return read_documents(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise MalformedManifest(f"{name} is not UTF-8") from None


def _show(documents: list[Document], form: str) -> None:
    from .webhook.admission import to_json

    if form == "patch":
        for document in documents:
            click.echo(to_json(document.patch))
    elif form == "json":
        click.echo(
            json.dumps(_one_object(documents), indent=2, ensure_ascii=False, allow_nan=False)
        )
    else:
        separate = False
        for document in documents:
            text = document.as_yaml()
            if separate and not text.startswith("---"):
                click.echo("---")
            click.echo(text, nl=False)
            separate = True


def _one_object(documents: list[Document]) -> Any:
    objects = [document.value for document in documents if document.value is not None]
    if len(objects) == 1:
        return objects[0]
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def _tls(
    certificate: Path | None, key: Path | None, names: tuple[str, ...], ca_out: Path | None
) -> ssl.SSLContext:
    import ssl

    from .webhook.certificates import make_certificate
    from .webhook.server import tls_context

    if certificate is not None and key is not None:
        with reading(certificate):
            certificate_pem = certificate.read_bytes()
        with reading(key):
            key_pem = key.read_bytes()
        try:
            return tls_context(certificate_pem, key_pem)
        except ssl.SSLError as error:
            raise click.ClickException(
                f"{certificate} and {key} are not a certificate and its key: "
                f"{error.reason or error}"
            ) from None
    made = make_certificate(dict.fromkeys(names), datetime.now(timezone.utc))
    if ca_out is not None:
        ca_out.write_bytes(made.certificate)
    return tls_context(made.certificate, made.key)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from .remote import ClusterLookupError, ServerError
    from .webhook.identities import MalformedIdentities

    try:
        yield
    except MalformedIdentities as error:
        raise click.ClickException(f"The identities are malformed: {error}") from None
    except RecursionError:
        raise click.ClickException("The manifest is nested too deeply") from None
    except (ClusterLookupError, ServerError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None

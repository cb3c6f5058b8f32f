"""The command ``agent``: the node agent beside a server, with the real agent's flags."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

import click

from . import cli_options
from .stop_signals import stop_signalled

_UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_DURATION = re.compile(r"(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+", re.ASCII)
_PART = re.compile(r"([\d.]+)(\D+)")

#: The real agent's levels.
_VERBOSITY: Final = {
    "panic": logging.CRITICAL,
    "error": logging.ERROR,
    "info": logging.INFO,
    "trace": logging.DEBUG,
}


def seconds(context: click.Context, parameter: click.Parameter, duration: str) -> float:
    """Return the seconds of a duration as Go writes it: ``3h``, ``1h30m``, ``0``."""
    if duration == "0":
        return 0.0
    if not _DURATION.fullmatch(duration):
        raise click.BadParameter(f"{duration!r} is no duration: write 3h, 1h30m, 90s or 0")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(duration))


@click.command(short_help="Run the EKS Pod Identity Agent.")
@click.option("-c", "--cluster-name", required=True, help="The name of the agent's cluster.")
@cli_options.endpoint_url("The server that has the cluster.")
@click.option(
    "--endpoint",
    metavar="URL",
    help="The same in the real agent's words; version 0.2 does not look at the audience then.",
)
@click.option(
    "-b",
    "--bind-hosts",
    multiple=True,
    default=["127.0.0.1"],
    show_default=True,
    help="An address to listen at; may be given several times.",
)
@click.option("-p", "--port", default=2704, show_default=True, help="0 for a free one.")
@click.option(
    "--probe-port",
    default=2703,
    show_default=True,
    help="Of /healthz and /readyz at localhost; 0 for a free one.",
)
@click.option("--metrics-address", default="127.0.0.1", show_default=True, help="Of /metrics.")
@click.option(
    "--metrics-port", default=2705, show_default=True, help="Of /metrics; 0 for a free one."
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    help="What a request may have as its Host, besides loopback and --bind-hosts; may be given "
    "several times. Default: 169.254.170.23 and fd00:ec2::23.",
)
@click.option(
    "--max-credential-retention-before-renewal",
    "max_credential_retention",
    callback=seconds,
    default="3h",
    show_default=True,
    help="When cached credentials are renewed; 0 for no cache.",
)
@click.option(
    "--max-cache-size", default=2000, show_default=True, help="Pods in the cache; 0 for no cache."
)
@click.option(
    "--max-service-qps", default=3, show_default=True, help="Renewals of credentials a second."
)
@click.option("--node-role", help="Name or ARN of the node's role. Default: one that is made.")
@click.option("--instance-id", help="The node's. Default: a random one.")
@click.option(
    "--rotate-credentials",
    is_flag=True,
    help="Sign with the credentials that an SDK finds, looked for every minute, not as a node.",
)
@click.option(
    "--agent-version",
    type=click.Choice(["0.1", "0.2"]),
    default="0.1",
    show_default=True,
    help="0.2 also checks claims and signature of a token.",
)
@click.option("--region", help="Default: wherever the only cluster of that name is.")
@click.option("--account-id", help="Default: whichever account has the cluster.")
@click.option(
    "-v",
    "--verbosity",
    type=click.Choice(list(_VERBOSITY)),
    default="info",
    show_default=True,
    help="What is logged to standard error.",
)
def agent(
    cluster_name: str,
    endpoint_url: str,
    endpoint: str | None,
    bind_hosts: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    agent_version: str,
    rotate_credentials: bool,
    verbosity: str,
    **options: Any,
) -> None:
    """Run the EKS Pod Identity Agent: it hands pods their credentials, at /v1/credentials.

    Prints the variable that tells an AWS SDK where it is, and runs until it is stopped.
    """
    from .agent import PodIdentityAgent
    from .agent.node import SdkCredentials

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("moto_eks_podid.agent").setLevel(_VERBOSITY[verbosity])
    if allowed_hosts:
        options["allowed_hosts"] = allowed_hosts
    try:
        running = PodIdentityAgent(
            cluster_name,
            host=bind_hosts,
            endpoint_url=endpoint or endpoint_url,
            check_audience=endpoint is None,
            credentials=SdkCredentials() if rotate_credentials else None,
            version=agent_version,
            **options,
        )
        running.start()
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    stopped = stop_signalled()
    try:
        for url in running.urls:
            click.echo(f"AWS_CONTAINER_CREDENTIALS_FULL_URI={url}")
        click.echo(f"# probes at {running.probe_url}, metrics at {running.metrics_url}")
        stopped.wait()
    finally:
        running.stop()

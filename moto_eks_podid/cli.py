"""The command line: ``moto-eks-podid`` and ``python -m moto_eks_podid``."""

from __future__ import annotations

import sys
from typing import Any

import click

from . import __version__, cli_options
from .cli_agent import agent
from .cli_errors import instructions
from .cli_explain import explain
from .cli_scenario import load
from .cli_server import proxy, server
from .cli_state import state
from .cli_trace import events, trace
from .cli_webhook import mutate, webhook
from .extras import requires_extra


@click.group()
@click.version_option(__version__, prog_name="moto-eks-podid")
def command() -> None:
    """EKS Pod Identity for moto: test what your pods may do, without a cluster."""


command.add_command(agent)
command.add_command(explain)
command.add_command(load)
command.add_command(state)
command.add_command(proxy)
command.add_command(server)
command.add_command(trace)
command.add_command(events)
command.add_command(mutate)
command.add_command(webhook)


@command.command(short_help="Show the whole story of a pod, step by step.")
@click.option("--no-color", is_flag=True, help="Plain text.")
@click.option("--server", is_flag=True, help="With the AWS CLI, at a server of its own.")
def demo(no_color: bool, server: bool) -> None:
    """Show the whole story: a pod gets credentials, uses them, and is found in CloudTrail."""
    with instructions():
        with requires_extra("cli", "rich"):
            from .demo import run
        run(color=not no_color, at_server=server)


@command.command(short_help="Print a service account token of a pod.")
@click.argument("cluster")
@click.argument("namespace")
@click.argument("service_account")
@cli_options.endpoint_url("The server that has the cluster.")
@click.option("--pod-name", help="Default: the service account's name and a random suffix.")
@click.option("--pod-uid", help="Default: a UUID, the same for every token of the pod.")
@click.option("--node-name", help="Default: a random EC2 instance id.")
@click.option(
    "--audience",
    default="pods.eks.amazonaws.com",
    show_default=True,
    help="sts.amazonaws.com for IAM roles for service accounts.",
)
@click.option("--expires-in", default=86_400, show_default=True, help="Lifetime in seconds.")
@click.option("--region", help="Default: wherever the only cluster of that name is.")
@click.option("--account-id", help="Default: whichever account has the cluster.")
def token(cluster: str, namespace: str, service_account: str, **options: Any) -> None:
    """Print the token that the cluster would project into a pod of SERVICE_ACCOUNT."""
    from .issuers import service_account_token
    from .remote import ServerError

    try:
        minted = service_account_token(cluster, namespace, service_account, **options)
    except (LookupError, ValueError, ServerError) as error:
        raise click.ClickException(str(error)) from None
    # SDKs send all of a token's file as the value of a header, which may not have an end of line.
    click.echo(minted, nl=sys.stdout.isatty())

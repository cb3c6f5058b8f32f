"""The commands ``server`` and ``proxy``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from .settings import SETTINGS

_FILE = click.Path(dir_okay=False, path_type=Path)
_ALLOWED_HOSTS = SETTINGS["allowed_hosts"].environment_variable


@click.command(
    short_help="Run moto's server with the plugin in it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("-H", "--host", default="127.0.0.1", show_default=True, help="Which host to bind.")
@click.option(
    "-p",
    "--port",
    default=5000,
    type=click.IntRange(0, 65_535),
    envvar="MOTO_PORT",
    show_default=True,
    show_envvar=True,
    help="0 for a free one.",
)
@click.option("-r", "--reload", is_flag=True, help="Start anew when a module's file changes.")
@click.option("-s", "--ssl", "tls", is_flag=True, help="HTTPS, with a certificate made for it.")
@click.option("-c", "--ssl-cert", type=_FILE, help="PEM. HTTPS with this certificate.")
@click.option("-k", "--ssl-key", type=_FILE, help="PEM, the certificate's key.")
@click.option(
    "--seed",
    "scenario",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A scenario (YAML): clusters, roles, associations and pods that are there from the start.",
)
@click.option(
    "--state",
    type=_FILE,
    help="Where tokens and credentials are kept: read at the start, if it is there (instead of "
    "most of --seed), and written at the end. Not with --reload. It holds secrets.",
)
@click.option(
    "--access-log",
    type=click.Choice(["text", "json"]),
    help="Write a line for each answer to standard error.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    help="A name by which clients may call the endpoints below /moto-api/eks-podid/; may be given "
    f"several times. The same as {_ALLOWED_HOSTS}.",
)
def server(
    ssl_cert: Path | None,
    ssl_key: Path | None,
    access_log: str | None,
    allowed_hosts: tuple[str, ...],
    port: int,
    **options: Any,
) -> None:
    """Run moto's server with the plugin in it (takes every flag of moto_server)."""
    from .cli_errors import instructions
    from .server import ServerOptions, run_server

    if (ssl_cert is None) != (ssl_key is None):
        raise click.UsageError("--ssl-cert and --ssl-key belong together.")
    # moto calls itself there.
    os.environ.setdefault("MOTO_PORT", str(port))
    if allowed_hosts:
        os.environ[_ALLOWED_HOSTS] = ",".join(allowed_hosts)
    with instructions():
        run_server(
            ServerOptions(
                port=port,
                certificate=None if ssl_cert is None or ssl_key is None else (ssl_cert, ssl_key),
                access_log=access_log,
                **options,
            )
        )


@click.command(
    short_help="Run moto's proxy with the plugin in it.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("flags", nargs=-1, type=click.UNPROCESSED)
def proxy(flags: tuple[str, ...]) -> None:
    """Run moto's proxy with the plugin in it (takes every flag of moto_proxy)."""
    from .cli_errors import instructions
    from .server import run_proxy

    with instructions():
        run_proxy(flags)

"""The commands ``state export`` and ``state import``: a server's state, out and in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from . import cli_options
from .cli_errors import reading

_STANDARD = Path("-")


@click.group(short_help="Keep tokens and credentials over a restart of the server.")
def state() -> None:
    """Keep what tokens and credentials need to survive a restart of the server."""


@state.command("export")
@click.argument("file", required=False, default="-", type=click.Path(path_type=Path))
@cli_options.endpoint_url("The server whose state it is.")
def export(file: Path, endpoint_url: str) -> None:
    """Write a server's state to FILE, or to standard output.

    It holds private keys, secret access keys and session tokens: only the file's owner may read it
    (mode 0600).
    """
    from .state.document import export_state
    from .state.files import write_state

    with _one_line_errors():
        exported = export_state(endpoint_url=endpoint_url)
        if file == _STANDARD:
            click.echo(json.dumps(exported, indent=1))
        else:
            write_state(exported, file)


@state.command("import", short_help="Have a server take over the state in FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@cli_options.endpoint_url("The server to take it over.")
@click.option("--replace", is_flag=True, help="Replace what is there and differs.")
def import_(file: Path, endpoint_url: str, replace: bool) -> None:
    """Have a server take over the state in FILE (-: standard input), all of it or nothing."""
    from .state.document import import_state
    from .state.files import parse_state

    with _one_line_errors():
        with reading(file):
            text = sys.stdin.buffer.read() if file == _STANDARD else file.read_bytes()
        import_state(parse_state(text, str(file)), endpoint_url=endpoint_url, replace=replace)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from .remote import ServerError

    try:
        yield
    except (ServerError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None

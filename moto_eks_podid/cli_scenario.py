"""The command ``load``: puts what a scenario file describes in place at a server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import cli_options
from .extras import MissingExtra, requires_extra

if TYPE_CHECKING:
    from .scenario.made import Scenario


@click.command(short_help="Put in place what a scenario FILE describes.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@cli_options.endpoint_url("The server to put it in.")
@click.option(
    "--check", "only_check", is_flag=True, help="Only check the file; no server is asked."
)
@click.option("--schema", "show_schema", is_flag=True, help="Print a JSON Schema of such files.")
def load(file: Path | None, endpoint_url: str, only_check: bool, show_schema: bool) -> None:
    """Put in place what a scenario FILE describes: clusters, roles, associations, pods.

    Prints what was made. All that is wrong with the file is printed with line and column, and then
    nothing is made.
    """
    from .remote import ServerError
    from .scenario.loading import check, load_scenario, schema
    from .scenario.problems import ScenarioError

    try:
        if show_schema:
            click.echo(schema())
            return
        if file is None:
            raise click.UsageError("Missing argument 'FILE'.")
        if only_check:
            check(file)
            click.echo(f"{file}: nothing is wrong with it")
        else:
            _show(load_scenario(file, endpoint_url=endpoint_url))
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except (MissingExtra, ServerError) as error:
        raise click.ClickException(str(error)) from None


def _show(scenario: Scenario) -> None:
    with requires_extra("cli", "rich"):
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    table = Table("Made", "Name", "Is", box=None, pad_edge=False)
    for row in _rows(scenario):
        # As a text, a name with brackets is no markup.
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    console = Console()
    if not console.is_terminal:
        # Nobody looks at the width of a pipe.
        console = Console(width=500)
    console.print(table)


def _rows(scenario: Scenario) -> Sequence[tuple[str, str, str]]:
    def named(kind: str, arns: Sequence[str]) -> list[tuple[str, str, str]]:
        return [(kind, arn.rpartition("/")[2], arn) for arn in arns]

    return [
        *named("policy", scenario.policies),
        *named("role", scenario.roles),
        *(("cluster", cluster.name, cluster.arn) for cluster in scenario.clusters),
        *(("bucket", bucket, f"s3://{bucket}") for bucket in scenario.buckets),
        *(("secret", arn.split(":", 6)[6], arn) for arn in scenario.secrets),
        *named("table", scenario.tables),
        *(
            ("association", f"{one.namespace}/{one.service_account}", one.association_arn)
            for one in scenario.associations
        ),
        *(("pod", f"{pod.namespace}/{pod.name}", pod.session_arn) for pod in scenario.pods),
    ]

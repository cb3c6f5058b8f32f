"""The command ``explain``: why a call to a server was allowed or refused."""

from __future__ import annotations

import json
import sys

import click

from . import cli_options


@click.command(short_help="Print why a call was allowed or refused.")
@click.argument("what", required=False)
@cli_options.endpoint_url("The server that judged the call.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain(what: str | None, endpoint_url: str, as_json: bool) -> None:
    """Print why a call was allowed or refused: which policy, statement and condition decided.

    WHAT is an access key id, a request id or a CloudTrail record as JSON; default: the latest call
    that was judged. Exits with 1 if no such call was judged.
    """
    from .explaining import explain as explanation_of
    from .remote import ServerError

    try:
        given = json.loads(what) if what and what.lstrip().startswith("{") else what
        explained = explanation_of(given, endpoint_url=endpoint_url)
    except (ValueError, ServerError) as error:
        raise click.ClickException(str(error)) from None
    if explained is None:
        click.echo("No such call was judged.", err=True)
        sys.exit(1)
    click.echo(json.dumps(explained.as_json(), indent=2) if as_json else str(explained))

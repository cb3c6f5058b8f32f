"""The commands ``trace`` and ``events``: from a call back to the pod, and logs to try it on."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from . import cli_options
from .extras import MissingExtra, requires_extra

if TYPE_CHECKING:
    from .origins import PodOrigin
    from .origins.duck import LogLake, Progress

#: Inputs of this size and more are DuckDB's; below it plain Python is as fast.
LARGE = 64 * 1024 * 1024

#: Stands for standard input, and as OUT for standard output.
STANDARD_INPUT = "-"
_EVENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@click.command()
@click.argument("what", required=False)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="PATH",
    help="Logs: a file, a folder such as a copy of a trail's bucket, or - for standard input; may "
    "be given several times.",
)
@cli_options.endpoint_url("Without --input: the server whose calls count.")
@click.option("--json", "as_json", is_flag=True, help="Print the origin as JSON.")
@click.option(
    "--enrich",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="OUT",
    help='Write every record of the input to OUT, with a member "podOrigin" (JSON lines).',
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "python", "duckdb"]),
    default="auto",
    show_default=True,
    help="auto: DuckDB for an input of 64 MiB and more.",
)
@click.option(
    "--memory-limit", default="1GB", show_default=True, help="What DuckDB may use of memory."
)
def trace(
    what: str | None,
    inputs: tuple[str, ...],
    endpoint_url: str,
    as_json: bool,
    enrich: str | None,
    engine: str,
    memory_limit: str,
) -> None:
    """Print the pod behind WHAT, or add the pod to every record.

    WHAT is an access key id, a session's name or ARN, the id of an event, or a record as JSON.
    Exits with 1 if there was no pod.
    """
    if what is None and enrich is None:
        raise click.UsageError("Give WHAT to trace, or --enrich OUT.")
    if enrich is not None and not inputs:
        raise click.UsageError("--enrich needs --input.")
    with _one_line_errors():
        if not inputs:
            assert what is not None
            _show(_traced_by_server(what, endpoint_url), what, as_json)
            return
        if enrich is not None:
            inputs = _without(enrich, inputs)
        if engine == "duckdb" or (engine == "auto" and _is_large(inputs)):
            _with_duckdb(what, inputs, enrich, memory_limit, as_json)
        else:
            _with_python(what, inputs, enrich, as_json)


@click.group()
def events() -> None:
    """CloudTrail events."""


@events.command()
@click.option("--pods", default=100, show_default=True, help="How many pods there are.")
@click.option("--calls", default=10_000, show_default=True, help="How many calls there are.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same logs.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to, new or empty.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["trail", "lines"]),
    default="trail",
    show_default=True,
    help="The layout of a trail's bucket, or one file of JSON lines.",
)
def generate(pods: int, calls: int, seed: int, out: Path, layout: str) -> None:
    """Write synthetic logs: pods that call AWS for a day.

    What gives out and renews their credentials comes on top of the calls.
    """
    from .events.synthetic import SyntheticRecord, synthetic_records
    from .events.synthetic_files import write_lines, write_trail

    if pods < 1 or calls < 0:
        raise click.UsageError("There is at least one pod, and no negative number of calls.")
    if out.is_dir() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty: its logs would be mixed with these.")

    def counted() -> Iterator[SyntheticRecord]:
        with _progress("Generating") as progress:
            for done, record in enumerate(synthetic_records(pods, calls, seed)):
                if done % 1000 == 0:
                    progress(min(done, calls), calls)
                yield record

    with _one_line_errors():
        write = write_lines if layout == "lines" else write_trail
        click.echo(f"{write(counted(), out)} records in {out}")


# The ways to trace


def _with_python(what: str | None, inputs: tuple[str, ...], out: str | None, as_json: bool) -> None:
    from .origins import Index, records
    from .origins.enrich import enrich, readable_twice

    with readable_twice(inputs) as paths:
        if out is not None:
            with _whole(out) as file:
                _say_enriched(enrich(paths, file))
        if what is None:
            return
        wanted = _event_or_name(what)
        index = Index()
        for record in records(*paths):
            index.add(record)
            if record.get("eventID") == wanted:
                wanted = record
    _show(index.trace(wanted), what, as_json)


def _with_duckdb(
    what: str | None, inputs: tuple[str, ...], out: str | None, memory_limit: str, as_json: bool
) -> None:
    from .origins.duck import LogLake

    try:
        with (
            requires_extra("trace", "duckdb"),
            _progress("Reading") as progress,
            LogLake(*inputs, progress=progress, memory_limit=memory_limit) as lake,
        ):
            if out is not None:
                with _whole(out) as file:
                    _say_enriched(lake.enrich(file))
            if what is None:
                return
            origin = _traced_by_lake(lake, what)
    except MissingExtra as missing:
        raise click.ClickException(f"{missing}, or use --engine python") from None
    _show(origin, what, as_json)


def _traced_by_lake(lake: LogLake, what: str) -> PodOrigin | None:
    wanted: Any = _event_or_name(what)
    if isinstance(wanted, str) and _EVENT_ID.fullmatch(wanted):
        wanted = lake.event(wanted) or wanted
    return lake.trace(wanted) if isinstance(wanted, str) else lake.origin_of(wanted)


def _traced_by_server(what: str, endpoint_url: str) -> PodOrigin | None:
    from .records import cloudtrail_records
    from .tracing import trace

    wanted: Any = _event_or_name(what)
    if isinstance(wanted, str) and _EVENT_ID.fullmatch(wanted):
        found = cloudtrail_records(event_id=wanted, endpoint_url=endpoint_url)
        wanted = found[0] if found else wanted
    return trace(wanted, endpoint_url=endpoint_url)


def _event_or_name(what: str) -> Any:
    if not what.lstrip().startswith("{"):
        return what
    try:
        return json.loads(what)
    except (ValueError, RecursionError):
        raise click.ClickException("WHAT is neither a name nor JSON") from None


def _is_large(inputs: tuple[str, ...]) -> bool:
    from .origins.sources import size_of

    return size_of(inputs) >= LARGE


@contextmanager
def _whole(out: str) -> Iterator[IO[bytes]]:
    """Open OUT for the block; what was in it stays unless the block succeeds."""
    target = Path(out).resolve()
    if out == STANDARD_INPUT or (target.exists() and not target.is_file()):
        with click.open_file(out, "wb") as file:
            yield file
        return
    # Nobody reads hidden files of a folder for logs.
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with part.open("xb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _without(out: str, inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the inputs without what an earlier run left at OUT, if a folder has it."""
    from .origins.sources import files

    target = Path(out).resolve()
    read: list[str] = []
    for path in inputs:
        folder = Path(path).resolve()
        if target.exists() and folder.is_dir() and target.is_relative_to(folder):
            read += [str(file) for file in files([path]) if file.resolve() != target]
        else:
            read.append(path)
    return tuple(read)


# What is shown


def _show(origin: PodOrigin | None, what: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(origin.as_json() if origin else None, indent=2))
    elif origin is None:
        click.echo(f"No pod is known to be behind {what}", err=True)
    else:
        _show_readably(origin)
    if origin is None:
        sys.exit(1)


def _show_readably(origin: PodOrigin) -> None:
    with requires_extra("cli", "rich"):
        from rich.console import Console
        from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in origin.as_json().items():
        if name != "chain" and value is not None:
            table.add_row(name.replace("_", " "), value)
    for place, session in enumerate(origin.chain, 1):
        table.add_row(f"session {place}", session.access_key_id)
        table.add_row("", session.arn or "")
    # Nothing is folded in a file or a pipe.
    width = None if sys.stdout.isatty() else 1000
    Console(highlight=False, width=width).print(table, markup=False)


def _say_enriched(count: int) -> None:
    click.echo(f"{count} records", err=True)


@contextmanager
def _progress(title: str) -> Iterator[Progress]:
    """A bar on standard error, if that is a terminal."""
    with requires_extra("cli", "rich"):
        from rich.console import Console
        from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from .origins.sources import MalformedInput
    from .remote import ServerError

    try:
        yield
    except MemoryError as error:
        raise click.ClickException(f"{error}: raise --memory-limit") from None
    except (MissingExtra, MalformedInput, ServerError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None

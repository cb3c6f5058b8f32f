"""What the command line says instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from .extras import MissingExtra


@contextmanager
def instructions() -> Iterator[None]:
    """Print which extra is missing, or what is wrong with a setting or a file."""
    try:
        yield
    except (MissingExtra, ValueError) as error:
        raise click.ClickException(str(error)) from None

"""What the command line says instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .extras import MissingExtra


@contextmanager
def instructions() -> Iterator[None]:
    """Print which extra is missing, or what is wrong with a setting or a file."""
    try:
        yield
    except (MissingExtra, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def reading(file: Path | str) -> Iterator[None]:
    """Print that a file cannot be read, as :func:`~moto_eks_podid.load_scenario` says it."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(
            f"{file}: the file cannot be read: {error.strerror or error}"
        ) from None

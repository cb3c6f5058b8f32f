"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def endpoint_url(help_text: str) -> Callable[[_Command], _Command]:
    """Return the option ``--endpoint-url`` of a command that asks a server."""
    return click.option(
        "--endpoint-url",
        default="http://127.0.0.1:5000",
        envvar="AWS_ENDPOINT_URL",
        show_default=True,
        show_envvar=True,
        help=help_text,
    )

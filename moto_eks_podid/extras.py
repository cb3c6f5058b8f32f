"""Optional parts of the package: what is missing, and the command that installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtra(ImportError):
    """A part of the package was used whose extra is missing. The message has the pip command."""


@contextmanager
def requires_extra(extra: str, *modules: str) -> Iterator[None]:
    """Turn a failed import of one of an extra's modules, inside the block, into an instruction.

    :param extra: the extra's name
    :param modules: the top-level modules that it brings
    :raises MissingExtra: when one of them is missing; other failed imports pass through
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in modules:
            raise
        raise MissingExtra(
            f"{error.name} is missing: this needs the extra {extra!r}. "
            f"Install it with: pip install 'moto-eks-podid[{extra}]'"
        ) from None

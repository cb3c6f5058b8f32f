"""The state in a file, which only its owner may read."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from .document import export_here, import_here


def write_state(state: Any, path: str | os.PathLike[str]) -> None:
    """Write a state to a file that only its owner may read and write (0600), all of it or nothing.

    :raises OSError: when it cannot be written; a file that was there is as it was
    """
    target = _target(path)
    descriptor, temporary = _temporary(target)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(state, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def check_writable(path: str | os.PathLike[str]) -> None:
    """:raises OSError: for a file that :func:`write_state` could not write now"""
    descriptor, temporary = _temporary(_target(path))
    os.close(descriptor)
    os.unlink(temporary)


def _target(path: str | os.PathLike[str]) -> Path:
    # A link stays a link.
    return Path(os.path.realpath(path))


def _temporary(target: Path) -> tuple[int, str]:
    """:raises OSError: with the name of the file that is meant"""
    try:
        # Nobody else can read what mkstemp makes.
        return tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None


def parse_state(text: str | bytes, name: str) -> Any:
    """Return the JSON value in a text.

    :param name: what the text is called in the message
    :raises ValueError: for no JSON
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is not JSON: it may have been cut off") from None


def save_file(path: str | os.PathLike[str]) -> None:
    """Write the state of this process to a file, as :func:`write_state`."""
    write_state(export_here(), path)


def load_file(path: str | os.PathLike[str], *, replace: bool = False) -> bool:
    """Take over the state in a file into this process; tell whether there was such a file.

    :raises ValueError: for a file that is no state, or does not go with what is there: nothing has
        changed. The message names the file
    :raises OSError: when it is there and cannot be read
    """
    try:
        text = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    state = parse_state(text, os.fspath(path))
    try:
        import_here(state, replace=replace)
    except ValueError as refused:
        raise ValueError(f"{os.fspath(path)}: {refused}") from None
    return True

"""Programs that others wrote, or that use what others wrote, installed once for all test runs."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "programs"
#: Whoever installs says so with this file, last.
DONE = ".installed"
SECONDS = 600


def built(name: str, *commands: Sequence[str]) -> Path:
    """Copy the folder `name`, run commands in the copy, and return it; skip if one fails."""
    source = HERE / name
    files = sorted(path for path in source.rglob("*") if path.is_file())
    content = hashlib.sha256()
    for path in files:
        content.update(path.relative_to(source).as_posix().encode() + path.read_bytes())
    folder = CACHE / f"{name}-{content.hexdigest()[:12]}"
    with _installing(folder) as missing:
        if missing:
            shutil.copytree(source, folder, dirs_exist_ok=True)
            _run(folder, *commands)
    return folder


def environment_of(*requirements: str) -> Path:
    """A virtual environment with these requirements; skip if they cannot be installed."""
    folder = CACHE / "-".join(requirements).replace("==", "-")
    with _installing(folder) as missing:
        if missing:
            python = folder / "bin" / "python"
            _run(
                CACHE,
                [sys.executable, "-m", "venv", str(folder)],
                [str(python), "-m", "pip", "install", "--quiet", *requirements],
            )
    return folder


@contextmanager
def _installing(folder: Path) -> Iterator[bool]:
    """Have a folder alone; tell whether it is still to be filled."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = not (folder / DONE).exists()
        yield missing
        (folder / DONE).touch()


def _run(folder: Path, *commands: Sequence[str]) -> None:
    for command in commands:
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        done = subprocess.run(
            list(command), cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            said = (done.stdout + done.stderr)[-500:]
            pytest.skip(f"{' '.join(command)} failed: {said}")

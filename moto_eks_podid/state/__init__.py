"""The state of a mock or server, out and in, so that tokens and credentials survive a restart."""

from __future__ import annotations

from .document import export_state, import_state
from .files import load_file, save_file

__all__ = ["export_state", "import_state", "load_file", "save_file"]

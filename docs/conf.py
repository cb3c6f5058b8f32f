"""Sphinx: Markdown through MyST, Furo, and pages whose tables come from the package."""

from __future__ import annotations

from pathlib import Path

import moto_eks_podid
from moto_eks_podid import _seams, settings
from moto_eks_podid.scenario import schema

project = "moto-eks-podid"
author = "the moto-eks-podid authors"
copyright = f"2026, {author}"
release = version = moto_eks_podid.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "_generated", "_static"]
html_theme = "furo"
html_title = f"moto-eks-podid {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"

#: Included by the pages of the same names. Written on every build, so they cannot be out of date.
GENERATED = {
    "scenario.md": schema.as_markdown,
    "seams.md": _seams.as_markdown,
    "settings.md": settings.as_markdown,
}


def write_generated_pages() -> None:
    """Render the package's tables into ``_generated``, touching only what has changed."""
    folder = Path(__file__).parent / "_generated"
    folder.mkdir(exist_ok=True)
    for name, render in GENERATED.items():
        page = folder / name
        text = render()
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


write_generated_pages()

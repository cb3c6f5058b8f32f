"""``python -m moto_eks_podid``: the command line."""

from __future__ import annotations

import sys

from moto_eks_podid.extras import MissingExtra, requires_extra


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        with requires_extra("cli", "click", "rich", "yaml"):
            from moto_eks_podid.cli import command
    except MissingExtra as missing:
        sys.exit(str(missing))
    command(prog_name="moto-eks-podid")


if __name__ == "__main__":
    main()

"""``moto-eks-podid demo``: the whole story, told by real boto3 calls against an embedded moto."""

from __future__ import annotations

from rich.console import Console

from ..mocking import mock_aws
from .stage import Stage
from .story import tell


def run(*, color: bool = True) -> None:
    """Tell the story on standard output.

    :param color: False for plain text
    """
    console = Console(no_color=not color, highlight=color)
    with mock_aws(config={"eks_podid": {"iam_enforcement": "sessions"}}):
        tell(Stage(), console)

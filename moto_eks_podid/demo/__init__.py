"""``moto-eks-podid demo``: the whole story, told by real boto3 calls against an embedded moto."""

from __future__ import annotations

from rich.console import Console

from ..mocking import mock_aws
from .stage import Stage
from .story import tell


def run(*, color: bool = True, at_server: bool = False) -> None:
    """Tell the story on standard output.

    :param color: False for plain text
    :param at_server: with the AWS CLI, at a server that is started for it
    :raises MissingExtra: at a server, without moto's server or the AWS CLI
    """
    console = Console(no_color=not color, highlight=color)
    if at_server:
        from .at_server import tell as tell_at_server

        tell_at_server(console)
        return
    with mock_aws(config={"eks_podid": {"iam_enforcement": "sessions"}}):
        tell(Stage(), console)

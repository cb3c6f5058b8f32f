"""moto's server and moto's proxy with the plugin in them.

Plain ``moto_server`` and ``moto_proxy`` cannot load a plugin; these are the same programs, started
through ours. The flags are moto's, and so is everything that they serve. What is ours of the server
is the way to moto's application: connections stay open, and no client can hold up another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import install, settings
from .extras import requires_extra

#: moto reads the process's command line when it is given no arguments: this is its own default,
#: said aloud.
_DEFAULT_ARGUMENTS: Final = ["-H", "127.0.0.1"]
_OF_SERVER: Final = ("flask", "flask_cors", "uvicorn", "httptools")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How the server is run.

    :ivar host: an address or a name of this machine, or ``unix://`` and a path
    :ivar port: 0 for a free one
    :ivar reload: whether to start anew when a module's file changes
    :ivar tls: whether to serve HTTPS; with a certificate made for it, unless one is given
    :ivar certificate: with its key, both PEM files
    :ivar access_log: ``text`` or ``json``: what to write to standard error for each answer
    :ivar scenario: a file with what is there from the start
    :ivar state: a file that state is read from at the start, if it is there, and kept in at the end
    """

    host: str = "127.0.0.1"
    port: int = 5000
    reload: bool = False
    tls: bool = False
    certificate: tuple[Path, Path] | None = None
    access_log: str | None = None
    scenario: Path | None = None
    state: Path | None = None


def run_server(options: ServerOptions) -> None:
    """Run moto's server until it is stopped.

    SIGTERM and SIGINT stop it, once it has answered what it was asked.

    :raises SettingError: for a wrong value in an environment variable of the plugin
    :raises ScenarioError: for a scenario that is none
    :raises ValueError: for a state that is none, and for files that are no certificate and its key
    :raises ValueError: for ``reload`` with ``state``
    :raises OSError: for a file that cannot be read, and for a state that cannot be written
    :raises MissingExtra: when moto's server is not installed
    """
    # Otherwise each request that reads the setting would fail.
    settings.check_environment()
    install()
    with requires_extra("server", *_OF_SERVER):
        from .serving.command import serve
    serve(options)


@contextmanager
def in_thread() -> Iterator[str]:
    """Run moto's server in a thread of this process, on a free port, and yield its URL.

    :raises SettingError: for a wrong value in an environment variable of the plugin
    :raises MissingExtra: when moto's server is not installed
    """
    settings.check_environment()
    install()
    with requires_extra("server", *_OF_SERVER):
        from .serving.running import Running, listener
    with listener("127.0.0.1", 0) as listening:
        running = Running(listening)
        thread = threading.Thread(target=running.serve_until_stopped, name="moto-server")
        thread.start()
        host, port = listening.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            running.stop()
            thread.join()


def run_proxy(arguments: Sequence[str]) -> None:
    """Run moto's proxy until it is stopped.

    :param arguments: ``moto_proxy``'s flags: ``-H``, ``-p``
    :raises SettingError: for a wrong value in an environment variable of the plugin
    """
    settings.check_environment()
    install()
    from moto.proxy import main

    main(list(arguments) or _DEFAULT_ARGUMENTS)

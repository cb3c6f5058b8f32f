"""moto's server and moto's proxy with the plugin in them.

Plain ``moto_server`` and ``moto_proxy`` cannot load a plugin; these are the same programs, started
through ours. The flags are moto's, and so is everything that they serve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from . import install, settings
from .extras import requires_extra

#: moto reads the process's command line when it is given no arguments: this is its own default,
#: said aloud.
_DEFAULT_ARGUMENTS = ["-H", "127.0.0.1"]


def run_server(arguments: Sequence[str]) -> None:
    """Run moto's server until it is stopped.

    :param arguments: ``moto_server``'s flags: ``-H``, ``-p``, ``-r``, ``-s``, ``-c``, ``-k``
    :raises SettingError: for a wrong value in an environment variable of the plugin
    :raises MissingExtra: when moto's server is not installed
    """
    # Otherwise each request that reads the setting would fail.
    settings.check_environment()
    install()
    with requires_extra("server", "flask", "flask_cors"):
        from moto.server import main
    main(list(arguments) or _DEFAULT_ARGUMENTS)


@contextmanager
def in_thread() -> Iterator[str]:
    """Run moto's server in a thread of this process, on a free port, and yield its URL.

    :raises SettingError: for a wrong value in an environment variable of the plugin
    :raises MissingExtra: when moto's server is not installed
    """
    settings.check_environment()
    install()
    with requires_extra("server", "flask", "flask_cors"):
        from moto.server import ThreadedMotoServer
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def run_proxy(arguments: Sequence[str]) -> None:
    """Run moto's proxy until it is stopped.

    :param arguments: ``moto_proxy``'s flags: ``-H``, ``-p``
    :raises SettingError: for a wrong value in an environment variable of the plugin
    """
    settings.check_environment()
    install()
    from moto.proxy import main

    main(list(arguments) or _DEFAULT_ARGUMENTS)

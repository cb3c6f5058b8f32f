"""The command ``server``: what happens before, while and after moto's application is served."""

from __future__ import annotations

import signal
import ssl
import sys
import threading
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NoReturn

from werkzeug.serving import generate_adhoc_ssl_context, load_ssl_context

from .. import readiness
from ..faults.injected import remove_faults
from ..server import ServerOptions, in_thread
from .access_log import access_log
from .connections import raise_file_limit
from .running import Running, listener

_SCENARIO: Final = "the scenario"
_UNIX: Final = "unix://"


def serve(options: ServerOptions) -> None:
    """Run moto's server until it is stopped; see :func:`moto_eks_podid.server.run_server`."""
    if options.reload and options.state is not None:
        # Its process ends in the middle of whatever it does.
        raise ValueError("--reload and --state do not go together: a reload would lose the state")
    if options.scenario is not None:
        # Here and below: a server without these starts sooner.
        from ..scenario.loading import check

        check(options.scenario)
    tls = _tls(options)
    if options.reload:
        from werkzeug._reloader import run_with_reloader

        run_with_reloader(partial(_serve, options, tls))
    else:
        _serve(options, tls)


def _serve(options: ServerOptions, tls: ssl.SSLContext | None) -> None:
    raise_file_limit()
    is_kept = False
    if options.state is not None:
        from ..state.files import check_writable, load_file

        check_writable(options.state)
        is_kept = load_file(options.state)
    seeding = None
    if options.scenario is not None:
        readiness.wait_for(_SCENARIO)
        seeding = _Seeding(options.scenario, is_kept=is_kept)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _exit)
    with listener(options.host, options.port) as listening:
        name = listening.getsockname()
        _announce(options, None if isinstance(name, str) else name[1])
        running = Running(
            listening,
            tls=tls,
            access_log=None if options.access_log is None else access_log(options.access_log),
            when_serving=seeding,
        )
        if seeding is not None:
            seeding.running = running
        try:
            running.serve_until_stopped()
        finally:
            _leave(options, is_kept=is_kept)
    if seeding is not None and seeding.failure is not None:
        raise seeding.failure


def _leave(options: ServerOptions, *, is_kept: bool) -> None:
    # Calls that wait for an injected latency would keep the process.
    remove_faults(None)
    # Half a scenario would be taken for all of it the next time.
    if options.state is not None and (is_kept or not readiness.waiting_for()):
        from ..state.files import save_file

        save_file(options.state)


def _exit(number: int, frame: object) -> NoReturn:
    sys.exit(0)


class _Seeding:
    """Makes what a scenario says, through a door of its own, and stops the server if it cannot.

    :param is_kept: whether a state came in, which has most of it
    """

    def __init__(self, scenario: Path, *, is_kept: bool) -> None:
        self._scenario = scenario
        self._is_kept = is_kept
        self.running: Running | None = None
        self.failure: Exception | None = None

    def __call__(self) -> None:
        from ..scenario import loading

        load = loading.load_what_no_state_has if self._is_kept else loading.load_scenario
        try:
            with in_thread() as url:
                load(self._scenario, endpoint_url=url)
        except Exception as failure:
            # Whatever it is, the main thread raises it.
            self.failure = failure
            if self.running is not None:
                self.running.stop()
        else:
            readiness.is_there(_SCENARIO)


def _tls(options: ServerOptions) -> ssl.SSLContext | None:
    """:raises OSError: for files that cannot be read

    :raises ValueError: for files that are no certificate and its key
    """
    if options.certificate is None:
        return generate_adhoc_ssl_context() if options.tls else None
    for path in options.certificate:
        # OpenSSL does not say which of them it could not read.
        path.open("rb").close()
    certificate, key = map(str, options.certificate)
    try:
        return load_ssl_context(certificate, key)
    except ssl.SSLError as error:
        raise ValueError(
            f"{certificate} and {key} are no certificate and its key, in PEM: {error}"
        ) from None


def _announce(options: ServerOptions, port: int | None) -> None:
    if port is None:
        _say(f" * Running on {options.host}")
        return
    scheme = "https" if options.tls or options.certificate else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    _say(f" * Running on {scheme}://{host}:{port}")
    _say("Press CTRL+C to quit")
    if not _is_loopback(options.host):
        _say(
            f"WARNING: {options.host} is not this machine's alone. Whoever reaches port {port} can "
            "call every mocked service as an administrator, get the credentials and tokens of "
            "every pod, and read all records. Nothing asks them who they are."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.startswith(_UNIX):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

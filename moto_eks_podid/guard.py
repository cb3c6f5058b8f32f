"""What keeps web pages elsewhere from a server's own endpoints, through their reader's browser.

moto answers whoever asks, with CORS for everybody: its clouds are not real. The plugin's endpoints
give out credentials and change what a test relies on. A browser says in `Origin` which page asks;
one that was made to believe that a foreign name is this machine's (DNS rebinding) says that name in
`Host`.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from . import settings

#: Nobody can register a name below these (RFC 6761; ICANN's resolution of July 2024 on `internal`).
_PRIVATE: Final = ("localhost", "test", "internal")
_EVERY: Final = "*"


def refusal(request: Any) -> str | None:
    """Return why a request to the server may not be answered, None where it may be.

    :param request: moto's; those that come from within the process are not refused
    """
    if not request.from_wsgi_server:
        return None
    host = request.headers.get("Host", "")
    if not _is_ours(host, settings.get("allowed_hosts")):
        return (
            f"{host!r} may be a foreign name for this machine. If it is one of yours, name it in "
            "the setting allowed_hosts (MOTO_EKS_PODID_ALLOWED_HOSTS, --allowed-host)."
        )
    origin = request.headers.get("Origin")
    if origin is not None and _netloc(origin) != host:
        return f"A page of {origin} may not call this server."
    return None


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _is_ours(host: str, allowed: Collection[str]) -> bool:
    """Tell whether a Host can only be an address or a name of the user's own.

    No name of one label is registered to anybody: Compose and Kubernetes have such names for their
    services.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    name = name.rstrip(".").lower()
    if _EVERY in allowed or name in allowed:
        return True
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.rpartition(".")[2] in _PRIVATE
    return True

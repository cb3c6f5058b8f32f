"""The templates: every value in them is escaped."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from .. import clock
from ..remote import PREFIX
from .files import version
from .highlighted import highlighted


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(url=url, static=static_url)
    environment.filters.update(
        moment=moment, iso=iso, ahead=ahead, name=last_part, thousands=thousands, json=highlighted
    )
    return environment


def render(template: str, **values: Any) -> str:
    """Return a page."""
    return _environment().get_template(template).render(now=clock.now(), **values)


def url(path: str, **query: Any) -> str:
    """Return the URL of a path below the prefix; empty members of the query are left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return PREFIX + quote(path) + (f"?{urlencode(given, errors='replace')}" if given else "")


def static_url(name: str) -> str:
    """Return the URL of a style or a script, which changes with its content."""
    return url(f"/ui/static/{name}", v=version(name))


def moment(time: datetime | float) -> str:
    """Return a time for people: UTC, to the second."""
    return _utc(time).strftime("%Y-%m-%d %H:%M:%S")


def iso(time: datetime | float) -> str:
    """Return a time for machines."""
    return _utc(time).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(time: datetime | float) -> datetime:
    if isinstance(time, datetime):
        return time.astimezone(timezone.utc)
    return datetime.fromtimestamp(time, timezone.utc)


def ahead(span: timedelta) -> str:
    """Return how long something takes, in its two greatest units."""
    seconds = max(int(span.total_seconds()), 0)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2])


def last_part(arn: str) -> str:
    """Return what follows the last slash of an ARN."""
    return arn.rpartition("/")[2]


def thousands(count: int) -> str:
    """Return a count for people."""
    return f"{count:,}"

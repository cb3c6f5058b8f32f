"""Frozen dataclasses as JSON values, and back: whatever is read has exactly the declared types.

The declarations are the dataclasses themselves. Reading copies everything: nothing is shared with
what was read from.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timezone
from functools import cache, partial
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

#: Marks times that moto keeps without a zone.
NAIVE = "naive"
NaiveTime = Annotated[datetime, NAIVE]

#: Beyond this an integer is not the same number in every JSON reader.
_LARGEST = 2**53
#: How deep a JSON value of no declared type may nest.
_DEPTH = 32

#: Reads a value, which messages call as the second argument says.
_Reader = Callable[[Any, str], Any]

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def encode(value: Any) -> Any:
    """Return a value of declared dataclasses as plain JSON values; times are ISO 8601."""
    if value is None or type(value) in _NAMES:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        # A list first: another thread may be changing what moto holds.
        return {name: encode(member) for name, member in list(value.items())}
    if isinstance(value, (list, tuple)):
        return [encode(entry) for entry in value]
    return value


def decode(kind: Any, value: Any, where: str) -> Any:
    """Read what :func:`encode` wrote.

    :param kind: the declared type: a dataclass, ``str``, ``list[…]``, ``X | None``, ``Any`` …
    :param where: what messages call the value; they never quote it, since it may be secret
    :raises ValueError: for a value of another type, a missing or an unknown member
    """
    return _reader(kind)(value, where)


@cache
def _reader(kind: Any) -> _Reader:
    """Return what reads a type: a state has each one thousands of times."""
    origin, kinds = get_origin(kind), get_args(kind)
    if kind is Any:
        return partial(_plain, depth=_DEPTH)
    if origin is Annotated:
        return partial(_time, naive=True)
    if origin in (Union, types.UnionType):
        readers = {one: _reader(one) for one in kinds if one is not types.NoneType}
        return partial(_one_of, types.NoneType in kinds, readers, next(iter(readers.values())))
    if origin is tuple and Ellipsis not in kinds:
        return partial(_tuple, [_reader(entry_kind) for entry_kind in kinds])
    if origin in (list, tuple):
        return partial(_sequence, origin, _reader(kinds[0]))
    if origin is dict:
        return partial(_mapping, _reader(kinds[1]))
    if is_dataclass(kind):
        return partial(_dataclass, kind)
    if issubclass(kind, datetime):
        return partial(_time, naive=False)
    return partial(_scalar, kind)


@cache
def _members(kind: Any) -> dict[str, tuple[_Reader, bool]]:
    """Return what reads each member of a dataclass, and whether it has to be there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name: (
            _reader(hints[field.name]),
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(kind)
    }


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    members = _object(value, where)
    known = _members(kind)
    for name in members:
        if name not in known:
            raise ValueError(f"{where} has an unknown member {_short(name)!r}")
    given = {}
    for name, (read, required) in known.items():
        if name in members:
            given[name] = read(members[name], f"{where}.{name}")
        elif required:
            raise ValueError(f"{where} has no member {name!r}")
    return kind(**given)


def _object(value: Any, where: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return value


def _mapping(read: _Reader, value: Any, where: str) -> Any:
    return {
        _text(name, f"a name in {where}"): read(member, f"{where}.{_short(name)}")
        for name, member in _object(value, where).items()
    }


def _sequence(origin: Any, read: _Reader, value: Any, where: str) -> Any:
    entries = enumerate(_listed(value, where))
    return origin(read(entry, f"{where}[{place}]") for place, entry in entries)


def _tuple(readers: list[_Reader], value: Any, where: str) -> Any:
    if len(_listed(value, where)) != len(readers):
        raise ValueError(f"{where} has {len(readers)} entries")
    entries = enumerate(zip(readers, value, strict=True))
    return tuple(read(entry, f"{where}[{place}]") for place, (read, entry) in entries)


def _listed(value: Any, where: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise _wrong(where, "a list", value)
    return value


def _one_of(
    optional: bool, readers: dict[Any, _Reader], otherwise: _Reader, value: Any, where: str
) -> Any:
    if value is None and optional:
        return None
    return readers.get(type(value), otherwise)(value, where)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is str:
        return _text(value, where)
    if kind is float and type(value) is int:
        value = float(_bounded(value, where))
    if type(value) is not kind:
        raise _wrong(where, _NAMES[kind], value)
    if kind is int:
        return _bounded(value, where)
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{where} is no finite number")
    return value


def _text(value: Any, where: str) -> str:
    if type(value) is not str:
        raise _wrong(where, "text", value)
    return value


def _bounded(value: int, where: str) -> int:
    if not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"{where} is too large a number")
    return value


def _time(value: Any, where: str, *, naive: bool) -> datetime:
    text = _text(value, where)
    try:
        time = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        if not naive and time.tzinfo is not None:
            time = time.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(f"{where} is no time") from None
    if naive != (time.tzinfo is None):
        raise ValueError(f"{where} is a time {'without' if naive else 'with'} a zone")
    return time


def _plain(value: Any, where: str, depth: int) -> Any:
    """Read a JSON value of no declared type."""
    if depth == 0:
        raise ValueError(f"{where} nests too deeply")
    if value is None or type(value) is bool:
        return value
    if type(value) in (str, int, float):
        return _scalar(type(value), value, where)
    if isinstance(value, (list, tuple)):
        return [_plain(entry, where, depth - 1) for entry in value]
    if isinstance(value, dict):
        return {
            _text(name, f"a name in {where}"): _plain(member, where, depth - 1)
            for name, member in value.items()
        }
    raise _wrong(where, "a JSON value", value)


def _wrong(where: str, wanted: str, value: Any) -> ValueError:
    return ValueError(f"{where} is not {wanted}, but {type(value).__name__}")


def _short(name: Any) -> str:
    """Return a name for a message: it may be of any length and have any character."""
    return str(name)[:64].encode("ascii", "backslashreplace").decode()


def differences(first: Any, second: Any, where: str = "") -> Iterator[str]:
    """Yield the names of the members in which two encoded values differ, as ``issuer.url``."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in {**first, **second}:
            if first.get(name) != second.get(name):
                inner = f"{where}.{name}" if where else str(name)
                yield from differences(first.get(name), second.get(name), inner)
    elif first != second:
        yield where

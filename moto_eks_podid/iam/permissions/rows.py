"""What the tables of permissions are made of.

A row says: these operations need such an action on these resources. An operation may have several
rows; it then needs all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from .call import ANY, Call, Context

NO_KEYS: Final[Mapping[str, str | list[str]]] = MappingProxyType({})


# A tuple, because a frozen dataclass takes three times as long to make.
class Resource(NamedTuple):
    """What an action is on; members as in :class:`~.call.Need`."""

    arn: str
    context: Mapping[str, str | list[str]] = NO_KEYS
    account: str | None = None
    shown: str | None = None
    policies: tuple[str, ...] = ()


#: Which resources a call is about.
Find: TypeAlias = Callable[[Call], Iterable[Resource]]
#: What is known of a resource with that ARN.
Look: TypeAlias = Callable[[str], Resource]
#: Condition keys that a call's parameters give.
Keys: TypeAlias = Callable[[Call], Context]


class Row(NamedTuple):
    """One permission of one operation."""

    operation: str
    #: Without a prefix it is the service's own.
    action: str
    find: Find
    keys: tuple[Keys, ...]


def on(find: Find, operations: str, *keys: Keys) -> list[Row]:
    """Return rows: the operations need actions on what is found.

    :param operations: separated by blanks; ``Operation=Action`` where the action is called
        something else, ``Operation=prefix:Action`` where it is another service's
    :param keys: condition keys of these rows, beside those of all rows of the service
    """
    rows = []
    for words in operations.split():
        operation, _, action = words.partition("=")
        rows.append(Row(operation, action or operation, find, keys))
    return rows


ANYTHING: Final = (Resource(ANY),)


class Rule(NamedTuple):
    """A row, compiled."""

    action: str
    find: Find
    keys: tuple[Keys, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """The permissions of a service's operations.

    :param prefix: of its actions
    :param rules: by operation; an operation without any needs no permission
    :param keys: condition keys of all its own actions
    :param unlisted: how refusals name the resource of an operation that has no rules at all
    """

    prefix: str
    rules: Mapping[str, tuple[Rule, ...]]
    keys: tuple[Keys, ...]
    unlisted: Find


def anything(_: Call) -> tuple[Resource, ...]:
    """Find what an action without resources is on."""
    return ANYTHING


def service(
    prefix: str,
    *rows: list[Row],
    keys: tuple[Keys, ...] = (),
    free: str = "",
    unlisted: Find = anything,
) -> Service:
    """Compile the rows of a service.

    :param keys: condition keys of all its own actions
    :param free: the operations that need no permission
    :param unlisted: what the actions of all other operations are on, which have no resources
    """
    rules: defaultdict[str, list[Rule]] = defaultdict(list)
    for row in (row for some in rows for row in some):
        own = ":" not in row.action
        action = f"{prefix}:{row.action}" if own else row.action
        rules[row.operation].append(Rule(action, row.find, (keys if own else ()) + row.keys))
    compiled = {operation: tuple(some) for operation, some in rules.items()}
    return Service(prefix, {**compiled, **dict.fromkeys(free.split(), ())}, keys, unlisted)


# What is found


def shown_as(text: str) -> Find:
    """Find what an action without resources is on, for a service whose refusals name some all the
    same.

    :param text: as :meth:`str.format` has it, with ``partition``, ``region`` and ``account``
    """

    def find(call: Call) -> tuple[Resource, ...]:
        shown = text.format(partition=call.partition, region=call.region, account=call.account_id)
        return (Resource(ANY, shown=shown),)

    return find


def given(parameter: str, find: Find) -> Find:
    """Find resources only for a call that has a parameter."""

    def find_if_given(call: Call) -> Iterable[Resource]:
        return find(call) if call.parameters.get(parameter) else ()

    return find_if_given


# ARNs


def parts_of(arn: str) -> list[str]:
    """Return the six parts of an ARN; of any other text, nothing but the last."""
    parts = arn.split(":", 5)
    return parts if len(parts) == 6 else ["", "", "", "", "", arn]


def owner(account: str) -> str | None:
    """Return the account in an ARN, if it names one: AWS's own resources do not."""
    return account if len(account) == 12 and account.isdigit() else None


def plain(arn: str) -> Resource:
    """Return a resource of which nothing is known but its ARN."""
    return Resource(arn, account=owner(parts_of(arn)[4]))


def by_name(of: str, kind: str, *parameters: str, look: Look = plain) -> Find:
    """Find the resource that a parameter names, or gives the ARN of; without any: everything.

    :param of: the service in the ARN
    :param kind: what stands before the name, such as ``table/``
    :param parameters: the first that is given counts
    """

    def find(call: Call) -> tuple[Resource, ...]:
        for parameter in parameters:
            value = call.parameters.get(parameter)
            if value and isinstance(value, str):
                return (look(value if value.startswith("arn:") else call.arn(of, kind + value)),)
        return ANYTHING

    return find


def by_names(of: str, kind: str, parameter: str, look: Look = plain) -> Find:
    """Find every resource of those that a parameter lists, likewise."""

    def find(call: Call) -> Iterable[Resource]:
        return [
            look(name if name.startswith("arn:") else call.arn(of, kind + name))
            for name in call.texts(parameter)
        ] or ANYTHING

    return find


def below(of: str, template: str, *parameters: str, look: Look = plain) -> Find:
    """Find the resource that several parameters name together; without one of them: everything.

    :param template: the last part of its ARN, as :meth:`str.format` has it
    """

    def find(call: Call) -> tuple[Resource, ...]:
        values: dict[str, Any] = {}
        for parameter in parameters:
            value = call.parameters.get(parameter)
            if value is None or isinstance(value, (list, Mapping)):
                return ANYTHING
            values[parameter] = value
        return (look(call.arn(of, template.format_map(values))),)

    return find

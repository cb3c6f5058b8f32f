"""moto's ``mock_aws`` with the plugin in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from moto.core.decorator import mock_aws as moto_mock_aws
from moto.core.models import MockAWS

from ._install import install

_F = TypeVar("_F", bound=Callable[..., Any])


@overload
def mock_aws(func: _F) -> _F: ...


@overload
def mock_aws(func: None = None, config: Any = None) -> MockAWS: ...


def mock_aws(func: Any = None, config: Any = None) -> Any:
    """Do what moto's ``mock_aws`` does, after installing the plugin.

    Use it as a decorator of functions and classes, as a context manager, or with ``start()`` and
    ``stop()``. Once the plugin is installed (here, by :func:`install` or by the pytest plugin),
    moto's own ``mock_aws`` does the same.

    :param func: the function or class when used as a bare decorator
    :param config: moto's configuration; the plugin's settings are its member ``"eks_podid"``
    """
    install()
    if func is not None:
        return moto_mock_aws(func)
    return moto_mock_aws(config=config)

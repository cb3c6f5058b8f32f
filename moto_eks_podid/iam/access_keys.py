"""Who owns an access key, in whatever account and partition of moto's IAM."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from moto.core.common_models import BaseModel
from moto.iam.models import IAMBackend, User, iam_backends

from .models import PartitionedIAMBackend


def find_key_backend(access_key_id: str) -> IAMBackend | None:
    """Return the IAM that gave out an access key, a user's or a session's; None for any other."""
    # moto's own look-ups walk the live dictionaries, which another thread may be changing.
    for backends in list(iam_backends.values()):
        for backend in list(backends.values()):
            # A reset empties the object for a moment.
            if access_key_id in getattr(backend, "access_keys", ()):
                return backend
    return None


def was_given_out(access_key_id: str) -> bool:
    """Tell whether IAM gave out an access key, even if it or its user is deleted by now."""
    return find_key_backend(access_key_id) is not None or any(
        access_key_id in backend.deleted_keys
        for backends in list(iam_backends.values())
        for backend in list(backends.values())
        # One that moto made before the plugin was installed does not remember.
        if isinstance(backend, PartitionedIAMBackend)
    )


def forget_key(access_key_id: str) -> None:
    """Have IAM forget the access key of a session."""
    backend = find_key_backend(access_key_id)
    key = backend.access_keys.pop(access_key_id, None) if backend else None
    if key is not None:
        forget_instance(key)


def forget_instance(model: BaseModel) -> None:
    """Have moto forget one of its models, which it lists by class until the next reset."""
    # moto's metaclass gives each class its own.
    instances: list[BaseModel] = type(model).instances_tracked  # type: ignore[attr-defined]
    with suppress(ValueError):
        instances.remove(model)


def account_of(access_key_id: str) -> str | None:
    """Return the account that owns an access key; None for a key that moto did not give out."""
    backend = find_key_backend(access_key_id)
    return backend.account_id if backend else None


def is_there(user: User) -> bool:
    """Tell whether a user has not been deleted: a new one of the same name is another."""
    backends: Mapping[str, IAMBackend] = iam_backends.get(user.account_id) or {}
    return any(
        one is user for backend in list(backends.values()) for one in list(backend.users.values())
    )


def find_user(access_key_id: str) -> User | None:
    """Return the user that an access key belongs to; None for the key of anything else."""
    backend = find_key_backend(access_key_id)
    if backend is None:
        return None
    for user in list(backend.users.values()):
        # By the user's own list: a key keeps the name that its user had when it was made.
        if any(key.access_key_id == access_key_id for key in list(user.access_keys)):
            return user
    return None

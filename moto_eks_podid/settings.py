"""Every setting of the plugin: its names, its default, its meaning.

A setting ``x`` is read from, the first that has it:

1. ``mock_aws(config={"eks_podid": {"x": …}})``, for as long as that mock runs (in-process only:
   moto's server has no such argument); of several mocks that run, the one that started last;
2. ``PUT /moto-api/eks-podid/settings`` (or :func:`override`), until it is put again or moto is
   reset, as it is when the outermost mock starts and ends;
3. the environment variable ``MOTO_EKS_PODID_X``;
4. the default.
"""

from __future__ import annotations

import difflib
import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: The key of our settings in moto's ``mock_aws(config=…)``.
CONFIG_KEY = "eks_podid"
ENVIRONMENT_PREFIX = "MOTO_EKS_PODID_"

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_HOST = re.compile(r"[\w.-]+|\*", re.ASCII)


class SettingError(ValueError):
    """A setting has an unknown name or a value that it cannot take. The message says which."""


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"expected true or false, got {value!r}")


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"expected a whole number, got {value!r}")
    number = int(value)
    if number < 0:
        raise ValueError(f"expected a number of at least 0, got {number}")
    return number


def _caller(value: object) -> str:
    if value in ("user", "root"):
        return str(value)
    raise ValueError(f"expected 'user' or 'root', got {value!r}")


def _hosts(value: object) -> list[str]:
    if isinstance(value, str):
        value = [name for name in value.split(",") if name.strip()]
    if not isinstance(value, (list, tuple)) or not all(_is_host(name) for name in value):
        raise ValueError(f"expected host names with commas between them, or a list, got {value!r}")
    return [name.strip().lower() for name in value]


def _is_host(name: object) -> bool:
    return isinstance(name, str) and _HOST.fullmatch(name.strip()) is not None


def _one_of(*words: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if isinstance(value, str) and value.strip().lower() in words:
            return value.strip().lower()
        raise ValueError(f"expected {', '.join(map(repr, words))}, got {value!r}")

    return parse


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table; ``parse`` turns what a user wrote into the value or raises ValueError."""

    name: str
    default: Any
    parse: Callable[[object], Any]
    meaning: str

    @property
    def environment_variable(self) -> str:
        """The environment variable that sets it for a whole process."""
        return ENVIRONMENT_PREFIX + self.name.upper()


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "validate_role",
            True,
            _switch,
            "Create and UpdatePodIdentityAssociation require that the role exists and that its "
            "trust policy lets `pods.eks.amazonaws.com` call `sts:AssumeRole` and "
            "`sts:TagSession`. When false, only the role ARN's account is checked.",
        ),
        Setting(
            "verify_token",
            True,
            _switch,
            "AssumeRoleForPodIdentity verifies the token's signature, issuer, times and audience. "
            "When false, any well-formed token with pod claims is taken at its word: needed to "
            "replay a moto recording, whose tokens were signed by keys that no longer exist.",
        ),
        Setting(
            "judge_trust_policy",
            True,
            _switch,
            "AssumeRoleForPodIdentity evaluates the role's trust policy with all its conditions "
            "(and, for a target role, both roles' policies). When false, any role that exists can "
            "be assumed.",
        ),
        Setting(
            "iam_enforcement",
            "off",
            _one_of("off", "sessions", "all"),
            "Whose calls IAM judges: nobody's (`off`), those of role sessions and of known IAM "
            "users (`sessions`: keys that nobody gave out, such as the fake ones of a test, act as "
            "an administrator), or everybody's (`all`: such keys are refused). Unless it is `off`, "
            "unknown `ASIA…` keys, wrong session tokens and unsigned calls are refused as well; "
            "expired sessions always are.",
        ),
        Setting(
            "unlisted_services",
            "judge",
            _one_of("judge", "warn", "refuse"),
            "What becomes of a call to a service whose permissions the plugin does not know: it is "
            "judged as `service:Operation` on every resource (`judge`), the same with a Python "
            "warning (`warn`), or it is refused (`refuse`). Only while `iam_enforcement` is on.",
        ),
        Setting(
            "verify_signatures",
            False,
            _switch,
            "`iam_enforcement` also compares the signature of every call that it judges, as moto's "
            "own switch (`set_initial_no_auth_action_count`) always does.",
        ),
        Setting(
            "associations_per_cluster",
            5000,
            _count,
            "How many associations a cluster holds before CreatePodIdentityAssociation answers "
            "ResourceLimitExceededException. AWS's quota is 5,000.",
        ),
        Setting(
            "cloudtrail_default_caller",
            "user",
            _caller,
            "Who CloudTrail says calls with keys that nobody gave out, such as the fake ones of a "
            "test: `user` (an IAM user named `moto`) or `root` (the account's root user).",
        ),
        Setting(
            "cloudtrail_max_events",
            100_000,
            _count,
            "How many calls the event history holds; the oldest make room for new ones.",
        ),
        Setting(
            "cloudtrail_max_bytes",
            512 * 1024 * 1024,
            _count,
            "How many bytes of requests and responses the event history holds, about; the oldest "
            "calls make room for new ones.",
        ),
        Setting(
            "max_sessions",
            100_000,
            _count,
            "How many role sessions of an account STS remembers; the oldest make room for new "
            "ones, and their credentials are unknown from then on.",
        ),
        Setting(
            "allowed_hosts",
            [],
            _hosts,
            "By which names clients may call the server's own endpoints below "
            "`/moto-api/eks-podid/`, besides addresses, names without a dot, and those below "
            "`localhost`, `test` and `internal`: any other could be a web page's name for this "
            "machine. Names with commas between them; `*` for all.",
        ),
    )
}


@functools.cache
def _moto() -> tuple[Mapping[str, Any], Callable[[], Mapping[str, Any]]]:
    """Return moto's configuration, and what reads the values that were put."""
    # Not at the top: the command line and the pytest plugin read the table without paying for moto.
    # Once: an import statement costs more than the rest of reading a setting.
    from moto.core.config import default_user_config

    from .overrides import overrides

    return default_user_config, overrides


def _known(name: str) -> Setting:
    try:
        return SETTINGS[name]
    except KeyError:
        close = difflib.get_close_matches(name, SETTINGS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(SETTINGS)}"
        raise SettingError(f"There is no setting {name!r}{hint}") from None


def _parsed(setting: Setting, value: object, source: str) -> Any:
    try:
        return setting.parse(value)
    except ValueError as error:
        raise SettingError(f"{source}: {error}") from None


def validate(values: object) -> dict[str, Any]:
    """Check a mapping of setting names to values.

    :param values: what a user wrote, for example the ``eks_podid`` part of ``mock_aws(config=…)``
    :returns: the same names with parsed values
    :raises SettingError: for what is no mapping, an unknown name, or a value of the wrong kind
    """
    if not isinstance(values, Mapping):
        raise SettingError(f"Settings are a mapping of names to values, got {values!r}")
    return {
        name: _parsed(_known(str(name)), value, f"setting {name!r}")
        for name, value in values.items()
    }


def get(name: str) -> Any:
    """Return the value of a setting as it is in force now (see the module's text for the order).

    :raises SettingError: for an unknown name, or a value that the setting cannot take
    """
    setting = _known(name)
    config, overrides = _moto()
    configured = config.get(CONFIG_KEY)
    if configured and name in configured:
        return _parsed(setting, configured[name], f"mock_aws(config) setting {name!r}")
    put = overrides()
    if name in put:
        return put[name]
    if (written := os.environ.get(setting.environment_variable)) is not None:
        return _parsed(setting, written, setting.environment_variable)
    return setting.default


def check_environment() -> None:
    """Read every setting that is written in the environment.

    :raises SettingError: for a value that its setting cannot take
    """
    for setting in SETTINGS.values():
        if (written := os.environ.get(setting.environment_variable)) is not None:
            _parsed(setting, written, setting.environment_variable)


def override(values: object) -> None:
    """Replace all values that were put before with ``values`` (all or nothing; ``{}`` clears them).

    A moto reset clears them, too: start the mock first.

    :raises SettingError: as :func:`validate`; nothing has changed then
    """
    from .overrides import set_overrides

    set_overrides(validate(values))


def override_besides(values: object) -> None:
    """Put ``values`` besides those that were put before (all or nothing).

    :raises SettingError: as :func:`validate`; nothing has changed then
    """
    from .overrides import overrides, set_overrides

    set_overrides({**overrides(), **validate(values)})


def in_force() -> dict[str, Any]:
    """Return every setting with its value as it is in force now, in the table's order."""
    return {name: get(name) for name in SETTINGS}


def as_markdown() -> str:
    """Render the table of settings for the documentation."""
    rows = "\n".join(
        f"| `{setting.name}` | `{setting.environment_variable}` "
        f"| `{setting.default}` | {setting.meaning} |"
        for setting in SETTINGS.values()
    )
    head = "| Setting | Environment variable | Default | Meaning |\n| --- | --- | --- | --- |"
    return f"{head}\n{rows}\n"

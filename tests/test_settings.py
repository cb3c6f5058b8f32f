"""The table of settings: where a value comes from, what is refused, when it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import moto
import pytest
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.models import MockAWS
from moto.moto_api._internal.models import moto_api_backend

import moto_eks_podid as podid
from moto_eks_podid import _install, overrides, settings
from moto_eks_podid.settings import CONFIG_KEY, SETTINGS, Setting, SettingError

ROWS = [pytest.param(setting, id=name) for name, setting in SETTINGS.items()]


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test meets a setting of another test or of the environment."""
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting.environment_variable, raising=False)
    settings.override({})
    yield
    settings.override({})


#: Settings that take neither a number nor true or false, with values as `others` returns them.
WORDS: dict[str, tuple[Any, Any, Any]] = {
    "allowed_hosts": (["a.example.com"], ["b.example.com", "c.example.com"], []),
    "cloudtrail_default_caller": ("root", "root", "user"),
    "iam_enforcement": ("sessions", "all", "off"),
    "unlisted_services": ("warn", "refuse", "judge"),
}


def others(setting: Setting) -> tuple[Any, Any, Any]:
    """Three values that a setting can take; the first and the second are not its default."""
    if setting.name in WORDS:
        return WORDS[setting.name]
    if isinstance(setting.default, bool):
        return not setting.default, not setting.default, setting.default
    return setting.default + 1, setting.default + 2, setting.default + 3


def written(value: Any) -> str:
    """A value as one writes it into the environment."""
    return ",".join(value) if isinstance(value, list) else str(value)


def config(**values: Any) -> dict[str, Any]:
    return {CONFIG_KEY: values}


@pytest.mark.parametrize("setting", ROWS)
def test_row_of_the_table_is_incomplete(setting: Setting) -> None:
    """Every setting has a default that it can take itself, a variable and a meaning."""
    assert setting.parse(setting.default) == setting.default
    assert setting.environment_variable == f"MOTO_EKS_PODID_{setting.name.upper()}"
    assert setting.meaning.endswith(".")
    assert settings.get(setting.name) == setting.default
    assert settings.in_force()[setting.name] == setting.default


@pytest.mark.parametrize("setting", ROWS)
def test_environment_variable_is_not_read(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment variable is read on every use, not once."""
    wanted, _, again = others(setting)
    for value in (wanted, again):
        monkeypatch.setenv(setting.environment_variable, written(value))
        assert settings.get(setting.name) == value
    monkeypatch.delenv(setting.environment_variable)
    assert settings.get(setting.name) == setting.default


@pytest.mark.parametrize("setting", ROWS)
def test_weaker_source_wins(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock's configuration goes before what was put, that before the environment."""
    configured, in_environment, put = others(setting)
    monkeypatch.setenv(setting.environment_variable, written(in_environment))
    with podid.mock_aws():
        assert settings.get(setting.name) == in_environment
        settings.override({setting.name: put})
        assert settings.get(setting.name) == put
        with podid.mock_aws(config=config(**{setting.name: configured})):
            assert settings.get(setting.name) == configured
            assert settings.in_force()[setting.name] == configured
        assert settings.get(setting.name) == put
        settings.override({})
        assert settings.get(setting.name) == in_environment


@pytest.mark.parametrize("setting", ROWS)
def test_value_of_the_wrong_kind_is_taken(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a bad value was written, the error names the place and the value."""
    bad = "perhaps not"
    with pytest.raises(SettingError, match=f"{setting.name}.*{bad}"):
        settings.override({setting.name: bad})
    with (
        pytest.raises(SettingError, match=f"{setting.name}.*{bad}"),
        podid.mock_aws(config=config(**{setting.name: bad})),
    ):
        pytest.fail("the mock started")
    monkeypatch.setenv(setting.environment_variable, bad)
    with pytest.raises(SettingError, match=f"{setting.environment_variable}.*{bad}"):
        settings.get(setting.name)


READINGS: dict[str, tuple[tuple[Any, Any], ...]] = {
    "validate_role": (
        *((written, True) for written in (True, 1, "true", "True", "1", "yes", "on", " ON ")),
        *((written, False) for written in (False, 0, "false", "FALSE", "0", "no", "off")),
    ),
    "associations_per_cluster": ((0, 0), ("0", 0), (12, 12), ("12", 12), (" 12 ", 12)),
    "allowed_hosts": (
        *((none, []) for none in ("", " , ", [], ())),
        *((some, ["a.test", "*"]) for some in ("a.test,*", " A.test , *,", ["a.test", "*"])),
    ),
}
MISREADINGS: dict[str, tuple[Any, ...]] = {
    "validate_role": ("", "2", 2, None, [], "tru", 1.5),
    "associations_per_cluster": (-1, "-1", "", "1.5", 1.5, None, True, [], "many"),
    "allowed_hosts": ("a b", "http://a", "a:80", "*.test", ["a", 1], [""], {}, None, 1, True),
}


@pytest.mark.parametrize("name", READINGS)
def test_spelling_of_a_value_is_not_understood(name: str) -> None:
    """Switches take the usual words in any case, counts take whole numbers from 0."""
    for given, value in READINGS[name]:
        read = settings.validate({name: given})[name]
        assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("name", MISREADINGS)
def test_nonsense_is_understood(name: str) -> None:
    """Anything else is refused: nothing counts as true only because it is not empty."""
    for given in MISREADINGS[name]:
        with pytest.raises(SettingError, match=name):
            settings.validate({name: given})


def test_misspelt_name_is_passed_over() -> None:
    """An unknown name is refused with the one that may have been meant, else with all."""
    with pytest.raises(SettingError, match="'verify_tokens'; did you mean 'verify_token'\\?"):
        settings.get("verify_tokens")
    for refuse in (settings.override, settings.validate):
        with pytest.raises(SettingError, match="did you mean 'validate_role'"):
            refuse({"validate_roles": True})
        with pytest.raises(SettingError) as caught:
            refuse({"zzz": True})
        assert all(name in str(caught.value) for name in SETTINGS)


@pytest.mark.parametrize("values", [None, "validate_role", ["validate_role"], 5, True])
def test_settings_that_are_no_mapping_are_taken(values: Any) -> None:
    """Settings are a mapping of names to values."""
    with pytest.raises(SettingError, match="mapping of names to values"):
        settings.override(values)
    with (
        pytest.raises(SettingError, match="mapping of names to values"),
        podid.mock_aws(config={CONFIG_KEY: values}),
    ):
        pytest.fail("the mock started")


def test_refused_values_replace_some() -> None:
    """Putting settings is all or nothing."""
    settings.override({"associations_per_cluster": 3})
    with pytest.raises(SettingError):
        settings.override({"validate_role": False, "verify_token": "perhaps"})
    assert settings.get("associations_per_cluster") == 3
    assert settings.get("validate_role") is True


RESETS: dict[str, Callable[[], None]] = {
    "mock's own": lambda: MockAWS().reset(),
    "moto API": moto_api_backend.reset,
    "backend dictionaries": BackendDict.reset,
}


@pytest.mark.parametrize("reset", RESETS)
def test_put_setting_survives_a_reset(reset: str) -> None:
    """What was put is state: every reset that moto knows takes it back."""
    with podid.mock_aws():
        settings.override({"associations_per_cluster": 3})
        RESETS[reset]()
        assert settings.get("associations_per_cluster") == 5000


def test_put_setting_survives_its_mock() -> None:
    """What was put ends with the outermost mock, and a nested mock shares it."""
    with podid.mock_aws():
        settings.override({"associations_per_cluster": 3})
        with podid.mock_aws():
            assert settings.get("associations_per_cluster") == 3
            settings.override({"associations_per_cluster": 4})
        assert settings.get("associations_per_cluster") == 4
    assert settings.get("associations_per_cluster") == 5000
    with podid.mock_aws():
        assert settings.get("associations_per_cluster") == 5000


def test_setting_that_was_put_before_the_mock_leaks_into_it() -> None:
    """A mock starts without what was put before."""
    settings.override({"associations_per_cluster": 3})
    with podid.mock_aws():
        assert settings.get("associations_per_cluster") == 5000


def test_mock_without_a_reset_loses_what_was_put() -> None:
    """A mock that keeps moto's state keeps what was put, as for a class with a set-up method."""
    first, second = podid.mock_aws(), podid.mock_aws()
    first.start()
    settings.override({"associations_per_cluster": 3})
    first.stop(remove_data=False)
    second.start(reset=False)
    assert settings.get("associations_per_cluster") == 3
    second.stop()
    assert settings.get("associations_per_cluster") == 5000


def test_reading_a_setting_makes_a_backend() -> None:
    """Reading settings makes no state: only putting one does."""
    with podid.mock_aws():
        settings.in_force()
        assert not overrides.overrides_backends


BAD = config(verify_tokens=False)


def state() -> tuple[int, bool, dict[str, Any], str | None]:
    return (
        MockAWS._nested_count,
        MockAWS._mocks_active,
        dict(default_user_config),
        os.environ.get("AWS_ACCESS_KEY_ID"),
    )


def test_refused_mock_is_left_half_started() -> None:
    """A mock with a misspelt setting does not start: nothing of it is left."""
    before = state()
    with pytest.raises(SettingError, match="did you mean 'verify_token'"):
        podid.mock_aws(config=BAD).start()
    assert state() == before
    with podid.mock_aws():
        assert settings.get("verify_token") is True


def test_refused_mock_ends_the_one_around_it() -> None:
    """A refused nested mock leaves the outer one running, with its settings."""
    with podid.mock_aws(config=config(associations_per_cluster=3)):
        before = state()
        with pytest.raises(SettingError):
            podid.mock_aws(config=BAD).start()
        assert state() == before
        assert settings.get("associations_per_cluster") == 3


def test_decorated_function_runs_without_its_settings() -> None:
    """A decorator with a misspelt setting does not call the function, whenever it is tried."""

    @podid.mock_aws(config=BAD)
    def decorated() -> None:
        pytest.fail("called")

    before = state()
    for _ in range(2):
        with pytest.raises(SettingError):
            decorated()
    assert state() == before


@pytest.mark.parametrize("setting", ROWS)
def test_misspelt_variable_fails_the_first_call_that_reads_it(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a wrong value in the environment no mock starts, until it is right."""
    was_installed = _install.installed()
    podid.uninstall()
    podid.install()
    monkeypatch.setenv(setting.environment_variable, "perhaps not")
    before = state()
    for _ in range(2):
        with pytest.raises(SettingError, match=f"{setting.environment_variable}.*perhaps"):
            podid.mock_aws(config=config(validate_role=False)).start()
        assert state() == before
    monkeypatch.setenv(setting.environment_variable, written(setting.default))
    with podid.mock_aws():
        assert settings.get(setting.name) == setting.default
    if not was_installed:
        podid.uninstall()


# Nested mocks


def shown() -> tuple[Any, Any]:
    return settings.get("associations_per_cluster"), settings.get("validate_role")


def test_nested_mock_drops_the_settings_around_it() -> None:
    """A nested mock's settings go before those around it, which count still, on every level."""
    with podid.mock_aws(config=config(associations_per_cluster=1, validate_role=False)):
        assert shown() == (1, False)
        with podid.mock_aws():
            assert shown() == (1, False)
            with podid.mock_aws(config=config(associations_per_cluster=2)):
                assert shown() == (2, False)
                with podid.mock_aws(config=config()):
                    assert shown() == (2, False)
                with podid.mock_aws(config=config(validate_role=True)):
                    assert shown() == (2, True)
                assert shown() == (2, False)
            assert shown() == (1, False)
        assert shown() == (1, False)
    assert shown() == (5000, True)
    assert CONFIG_KEY not in default_user_config


#: The order in which three mocks end -> what is in force after each.
ENDS: dict[str, tuple[tuple[int, ...], tuple[tuple[Any, Any], ...]]] = {
    "the last first": ((2, 1, 0), ((2, False), (1, True), (5000, True))),
    "the first first": ((0, 1, 2), ((3, False), (3, True), (5000, True))),
    "the outer ones first": ((1, 0, 2), ((3, True), (3, True), (5000, True))),
    "the middle one first": ((1, 2, 0), ((3, True), (1, True), (5000, True))),
}


@pytest.mark.parametrize("order", ENDS)
def test_mocks_that_end_in_another_order_leave_settings(order: str) -> None:
    """Each mock takes its own settings away, and nobody else's, whenever it ends."""
    mocks = [
        podid.mock_aws(config=config(associations_per_cluster=1)),
        podid.mock_aws(config=config(associations_per_cluster=2, validate_role=False)),
        podid.mock_aws(config=config(associations_per_cluster=3)),
    ]
    for mock in mocks:
        mock.start()
    assert shown() == (3, False)
    ends, expected = ENDS[order]
    for number, in_force in zip(ends, expected, strict=True):
        mocks[number].stop()
        assert shown() == in_force
    assert CONFIG_KEY not in default_user_config


def test_mock_takes_settings_along_from_where_it_was_made() -> None:
    """A mock that was made inside another one has its own settings only, when it runs later."""
    with podid.mock_aws(config=config(associations_per_cluster=1)):
        plain = podid.mock_aws()
        own = podid.mock_aws(config=config(validate_role=False))
    with plain:
        assert shown() == (5000, True)
    with podid.mock_aws(config=config(associations_per_cluster=2)):
        with plain:
            assert shown() == (2, True)
        with own:
            assert shown() == (2, False)
        assert shown() == (2, True)
    assert CONFIG_KEY not in default_user_config


def test_function_that_calls_itself_loses_its_settings() -> None:
    """One mock may run several times at once, as of a decorated function that calls itself."""

    @podid.mock_aws(config=config(associations_per_cluster=1))
    def nested(depth: int) -> None:
        assert shown() == (1, True)
        if depth:
            nested(depth - 1)
            assert shown() == (1, True)

    nested(3)
    assert shown() == (5000, True)
    assert CONFIG_KEY not in default_user_config


def test_settings_of_a_mock_before_the_installation_are_lost() -> None:
    """What was configured before the plugin came counts, under nested mocks, until it ends."""
    was_installed = _install.installed()
    podid.uninstall()
    outer = moto.mock_aws(config=config(associations_per_cluster=1))  # type: ignore[typeddict-unknown-key]
    outer.start()
    with pytest.warns(podid.InstalledInsideMockWarning):
        podid.install()
    with podid.mock_aws(config=config(validate_role=False)):
        assert shown() == (1, False)
    assert shown() == (1, True)
    outer.stop()
    assert shown() == (5000, True)
    assert CONFIG_KEY not in default_user_config
    if not was_installed:
        podid.uninstall()


def test_settings_leak_out_of_a_failing_test() -> None:
    """A mock's settings end with it also when the test fails."""

    @podid.mock_aws(config=config(associations_per_cluster=1))
    def failing() -> None:
        raise KeyError(settings.get("associations_per_cluster"))

    with pytest.raises(KeyError, match="1"):
        failing()
    assert settings.get("associations_per_cluster") == 5000


def test_other_parts_of_the_configuration_are_lost() -> None:
    """moto's own members of the configuration work beside ours, and end as ever."""
    both = {CONFIG_KEY: {"verify_token": False}, "iam": {"load_aws_managed_policies": True}}
    with podid.mock_aws(config=both):
        assert settings.get("verify_token") is False
        assert default_user_config["iam"] == {"load_aws_managed_policies": True}
    assert default_user_config["iam"] == {"load_aws_managed_policies": False}


def test_reading_the_table_imports_moto() -> None:
    """The table, and the page that is made of it, cost no import of moto."""
    script = (
        "import sys; from moto_eks_podid import settings; settings.as_markdown();"
        "settings.validate({}); print('moto' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_setting_is_not_documented() -> None:
    """The documentation's table has a row for each setting, in order, that renders as one row."""
    head, rule, *rows = settings.as_markdown().splitlines()
    assert head.count("|") == rule.count("|") == 5
    assert len(rows) == len(SETTINGS)
    for row, setting in zip(rows, SETTINGS.values(), strict=True):
        assert row.count("|") == 5
        for text in (
            f"`{setting.name}`",
            f"`{setting.environment_variable}`",
            f"`{setting.default}`",
            setting.meaning,
        ):
            assert text in row

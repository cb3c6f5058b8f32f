"""The table of settings: where a value comes from, what is refused, when it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.config import default_user_config
from moto.core.models import MockAWS

import moto_eks_podid as podid
from moto_eks_podid import settings
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


def others(setting: Setting) -> tuple[Any, Any, Any]:
    """Three values that a setting can take; the first and the second are not its default."""
    if isinstance(setting.default, bool):
        return not setting.default, not setting.default, setting.default
    return setting.default + 1, setting.default + 2, setting.default + 3


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
        monkeypatch.setenv(setting.environment_variable, str(value))
        assert settings.get(setting.name) == value
    monkeypatch.delenv(setting.environment_variable)
    assert settings.get(setting.name) == setting.default


@pytest.mark.parametrize("setting", ROWS)
def test_weaker_source_wins(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock's configuration goes before what was put, that before the environment."""
    _, in_environment, put = others(setting)
    monkeypatch.setenv(setting.environment_variable, str(in_environment))
    assert settings.get(setting.name) == in_environment
    settings.override({setting.name: put})
    assert settings.get(setting.name) == put
    configured = others(setting)[0]
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
    bad = "perhaps"
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
}
MISREADINGS: dict[str, tuple[Any, ...]] = {
    "validate_role": ("", "2", 2, None, [], "tru", 1.5),
    "associations_per_cluster": (-1, "-1", "", "1.5", 1.5, None, True, [], "many"),
}


@pytest.mark.parametrize("name", READINGS)
def test_spelling_of_a_value_is_not_understood(name: str) -> None:
    """Switches take the usual words in any case, counts take whole numbers from 0."""
    for written, value in READINGS[name]:
        assert settings.validate({name: written})[name] is value


@pytest.mark.parametrize("name", MISREADINGS)
def test_nonsense_is_understood(name: str) -> None:
    """Anything else is refused: nothing counts as true only because it is not empty."""
    for written in MISREADINGS[name]:
        with pytest.raises(SettingError, match=name):
            settings.validate({name: written})


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


def test_settings_of_a_nested_mock_stay() -> None:
    """A nested mock's settings replace the outer one's and end with it, on every level."""

    def quota() -> Any:
        return settings.get("associations_per_cluster")

    with podid.mock_aws(config=config(associations_per_cluster=1, validate_role=False)):
        assert quota() == 1
        with podid.mock_aws():
            assert quota() == 1
            with podid.mock_aws(config=config(associations_per_cluster=2)):
                assert quota() == 2
                assert settings.get("validate_role") is True
                with podid.mock_aws(config=config()):
                    assert quota() == 5000
                assert quota() == 2
            assert quota() == 1
        assert settings.get("validate_role") is False
    assert quota() == 5000
    assert CONFIG_KEY not in default_user_config


def test_settings_leak_when_mocks_stop_in_the_order_of_their_starts() -> None:
    """Mocks that end out of order leave no setting behind."""
    first = podid.mock_aws(config=config(associations_per_cluster=1))
    second = podid.mock_aws(config=config(associations_per_cluster=2))
    first.start()
    second.start()
    first.stop()
    second.stop()
    assert settings.get("associations_per_cluster") == 5000
    assert CONFIG_KEY not in default_user_config


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

"""The token file of a pod: who may read it, and when there is a new token in it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from aws_under_test import Aws
from freezegun import freeze_time

from moto_eks_podid import ClusterLookupError, clock
from moto_eks_podid.kubelet import ProjectedToken

HOUR = 3600


@pytest.fixture
def projected(in_process_aws: Aws) -> Iterator[ProjectedToken]:
    in_process_aws.create_cluster()
    made = ProjectedToken(in_process_aws.token, "eks-pod-identity-token")
    yield made
    made.remove()


def test_others_may_read_the_token(projected: ProjectedToken) -> None:
    """The file is its owner's alone, and so is its folder."""
    assert stat.S_IMODE(projected.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(projected.path.parent.stat().st_mode) == 0o700


def test_file_is_not_the_token(projected: ProjectedToken) -> None:
    """The file holds the bare token, without a newline."""
    assert projected.path.read_text() == projected.token
    assert jwt.decode(projected.token, options={"verify_signature": False})["aud"] == [
        "pods.eks.amazonaws.com"
    ]


@pytest.mark.parametrize(
    ("expires_in", "still", "renewed"),
    [
        (600, 479, 480),
        (HOUR, 0.8 * HOUR - 1, 0.8 * HOUR),
        (24 * HOUR, 0.8 * 24 * HOUR - 1, 0.8 * 24 * HOUR),
        (48 * HOUR, 24 * HOUR - 1, 24 * HOUR),
    ],
)
def test_token_is_renewed_too_early_or_too_late(
    in_process_aws: Aws, expires_in: int, still: float, renewed: float
) -> None:
    """A token is renewed after four fifths of its life, and after a day at the latest."""
    in_process_aws.create_cluster()
    with freeze_time("2026-03-01T00:00:00Z"):
        made = ProjectedToken(lambda: in_process_aws.token(expires_in=expires_in), "token")
        first = made.token
        clock.set_shift(still)
        made.renew_if_due()
        assert made.token == first
        clock.set_shift(renewed)
        made.renew_if_due()
        second = made.token
        assert second != first
        made.renew_if_due()
        assert made.token == second
        made.remove()


def test_stopped_kubelet_renews(projected: ProjectedToken) -> None:
    """With the kubelet down, the token grows old."""
    first = projected.token
    projected.stop()
    clock.set_shift(30 * HOUR)
    projected.renew_if_due()
    assert projected.token == first


def test_reader_sees_half_a_token(projected: ProjectedToken) -> None:
    """A new token replaces the file, which whoever has it open goes on reading."""
    with projected.path.open() as file:
        first = projected.token
        projected.renew()
        assert file.read() == first
    assert projected.token != first
    assert [entry.name for entry in projected.path.parent.iterdir()] == ["eks-pod-identity-token"]


def test_token_is_left_behind(in_process_aws: Aws) -> None:
    """File and folder are gone afterwards, whatever somebody put beside the token."""
    in_process_aws.create_cluster()
    made = ProjectedToken(in_process_aws.token, "token")
    folder: Path = made.path.parent
    (folder / "more").write_text("x")
    made.path.unlink()
    made.remove()
    made.remove()
    assert not folder.exists()


def test_timer_does_not_renew(in_process_aws: Aws) -> None:
    """Without anybody asking, a timer renews the token when it is due."""
    in_process_aws.create_cluster()
    made = ProjectedToken(in_process_aws.token, "token")
    timer = made._timer
    assert timer is not None
    assert timer.daemon
    assert timer.interval == 69_120
    first = made.token
    timer.function()
    assert made.token != first
    made.remove()
    assert timer.finished.is_set()


def test_failed_renewal_fails_the_call(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A token that cannot be renewed stays, and a minute later it is tried again."""
    in_process_aws.create_cluster()
    made = ProjectedToken(in_process_aws.token, "token")
    first, timer = made.token, made._timer
    monkeypatch.setattr(made, "_mint", lambda: in_process_aws.token("nowhere"))
    clock.set_shift(23 * HOUR)
    made.renew_if_due()
    assert made.token == first
    assert "nowhere" in caplog.text
    assert timer is not None
    timer.function()
    assert made._timer is not timer
    assert made._timer is not None
    assert made._timer.interval == 60
    with pytest.raises(ClusterLookupError):
        made.renew()
    monkeypatch.setattr(made, "_mint", in_process_aws.token)
    made.renew_if_due()
    assert made.token == first
    clock.set_shift(23 * HOUR + 60)
    made.renew_if_due()
    assert made.token != first
    made.remove()


def test_missing_folder_fails_the_call(projected: ProjectedToken) -> None:
    """Where the folder is gone, there is no token, and nothing else goes wrong."""
    shutil.rmtree(projected.path.parent)
    clock.set_shift(23 * HOUR)
    projected.renew_if_due()
    assert not projected.path.exists()


def test_stopped_kubelet_starts_again(projected: ProjectedToken) -> None:
    """A token that somebody renewed by hand is not renewed by itself after that, either."""
    projected.stop()
    projected.renew()
    second = projected.token
    clock.set_shift(30 * HOUR)
    projected.renew_if_due()
    assert projected.token == second

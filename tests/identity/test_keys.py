"""The pool that RSA keys come from."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from moto_eks_podid.identity import keys
from moto_eks_podid.identity.keys import KeyPool


@pytest.fixture
def fake_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool only tells its keys apart, so they can be had for nothing."""
    monkeypatch.setattr(keys, "generate_private_key", lambda exponent, bits: object())
    monkeypatch.setattr(keys, "_modulus", id)


def test_the_key_given_back_last_is_handed_out_first(fake_keys: None) -> None:
    """Keys are reused, the last one first."""
    pool = KeyPool()
    first, second = pool.take(), pool.take()
    assert first is not second
    pool.give_back(first)
    pool.give_back(second)
    assert [pool.take(), pool.take()] == [second, first]
    assert pool.take() not in (first, second)


def test_a_key_given_back_twice_goes_to_two_takers(fake_keys: None) -> None:
    """A key is with one taker at a time, even if somebody gives it back twice."""
    pool = KeyPool()
    key = pool.take()
    pool.give_back(key)
    pool.give_back(key)
    assert pool.take() is key
    assert pool.take() is not key


def test_a_foreign_key_enters_the_pool(fake_keys: None) -> None:
    """Only keys that were taken can be given back."""
    other = KeyPool().take()
    pool = KeyPool()
    pool.give_back(other)
    assert pool.take() is not other


def test_claimed_key_goes_to_a_third(fake_keys: None) -> None:
    """A key that was claimed while it was out waits for both to give it back."""
    pool = KeyPool()
    key = pool.take()
    assert pool.claim(key) is key
    pool.give_back(key)
    assert pool.take() is not key
    pool.give_back(key)
    assert pool.take() is key


def test_idle_keys_pile_up(fake_keys: None) -> None:
    """No more keys than the bound wait for reuse."""
    pool = KeyPool(max_idle=2)
    taken = [pool.take() for _ in range(4)]
    for key in taken:
        pool.give_back(key)
    again = [pool.take() for _ in range(4)]
    assert sum(key in taken for key in again) == 2


def test_threads_get_the_same_key(fake_keys: None) -> None:
    """Under many threads, too, a key is with one taker at a time."""
    pool = KeyPool(max_idle=4)
    everybody = threading.Barrier(6)
    distinct: list[int] = []
    held: list[object] = []

    def work() -> None:
        for _ in range(50):
            key = pool.take()
            held.append(key)
            if everybody.wait(timeout=10) == 0:
                distinct.append(len(set(held)))
                held.clear()
            everybody.wait(timeout=10)
            pool.give_back(key)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert distinct == [6] * 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child_signs_with_its_parents_keys(fake_keys: None) -> None:
    """A forked child gets neither its parent's idle keys nor those that the parent has out,
    and does not wait for a lock that was held while it was forked."""
    pool = KeyPool()
    idle, out = pool.take(), pool.take()
    pool.give_back(idle)
    with pool._lock:
        child = os.fork()
        if child == 0:
            inherited = True
            try:
                signal.alarm(10)
                pool.give_back(out)
                taken = [pool.take(), pool.take()]
                inherited = idle in taken or out in taken
            finally:
                os._exit(inherited)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pool.take() is idle


def test_generated_keys_are_too_small() -> None:
    """A key of the pool has EKS's size and exponent."""
    pool = KeyPool()
    key = pool.take()
    assert (key.key_size, key.public_key().public_numbers().e) == (2048, 65537)

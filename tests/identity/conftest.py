"""A forger of tokens, who can sign them, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.identity.token_forger import Forger


@pytest.fixture(scope="module")
def forger() -> Iterator[Forger]:
    forger = Forger()
    yield forger
    forger.issuer.release()

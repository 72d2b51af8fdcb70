import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import Server  # noqa: E402


@pytest.fixture
def server():
    with Server() as made:
        yield made


@pytest.fixture
def blows_wanted():
    return int(os.environ.get("STIPEND_KILLS", "8"))


@pytest.fixture
def seed():
    """`make kills` draws a new story; the short one of `make test` is always the same: it strikes each kind of process."""
    given = os.environ.get("STIPEND_KILLS_SEED")
    if "STIPEND_KILLS" not in os.environ:
        return int(given or 23)
    return int(given or random.SystemRandom().randrange(1_000_000))

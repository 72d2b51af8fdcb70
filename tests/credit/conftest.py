import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def shared_server():
    """For tests that kill nothing but machines."""
    with Server() as made:
        yield made


@pytest.fixture
def own_server():
    """For tests that end the server itself."""
    with Server() as made:
        yield made

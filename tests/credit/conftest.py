import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def shared_server():
    """For tests that kill nothing but machines. What is deleted goes at once."""
    with Server(settings="[disks]\nkeep_deleted_days = 0\n") as made:
        yield made


@pytest.fixture
def own_server():
    """For tests that end the server itself."""
    with Server() as made:
        yield made

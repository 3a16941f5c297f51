"""The lab that the fast attacks share."""

from collections.abc import Iterator

import pytest

from . import tracing
from .lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Small data and a warm process to attack."""
    made = Lab(tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()


@pytest.fixture
def strace() -> None:
    """Skips the test where strace cannot make system calls fail."""
    if reason := tracing.why_not():
        pytest.skip(reason)

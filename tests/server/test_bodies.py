"""Bodies that are sent: how much memory they may take, for one client and in all, and that it is given back."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from konomi.server.bodies import Bodies
from konomi.server.errors import BusyError, TooManyError
from konomi.server.settings import MAX_BODIES_BYTES, MAX_BODIES_BYTES_PER_ADDRESS

from .conftest import Running
from .test_running import wait_for

KIB = 1024
MIB = 1024 * KIB
SMALL = {"FREE_BODY_BYTES": 4 * KIB, "MAX_BODIES_BYTES_PER_ADDRESS": 64 * KIB, "MAX_BODIES_BYTES": 160 * KIB}
LIST = (
    b"POST /api/lists?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n"
)


def test_one_client_may_hold_its_share() -> None:
    bodies = Bodies()
    bodies.take("a", MAX_BODIES_BYTES_PER_ADDRESS)
    bodies.take("b", 1)
    with pytest.raises(TooManyError):
        bodies.take("a", 1)


def test_all_clients_together_have_a_limit_too() -> None:
    bodies = Bodies()
    for n in range(MAX_BODIES_BYTES // MAX_BODIES_BYTES_PER_ADDRESS):
        bodies.take(str(n), MAX_BODIES_BYTES_PER_ADDRESS)
    with pytest.raises(BusyError):
        bodies.take("one more", 1)
    bodies.give_back("0", 1)
    bodies.take("one more", 1)


def test_memory_is_trimmed_once_when_much_was_held_and_nothing_is() -> None:
    bodies = Bodies()
    bodies.take("a", 1)
    bodies.give_back("a", 1)
    assert not bodies.trim()
    bodies.take("a", 20 * MIB)
    assert not bodies.trim()
    bodies.give_back("a", 20 * MIB)
    assert [bodies.trim(), bodies.trim()] == [True, False]


@pytest.fixture
def small(start: Callable[..., Running], artifact: Path) -> Running:
    """A server that holds bodies of 160 kB, 64 kB of one client."""
    return start(artifact, limits=SMALL)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def send_half(running: Running, held: ExitStack, n_bytes: int, source: str) -> bytes:
    """Send `n_bytes` of a body twice as long, and keep the connection; what is answered within a second."""
    client = held.enter_context(running.connect(source=source))
    client.sendall(LIST % (2 * n_bytes) + bytes(n_bytes))
    client.settimeout(1)
    try:
        return client.recv(65536)
    except TimeoutError:
        return b""


def whole(n_bytes: int) -> bytes:
    """A list of one known title, `n_bytes` long."""
    return LIST % n_bytes + b"title,score\nSpace story 0,9\n".ljust(n_bytes, b"\n")


def test_one_client_that_sends_too_much_at_once_gets_429_and_others_are_answered(
    small: Running, held: ExitStack
) -> None:
    assert send_half(small, held, 40 * KIB, "127.0.0.2") == b""
    refused = send_half(small, held, 40 * KIB, "127.0.0.2")
    assert refused.startswith(b"HTTP/1.1 429")
    assert b"\r\nretry-after: 1\r\n" in refused
    assert b'{"status":429,"code":"too_many","message":"' in refused
    assert small.raw(whole(40 * KIB), source="127.0.0.3").startswith(b"HTTP/1.1 200")


def test_many_clients_that_send_too_much_at_once_get_503_and_small_bodies_are_answered(
    small: Running, held: ExitStack
) -> None:
    for n in range(3):
        assert send_half(small, held, 50 * KIB, f"127.0.0.{2 + n}") == b""
    refused = send_half(small, held, 50 * KIB, "127.0.0.9")
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"\r\nretry-after: 1\r\n" in refused
    assert small.raw(whole(4 * KIB), source="127.0.0.9").startswith(b"HTTP/1.1 200")


def test_what_clients_held_is_free_when_they_are_gone(small: Running) -> None:
    with ExitStack() as held:
        for n in range(3):
            assert send_half(small, held, 50 * KIB, f"127.0.0.{2 + n}") == b""
    wait_for(lambda: small.raw(whole(60 * KIB), source="127.0.0.9").startswith(b"HTTP/1.1 200"))


def test_slow_uploads_take_bounded_memory_and_it_is_given_back(
    start: Callable[..., Running], artifact: Path
) -> None:
    running = start(artifact)
    status = Path(f"/proc/{running.process.pid}/status")
    if not status.exists():
        pytest.skip("this system does not tell the memory of a process")

    def resident() -> int:
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status.read_text())[0]) * KIB

    running.raw(whole(MIB))
    time.sleep(1)
    before = resident()
    with ExitStack() as held:
        for n in range(16):
            client = held.enter_context(running.connect(source=f"127.0.0.{2 + n}"))
            client.settimeout(2)
            try:
                client.sendall(LIST % (15 * MIB + 1) + bytes(15 * MIB))
            except OSError:
                continue  # refused while it was sending
        most = resident() - before
    assert most < MAX_BODIES_BYTES + 48 * MIB
    wait_for(lambda: resident() - before < 24 * MIB)

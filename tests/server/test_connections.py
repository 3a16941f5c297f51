"""Connections that wait: they keep no visitor out, and a request that is being answered is not cut off."""

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from konomi.server.addresses import Peer, network_of
from konomi.server.bodies import Bodies
from konomi.server.connections import Connections, Waiting, connected, too_many
from konomi.server.errors import BusyError, TooManyError
from konomi.server.metrics import Metrics
from konomi.server.settings import MANY_CONNECTIONS, MAX_WAITING_PER_ADDRESS, PATIENT_LOOKS, WAITING_SECONDS

from .conftest import Running

VISIT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
WAYS_TO_WAIT = {
    "silent": b"",
    "in the middle of the headers": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A",
    "idle after an answer": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "in the middle of the body": b"POST /api/recommendations HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
}
NO_FILE = 999_999
SMALL = {"MAX_CONNECTIONS": 32, "MANY_CONNECTIONS": 24, "MAX_WAITING_PER_ADDRESS": 8}


def waiting(*groups: tuple[str, int, float], looks: int = PATIENT_LOOKS) -> dict[Peer, Waiting]:
    """For each group of address, number and time, as many connections of this address, waiting since then."""
    return {
        (address, f"{number}.{port}"): Waiting(since, looks)
        for number, (address, n, since) in enumerate(groups)
        for port in range(n)
    }


def test_few_connections_are_left_alone_even_if_one_client_has_them_all() -> None:
    assert too_many(waiting(("10.0.0.1", MANY_CONNECTIONS, 0)), n_open=MANY_CONNECTIONS, now=1) == {}


def test_of_many_connections_an_address_keeps_its_share_of_the_newest() -> None:
    found = waiting(("10.0.0.1", 500, 1), ("10.0.0.1", MAX_WAITING_PER_ADDRESS, 2), ("10.0.0.2", 5, 0))
    closing = too_many(found, n_open=len(found), now=3)
    assert {one.kind for one in closing.values()} == {TooManyError}
    assert closing.keys() == {peer for peer, one in found.items() if one.since == 1}


def test_of_many_addresses_those_that_have_waited_longest_make_room() -> None:
    found = waiting(*[(f"10.0.0.{n}", 2, n / 10) for n in range(250)])
    closing = too_many(found, n_open=500, now=25)
    assert {one.kind for one in closing.values()} == {BusyError}
    assert len(closing) == 500 - MANY_CONNECTIONS
    assert max(found[peer].since for peer in closing) <= min(found[peer].since for peer in found.keys() - closing)


def test_what_has_just_come_is_left_alone() -> None:
    found = waiting(("10.0.0.1", 500, 0), looks=PATIENT_LOOKS - 1)
    assert too_many(found, n_open=500, now=1) == {}


def test_answers_that_are_worked_out_count_and_are_not_closed() -> None:
    found = waiting(("10.0.0.1", 10, 0))
    assert too_many(found, n_open=MANY_CONNECTIONS + 4, now=1).keys() < found.keys()
    assert len(too_many(found, n_open=MANY_CONNECTIONS + 4, now=1)) == 4


def test_one_that_waits_too_long_is_closed_however_few_there_are() -> None:
    found = waiting(("10.0.0.1", 1, 0), ("10.0.0.1", 1, 1))
    assert list(too_many(found, n_open=2, now=WAITING_SECONDS + 0.5)) == [("10.0.0.1", "0.0")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "not an address", False),
    ],
)
def test_who_counts_as_one_client(one: str, other: str, same: bool) -> None:
    assert (network_of((one, "1")) == network_of((other, "2"))) is same


def test_a_request_under_way_is_not_found_waiting_and_waits_again_after_its_answer() -> None:
    metrics = Metrics()
    connections = Connections(Bodies(), metrics)
    peer = ("10.0.0.1", "1")
    connections.begin(peer)
    connections.look({peer: NO_FILE}, now=WAITING_SECONDS)
    connections.end(peer)
    connections.look({peer: NO_FILE}, now=2 * WAITING_SECONDS)
    connections.look({peer: NO_FILE}, now=2.5 * WAITING_SECONDS)
    assert metrics.n_closed == 0
    connections.look({peer: NO_FILE}, now=3.5 * WAITING_SECONDS)
    assert metrics.n_closed == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_connections_of_a_port_are_found_and_no_other_file(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening, socket.socketpair()[0]:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip(f"this system has no {host}")
        listening.listen()
        port = listening.getsockname()[1]
        with socket.create_connection((host, port)) as client, listening.accept()[0] as accepted:
            assert connected(port) == {(host, str(client.getsockname()[1])): accepted.fileno()}
            assert accepted.send(b"still open") == 10


@pytest.fixture(scope="module")
def small(start_for_module: Callable[..., Running], artifact: Path) -> Running:
    """A server of 32 connections, on which one client may keep 8 waiting when there are more than 24."""
    running = start_for_module(artifact, limits=SMALL)
    running.get("/healthz")
    return running


@pytest.mark.parametrize("sent", WAYS_TO_WAIT.values(), ids=WAYS_TO_WAIT)
@pytest.mark.parametrize("n_addresses", [1, 20])
def test_a_visitor_is_answered_while_others_hold_more_connections_than_there_are(
    small: Running, sent: bytes, n_addresses: int
) -> None:
    with ExitStack() as held:
        for n in range(60):
            client = held.enter_context(small.connect(source=f"127.0.0.{2 + n % n_addresses}"))
            client.sendall(sent)
        begun = time.monotonic()
        assert small.raw(VISIT).startswith(b"HTTP/1.1 200")
        # The headers' own limit of time is 10 s, the body's is 20 s.
        assert time.monotonic() - begun < 5


def test_a_body_that_makes_room_is_told_so(small: Running) -> None:
    with ExitStack() as held:
        clients = [held.enter_context(small.connect(source="127.0.0.2")) for _ in range(28)]
        for client in clients:
            client.sendall(WAYS_TO_WAIT["in the middle of the body"])
        answered, _, _ = select.select(clients, [], [], 5)
        answer = answered[0].recv(65536)
    assert answer.startswith(b"HTTP/1.1 429")
    assert b"\r\nretry-after: 1\r\n" in answer
    assert b'{"status":429,"code":"too_many","message":"more than 8 connections of your address wait' in answer


def test_closed_connections_are_counted(small: Running) -> None:
    with ExitStack() as held:
        for _ in range(40):
            held.enter_context(small.connect(source="127.0.0.2"))
        small.raw(VISIT)
        lines = dict(line.rsplit(" ", 1) for line in small.get("/metrics").text.splitlines() if line[0] != "#")
    assert float(lines["konomi_connections_closed_total"]) > 0

"""The open connections of this process, and the choice of those that are closed to make room for others.

Granian accepts a fixed number of connections and does not list them. So this module inspects the sockets of the
process. When there are many, it shuts down waiting ones; Granian then sees the end of the stream and closes them.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from konomi.server.addresses import Peer, network_of
from konomi.server.bodies import Bodies, Refused, release_memory
from konomi.server.errors import BusyError, TooManyError
from konomi.server.metrics import Metrics
from konomi.server.settings import (
    MANY_CONNECTIONS,
    MAX_WAITING_PER_ADDRESS,
    OFTEN_SECONDS,
    PATIENT_LOOKS,
    SELDOM_SECONDS,
    WAITING_SECONDS,
)

log = logging.getLogger("konomi.server")

_DESCRIPTORS = "/dev/fd"


class Waiting(NamedTuple):
    """The time of the event loop since which a connection waits, and the number of looks that found it waiting."""

    since: float
    looks: int


class Connections:
    """The connections of this process.

    A connection waits if no complete request of it is being answered: it is silent, idle, in the middle of its
    headers or body, or does not read its answer.
    """

    def __init__(self, bodies: Bodies, metrics: Metrics) -> None:
        self._bodies = bodies
        self._metrics = metrics
        self._under_way: set[Peer] = set()
        self._waiting: dict[Peer, Waiting] = {}

    def begin(self, peer: Peer) -> None:
        """Note that a request of this client is under way."""
        self._under_way.add(peer)
        self._waiting.pop(peer, None)

    def end(self, peer: Peer) -> None:
        """Note that it is answered."""
        self._under_way.discard(peer)

    async def watch(self, port: int) -> None:
        """Look at the connections, more often while there are many; runs until cancelled."""
        if not os.path.isdir(_DESCRIPTORS):
            log.warning(
                "this system has no %s: waiting connections are not closed when there are many", _DESCRIPTORS
            )
            return
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(OFTEN_SECONDS)
            if len(os.listdir(_DESCRIPTORS)) > MANY_CONNECTIONS or loop.time() - last > SELDOM_SECONDS:
                last = loop.time()
                self.look(connected(port), now=last)
                if self._bodies.trim():
                    await asyncio.to_thread(release_memory)

    def look(self, descriptors: Mapping[Peer, int], *, now: float) -> None:
        """Close those of these connections that `too_many` names."""
        incomplete = self._bodies.incomplete
        waiting = {peer for peer in descriptors if peer not in self._under_way or peer in incomplete}
        before = {peer: self._waiting.get(peer, Waiting(now, 0)) for peer in waiting}
        self._waiting = {peer: Waiting(one.since, one.looks + 1) for peer, one in before.items()}
        excess = too_many(self._waiting, n_open=len(descriptors), now=now)
        for peer, reason in excess.items():
            if peer in incomplete:
                incomplete[peer].refuse(reason)
            else:
                _shut_down(descriptors[peer], peer)
        self._metrics.n_connections = len(descriptors)
        self._metrics.n_closed += len(excess)


def too_many(waiting: Mapping[Peer, Waiting], *, n_open: int, now: float) -> dict[Peer, Refused]:
    """The waiting connections that should be closed, with the reasons.

    waiting : a connection that was found waiting fewer than PATIENT_LOOKS times is not closed, because its request
              may not have reached the event loop yet. Looks are counted instead of seconds: when the loop is slow,
              both looks and requests take longer.
    n_open  : the number of all connections.
    """
    closing: dict[Peer, Refused] = {
        peer: Refused(BusyError, "this connection waited too long")
        for peer, one in waiting.items()
        if now - one.since > WAITING_SECONDS
    }
    if n_open - len(closing) <= MANY_CONNECTIONS:
        return closing
    long = [peer for peer in waiting if peer not in closing and waiting[peer].looks >= PATIENT_LOOKS]
    long.sort(key=lambda peer: waiting[peer].since)
    of_network: defaultdict[str, list[Peer]] = defaultdict(list)
    for peer in long:
        of_network[network_of(peer)].append(peer)
    for peers in of_network.values():
        for peer in peers[: max(len(peers) - MAX_WAITING_PER_ADDRESS, 0)]:
            closing[peer] = Refused(
                TooManyError,
                f"more than {MAX_WAITING_PER_ADDRESS} connections of your address wait: use fewer at the same time",
            )
    left = [peer for peer in long if peer not in closing]
    for peer in left[: max(n_open - len(closing) - MANY_CONNECTIONS, 0)]:
        closing[peer] = Refused(BusyError, "too many connections wait: send this again in a second")
    return closing


def connected(port: int) -> dict[Peer, int]:
    """The file descriptor of each connection that this process has accepted on a port."""
    found: dict[Peer, int] = {}
    for name in os.listdir(_DESCRIPTORS):
        # A descriptor that is not a connected socket, or was closed meanwhile, is skipped.
        with contextlib.suppress(OSError), _borrowed(int(name)) as own:
            peer = own.getpeername()
            if isinstance(peer, tuple) and own.getsockname()[1] == port:
                found[_as_granian(peer)] = int(name)
    return found


def _shut_down(descriptor: int, peer: Peer) -> None:
    """Shut down a connection, unless its descriptor has been reused meanwhile."""
    with contextlib.suppress(OSError), _borrowed(descriptor) as own:
        if _as_granian(own.getpeername()) == peer:
            own.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """A socket of Granian, which is not closed here. Raises OSError if the descriptor is not a socket."""
    # AF_INET6 works for both families: its address structure is larger, and the system writes the actual family.
    own = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, fileno=descriptor)
    try:
        yield own
    finally:
        own.detach()


def _as_granian(end: tuple[object, ...]) -> Peer:
    """A client's address and port as Granian gives them, without the interface of a link-local address."""
    return str(end[0]).partition("%")[0], str(end[1])

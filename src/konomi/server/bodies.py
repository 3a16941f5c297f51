"""The bodies of requests, read within limits of time and memory, for each address and for the process."""

import asyncio
import ctypes
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from litestar.types import HTTPScope, Receive

from konomi.errors import KonomiError
from konomi.server.addresses import Peer, network_of, peer_of
from konomi.server.errors import BusyError, CutOffError, TooManyError, TooSlowError
from konomi.server.settings import (
    BODY_SECONDS,
    FREE_BODY_BYTES,
    MAX_BODIES_BYTES,
    MAX_BODIES_BYTES_PER_ADDRESS,
)

_TRIM_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Refused:
    """The reason why the rest of a body is refused.

    It is not the error itself: a stored error and its stack frames refer to each other, so that only garbage
    collection would free their memory.
    """

    kind: type[KonomiError]
    message: str

    def error(self) -> KonomiError:
        """The error to raise."""
        return self.kind(self.message)


_TOO_SLOW = Refused(TooSlowError, f"the body did not arrive within {BODY_SECONDS:g} s")


class Bodies:
    """The bodies of all requests under way in this process."""

    def __init__(self) -> None:
        self.incomplete: dict[Peer, Body] = {}
        self._n_bytes = 0
        self._most_bytes = 0
        self._of_network: defaultdict[str, int] = defaultdict(int)

    def take(self, network: str, n_bytes: int) -> None:
        """Count memory. Raises TooManyError if the network has too much of it, BusyError if the process has."""
        if self._of_network[network] + n_bytes > MAX_BODIES_BYTES_PER_ADDRESS:
            raise TooManyError(
                f"your address sends more than {MAX_BODIES_BYTES_PER_ADDRESS >> 20} MiB at the same time: "
                "send one file after the other"
            )
        if self._n_bytes + n_bytes > MAX_BODIES_BYTES:
            raise BusyError("the server receives more than fits into its memory: send it again in a second")
        self._of_network[network] += n_bytes
        self._n_bytes += n_bytes
        self._most_bytes = max(self._most_bytes, self._n_bytes)

    def give_back(self, network: str, n_bytes: int) -> None:
        """Count memory as free that `take` counted."""
        self._n_bytes -= n_bytes
        self._of_network[network] -= n_bytes
        if not self._of_network[network]:
            del self._of_network[network]

    def trim(self) -> bool:
        """Whether to call `release_memory`: at least _TRIM_BYTES were held since the last call, and none now."""
        if self._n_bytes or self._most_bytes < _TRIM_BYTES:
            return False
        self._most_bytes = 0
        return True


class Body:
    """The body of one request. Its memory is counted until `close`."""

    def __init__(self, bodies: Bodies, scope: HTTPScope, receive: Receive) -> None:
        self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        self._bodies = bodies
        self._receive = receive
        self._peer = peer_of(scope)
        self._network = network_of(self._peer)
        self._n_bytes = 0
        self._n_counted = 0
        self._refused: Refused | None = None
        self._timeout: asyncio.Timeout | None = None
        self._complete = False
        bodies.incomplete[self._peer] = self

    async def receive(self) -> Any:
        """The next ASGI message. Raises TooSlowError, CutOffError, TooManyError, BusyError."""
        if self._complete:
            return await self._receive()
        if self._refused is not None:
            raise self._refused.error()
        try:
            async with asyncio.timeout_at(self._deadline) as self._timeout:
                message = await self._receive()
        except TimeoutError:
            raise (self._refused or _TOO_SLOW).error() from None
        finally:
            self._timeout = None
        if message["type"] != "http.request":
            raise CutOffError("the body is incomplete: send it again")
        self._count(len(message["body"]))
        if not message.get("more_body", False):
            self._complete = True
            self._forget()
        return message

    def refuse(self, reason: Refused) -> None:
        """Stop waiting for the rest; `receive` raises the reason."""
        self._refused = reason
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Count the memory as free; called when the request is answered."""
        self._forget()
        if self._n_counted:
            self._bodies.give_back(self._network, self._n_counted)

    def _forget(self) -> None:
        if self._bodies.incomplete.get(self._peer) is self:
            del self._bodies.incomplete[self._peer]

    def _count(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        more = max(self._n_bytes - FREE_BODY_BYTES, 0) - self._n_counted
        if more:
            self._bodies.take(self._network, more)
            self._n_counted += more


def release_memory() -> None:
    """Return freed memory to the system; glibc would keep it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

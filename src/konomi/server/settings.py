"""What a server is started with, and the limits that keep it answering; docs/server.md lists the same."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from konomi.errors import ConfigError

MAX_K = 100
"""Most results of one answer."""
MAX_BODY_BYTES = 2 * 2**20
"""Largest JSON body."""
MAX_LIST_BYTES = 16 * 2**20
"""Largest list file in POST /api/lists, as sent (compressed, if it is)."""
MAX_ENTRIES = 20_000
"""Most entries of one posted history."""
MAX_PEOPLE = 8
"""Most people in POST /api/together."""
MAX_QUERY_LENGTH = 200
"""Longest search query, in characters."""
HEADER_SECONDS = 10.0
"""A client that takes longer to send its headers is cut off."""
BODY_SECONDS = 20.0
"""A client that takes longer to send its body gets 408."""
FREE_BODY_BYTES = 64 * 2**10
"""The beginning of each body, which the two limits below do not count: an ordinary question always finds room."""
MAX_BODIES_BYTES = 64 * 2**20
"""Bodies that one worker process holds at the same time; the next part of one gets 503."""
MAX_BODIES_BYTES_PER_ADDRESS = 32 * 2**20
"""The same for one client's address; the next part of one gets 429."""
MAX_KEPT_BYTES = 64 * 2**20
"""Answers of `similar` that one worker process keeps as JSON for questions that are asked again."""
WORK_SECONDS = 10.0
"""An answer that takes longer to work out becomes 503."""
AT_ONCE_SECONDS = 0.005
"""Answers whose kind took less processor time than this lately are worked out at once, in no thread."""
WORK_THREADS = 2
"""Longer answers worked out at the same time, in one worker process."""
MAX_WAITING = 64
"""Requests that may wait for a thread; the next one gets 503 at once."""
MAX_CONNECTIONS = 512
"""Connections served at the same time by one worker process."""
MANY_CONNECTIONS = 384
"""Above this, connections without a complete request are closed, those that have waited longest first."""
MAX_WAITING_PER_ADDRESS = 64
"""Connections without a complete request that one client's address keeps then."""
WAITING_SECONDS = 60.0
"""A connection without a complete request is closed after this time; one that lasts that long takes no answer."""
OFTEN_SECONDS = 0.1
"""How often the connections are looked at while there are more than MANY_CONNECTIONS."""
SELDOM_SECONDS = 5.0
"""How often they are looked at otherwise."""
PATIENT_LOOKS = 4
"""A connection that was found waiting less often than this is not closed."""
MAX_HEADER_BYTES = 64 * 2**10
"""Largest headers; also what is read ahead of one body."""
OTHER_FILES = 128
"""Files other than connections that one worker process may have open: an artifact, the next one, its own."""
LOOK_SECONDS = 1.0
"""How often --reload looks for a new artifact."""
GRACE_SECONDS = 15.0
"""How long a stopping server waits for what is under way."""
CRASH_SECONDS = 10.0
"""A worker that ends sooner after its start than this, and before it is told to, has crashed at its start."""
MAX_CRASHES = 5
"""Crashes at the start, one after the other, after which the server ends."""
FIRST_PAUSE_SECONDS = 0.5
"""How long the server waits after a crash at the start; after the next one in a row twice as long, and so on."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What `konomi serve` was told."""

    model: Path
    """The artifact folder."""
    host: str = "127.0.0.1"
    """The address to listen on. Beyond loopback a token is required."""
    port: int = 8000
    """The port, 0 ... 65535; 0 takes a free one."""
    token: str | None = None
    """What a client must send as `Authorization: Bearer TOKEN` to ask about users of the model."""
    reload: bool = False
    """Take up a new artifact as soon as one stands in the folder (SIGHUP does so at any time)."""
    workers: int = 1
    """Worker processes; they share the mapped artifact."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port={self.port} is out of range: give 0 ... 65535")
        if not 1 <= self.workers <= 64:
            raise ConfigError(f"workers={self.workers} is out of range: give 1 ... 64")
        if self.workers > 1 and self.port == 0:
            raise ConfigError("several workers share one port: give a port other than 0")
        if self.token is not None and not (8 <= len(self.token) <= 200 and self.token.isascii()):
            raise ConfigError("the token must be 8 ... 200 ASCII characters")
        if not self.is_loopback and self.token is None:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and the lists of a model's users are personal: "
                "give --token SECRET (or set KONOMI_TOKEN), or stay on 127.0.0.1"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

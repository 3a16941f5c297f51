"""The settings of a server and its limits, which docs/server.md lists too."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from konomi.errors import ConfigError

MAX_K = 100
"""The most results of one answer."""
MAX_BODY_BYTES = 2 * 2**20
"""The largest JSON body."""
MAX_LIST_BYTES = 16 * 2**20
"""The largest list file in POST /api/lists, as it is sent."""
MAX_ENTRIES = 20_000
"""The most entries of one posted history."""
MAX_PEOPLE = 8
"""The most people in POST /api/together."""
MAX_QUERY_LENGTH = 200
"""The longest search query, in characters."""
HEADER_SECONDS = 10.0
"""A client that takes longer to send its headers is disconnected."""
BODY_SECONDS = 20.0
"""A client that takes longer to send its body gets 408."""
FREE_BODY_BYTES = 64 * 2**10
"""The first bytes of each body, which the next two limits do not count, so that a short body always fits."""
MAX_BODIES_BYTES = 64 * 2**20
"""All bodies that one worker process holds at the same time; beyond it the answer is 503."""
MAX_BODIES_BYTES_PER_ADDRESS = 32 * 2**20
"""The same for one client's address; beyond it the answer is 429."""
MAX_KEPT_BYTES = 64 * 2**20
"""Answers of `similar` that one worker process keeps as JSON for questions that are asked again."""
WORK_SECONDS = 10.0
"""An answer that takes longer to compute becomes 503."""
AT_ONCE_SECONDS = 0.005
"""Answers of a cost class with a lower mean processor time are computed on the event loop."""
WORK_THREADS = 2
"""The threads of one worker process for longer answers."""
MAX_WAITING = 64
"""Requests that may wait for a thread; the next one gets 503 immediately."""
MAX_CONNECTIONS = 512
"""Connections that one worker process has open at the same time."""
MANY_CONNECTIONS = 384
"""Above this number, connections without a complete request are closed, the longest waiting first."""
MAX_WAITING_PER_ADDRESS = 64
"""Connections without a complete request that an address then keeps."""
WAITING_SECONDS = 60.0
"""A connection without a complete request is closed after this time."""
OFTEN_SECONDS = 0.1
"""The interval between looks at the connections while there are more than MANY_CONNECTIONS."""
SELDOM_SECONDS = 5.0
"""The interval otherwise."""
PATIENT_LOOKS = 4
"""A connection that fewer looks found waiting is not closed."""
MAX_HEADER_BYTES = 64 * 2**10
"""The largest headers; also the size of the buffer for a body."""
OTHER_FILES = 128
"""Files other than connections that one worker process may have open: two models and Python's own files."""
LOOK_SECONDS = 1.0
"""The interval at which --reload looks for a new model."""
GRACE_SECONDS = 15.0
"""The time that a stopping server waits for requests under way."""
CRASH_SECONDS = 10.0
"""A worker that ends sooner after its start, without a signal to stop, has crashed at its start."""
MAX_CRASHES = 5
"""The number of such crashes in a row after which the server ends."""
FIRST_PAUSE_SECONDS = 0.5
"""The pause after a crash at the start; it doubles with each further crash in a row."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The settings of `konomi serve`."""

    model: Path
    """The model folder."""
    host: str = "127.0.0.1"
    """The address to listen on. Beyond loopback a token is required."""
    port: int = 8000
    """The port, 0 ... 65535; 0 chooses a free one."""
    token: str | None = None
    """The token that a client must send as `Authorization: Bearer TOKEN` to ask about users of the model."""
    reload: bool = False
    """Serve a new model as soon as it is in the folder (SIGHUP does so at any time)."""
    workers: int = 1
    """The number of worker processes; they share the mapped model."""

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

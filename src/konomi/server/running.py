"""A server process: it listens, swaps models on SIGHUP and stops gracefully on SIGTERM."""

import asyncio
import contextlib
import errno
import logging
import resource
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from konomi.errors import ConfigError
from konomi.server.settings import (
    GRACE_SECONDS,
    HEADER_SECONDS,
    MAX_CONNECTIONS,
    MAX_HEADER_BYTES,
    OTHER_FILES,
    ServerSettings,
)
from konomi.server.supervising import supervise

log = logging.getLogger("konomi.server")


def serve(settings: ServerSettings, *, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called with the port once the first worker listens.

    Raises ArtifactError, and ConfigError if the port is in use, the address is not of this machine, or the system
    allows too few open files.
    """
    allow_open_files(MAX_CONNECTIONS + OTHER_FILES)
    port = free_port(settings.host, settings.port)
    if settings.workers == 1:
        asyncio.run(_work(settings, port, ready))
        return
    supervise(lambda ready: asyncio.run(_work(settings, port, ready)), n_workers=settings.workers, ready=ready)


def allow_open_files(needed: int) -> None:
    """Raise the limit of open files of each process to `needed`. Raises ConfigError if that is not allowed.

    At the limit, Granian tries to accept the next connection again and again without a pause.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigError(
            f"the server needs {needed} open files ({MAX_CONNECTIONS} connections and {OTHER_FILES} others), "
            f"the system allows {hard}: raise the limit with `ulimit -n {needed}`"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def free_port(host: str, port: int) -> int:
    """The port to listen on; a free one for 0. Raises ConfigError.

    Workers share a port by SO_REUSEPORT. With that option a second server would not notice the first, so this check
    does not use it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host.strip("[]"), port))
        except PermissionError as error:
            raise ConfigError(f"port {port} needs more rights than you have: give --port 1024 or above") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigError(
                    f"port {port} is in use, perhaps by another konomi: give another --port, or 0 for a free one"
                ) from error
            raise ConfigError(f"cannot listen on {host}: {error.strerror or error}; give another --host") from error
        return int(trial.getsockname()[1])


async def _work(settings: ServerSettings, port: int, ready: Callable[[int], None]) -> None:
    """One worker process, until it is stopped by a signal."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server
    from threadpoolctl import threadpool_limits

    from konomi.server.app import create_app
    from konomi.server.model_holder import ModelHolder, freeze_gc

    # Answers run in several threads already; BLAS threads would compete with them.
    threadpool_limits(1, user_api="blas")
    holder = ModelHolder(settings.model)
    freeze_gc()
    app = create_app(settings, holder)
    server = Server(
        app,
        address=settings.host.strip("[]").replace("localhost", "127.0.0.1"),
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=MAX_CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(HEADER_SECONDS * 1000), max_buffer_size=MAX_HEADER_BYTES
        ),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[object]] = set()

    def begin(work: Coroutine[Any, Any, object]) -> None:
        tasks.add(task := loop.create_task(work))
        task.add_done_callback(ended)

    def ended(task: asyncio.Task[object]) -> None:
        tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a background task of the server failed", exc_info=task.exception())

    serving = loop.create_task(server.serve())

    def stop() -> None:
        server.stop()  # type: ignore[no-untyped-call]
        loop.call_later(GRACE_SECONDS, serving.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        on_signal(number, stop)
    on_signal(signal.SIGHUP, lambda: begin(holder.reload()))
    begin(app.connections.watch(port))
    if settings.reload:
        begin(holder.watch())
    await _until_open(settings.host, port, serving)
    if not serving.done():
        ready(port)
        begin(asyncio.to_thread(holder.current.warm_up))
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    for task in tuple(tasks):
        task.cancel()


def on_signal(number: signal.Signals, act: Callable[[], object]) -> None:
    """Call `act` in the running event loop when a signal arrives, also under load.

    asyncio writes the signal's number into a pipe, which Granian's thread can fill under load; the signal is then
    lost. Here the pipe only wakes the loop, and a full pipe does that too.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, lambda: None)
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
    signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


async def _until_open(host: str, port: int, serving: "asyncio.Task[None]") -> None:
    name = host.strip("[]")
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    while not serving.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(name, port)
            writer.close()
            return
        await asyncio.sleep(0.01)

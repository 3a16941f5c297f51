"""Running: worker processes that listen, stop gracefully and take up new artefacts when told to."""

import asyncio
import contextlib
import ctypes
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable

from konomi.errors import ConfigError, KonomiError
from konomi.server.settings import GRACE_SECONDS, HEADER_SECONDS, MAX_CONNECTIONS, ServerSettings

log = logging.getLogger("konomi.server")

_PR_SET_PDEATHSIG = 1
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(settings: ServerSettings, *, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the port once the first worker listens.

    Raises ArtifactError, and ConfigError if the port is taken or the address is not this machine's.
    """
    port = free_port(settings.host, settings.port)
    if settings.workers == 1:
        asyncio.run(_work(settings, port, ready))
        return
    _supervise(settings, port, ready)


def free_port(host: str, port: int) -> int:
    """The port to listen on, a free one for 0.

    Raises ConfigError. Workers share a port by SO_REUSEPORT, under which a second server would not notice the
    first: so this asks without it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind((host.strip("[]"), port))
        except PermissionError as error:
            raise ConfigError(f"port {port} needs more rights than you have: give --port 1024 or above") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigError(
                    f"port {port} is in use, perhaps by another konomi: give another --port, or 0 for a free one"
                ) from error
            raise ConfigError(f"cannot listen on {host}: {error.strerror or error}; give another --host") from error
        return int(asking.getsockname()[1])


async def _work(settings: ServerSettings, port: int, ready: Callable[[int], None]) -> None:
    """One worker process: answers until told to stop."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server
    from threadpoolctl import threadpool_limits

    from konomi.server.app import create_app
    from konomi.server.library import Library, settle

    # Answers run side by side in threads of their own: BLAS threads below them would only fight.
    threadpool_limits(1, user_api="blas")
    library = Library(settings.model)
    settle()
    server = Server(
        create_app(settings, library),
        address=settings.host.strip("[]").replace("localhost", "127.0.0.1"),
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=MAX_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=int(HEADER_SECONDS * 1000)),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[object]] = set()

    def reload() -> None:
        tasks.add(task := loop.create_task(library.reload()))
        task.add_done_callback(tasks.discard)

    serving = loop.create_task(server.serve())

    def stop() -> None:
        server.stop()  # type: ignore[no-untyped-call]
        loop.call_later(GRACE_SECONDS, serving.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
    if settings.reload:
        tasks.add(loop.create_task(library.watch()))
    await _until_open(settings.host, port, serving)
    if not serving.done():
        ready(port)
        tasks.add(loop.create_task(asyncio.to_thread(library.current.warm_up)))
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    for task in tasks:
        task.cancel()


async def _until_open(host: str, port: int, serving: "asyncio.Task[None]") -> None:
    name = host.strip("[]")
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    while not serving.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(name, port)
            writer.close()
            return
        await asyncio.sleep(0.01)


def _end_with(parent: int) -> None:
    """Let this process be stopped when the one that forked it is gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _supervise(settings: ServerSettings, port: int, ready: Callable[[int], None]) -> None:
    """Start the workers and pass signals on to them; one that is killed is replaced, if one fails all are stopped.

    Workers are forked before anything heavy is imported, so that no thread is lost in the fork; the mapped
    artefact is in memory once, since the kernel shares its pages. They end with the process that started them.
    """
    stopping = False

    def start(ready: Callable[[int], None], *, tells: bool) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 0
            try:
                for one in _PASSED_ON:
                    signal.signal(one, signal.SIG_DFL)
                _end_with(parent)
                asyncio.run(_work(settings, port, ready))
            except KonomiError as error:
                if tells:
                    print(f"konomi: {error}", file=sys.stderr, flush=True)
                code = 2
            finally:
                os._exit(code)
        return pid

    workers = [start(ready, tells=True)]
    workers += [start(lambda _: None, tells=False) for _ in range(settings.workers - 1)]

    def pass_on(number: int, _: object) -> None:
        nonlocal stopping
        stopping = stopping or number != signal.SIGHUP
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for one in _PASSED_ON:
        signal.signal(one, pass_on)
    failed = 0
    while workers:
        pid, state = os.wait()
        workers.remove(pid)
        code = os.waitstatus_to_exitcode(state)
        if code == -signal.SIGKILL and not stopping:
            log.error("a worker was killed; another one takes its place")
            workers.append(start(lambda _: None, tells=True))
        elif code != 0 and not failed:
            failed = abs(code)
            log.error("a worker ended with %s; the others are stopped", code)
            pass_on(signal.SIGTERM, None)
    if failed:
        sys.exit(failed)

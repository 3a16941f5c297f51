"""The supervisor of worker processes: it starts them, passes signals on to them, and replaces them."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from konomi.errors import KonomiError
from konomi.server.settings import CRASH_SECONDS, FIRST_PAUSE_SECONDS, MAX_CRASHES

log = logging.getLogger("konomi.server")

Ready = Callable[[int], None]
"""Called with the port once a worker listens."""

_PR_SET_PDEATHSIG = 1
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_REFUSED = 2
"""The exit code of a worker that raised a KonomiError and wrote its message to the pipe."""
_MOST_BYTES = 2000


def supervise(work: Callable[[Ready], None], *, n_workers: int, ready: Ready) -> None:
    """Run `work` in `n_workers` processes until SIGTERM or SIGINT; the first one calls `ready`.

    A worker that ends without being stopped is replaced. If it lived less than CRASH_SECONDS, there is a pause
    before, which doubles with each crash in a row; after MAX_CRASHES in a row all workers are stopped.
    Raises KonomiError if a worker raised one at the first start, and SystemExit(1) after MAX_CRASHES.

    Workers are forked before any heavy import, so that no thread is lost in the fork. They share the pages of the
    mapped model, and end when the process that started them is gone.
    """
    started: dict[int, float] = {}
    stopping = False
    refusals, refuse = os.pipe()
    os.set_blocking(refusals, False)

    def start(ready: Ready) -> int:
        pid = _fork(work, ready, refuse)
        started[pid] = time.monotonic()
        if stopping:
            os.kill(pid, signal.SIGTERM)
        return pid

    def pass_on(number: int, _: object) -> None:
        nonlocal stopping
        stopping = stopping or number != signal.SIGHUP
        for pid in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for one in _PASSED_ON:
        signal.signal(one, pass_on)
    first = {start(ready if number == 0 else _ignore_port) for number in range(n_workers)}
    failure: BaseException | None = None
    n_crashes = 0
    while started:
        pid, state = os.wait()
        lived = time.monotonic() - started.pop(pid)
        code = os.waitstatus_to_exitcode(state)
        if stopping:
            continue
        reason = _refusal(refusals) if code == _REFUSED else _word(code)
        n_crashes = n_crashes + 1 if lived < CRASH_SECONDS else 0
        if code == _REFUSED and pid in first:
            failure = KonomiError(reason)
        elif n_crashes == MAX_CRASHES:
            log.error(
                "%d workers in a row ended within %g s of their start, the last with %s: the server ends. "
                "Train the model again, or install konomi again",
                MAX_CRASHES, CRASH_SECONDS, reason,
            )  # fmt: skip
            failure = SystemExit(1)
        if failure is not None:
            pass_on(signal.SIGTERM, None)
            continue
        log.error("a worker ended with %s; another one takes its place", reason)
        until = time.monotonic() + (FIRST_PAUSE_SECONDS * 2 ** (n_crashes - 1) if n_crashes else 0)
        while not stopping and time.monotonic() < until:
            time.sleep(0.05)
        if not stopping:
            start(_ignore_port)
    if failure is not None:
        raise failure


def _fork(work: Callable[[Ready], None], ready: Ready, refuse: int) -> int:
    """The process id of a new worker. It writes the message of a KonomiError to the descriptor `refuse`."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            for one in _PASSED_ON:
                signal.signal(one, signal.SIG_DFL)
            _end_with(parent)
            work(ready)
            code = 0
        except KonomiError as error:
            os.write(refuse, str(error).encode()[:_MOST_BYTES] + b"\0")
            code = _REFUSED
        except Exception:
            log.exception("a worker failed")
        finally:
            os._exit(code)
    return pid


def _refusal(refusals: int) -> str:
    """The message of a worker that ended with _REFUSED. Messages of other workers at the same time are dropped."""
    try:
        return os.read(refusals, _MOST_BYTES).decode(errors="replace").partition("\0")[0]
    except BlockingIOError:
        return _word(_REFUSED)


def _end_with(parent: int) -> None:
    """Stop this process when its parent is gone (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _ignore_port(_: int) -> None:
    """Ignore the port, which the first worker has reported."""


def _word(code: int) -> str:
    """The name of the signal, or the exit code, that ended a process."""
    return signal.Signals(-code).name if code < 0 else f"code {code}"

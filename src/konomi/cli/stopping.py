"""SIGTERM and SIGHUP end a command in the same way as Ctrl-C: temporary files and locks are removed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
# The exit codes that a shell gives a process ended by a signal; Ctrl-C is SIGINT.
STOPPED = tuple(128 + number for number in (signal.SIGINT, *_SIGNALS))


@contextmanager
def orderly_end() -> Iterator[None]:
    """In the block, the first of these signals raises SystemExit with one of STOPPED; later ones are ignored
    until the process ends, so that they do not change its exit code.

    Signals that the caller ignores, as nohup does, or handles are left alone. A command may set other handlers, as
    `serve` does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _SIGNALS if signal.getsignal(number) == signal.SIG_DFL]
    handler_after = signal.SIG_DFL

    def end(number: int, _: object) -> None:
        nonlocal handler_after
        handler_after = signal.SIG_IGN
        for one in taken:
            # Not SIG_IGN: Python reports an error for a signal that is pending when it becomes ignored.
            signal.signal(one, _ignore)
        raise SystemExit(128 + number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, handler_after)


def _ignore(number: int, _: object) -> None: ...

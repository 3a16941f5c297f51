"""SIGTERM and SIGHUP end a command as Ctrl-C does: temporary files and locks are removed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
# A shell's exit codes of a process that a signal ended; Ctrl-C is SIGINT.
STOPPED = tuple(128 + number for number in (signal.SIGINT, *_SIGNALS))


@contextmanager
def orderly_end() -> Iterator[None]:
    """While the block runs, these signals raise SystemExit with one of STOPPED; further ones wait for the end.

    A signal that the caller ignores (nohup) or handles stays so. A command may set handlers of its own, as `serve`
    does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _SIGNALS if signal.getsignal(number) == signal.SIG_DFL]

    def end(number: int, _: object) -> None:
        for one in taken:
            # No SIG_IGN: of a signal that came at the same time Python would complain.
            signal.signal(one, _ignore)
        raise SystemExit(128 + number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _ignore(number: int, _: object) -> None: ...

"""A process that has konomi imported and forks a child for each command, so that a trial costs no start-up.

Requests come as lines of JSON on standard input, answers go to standard output; see `processes.Zygote`.
"""

import atexit
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

# What commands import on their way. Nothing here starts a thread pool that a fork would break.
_LIBRARIES = (
    "multiprocessing.synchronize",
    "plotly.graph_objects",
    "plotly.io",
    "plotly.offline",
    "pydantic",
    "scipy.linalg",
    "scipy.sparse.linalg",
)


def main() -> None:
    """Answer requests until standard input ends."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _import_all()
    for line in sys.stdin:
        request = json.loads(line)
        kind = request.pop("do")
        answer = _start(channel.fileno(), **request) if kind == "start" else _wait(**request)
        channel.write(json.dumps(answer) + "\n")
        channel.flush()


def _import_all() -> None:
    """Import konomi but its server, the libraries, and Numba's tables of types, which the first kernel fills."""
    import konomi

    modules = [one.name for one in pkgutil.walk_packages(konomi.__path__, "konomi.")]
    for name in [one for one in modules if not one.startswith(("konomi.server", "konomi.__main__"))]:
        importlib.import_module(name)
    for name in _LIBRARIES:
        importlib.import_module(name)
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def _start(
    channel: int, *, target: str, arguments: Any, folder: str, out: str, err: str, held: bool
) -> dict[str, Any]:
    pid = os.fork()
    if pid:
        return {"pid": pid}
    code = 70
    try:
        os.close(channel)
        os.setsid()
        os.chdir(folder)
        for descriptor, path in ((0, "/dev/null"), (1, out), (2, err)):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(opened, descriptor)
            os.close(opened)
        _stop_clock()
        if held:
            os.kill(os.getpid(), signal.SIGSTOP)
        code = _run(target, arguments)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _stop_clock() -> None:
    """Dates and durations in results are always the same, so that results can be compared byte for byte."""
    gmtime = time.gmtime
    time.gmtime = lambda seconds=0.0: gmtime(seconds)  # type: ignore[assignment, misc]
    time.perf_counter = lambda: 0.0


def _run(target: str, arguments: Any) -> int:
    """Run a command (target "konomi") or a function (target "module:function"); the exit code."""
    try:
        if target == "konomi":
            from konomi.cli import main as command

            command(arguments)
            return 0
        module, function = target.split(":")
        getattr(importlib.import_module(module), function)(**arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - as the interpreter does: a traceback, exit code 1
        traceback.print_exc()
        return 1
    return 0


def _wait(*, pid: int, timeout_seconds: float) -> dict[str, Any]:
    """How a child ended: its status as `os.waitstatus_to_exitcode` gives it, and its largest memory; or nothing."""
    handle = os.pidfd_open(pid)
    try:
        if not select.select([handle], [], [], timeout_seconds)[0]:
            return {}
        _, status, usage = os.wait4(pid, 0)
        return {"code": os.waitstatus_to_exitcode(status), "peak_bytes": usage.ru_maxrss << 10}
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    main()

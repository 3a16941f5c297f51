"""System calls of a command, counted and made to fail, by strace."""

import functools
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .lab import Lab
from .processes import Ended, Job, Zygote
from .scenes import Scene

# Calls that name a file by its path, and calls on an open file.
_BY_PATH = {
    "openat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "symlink",
    "link",
    "linkat",
    "newfstatat",
    "stat",
    "lstat",
    "statx",
    "readlink",
}
_BY_FILE = {"write", "pwrite64", "writev", "fsync", "fdatasync", "flock", "ftruncate", "getdents64"}
_BY_FILE |= {"read", "close"}
TRACED = _BY_PATH | _BY_FILE
# Longer than any command on the lab's data takes under strace.
_SECONDS = 40
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


@dataclass(frozen=True)
class Call:
    """One system call on the scene's files.

    number : which of this name it is in its thread, from 1.
    what   : the line of the log.
    """

    name: str
    number: int
    what: str


@functools.cache
def why_not() -> str:
    """Why strace cannot be used here; empty if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with tempfile.NamedTemporaryFile() as log:
        command = ["strace", "-f", "-o", log.name, "-e", "inject=fsync:error=EIO", "true"]
        tried = subprocess.run(command, capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"strace does not run here: {tried.stderr.decode()[-200:]}"


def calls_of(lab: Lab, scene: Scene, zygote: Zygote, *, injections: Sequence[str] = ()) -> list[Call]:
    """Every call that the scene's command makes on files of its folder, while strace's injections hold.

    strace counts the calls of each thread; a call is left out where another thread's call of the same number is on
    another file, since an injection would hit both.
    """

    def run() -> list[Call]:
        with lab.stage(scene.before) as folder:
            _, log = traced(zygote, scene, folder, injections=injections)
            found = _calls(log, folder)
            elsewhere = Counter((one.name, one.number) for one in _all_calls(log))
            elsewhere.subtract((one.name, one.number) for one in found)
            return [one for one in found if elsewhere[one.name, one.number] == 0]

    return lab.once(f"calls {injections}", scene.name, run)


def traced(zygote: Zygote, scene: Scene, folder: Path, injections: Sequence[str]) -> tuple[Ended, str]:
    """Run the scene's command with strace's injections ("rename:error=EIO:when=2"); how it ended, and the log."""
    job = zygote.start("konomi", list(scene.command), folder=folder, held=True)
    with tempfile.NamedTemporaryFile("r") as log:
        tracer = _attach(job, Path(log.name), injections)
        try:
            job.go_on()
            ended = job.wait(_SECONDS)
        finally:
            tracer.wait(60)
        return ended, log.read()


def injected(log: str, folder: Path) -> Call | None:
    """The first call on the scene's files that was made to fail; None if none was."""
    return next((one for one in _calls(log, folder) if "(INJECTED)" in one.what), None)


def _attach(job: Job, log: Path, injections: Sequence[str]) -> "subprocess.Popen[bytes]":
    command = ["strace", "-f", "-qq", "-y", "-s", "300", "-o", str(log), "-e", "signal=none"]
    command += ["-e", f"trace={','.join(sorted(TRACED))}", "-p", str(job.pid)]
    for one in injections:
        command += ["-e", f"inject={one}"]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while "TracerPid:\t0\n" in Path(f"/proc/{job.pid}/status").read_text():
        if tracer.poll() is not None:
            job.kill()
            job.wait()
            assert tracer.stderr is not None
            raise RuntimeError(f"strace cannot attach: {tracer.stderr.read().decode()}")
        time.sleep(0.001)
    return tracer


def _calls(log: str, folder: Path) -> list[Call]:
    """The calls of a log on files of the folder."""
    return [
        Call(one.name, one.number, f"{one.name}({one.what}".replace(f"{folder}/", "").replace(f"<{folder}>", ""))
        for one in _all_calls(log)
        if _is_on(folder, one.name, one.what)
    ]


def _all_calls(log: str) -> list[Call]:
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for line in log.splitlines():
        if matched := _LINE.match(line):
            thread, name, rest = matched.groups()
            counts[thread, name] += 1
            found.append(Call(name, counts[thread, name], rest))
    return found


def _is_on(folder: Path, name: str, arguments: str) -> bool:
    """Whether a call is on something below the folder."""
    inside = f"{folder}/"
    if name in _BY_FILE:
        return re.match(r"-?\d+<([^>]*)", arguments) is not None and inside in arguments.split(">")[0] + "/"
    paths = re.findall(r'"([^"]*)"', arguments)
    if any(path.startswith("/") for path in paths):
        return any(path.startswith(inside) for path in paths)
    handle = re.match(r"(AT_FDCWD|\d+)<([^>]*)", arguments)
    return handle is None or f"{handle.group(2)}/".startswith(inside)

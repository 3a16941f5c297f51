"""Several workers: one that ends is replaced, and a server whose workers cannot live ends with one message."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.server.conftest import Running
from tests.server.test_running import wait_for

from konomi.server.running import free_port
from konomi.server.settings import MAX_CRASHES

Start = Callable[..., Running]

# A program whose workers do this; each start adds a line to the file `starts`.
PROGRAM = """
import logging, os, signal, sys, time
from konomi.server import supervising
supervising.FIRST_PAUSE_SECONDS = {pause}
logging.basicConfig(format="konomi: %(message)s")
def work(ready):
    with open("starts", "a") as file:
        print(os.getpid(), file=file)
    {work}
supervising.supervise(work, n_workers=2, ready=print)
"""


@pytest.fixture
def two_workers(start: Start, artifact: Path) -> Running:
    running = start(artifact, "--workers", 2, "--port", free_port("127.0.0.1", 0))
    if not children_file(running).exists():
        pytest.skip("this system does not name the children of a process")
    wait_for(lambda: len(listening(running)) == 2)
    return running


def children_file(running: Running) -> Path:
    return Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")


def listening(running: Running) -> set[int]:
    """The workers that listen: those with a socket in the state LISTEN (0A) on the port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{one[9]}]" for one in lines if one[3] == "0A" and one[1].endswith(f":{running.port:04X}")}
    return {
        int(pid)
        for pid in children_file(running).read_text().split()
        if any(target in inodes for target in targets(Path(f"/proc/{pid}/fd")))
    }


def targets(folder: Path) -> Iterator[str]:
    """What the descriptors of a process refer to; a process or a descriptor that has just gone is left out."""
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            with contextlib.suppress(OSError):
                yield os.readlink(file)


def ran(work: str, folder: Path, *, pause: float = 0.01) -> "subprocess.Popen[str]":
    program = PROGRAM.format(work=work, pause=pause)
    return subprocess.Popen([sys.executable, "-c", program], cwd=folder, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_a_worker_that_ends_is_replaced_while_the_other_answers(
    two_workers: Running, number: signal.Signals
) -> None:
    before = listening(two_workers)
    os.kill(min(before), number)
    wait_for(lambda: "another one takes its place" in two_workers.log())
    wait_for(lambda: len(listening(two_workers)) == 2)
    assert len(listening(two_workers) & before) == 1
    for _ in range(10):
        assert two_workers.get("/healthz").status_code == 200


def test_the_workers_end_with_the_first_process(two_workers: Running) -> None:
    workers = listening(two_workers)
    two_workers.process.kill()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_workers_that_crash_at_every_start_end_the_server_with_one_message(tmp_path: Path) -> None:
    with ran("os.kill(os.getpid(), signal.SIGSEGV)", tmp_path) as server:
        message = server.communicate(timeout=30)[1].splitlines()[-1]
    assert server.returncode == 1
    assert message.startswith(f"konomi: {MAX_CRASHES} workers in a row ended within 10 s of their start")
    assert "SIGSEGV" in message
    # Two at the start, and one more for each crash that was not the last.
    assert len((tmp_path / "starts").read_text().split()) <= 2 + MAX_CRASHES - 1


def test_each_crash_in_a_row_is_waited_for_longer(tmp_path: Path) -> None:
    begun = time.monotonic()
    with ran("os._exit(3)", tmp_path, pause=0.1) as server:
        server.communicate(timeout=30)
    assert time.monotonic() - begun > 0.1 * (1 + 2 + 4 + 8)


def test_a_refusal_at_the_start_ends_the_server_with_its_one_message(tmp_path: Path) -> None:
    work = "from konomi.errors import ConfigError; raise ConfigError('this cannot be')"
    with ran(work, tmp_path) as server:
        last = server.communicate(timeout=30)[1].splitlines()[-1]
    assert last.endswith("KonomiError: this cannot be")


def test_a_server_that_waits_to_replace_a_worker_stops_at_once(tmp_path: Path) -> None:
    with ran("os._exit(3)", tmp_path, pause=60) as server:
        wait_for(lambda: (tmp_path / "starts").exists())
        time.sleep(0.5)
        begun = time.monotonic()
        server.terminate()
        assert server.wait(30) == 0
    assert time.monotonic() - begun < 5

"""What the tests of the server share: a small artifact, a client in this process, and a real server beside it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

import konomi
from konomi.data.dataset import Dataset
from konomi.server.app import create_app
from konomi.server.model_holder import ModelHolder
from konomi.server.settings import ServerSettings

LOCAL = "http://127.0.0.1"
TOKEN = "a-secret-of-the-tests"
PROGRAM = """
import sys
from konomi.server import settings
for name, value in {}.items():
    assert hasattr(settings, name), name
    setattr(settings, name, value)
from konomi.cli import main
main(sys.argv[1:])
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium and playwright; skipped without, unless CI=true")


@pytest.fixture(scope="session")
def artifact(planted_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear model of the planted dataset."""
    folder = tmp_path_factory.mktemp("artifact") / "model"
    konomi.train(planted_dataset, model="linear", out=folder)
    return folder


@pytest.fixture(scope="session")
def client(artifact: Path) -> Iterator[Any]:
    """A client of that model on a loopback address."""
    with TestClient(create_app(ServerSettings(model=artifact), ModelHolder(artifact)), base_url=LOCAL) as opened:
        yield opened


@pytest.fixture(scope="session")
def guarded(artifact: Path) -> Iterator[Any]:
    """A client of a server that other machines can reach."""
    settings = ServerSettings(model=artifact, host="0.0.0.0", token=TOKEN)
    with TestClient(create_app(settings, ModelHolder(artifact)), base_url=LOCAL) as opened:
        yield opened


@pytest.fixture(scope="session")
def popularity(planted_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a model that compares nothing and explains nothing."""
    folder = tmp_path_factory.mktemp("popularity") / "model"
    konomi.train(planted_dataset, model="popularity", out=folder)
    with TestClient(create_app(ServerSettings(model=folder), ModelHolder(folder)), base_url=LOCAL) as opened:
        yield opened


@dataclass
class Running:
    """A `konomi serve` in a process of its own."""

    process: "subprocess.Popen[str]"
    address: str
    lines: list[str] = field(default_factory=list)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address + path, timeout=20)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def connect(self, *, source: str = "127.0.0.1") -> socket.socket:
        """A connection from this address of the loopback network."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def raw(self, request: bytes, *, source: str = "127.0.0.1") -> bytes:
        """The whole answer to these bytes, sent from this address over a connection of their own."""
        with self.connect(source=source) as client:
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def log(self) -> str:
        return "".join(self.lines)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start `konomi serve ARGUMENTS...` on a free port; stopped after the test."""
    with starting() as run:
        yield run


@pytest.fixture(scope="module")
def start_for_module() -> Iterator[Callable[..., Running]]:
    """The same, stopped after the tests of a file."""
    with starting() as run:
        yield run


@contextmanager
def starting() -> Iterator[Callable[..., Running]]:
    """A function that starts `konomi serve ARGUMENTS...`; what it started is stopped in the end.

    open_files : the soft and the hard limit of the files that it may have open.
    limits     : constants of konomi.server.settings that have another value there.
    """
    started: list[Running] = []

    def run(
        *arguments: object, open_files: tuple[int, int] | None = None, limits: dict[str, float] | None = None
    ) -> Running:
        command = [sys.executable, "-c", PROGRAM.format(limits or {}), "serve", *map(str, arguments)]
        if "--port" not in command:
            command += ["--port", "0"]
        if open_files is not None:
            limits = "ulimit -Sn {} && ulimit -Hn {}".format(*open_files)
            command = ["sh", "-c", limits + ' && exec "$@"', "sh", *command]
        environment = {**os.environ, "COLUMNS": "200"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        found = re.search(r"http://\S+?(?=/ )", first)
        if found is None:
            process.wait(30)
            raise AssertionError(first + process.stderr.read())
        running = Running(process, found[0])
        errors = process.stderr
        threading.Thread(target=lambda: running.lines.extend(errors), daemon=True).start()
        started.append(running)
        return running

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(30)
        for stream in (running.process.stdout, running.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def own_artifact(artifact: Path, tmp_path: Path) -> Path:
    """A copy of the artifact that a test may harm."""
    return Path(shutil.copytree(artifact, tmp_path / "model"))


def entries(*item_ids: int, rating: float | None = 8) -> list[dict[str, Any]]:
    """A history of these items, each rated alike."""
    return [{"item_id": one, "rating": rating} for one in item_ids]

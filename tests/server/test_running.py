"""A server in a process of its own: start, stop, new artifacts, slow clients, taken ports."""

import asyncio
import os
import resource
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numba
import pytest
from tests.server.conftest import Running, entries

import konomi
from konomi.cli import main
from konomi.data.dataset import Dataset
from konomi.errors import ArtifactError, ConfigError
from konomi.server import bodies
from konomi.server.app import create_app
from konomi.server.model_holder import ModelHolder
from konomi.server.running import free_port, on_signal
from konomi.server.settings import MAX_CONNECTIONS, OTHER_FILES, ServerSettings

Start = Callable[..., Running]


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


def replace(folder: Path, dataset: Dataset) -> None:
    konomi.train(dataset, model="popularity", out=folder)


async def start_up(app: Any) -> None:
    """Let an application open what it needs, as a server does before the first request."""
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    messages.put_nowait({"type": "lifespan.startup"})
    started = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}, "app": app}
    running = asyncio.create_task(app(scope, messages.get, send))
    await started.wait()
    running.cancel()


class Hammer:
    """Asks without a pause in a thread of its own and remembers what went wrong."""

    def __init__(self, running: Running) -> None:
        self.n_asked = 0
        self.failures: list[str] = []
        self._address = running.address
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Hammer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, timeout=20) as client:
            while not self._over.is_set():
                try:
                    answer = client.post("/api/recommendations", json={"history": entries(1000, 1004), "k": 5})
                    if answer.status_code != 200:
                        self.failures.append(answer.text)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                self.n_asked += 1


def test_sigterm_ends_the_server_with_success(start: Start, artifact: Path) -> None:
    running = start(artifact)
    assert running.get("/healthz").json()["status"] == "ok"
    running.send(signal.SIGTERM)
    assert running.process.wait(20) == 0


def test_sigterm_finishes_what_is_under_way(start: Start, artifact: Path) -> None:
    running = start(artifact)
    host, port = running.address.removeprefix("http://").split(":")
    body = b'{"history":[{"item_id":1000}],"k":1}'
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(
            b"POST /api/recommendations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        client.sendall(body[:10])
        time.sleep(0.5)
        running.send(signal.SIGTERM)
        time.sleep(0.5)
        client.sendall(body[10:])
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert running.process.wait(20) == 0


def test_a_signal_is_heard_while_other_threads_ask_much_of_the_loop() -> None:
    async def heard() -> bool:
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        on_signal(signal.SIGUSR1, event.set)
        for _ in range(5_000):  # more than the pipe holds that wakes the loop
            loop.call_soon_threadsafe(int)
        os.kill(os.getpid(), signal.SIGUSR1)
        async with asyncio.timeout(5):
            return await event.wait()

    before = signal.getsignal(signal.SIGUSR1)
    try:
        assert asyncio.run(heard())
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_sighup_swaps_the_artifact_with_no_failed_request(
    start: Start, own_artifact: Path, planted_dataset: Dataset
) -> None:
    running = start(own_artifact)
    with Hammer(running) as hammer:
        wait_for(lambda: hammer.n_asked > 20)
        replace(own_artifact, planted_dataset)
        running.send(signal.SIGHUP)
        wait_for(lambda: running.get("/api/model").json()["name"] == "popularity")
        asked = hammer.n_asked
        wait_for(lambda: hammer.n_asked > asked + 20)
    assert hammer.failures == []
    assert running.get("/healthz").json()["generation"] == 2


def test_reload_takes_up_what_is_put_in_place(start: Start, own_artifact: Path, planted_dataset: Dataset) -> None:
    running = start(own_artifact, "--reload")
    with Hammer(running) as hammer:
        wait_for(lambda: hammer.n_asked > 5)
        replace(own_artifact, planted_dataset)
        wait_for(lambda: running.get("/api/model").json()["name"] == "popularity")
    assert hammer.failures == []


def test_an_artifact_that_vanishes_is_served_on(start: Start, own_artifact: Path) -> None:
    running = start(own_artifact, "--reload")
    shutil.rmtree(own_artifact)
    time.sleep(1.5)
    running.send(signal.SIGHUP)
    wait_for(lambda: "the old one is still served" in running.log())
    for n in range(3):
        assert running.get(f"/api/items/{1000 + n}/similar").status_code == 200
    assert running.log().count("not replaced") == 1


def test_a_damaged_artifact_is_not_taken_up(start: Start, own_artifact: Path) -> None:
    running = start(own_artifact)
    (own_artifact / "model.json").write_text("{", encoding="utf-8")
    running.send(signal.SIGHUP)
    wait_for(lambda: "the old one is still served" in running.log())
    assert running.get("/healthz").json()["generation"] == 1


def test_two_workers_share_a_port_and_stop_together(start: Start, artifact: Path) -> None:
    port = free_port("127.0.0.1", 0)
    running = start(artifact, "--workers", 2, "--port", port)
    for _ in range(10):
        assert running.get("/healthz").status_code == 200
    running.send(signal.SIGTERM)
    assert running.process.wait(20) == 0


@pytest.mark.parametrize(
    ("address", "kind"),
    [("/api/recommendations", b"application/json"), ("/api/lists", b"application/octet-stream")],
)
def test_a_body_that_is_cut_off_is_no_fault_of_konomis(
    start: Start, artifact: Path, address: str, kind: bytes
) -> None:
    running = start(artifact)
    port = int(running.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\nContent-Length: 1000\r\n\r\n{"
            % (address.encode(), kind)
        )
        client.shutdown(socket.SHUT_WR)
        client.settimeout(10)
        assert b" 400 " in client.recv(4096).split(b"\r\n")[0]
    assert running.get("/healthz").status_code == 200
    assert "failed" not in running.log()


def test_a_slow_body_is_cut_off_and_others_are_answered(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    app = create_app(ServerSettings(model=artifact), ModelHolder(artifact))
    sent: list[dict[str, object]] = []

    async def ask() -> None:
        first = True
        await start_up(app)

        async def receive() -> dict[str, object]:
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": b'{"hist', "more_body": True}
            await asyncio.sleep(60)
            raise AssertionError("nobody waits so long")

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/api/recommendations", "raw_path": b"/api/recommendations",
            "query_string": b"", "root_path": "", "http_version": "1.1", "scheme": "http", "client": None,
            "server": None, "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }  # fmt: skip
        await app(scope, receive, send)

    asyncio.run(ask())
    assert [message.get("status") for message in sent] == [408, None]


@pytest.fixture
def own_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` sets NUMBA_NUM_THREADS if it is not set; the other tests of this process must not see that."""
    monkeypatch.setenv("NUMBA_NUM_THREADS", str(numba.config.NUMBA_NUM_THREADS))


@pytest.mark.usefixtures("own_threads")
def test_a_port_in_use_is_named(artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["serve", str(artifact), "--port", str(port)])
    assert ended.value.code == 2
    assert f"port {port} is in use" in capsys.readouterr().err


def test_a_second_server_on_a_port_is_refused(start: Start, artifact: Path) -> None:
    port = int(start(artifact).address.rpartition(":")[2])
    with pytest.raises(ConfigError, match="in use"):
        free_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        free_port("203.0.113.7", 0)


def test_a_server_that_may_open_too_few_files_does_not_start(start: Start, artifact: Path) -> None:
    needed = MAX_CONNECTIONS + OTHER_FILES
    with pytest.raises(AssertionError) as ended:
        start(artifact, open_files=(64, needed - 1))
    assert str(ended.value).startswith(f"konomi: the server needs {needed} open files")
    assert f"`ulimit -n {needed}`" in str(ended.value)
    assert len(str(ended.value).splitlines()) == 1


def test_a_server_opens_as_many_files_as_the_system_lets_it(start: Start, artifact: Path) -> None:
    needed = MAX_CONNECTIONS + OTHER_FILES
    running = start(artifact, open_files=(64, needed))
    assert resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE) == (needed, needed)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_beyond_loopback_a_token_is_needed(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="--token"):
        ServerSettings(model=tmp_path, host=host)
    assert not ServerSettings(model=tmp_path, host=host, token="long enough").is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_loopback_needs_no_token(tmp_path: Path, host: str) -> None:
    assert ServerSettings(model=tmp_path, host=host).is_loopback


@pytest.mark.parametrize(
    "settings", [{"port": -1}, {"port": 65536}, {"workers": 0}, {"token": "short"}, {"workers": 2, "port": 0}]
)
def test_settings_out_of_range_are_refused(tmp_path: Path, settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ServerSettings(model=tmp_path, **settings)  # type: ignore[arg-type]


@pytest.mark.usefixtures("own_threads")
def test_no_artifact_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArtifactError):
        ModelHolder(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["serve", str(tmp_path / "none"), "--port", "0"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("konomi: ")

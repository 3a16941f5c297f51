"""Stopped by SIGTERM or SIGHUP, a command ends as by Ctrl-C: one message, 128 + n, no temporary file left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def default_signals() -> None:
    """Give this process the default handlers, in a child before it runs: one started by nohup ignores SIGHUP."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def ignore_hangups() -> None:
    """As `nohup` does."""
    default_signals()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def started(
    *arguments: object, until: Path, prepare: Callable[[], None] = default_signals
) -> subprocess.Popen[str]:
    """A command that has begun to write: a hidden file or folder is in the folder `until`.

    prepare : runs in the child before the command.
    """
    run = subprocess.Popen(
        [sys.executable, "-m", "konomi", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )
    deadline = time.monotonic() + 120
    while not any("konomi-new" in path.name for path in until.iterdir()):
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < deadline, "it has not begun to write after 120 s"
        time.sleep(0.01)
    return run


@pytest.fixture(params=["default", "ignored"])
def signals_of_pytest(request: pytest.FixtureRequest) -> Iterator[None]:
    """pytest as a shell starts it, and as `nohup pytest &` does: its children inherit ignored signals."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    if request.param == "ignored":
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_training_that_is_stopped_leaves_what_was_there(demo_data: Path, tmp_path: Path, number: int) -> None:
    arguments = (
        "train",
        demo_data,
        "-o",
        tmp_path / "model",
        "--model",
        "neural",
        "--set",
        "epochs=100000",
        "--set",
        "patience=99999",
    )
    run = started(*arguments, until=tmp_path)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert said.splitlines()[-1] == "konomi: stopped; what was there before is unchanged"
    assert "Traceback" not in said
    assert names_in(tmp_path) <= {"model.checkpoint"}


@pytest.mark.usefixtures("signals_of_pytest")
@pytest.mark.parametrize("number", SIGNALS)
def test_ratings_that_are_no_longer_wanted_leave_no_file(tmp_path: Path, number: int) -> None:
    run = started("synth", "-o", tmp_path / "r.parquet", "--rows", 200_000_000, until=tmp_path)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert (run.returncode, said) == (128 + number, "konomi: stopped; what was there before is unchanged\n")
    assert names_in(tmp_path) == set()


def test_a_second_signal_does_not_keep_the_first_from_its_end(tmp_path: Path) -> None:
    run = started("synth", "-o", tmp_path / "r.csv", "--rows", 200_000_000, until=tmp_path)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
        run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode in (128 + signal.SIGTERM, 128 + signal.SIGHUP)
    assert said == "konomi: stopped; what was there before is unchanged\n"
    assert names_in(tmp_path) == set()


def test_signals_until_the_process_is_gone_do_not_change_its_exit_code(tmp_path: Path) -> None:
    run = started("synth", "-o", tmp_path / "r.csv", "--rows", 200_000_000, until=tmp_path)
    run.send_signal(signal.SIGTERM)
    assert run.stderr is not None
    assert run.stderr.readline() == "konomi: stopped; what was there before is unchanged\n"
    while run.poll() is None:
        run.send_signal(signal.SIGTERM)
        time.sleep(0.001)
    assert run.returncode == 128 + signal.SIGTERM
    assert run.stderr.read() == ""


def test_a_run_that_ignores_hangups_goes_on(tmp_path: Path) -> None:
    arguments = ("synth", "-o", tmp_path / "r.csv", "--rows", 20_000_000)
    run = started(*arguments, until=tmp_path, prepare=ignore_hangups)
    run.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert run.poll() is None
    run.terminate()
    run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGTERM


def test_a_terminal_that_is_gone_does_not_change_the_end(tmp_path: Path) -> None:
    main, worker = os.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "konomi", "synth", "-o", str(tmp_path / "r.csv"), "--rows", "200000000"],
        stdin=worker, stdout=worker, stderr=worker, start_new_session=True, preexec_fn=default_signals,
    )  # fmt: skip
    os.close(worker)
    while not any("konomi-new" in path.name for path in tmp_path.iterdir()):
        assert run.poll() is None
        time.sleep(0.01)
    os.close(main)
    run.send_signal(signal.SIGHUP)
    assert run.wait(timeout=60) == 128 + signal.SIGHUP
    assert names_in(tmp_path) == set()

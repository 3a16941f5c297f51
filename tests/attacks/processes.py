"""Commands run in children of one warm process, and how they ended."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    code : the exit code, or minus the signal; None if it did not end in time and was killed.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    peak_bytes: int

    @property
    def has_traceback(self) -> bool:
        return self.code == 1 or "Traceback (most recent call last)" in self.err

    @property
    def is_one_message(self) -> bool:
        """Whether it ended with 2 and exactly one message on standard error, of konomi or of its option parser."""
        told = [line for line in self.err.splitlines() if line.startswith(("konomi: ", "Error: "))]
        return self.code == 2 and len(told) == 1 and not self.has_traceback

    def __str__(self) -> str:
        last = self.err.strip().splitlines()[-1:] or self.out.strip().splitlines()[-1:]
        return f"[{self.code}] {''.join(last)[-300:]}"


@dataclass(eq=False)
class Job:
    """A running command."""

    pid: int
    _zygote: "Zygote"
    _out: Path
    _err: Path
    _started: float

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def go_on(self) -> None:
        """Let a held job run."""
        os.kill(self.pid, signal.SIGCONT)

    def is_stopped(self) -> bool:
        """Whether it stopped, or ended."""
        return Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "TtZ"

    def wait(self, timeout_seconds: float = 120) -> Ended:
        """Wait for the end; a job that does not end in time is killed and has the code None."""
        answer = self._zygote.ask(do="wait", pid=self.pid, timeout_seconds=timeout_seconds)
        late = not answer
        if late:
            self.kill()
            answer = self._zygote.ask(do="wait", pid=self.pid, timeout_seconds=60)
        texts = [path.read_bytes().decode(errors="replace") for path in (self._out, self._err)]
        for path in (self._out, self._err):
            path.unlink()
        seconds = time.monotonic() - self._started
        return Ended(None if late else answer["code"], texts[0], texts[1], seconds, answer["peak_bytes"])


class Zygote:
    """A warm process whose children run commands; only one thread may use it at a time."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def start(self, target: str, arguments: Any, *, folder: Path, held: bool = False) -> Job:
        """Start a command ("konomi", its arguments) or a function ("module:function", its keyword arguments).

        held : it stops before it does anything; `Job.go_on` lets it run.
        """
        out, err = (self._scratch / f"printed-{next(_NUMBERS)}" for _ in range(2))
        answer = self.ask(
            do="start",
            target=target,
            arguments=arguments,
            folder=str(folder),
            out=str(out),
            err=str(err),
            held=held,
        )
        job = Job(answer["pid"], self, out, err, time.monotonic())
        while held and not job.is_stopped():
            time.sleep(0.001)
        return job

    def konomi(self, *arguments: object, folder: Path, timeout_seconds: float = 120) -> Ended:
        """Run one command to its end."""
        return self.start("konomi", [str(one) for one in arguments], folder=folder).wait(timeout_seconds)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

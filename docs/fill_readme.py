"""Write into README.md what its own lines print, after a change of the demo or the model."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
KONOMI = Path(sys.executable).with_name("konomi")


def printed_by(command: list[str]) -> str:
    """What a command prints, run in the checkout with a terminal 80 wide; `make demo` must have run before."""
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def python_block(block: str) -> str:
    """The block's lines, each followed by what it prints."""
    typed = re.findall(r"^>>> (.*)$", block, flags=re.MULTILINE)
    mark = "-- printed --"
    script = "\n".join(f"{line}\nprint({mark!r})" for line in typed)
    printed = printed_by([sys.executable, "-c", script]).split(f"{mark}\n")
    return "".join(f">>> {line}\n{out}" for line, out in zip(typed, printed, strict=False))


def shell_block(block: str) -> str:
    """The block's commands, each followed by what it prints."""
    typed = re.findall(r"^\$ (.*)$", block, flags=re.MULTILINE)
    return "".join(
        f"$ {line}\n{printed_by(['sh', '-c', line.replace('konomi', str(KONOMI), 1)])}" for line in typed
    )


def main() -> None:
    text = README.read_text(encoding="utf-8")
    for language, fill in (("python", python_block), ("console", shell_block)):
        pattern = rf"(```{language}\n)(.*?)(```)"
        text = re.sub(pattern, lambda m: m[1] + fill(m[2]) + m[3], text, count=1, flags=re.DOTALL)  # noqa: B023
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

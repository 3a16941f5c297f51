"""Help, choices and completion of every command."""

import inspect
import os
import shlex
import subprocess
import sys
from typing import get_args

import pytest
import typer.main

from konomi.cli import data, measure, options
from konomi.cli.main import app
from konomi.data.catalog import TitleLanguage
from konomi.evaluation import splits
from konomi.formats.finding import FORMATS

PROGRAM = "import sys; sys.argv[0] = 'konomi'; from konomi.cli import main; main()"
COMMANDS = sorted(typer.main.get_command(app).commands)


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_there_are_sixteen_commands():
    assert len(COMMANDS) == 16


def test_the_list_of_commands_cuts_no_line(run):
    text = run("-h").out
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "..." not in text.split("Commands:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_fits_eighty_columns_and_has_its_example_on_one_line(run, command):
    ran = run(command, "-h")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    usage_ends = lines.index("")
    assert not any(line.endswith(("...", "…")) for line in lines[usage_ends:])
    documented = inspect.cleandoc(typer.main.get_command(app).commands[command].help).splitlines()
    (example,) = (line for line in documented if line.startswith("Example: "))
    assert example.startswith(f"Example: konomi {command}")
    assert f"  {example}" in lines


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        (get_args(data.Format), FORMATS),
        (get_args(get_args(measure.Targets)[0]), get_args(splits.Targets)),
        (get_args(get_args(options.Titles)[0]), get_args(TitleLanguage)),
    ],
)
def test_the_command_line_offers_the_choices_of_the_library(offered, known):
    assert offered == known


def completed(*words: str) -> list[str]:
    """What a shell offers for the last of the words of a command line."""
    environment = {
        **os.environ,
        "_KONOMI_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return ran.stdout.split()


def test_commands_options_and_choices_are_completed():
    assert completed("konomi", "similar-") == ["similar-items", "similar-users"]
    assert completed("konomi", "recommend", "model/", "--fra") == ["--franchise"]
    assert completed("konomi", "recommend", "model/", "--by", "u") == ["users"]
    assert completed("konomi", "recommend", "model/", "--include", "d") == ["dropped"]


def test_the_completion_script_of_the_shell_is_printed():
    """Typer prints the script of the shell that has started the command."""
    script = f"{shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} --show-completion; exit $?"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert "_KONOMI_COMPLETE=complete_bash" in ran.stdout
    assert ran.stdout.rstrip().endswith("complete -o default -F _konomi_completion konomi")

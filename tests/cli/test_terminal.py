"""Names and titles from files are printed as text: no control character of theirs reaches a terminal."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import konomi
from konomi.cli.terminal import ShownStream, shown_streams
from konomi.printable import one_line, printable
from konomi.tables import Column, table

# Renames the window, clears the screen and turns the direction of writing.
EVIL = "a\x1b]0;pwned\x1b\\\x9b2J\x7f\u202eb"
SHOWN = r"a\u001b]0;pwned\u001b\\u009b2J\u007f\u202eb"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RATINGS = "user_id,anime_id,rating\n1,1,5\n1,2,6\n2,1,7\n2,3,8\n3,2,9\n3,3,4\n"


@pytest.fixture(scope="module")
def evil_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose titles, genres and users are named to harm a terminal."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "r.csv").write_text(
        "user,item,rating\n" + "".join(f'"u{n % 5}{EVIL}",i{n % 7},{n % 9 + 1}\n' for n in range(40)), newline=""
    )
    (folder / "a.csv").write_text(
        "item_id,title,genres,type\n" + "".join(f'i{n},"{n} {EVIL}",{EVIL},TV\n' for n in range(7)), newline=""
    )
    konomi.ingest(folder / "r.csv", items=folder / "a.csv", out=folder / "data")
    konomi.train(folder / "data", model="linear", out=folder / "model")
    return folder / "model"


def check_shown(*printed: str) -> None:
    text = "".join(printed)
    assert OBEYED.search(text) is None
    assert r"\u001b" in text


def test_control_characters_are_written_as_json_writes_them() -> None:
    assert printable(EVIL) == SHOWN
    assert printable("two\nlines\tand 星の台所 é") == "two\nlines\tand 星の台所 é"
    assert printable("\r\x07\b\0") == r"\u000d\u0007\u0008\u0000"
    assert one_line("two\nlines\t") == r"two\u000alines\u0009"
    assert printable("r\udcff.csv") == r"r\udcff.csv"


def test_the_name_in_a_zip_is_shown(run: Callable, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr(f"{EVIL}.csv", RATINGS)
    ended = run("ingest", tmp_path / "r.zip", "-o", tmp_path / "d")
    assert ended.code == 0
    check_shown(ended.out, ended.err)


@pytest.mark.parametrize("arguments", [("ingest",), ("info", "--json"), ("verify",)])
def test_the_name_of_a_file_is_shown(run: Callable, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ratings, data = tmp_path / f"{EVIL}.csv", tmp_path / f"d{EVIL}"
    ratings.write_text(RATINGS)
    konomi.ingest(ratings, out=data)
    command, *options = arguments
    ended = run(command, ratings, "-o", data) if command == "ingest" else run(command, data, *options)
    assert ended.code == 0
    check_shown(ended.out, ended.err)


def test_a_name_of_two_lines_makes_one(run: Callable, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("a\nkonomi: all is well\n.csv", RATINGS)
    ended = run("ingest", tmp_path / "r.zip", "-o", tmp_path / "d")
    assert "\nkonomi: all is well" not in ended.out
    assert r"a\u000akonomi: all is well\u000a.csv" in ended.out


def test_the_columns_of_a_file_are_shown(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"{EVIL},b\n1,2\n")
    ended = run("ingest", tmp_path / "r.csv", "-o", tmp_path / "d")
    assert ended.code == 2
    check_shown(ended.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar-items", "i1", "-k", "3"),
        ("similar-items", "pwn", "-k", "3"),
        ("similar-users", f"u1{EVIL}", "-k", "3"),
        ("recommend", "--user", f"u1{EVIL}", "--why", "-k", "3"),
        ("recommend", "--like", f"1 {EVIL}", "-k", "3"),
        ("similar-users", f"x{EVIL}"),
    ],
)
def test_titles_and_ids_in_answers_and_messages_are_shown(
    run: Callable, evil_model: Path, arguments: tuple[str, ...]
) -> None:
    command, *rest = arguments
    ended = run(command, evil_model, *rest)
    check_shown(ended.out, ended.err)


def test_json_holds_titles_as_they_are_and_prints_none_raw(run: Callable, evil_model: Path) -> None:
    ended = run("similar-items", evil_model, "i1", "--json", "-k", "3")
    assert OBEYED.search(ended.out) is None
    results = json.loads(ended.out)["results"]
    assert all(one["title"].endswith(EVIL) for one in results)


def test_a_cell_with_a_line_end_stays_in_its_line() -> None:
    printed = table([Column("title", ["one\ntwo", "three"]), Column("id", [1, 2])], width=60)
    assert printed.splitlines() == ["title         id", r"one\u000atwo   1", "three          2"]


def test_bars_on_a_terminal_show_the_name_of_a_file(tmp_path: Path) -> None:
    name = f"{EVIL}[b]x.csv"  # Rich would take [b] for the beginning of a style
    (tmp_path / name).write_text(RATINGS)
    main, worker = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "konomi", "ingest", name, "-o", "d"],
        cwd=tmp_path, stdout=worker, stderr=worker, stdin=worker, close_fds=True,
    )  # fmt: skip
    os.close(worker)
    printed = b""
    try:
        while block := os.read(main, 4096):
            printed += block
    except OSError:
        pass  # the terminal's other end is closed
    assert run.wait() == 0
    text = printed.decode()
    assert "\x1b]0;" not in text
    assert "\x9b" not in text
    assert r"reading a\u001b]0;pwned" in text


def test_what_an_encoding_lacks_is_written_as_an_escape() -> None:
    raw = io.BytesIO()
    stream = ShownStream(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    stream.write("星 \udcff\n")
    assert raw.getvalue() == b"\\u661f \\udcff\n"


def test_the_streams_are_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with shown_streams():
        print("\x1b[2J")
        print("\x1b[2J", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("\\u001b[2J\n", "\\u001b[2J\n")

"""An output that is also an input, or another output: refused before the work, and nothing is lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from konomi.cli import main

LIST = "title,score\nDeath Note,9\n"


def linked(path: Path, how: str) -> Path:
    """Another name of a file."""
    other = path.with_name(f"other{path.suffix}")
    if how == "the same path":
        return path
    if how == "a path with dots":
        return path.parent / "." / "x" / ".." / path.name
    (os.symlink if how == "a symbolic link" else os.link)(path, other)
    return other


WAYS = ["the same path", "a path with dots", "a symbolic link", "a hard link"]


@pytest.mark.parametrize("how", WAYS)
def test_synth_refuses_one_file_for_ratings_and_catalog(run: Callable, tmp_path: Path, how: str) -> None:
    (tmp_path / "x").mkdir()
    out = tmp_path / "q.csv"
    out.write_text("as before")
    ended = run("synth", "-o", out, "--catalog", linked(out, how), "--rows", 1000, "--items", 50)
    assert ended.code == 2
    assert "are one file: give each a path of its own" in ended.err
    assert out.read_text() == "as before"


def test_synth_refuses_one_new_file_for_ratings_and_catalog(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("synth", "-o", "q.csv", "--catalog", tmp_path / "q.csv", "--rows", 1000, "--items", 50)
    assert ended.code == 2
    assert "are one file" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", WAYS)
def test_the_map_is_not_drawn_over_the_list(run: Callable, demo_model: Path, tmp_path: Path, how: str) -> None:
    (tmp_path / "x").mkdir()
    mine = tmp_path / "mine.html"
    mine.write_text(LIST)
    ended = run("map", demo_model, "--list", mine, "-o", linked(mine, how))
    assert ended.code == 2
    assert f"is also the input {mine}, which would be lost" in ended.err
    assert mine.read_text() == LIST


@pytest.mark.parametrize("option", ["--pairs", "--related"])
@pytest.mark.parametrize("how", ["a symbolic link", "a hard link"])
def test_an_evaluation_is_not_written_over_its_pairs(
    run: Callable, demo_data: Path, tmp_path: Path, option: str, how: str
) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "report"
    pairs.write_text("1,2,3\n")
    out.mkdir()
    (os.symlink if how == "a symbolic link" else os.link)(pairs, out / "evaluation.json")
    ended = run("evaluate", demo_data, "--models", "popularity", option, pairs, "-o", out)
    assert ended.code == 2
    assert f"is also the input {pairs}, which would be lost" in ended.err
    assert pairs.read_text() == "1,2,3\n"


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("option", ["ratings", "items", "synopsis", "relations"])
def test_a_dataset_is_not_written_over_its_input(run: Callable, tmp_path: Path, option: str, how: str) -> None:
    (tmp_path / "x").mkdir()
    content = {
        "ratings": "user_id,anime_id,rating\n1,1,5\n",
        "items": "anime_id,name,genre\n1,x,y\n",
        "synopsis": "anime_id,synopsis\n1,x\n",
        "relations": "anime_id,related_anime_id\n1,2\n",
    }
    for name, text in content.items():
        (tmp_path / f"{name}.csv").write_text(text)
    files = {name: tmp_path / f"{name}.csv" for name in content}
    ended = run(
        "ingest", files["ratings"], "--items", files["items"], "--synopsis", files["synopsis"],
        "--relations", files["relations"], "-o", linked(files[option], how),
    )  # fmt: skip
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert files[option].read_text() == content[option]


def test_an_evaluation_on_a_full_disk_ends_in_one_message(
    demo_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_args: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    (tmp_path / "evaluation.json").write_text("as before")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(demo_data), "--models", "popularity", "-o", str(tmp_path)])
    assert ended.value.code == 2
    assert f"cannot write {tmp_path / 'evaluation.json'}: No space left" in capsys.readouterr().err
    assert (tmp_path / "evaluation.json").read_text() == "as before"

"""Every place near an output where a file of the user's own may be, for every command that writes."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .things import LEAVING, NEURAL

MINE = "only copy of a thesis\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command and files of the user's own near what it writes.

    before  : name in the folder, and which of the lab's things is there.
    mine    : paths of the user's files; a path that ends in / is a folder with a file in it.
    prepare : what else is done to the folder.
    kept    : other paths that must stay as they are, whatever the command does.
    must_refuse : the command could only succeed by writing over what is the user's.
    """

    command: str
    place: str
    arguments: tuple[str, ...]
    before: dict[str, str]
    mine: tuple[str, ...] = ()
    prepare: Callable[[Path], None] | None = None
    kept: tuple[str, ...] = ()
    must_refuse: bool = False


@dataclass(frozen=True)
class _Writer:
    """A command that writes `output`; what it finds; for a folder, which of the lab's things was there before."""

    command: str
    arguments: tuple[str, ...]
    before: dict[str, str]
    output: str = "out"
    thing: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the command can make its output, rather than change it."""
        return "-o" in self.arguments

    def case(self, place: str, *mine: str, is_there: bool = True, **more: object) -> Case:
        before = {**self.before, "out": self.thing} if is_there and self.thing else self.before
        return Case(command=self.command, place=place, arguments=self.arguments, before=before, mine=mine, **more)  # type: ignore[arg-type]


_SIZES = ("--users", "50", "--items", "30", "--rows", "900")
_RATINGS = {"r.csv": "ratings.csv", "c.csv": "catalog.csv"}
_LEAVING = str(LEAVING)
_FOLDERS = (
    _Writer("ingest", ("ingest", "r.csv", "--items", "c.csv", "-o", "out"), _RATINGS, thing="data"),
    _Writer("train linear", ("train", "d", "-o", "out", "--model", "linear"), {"d": "data"}, thing="model"),
    _Writer("train spectral", ("train", "d", "-o", "out", "--model", "spectral"), {"d": "data"}, thing="model"),
    _Writer("train popularity", ("train", "d", "-o", "out", "--model", "popularity"), {"d": "data"}, thing="model"),
    _Writer("train neural", ("train", "d", "-o", "out", *NEURAL), {"d": "data"}, thing="neural"),
    _Writer("update", ("update", "out", "--forget", _LEAVING), {}, thing="model"),
    _Writer("update -o", ("update", "m", "--forget", _LEAVING, "-o", "out"), {"m": "model"}, thing="old-model"),
    _Writer("forget", ("forget", _LEAVING, "out", "d"), {"d": "data"}, thing="model"),
)
_FILES = (
    _Writer("recommend --all", ("recommend", "m", "--all", "-o", "o.parquet"), {"m": "model"}, "o.parquet"),
    _Writer("map", ("map", "m", "-o", "o.html"), {"m": "model"}, "o.html"),
    _Writer("synth csv", ("synth", "-o", "o.csv", "--catalog", "items.csv", *_SIZES), {}, "o.csv"),
    _Writer("synth parquet", ("synth", "-o", "o.parquet", *_SIZES), {}, "o.parquet"),
)
_INSIDE = ("notes.txt", "map.html", ".hidden", "model/notes.npy", "dataset/mine.csv", "own/deep/notes.txt", "own/")
_NEXT_TO = (".{}.new", ".{}.old", ".{}.lock", ".{}.new/", ".{}.old/", ".{}.lock/", ".{}.new.parts/")
_NEXT_TO += ("{}.checkpoint", "{}.checkpoint/", "{}.new", "{}.old", "{}.tmp")
_FORGED_MARKERS = ("{}", "[]", "not JSON", '{"format": "konomi model", "format_version": 1}')


def cases() -> Iterator[Case]:
    """Every case."""
    for writer in _FOLDERS:
        for name in _INSIDE:
            yield writer.case(f"{name} inside", f"out/{name}")
        yield from _next_to(writer)
        yield from _links(writer)
        yield from _edited(writer)
        if writer.is_new:
            yield from _foreign_folders(writer)
    for writer in _FILES:
        yield from _next_to(writer)
        yield writer.case("output is a link", prepare=_linked(writer.output, "other"), kept=(writer.output,))
        yield writer.case("output is a folder", f"{writer.output}/", must_refuse=True)
    yield from _reports()
    yield from _inputs()


def _next_to(writer: _Writer) -> Iterator[Case]:
    for pattern in _NEXT_TO:
        name = pattern.format(writer.output)
        yield writer.case(f"{name} next to the output", name)


def _foreign_folders(writer: _Writer) -> Iterator[Case]:
    """Outputs that are not konomi's."""
    marker = "dataset.json" if writer.thing == "data" else "model.json"
    yield writer.case("a foreign folder", "out/mine.txt", is_there=False, must_refuse=True)
    yield writer.case("a file in its place", "out", is_there=False, must_refuse=True)
    for text in _FORGED_MARKERS:
        forged = {"prepare": _written(f"out/{marker}", text), "kept": (f"out/{marker}",), "must_refuse": True}
        yield writer.case(f"a foreign {marker} with {text}", "out/mine.txt", is_there=False, **forged)


def _edited(writer: _Writer) -> Iterator[Case]:
    """A folder of konomi's with something in it that is not what konomi wrote."""
    listed = "out/levels.npy" if writer.thing == "data" else "out/item_counts.npy"
    yield writer.case("an edited file inside", prepare=_appended(listed), kept=(listed,))
    yield writer.case("a link for a listed file", prepare=_swapped_for_link(listed), kept=("precious.npy",))
    for text in ("{}", '{"format": "konomi neural checkpoint"}'):
        forged = {"prepare": _written("out.checkpoint/checkpoint.json", text), "kept": ("out.checkpoint",)}
        yield writer.case(f"a foreign checkpoint.json with {text}", "out.checkpoint/mine.txt", **forged)
    inside = Case(
        command=writer.command,
        place="a model inside",
        arguments=writer.arguments,
        before={**writer.before, "out": writer.thing, "out/mine": "popularity"},
        kept=("out/mine",),
    )
    yield inside


def _links(writer: _Writer) -> Iterator[Case]:
    linked = {"prepare": _linked("out/linked", "../precious"), "kept": ("out/linked",)}
    yield writer.case("a link to a folder inside", "precious/", **linked)
    linked = {"prepare": _linked("out.checkpoint", "precious"), "kept": ("out.checkpoint",)}
    yield writer.case("a link in place of the checkpoint", "precious/", **linked)
    yield Case(
        command=writer.command,
        place="output is a link",
        arguments=writer.arguments,
        before={**writer.before, "real": writer.thing},
        prepare=_linked("out", "real"),
        kept=("out",),
    )
    if writer.is_new:
        linked = {"is_there": False, "prepare": _linked("out", "real"), "kept": ("out",)}
        yield writer.case("output is a link to nothing", **linked)
        yield writer.case("output is a link to a folder of the user's", "real/", **linked, must_refuse=True)


def _reports() -> Iterator[Case]:
    """Folders that commands write files into, among those of the user."""
    report = {"d": "data", "out": "old-report"}
    writer = _Writer("evaluate", ("evaluate", "d", "-o", "out", "--models", "popularity"), report)
    yield writer.case("files inside", "out/notes.txt", "out/own/")
    for name in ("evaluation.json", "evaluation.html"):
        for pattern in (".{}.new", ".{}.old", ".{}.lock", ".{}.new/"):
            path = f"out/{pattern.format(name)}"
            yield writer.case(path, path)
    alone = _Writer("evaluate", writer.arguments, {"d": "data"})
    yield alone.case("a file in its place", "out", must_refuse=True)
    tune = _Writer("tune", ("tune", "d", "-o", "out", "--model", "linear", "--trials", "1"), {"d": "data"})
    yield tune.case("files inside", "out/notes.txt", "out/.tuned.json.new", "out/own/")


def _inputs() -> Iterator[Case]:
    """Outputs that are, or hold, an input."""

    def case(
        command: str, place: str, arguments: str, before: dict[str, str], *kept: str, refuse: bool = True
    ) -> Case:
        words = tuple(arguments.split())
        return Case(command=command, place=place, arguments=words, before=before, kept=kept, must_refuse=refuse)

    d, m, r = {"d": "data"}, {"m": "model"}, {"r.csv": "ratings.csv"}
    yield case("ingest", "input in the output", "ingest d/r.csv -o d", {**d, "d/r.csv": "ratings.csv"}, "d")
    inside = {**d, **r, "d/c.csv": "catalog.csv"}
    yield case("ingest", "catalog in the output", "ingest r.csv --items d/c.csv -o d", inside, "d")
    yield case("ingest", "output is the input", "ingest r.csv -o r.csv", r, "r.csv")
    yield case("train linear", "output is the dataset", "train d -o d --model linear", d, "d")
    yield case("train linear", "output holds the dataset", "train m/dataset -o m --model linear", m, "m")
    added = {**m, "m/n.csv": "new-ratings.csv"}
    yield case("update", "added file in the model", "update m --add m/n.csv", added, "m/n.csv", refuse=False)
    yield case("map", "output is a file of the model", "map m -o m/learning_curve.html", {"m": "neural"}, "m")
    sizes = " ".join(_SIZES)
    for name in ("q.csv", "q.parquet"):
        yield case("synth csv", "catalog is the output", f"synth -o {name} --catalog {name} {sizes}", {})
    yield Case(
        command="synth csv",
        place="catalog is a link to the output",
        arguments=("synth", "-o", "q.csv", "--catalog", "c.csv", *_SIZES),
        before={},
        prepare=_linked("c.csv", "q.csv"),
        must_refuse=True,
    )


def _written(name: str, text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return prepare


def _appended(name: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(MINE.encode())

    return prepare


def _linked(name: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(target)


def _swapped_for_link(name: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        shutil.move(folder / name, folder / "precious.npy")
        (folder / name).symlink_to("../precious.npy")

    return prepare

"""Every command that writes, with what it finds and what it leaves."""

from dataclasses import dataclass

from .things import LEAVING, NEURAL


@dataclass(frozen=True)
class Scene:
    """A command with the folder it runs in.

    before  : name in the folder, and which of the lab's things is there.
    outputs : names that the command writes.
    between : names that may be there while it runs and after a kill.
    again_fails : the command, run again after it succeeded, is refused since there is nothing left to do.
    """

    name: str
    command: tuple[str, ...]
    before: dict[str, str]
    outputs: tuple[str, ...]
    between: tuple[str, ...] = ()
    again_fails: bool = False


_RATINGS = {"r.csv": "ratings.csv", "c.csv": "catalog.csv"}
_TRAIN = {"d": "data", "m": "old-model"}
_SIZES = ("--users", "50", "--items", "30", "--rows", "900")
_LEAVING = str(LEAVING)

SCENES = (
    Scene("ingest", ("ingest", "r.csv", "--items", "c.csv", "-o", "d"), {**_RATINGS, "d": "old-data"}, ("d",)),
    Scene("ingest, no earlier", ("ingest", "r.csv", "-o", "d"), _RATINGS, ("d",)),
    Scene("train linear", ("train", "d", "-o", "m", "--model", "linear"), _TRAIN, ("m",)),
    Scene("train spectral", ("train", "d", "-o", "m", "--model", "spectral"), _TRAIN, ("m",)),
    Scene("train neural", ("train", "d", "-o", "m", *NEURAL), _TRAIN, ("m",), ("m.checkpoint",)),
    Scene("update --forget", ("update", "m", "--forget", _LEAVING), {"m": "model"}, ("m",), again_fails=True),
    Scene("update --add", ("update", "m", "--add", "n.csv"), {"m": "model", "n.csv": "new-ratings.csv"}, ("m",)),
    Scene("forget", ("forget", _LEAVING, "m", "d"), {"m": "model", "d": "data"}, ("m", "d"), again_fails=True),
    Scene(
        "recommend --all",
        ("recommend", "m", "--all", "-o", "all.parquet"),
        {"m": "model", "all.parquet": "old-file"},
        ("all.parquet",),
    ),
    Scene(
        "evaluate",
        ("evaluate", "d", "-o", "report", "--models", "popularity,item-knn"),
        {"d": "data", "report": "old-report"},
        ("report/evaluation.json", "report/evaluation.html"),
    ),
    Scene(
        "synth csv",
        ("synth", "-o", "s.csv", *_SIZES, "--catalog", "sc.csv"),
        {"s.csv": "old-file", "sc.csv": "old-file"},
        ("s.csv", "sc.csv"),
    ),
    Scene("synth parquet", ("synth", "-o", "s.parquet", *_SIZES), {"s.parquet": "old-file"}, ("s.parquet",)),
    Scene("map", ("map", "m", "-o", "map.html"), {"m": "model", "map.html": "old-file"}, ("map.html",)),
)

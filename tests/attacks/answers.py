"""What konomi answers from a folder, and from a damaged one. Runs in a zygote's child."""

import contextlib
import io
import random
import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import mutants
from .probing import Results, where_of

# Longer than any honest question on the lab's folders takes.
_SECONDS = 20
_MEMORY_BYTES = 4 << 30


def of_model(folder: Path) -> str:
    """Answers of every kind that a model gives, as text."""
    import konomi
    from konomi.errors import UnsupportedError

    from .things import LEAVING, N_ITEMS

    recommender = konomi.load(folder)
    history = {1: 9, 4: 7, N_ITEMS - 1: 5}
    questions: list[Callable[[], Any]] = [
        *(lambda item=item: recommender.similar_items(item, k=5).to_dicts() for item in (1, 8, N_ITEMS)),
        *(lambda user=user: recommender.similar_users(user, k=5).to_dicts() for user in (LEAVING, 155)),
        *(lambda user=user: recommender.recommend(user, k=5).to_dicts() for user in (LEAVING, 102, 155)),
        lambda: recommender.recommend(LEAVING, k=5, by="users").to_dicts(),
        lambda: recommender.recommend(LEAVING, k=5, by="items", explain=True).to_dicts(),
        lambda: recommender.recommend(history=history, k=5, explain=True, franchise="once").to_dicts(),
        lambda: recommender.similar_users(history=history, k=5).to_dicts(),
        lambda: recommender.compare_users(LEAVING, 155).to_dict(),
        lambda: recommender.item_map().to_dicts(),
        lambda: {**recommender.artifact.about, "files": None, "checksum": None},
    ]
    answers: list[str] = []
    for question in questions:
        try:
            answers.append(repr(question()))
        except UnsupportedError as error:
            answers.append(str(error))
    return "\n".join(answers)


def of_dataset(folder: Path) -> str:
    """Rows of a dataset, and what a model learns from it, as text."""
    import konomi

    from .things import LEAVING

    dataset = konomi.Dataset.open(folder)
    ratings = dataset.ratings
    rows = ratings.histories()
    arrays = (rows.offsets, rows.item_index, rows.rating, rows.status, ratings.users.ids, ratings.items.ids)
    answers = [repr(array.tolist()) for array in arrays] + [repr(dataset.report)]
    for model in ("popularity", "linear", "spectral"):
        recommender = konomi.train(dataset, model=model)
        answers.append(repr(recommender.recommend(LEAVING, k=5).to_dicts()))
    return "\n".join(answers)


def of_checkpoint(folder: Path) -> str:
    """The model of the training that goes on from the checkpoint `folder`, as text; the folder goes."""
    import konomi

    from .things import NEURAL_SETTINGS

    data, model = folder.parent / "data", folder.with_suffix("")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(model)
    recommender = konomi.train(data, model="neural", config=NEURAL_SETTINGS, out=model)
    return repr({name: array.tobytes() for name, array in recommender.model.arrays().items()})


def leave_checkpoint(*, data: str, checkpoint: str) -> None:
    """Train a network on the dataset and stop after the third epoch, so that a checkpoint stays."""
    import konomi

    from .things import NEURAL_SETTINGS

    class StopsInFourthEpoch:
        n_epochs = 0

        def start(self, task: str, total: int | None = None) -> None:  # noqa: ARG002
            self.n_epochs += task.startswith("epoch")
            if self.n_epochs > 3:
                raise KeyboardInterrupt

        def advance(self, amount: int = 1, figures: str = "") -> None:
            pass

        def note(self, text: str) -> None:
            pass

    with contextlib.suppress(KeyboardInterrupt):
        konomi.train(data, model="neural", config=NEURAL_SETTINGS, out="stopped", progress=StopsInFourthEpoch())
    Path("stopped.checkpoint").rename(checkpoint)


_READERS = {"dataset": of_dataset, "checkpoint": of_checkpoint}


def probe(*, kind: str, intact: str, other: str, seed: int, first: int, last: int, results: str) -> None:
    """Damage copies of the folder `intact` and ask them, trials `first` to `last`, with `Results` in `results`.

    kind  : "model", "dataset" or "checkpoint".
    other : a folder of the same kind, from which files may come.
    """
    import warnings

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    read = _READERS.get(kind, of_model)
    folder = Path("m.checkpoint" if kind == "checkpoint" else "m").absolute()
    _fresh(Path(intact), folder)
    expected = {read(folder)}
    if kind == "checkpoint":
        # Without the folder, which is gone by now, the training starts at the first epoch.
        expected.add(read(folder))
    has_manifest = mutants.has_manifest(Path(intact))
    has_verify = _verify(Path(intact)) == 0
    log = Results(results)
    for trial in range(first, last):
        rng = random.Random(f"{seed} {kind} {Path(intact).name} {trial}")
        _fresh(Path(intact), folder)
        forged = rng.random() < 0.5 and has_manifest
        damage = mutants.mutate(rng, folder, Path(other))
        if forged:
            mutants.forge(folder)
        log.begin(trial, damage=damage, forged=forged)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        found = _trial(read, folder, expected, Path(intact), has_verify=has_verify)
        signal.setitimer(signal.ITIMER_REAL, 0)
        log.end(trial, **found)


def _trial(
    read: Callable[[Path], str], folder: Path, expected: set[str], intact: Path, *, has_verify: bool
) -> dict[str, Any]:
    from konomi.errors import KonomiError

    changed = _bytes(folder) != _bytes(intact)
    verified = _verify(folder) if has_verify else None
    try:
        answered = "same" if read(folder) in expected else "other"
        seen = ""
    except KonomiError as error:
        answered, seen = "refused", str(error)
    except Exception as error:  # noqa: BLE001 - every other exception is what is looked for
        answered, seen = "traceback", where_of(error)
    return {"answered": answered, "seen": seen[:300], "verified": verified, "changed": changed}


def _verify(folder: Path) -> int:
    """The exit code of `konomi verify`; 1 for a traceback or more than one message."""
    from konomi.cli import main

    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["verify", str(folder)])
        except SystemExit as end:
            code = end.code or 0
        except Exception:  # noqa: BLE001 - every exception is what is looked for
            return 1
    if "No such command" in err.getvalue():
        return -1
    if code == 2 and err.getvalue().count("konomi: ") != 1:
        return 1
    return int(code)


def _fresh(intact: Path, folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(intact, folder, symlinks=True)


def _bytes(folder: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else f"{path.is_dir()} {path.is_symlink()}"
        for path in folder.rglob("*")
    }

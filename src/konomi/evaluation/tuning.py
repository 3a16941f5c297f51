"""Tuning: a model's settings chosen on validation users, never on test users, by Optuna."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, EvaluationError, InputFileError, StorageError, TrainingError
from konomi.evaluation.entrants import Entrant
from konomi.evaluation.metrics import METRICS, parse_metric
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import Split, Targets, strong_split
from konomi.models import by_name, kinds
from konomi.models.config import as_settings
from konomi.models.kind import Choice, ModelKind, Range, SearchSpace
from konomi.progress import SILENT, Progress
from konomi.storage.file import whole_file
from konomi.storage.lock import exclusive

RESULT = "tuned.json"
JOURNAL = "trials.journal"


@dataclass(frozen=True)
class Tuned:
    """The best settings found.

    model   : the model's name.
    config  : its settings as plain JSON values.
    score   : the metric on the validation users.
    trials  : trials that were finished, in this run and those that it resumed.
    metric, targets, seed : what was measured, on whom.
    data    : the digest of the dataset.
    """

    model: str
    config: dict[str, Any]
    score: float
    trials: int
    metric: str
    targets: str
    seed: int
    data: str

    def entrant(self, label: str | None = None) -> Entrant:
        """The tuned model, for `evaluate`, which then insists on the same seed. Raises ConfigError."""
        kind = by_name(self.model)
        return Entrant(label or f"{self.model} (tuned)", kind, kind.config(self.config), self.seed)


def tune(
    dataset: Dataset,
    model: str,
    *,
    out: Path,
    trials: int | None = None,
    minutes: float | None = None,
    targets: Targets = "watched",
    metric: str = METRICS[0],
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    space: SearchSpace | None = None,
    progress: Progress = SILENT,
) -> Tuned:
    """The settings of a model that score best on the validation users of `strong_split(..., seed=seed)`.

    out      : a folder that gets `trials.journal` and `tuned.json`; a search found there is resumed.
    trials   : the number of finished trials to stop at, resumed ones included.
    minutes  : no trial begins after this time. One of the two is needed; the first that is reached ends the search.
    settings : settings held fixed. space: what is searched instead of the model's `search_space`.
    The first trial is the model with its default settings, if the space contains them, so the result is never
    worse than that on these users.
    Raises ConfigError for a model without anything to search or without a budget, EvaluationError where no user is
    left to measure, no trial succeeds, or `out` holds another search; StorageError.
    """
    kind = by_name(model)
    fixed = as_settings(kind.config(settings))
    space = dict(kind.search_space if space is None else space)
    space = {key: values for key, values in space.items() if key not in (settings or {})}
    if not space:
        tunable = ", ".join(one.name for one in kinds() if one.search_space)
        raise ConfigError(f"{model} has nothing to tune; the models that have: {tunable}")
    kind.config(dict.fromkeys(key for key in space if key not in fixed))  # an unknown name is an error
    if (
        (trials is None and minutes is None)
        or (trials is not None and trials < 1)
        or (minutes is not None and minutes <= 0)
    ):
        raise ConfigError("tuning needs a budget: at least one trial, or some minutes")
    parse_metric(metric, n_items=dataset.ratings.n_items)
    split = strong_split(dataset, targets=targets, role="validation", seed=seed)
    asked = {
        "model": model,
        "settings": {key: value for key, value in fixed.items() if key not in space},
        "space": {key: repr(values) for key, values in sorted(space.items())},
        "metric": metric,
        "targets": targets,
        "seed": seed,
        "data": dataset.digest(),
    }
    search = _Search(kind, split, fixed, space, asked, progress)
    out = Path(out)
    with exclusive(out), _quiet_optuna():
        try:
            out.mkdir(parents=True, exist_ok=True)
            tuned = search.run(_opened(out / JOURNAL, seed, asked), trials=trials, minutes=minutes)
            with whole_file(out / RESULT) as new:
                new.write_text(json.dumps(tuned.__dict__, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"cannot write in {out}: {error.strerror or error}; choose another folder"
            ) from error
    return tuned


@dataclass(frozen=True)
class _Search:
    """One search: what is tried, on whom, and under which question it is stored."""

    kind: ModelKind
    split: Split
    fixed: dict[str, Any]
    space: SearchSpace
    asked: dict[str, Any]
    progress: Progress

    def run(self, study: Any, *, trials: int | None, minutes: float | None) -> Tuned:
        """The best settings after the trials that are left. Raises EvaluationError if none succeeded."""
        left = None if trials is None else max(trials - len(_finished(study)), 0)
        if not study.trials and all(self.fixed[key] in values for key, values in self.space.items()):
            study.enqueue_trial({key: self.fixed[key] for key in self.space})
        self.progress.start(f"tune {self.kind.name}", left)
        if left != 0:
            study.optimize(
                self.score,
                n_trials=left,
                timeout=None if minutes is None else minutes * 60,
                catch=(TrainingError, ConfigError),
            )
        return _best(study, self.fixed, self.asked)

    def score(self, trial: Any) -> float:
        """The metric on the validation users with the settings of one trial."""
        values = self.fixed | {key: _suggested(trial, key, values) for key, values in self.space.items()}
        entrant = Entrant(self.kind.name, self.kind, self.kind.config(values))
        metric = self.asked["metric"]
        score = float(measure(entrant, self.split, metrics=(metric,)).intervals[metric].mean)
        self.progress.advance(figures=f"{metric} {score:.4f}")
        return score


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)


def read_tuned(path: Path) -> Tuned:
    """What `tune` wrote, from its file or its folder. Raises InputFileError."""
    path = Path(path) / RESULT if Path(path).is_dir() else Path(path)
    try:
        return Tuned(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputFileError(
            f"{path} is no result of `konomi tune` ({error}): give its folder or {RESULT}"
        ) from error


def _opened(journal: Path, seed: int, asked: dict[str, Any]) -> Any:
    """The search in this journal, begun or resumed. Raises EvaluationError if it was another one."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    study = optuna.create_study(study_name="konomi", storage=storage, direction="maximize", load_if_exists=True)
    # A sampler that began at the same seed again would draw the first trials a second time.
    study.sampler = optuna.samplers.TPESampler(seed=seed * 1_000_003 % 2**31 + len(study.trials))
    if "asked" not in study.user_attrs:
        study.set_user_attr("asked", asked)
    began = study.user_attrs["asked"]
    if began != asked:
        different = sorted(key for key in asked if began.get(key) != asked[key])
        raise EvaluationError(
            f"the search in {journal.parent} was begun with another {', another '.join(different)}: "
            "give a new folder, or the same question"
        )
    return study


def _suggested(trial: Any, key: str, values: Range | Choice) -> Any:
    if isinstance(values, Choice):
        return trial.suggest_categorical(key, list(values.values))
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(key, values.low, values.high, log=values.log)
    return trial.suggest_float(key, values.low, values.high, log=values.log)


def _finished(study: Any) -> list[Any]:
    """Trials that ended, well or badly; those that a killed run left half done are not among them."""
    import optuna

    ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.FAIL)
    return [trial for trial in study.trials if trial.state in ended]


def _best(study: Any, fixed: dict[str, Any], asked: dict[str, Any]) -> Tuned:
    finished = _finished(study)
    scored = [trial for trial in finished if trial.value is not None]
    if not scored:
        raise EvaluationError(
            f"none of {len(finished)} trials could be trained and measured: change what they have in common, "
            "or give more minutes"
        )
    best = max(scored, key=lambda trial: (trial.value, -trial.number))
    return Tuned(
        asked["model"],
        fixed | dict(best.params),
        float(best.value),
        len(finished),
        asked["metric"],
        asked["targets"],
        asked["seed"],
        asked["data"],
    )

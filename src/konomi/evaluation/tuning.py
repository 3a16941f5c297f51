"""Tuning: a model's settings chosen on validation users, never on test users, by Optuna."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, EvaluationError, InputFileError, StorageError, TrainingError
from konomi.evaluation.entrants import Entrant
from konomi.evaluation.metrics import METRICS, parse_metric
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import Targets, strong_split
from konomi.models import by_name
from konomi.models.config import as_settings, config_from
from konomi.progress import SILENT, Progress
from konomi.storage.file import whole_file
from konomi.storage.lock import exclusive

RESULT = "tuned.json"
JOURNAL = "trials.journal"


@dataclass(frozen=True)
class Range:
    """A number between `low` and `high`, tried on a logarithmic scale where `log`."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    values: tuple[Any, ...]


# What is searched for each model: the settings that change quality, not those that change only speed.
SPACES: dict[str, dict[str, Range | Choice]] = {
    "linear": {
        "regularization": Range(5.0, 5_000.0, log=True),
        "dropout": Range(0.0, 0.9),
        "sharpness": Range(1.0, 2.0),
    },
    "neural": {
        "learning_rate": Range(0.05, 2.0, log=True),
        "decay": Range(0.3, 0.95),
        "embedding_dim": Choice((32, 64, 128)),
        "unscored": Choice(("drop", "worst")),
    },
    "spectral": {"embedding_dim": Range(16, 1_024, log=True)},
    "item-knn": {"kept_neighbors": Range(5, 1_000, log=True), "shrinkage": Range(0.5, 500.0, log=True)},
    "user-knn": {"neighbors": Range(5, 1_000, log=True), "shrinkage": Range(0.5, 500.0, log=True)},
}


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
        return Entrant(
            label or f"{self.model} (tuned)", kind, config_from(kind.config_type, self.config), self.seed
        )


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
    space: Mapping[str, Range | Choice] | None = None,
    progress: Progress = SILENT,
) -> Tuned:
    """The settings of a model that score best on the validation users of `strong_split(..., seed=seed)`.

    out      : a folder that gets `trials.journal` and `tuned.json`; a search found there is resumed.
    trials   : stop at so many finished trials, resumed ones counted; minutes: begin no trial after so much time.
               One of them is needed; where both are given, the first reached ends the search.
    settings : settings held fixed. space: what is searched instead of `SPACES[model]`.
    The first trial is the model as its settings stand, if the space holds them, so the result is never worse
    than that on these users.
    Raises ConfigError for a model without anything to search or a budget that is none, EvaluationError where
    nobody is left to measure, no trial succeeds, or the search found in `out` was another one; StorageError.
    """
    import optuna

    kind = by_name(model)
    fixed = as_settings(config_from(kind.config_type, settings or {}))
    space = dict(SPACES.get(model, {}) if space is None else space)
    space = {key: one for key, one in space.items() if key not in (settings or {})}
    if not space:
        raise ConfigError(f"{model} has nothing to tune; the models that have: {', '.join(sorted(SPACES))}")
    config_from(kind.config_type, dict.fromkeys(key for key in space if key not in fixed))
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
        "space": {key: repr(one) for key, one in sorted(space.items())},
        "metric": metric,
        "targets": targets,
        "seed": seed,
        "data": dataset.digest(),
    }
    out = Path(out)
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with exclusive(out):
            try:
                out.mkdir(parents=True, exist_ok=True)
                study = _opened(out / JOURNAL, seed, asked)
                before = len(_finished(study))
                if not study.trials and all(_holds(one, fixed[key]) for key, one in space.items()):
                    study.enqueue_trial({key: fixed[key] for key in space})

                def objective(trial: Any) -> float:
                    values = fixed | {key: _suggested(trial, key, one) for key, one in space.items()}
                    entrant = Entrant(model, kind, config_from(kind.config_type, values))
                    score = float(measure(entrant, split, metrics=(metric,)).intervals[metric].mean)
                    progress.advance(figures=f"{metric} {score:.4f}")
                    return score

                progress.start(f"tune {model}", None if trials is None else max(trials - before, 0))
                if trials is None or trials > before:
                    study.optimize(
                        objective,
                        n_trials=None if trials is None else trials - before,
                        timeout=None if minutes is None else minutes * 60,
                        catch=(TrainingError, ConfigError),
                    )
                found = _best(study, fixed, asked)
                with whole_file(out / RESULT) as new:
                    new.write_text(
                        json.dumps(found.__dict__, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
                    )
            except OSError as error:
                raise StorageError(
                    f"cannot write in {out}: {error.strerror or error}; choose another folder"
                ) from error
    finally:
        optuna.logging.set_verbosity(verbosity)
    return found


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


def _holds(one: Range | Choice, value: Any) -> bool:
    if isinstance(one, Choice):
        return value in one.values
    return isinstance(value, int | float) and one.low <= value <= one.high


def _suggested(trial: Any, key: str, one: Range | Choice) -> Any:
    if isinstance(one, Choice):
        return trial.suggest_categorical(key, list(one.values))
    if isinstance(one.low, int) and isinstance(one.high, int):
        return trial.suggest_int(key, one.low, one.high, log=one.log)
    return trial.suggest_float(key, one.low, one.high, log=one.log)


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

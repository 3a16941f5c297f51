"""The protocol: each model trained on the same part, asked about the same people, its lists measured alike."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.franchises import named_franchises
from konomi.errors import ConfigError, EvaluationError, UnsupportedError
from konomi.evaluation.entrants import Entrant, Trained, entrants_of, train_entrant
from konomi.evaluation.intervals import compare, interval, resampled_means
from konomi.evaluation.metrics import METRICS, hits_of, metric_of, parse_metric
from konomi.evaluation.pairs import Pairs, pair_recall
from konomi.evaluation.results import Evaluation, ModelResult
from konomi.evaluation.shown import describe_shown
from konomi.evaluation.splits import MAX_PEOPLE, MIN_TITLES, Split, Targets, strong_split, weak_split
from konomi.evaluation.twins import split_twins, twin_retrieval
from konomi.kernels.topk import top_k_of_rows
from konomi.progress import SILENT, Progress

SHOWN = 10
_BLOCK = 256


def evaluate(
    dataset: Dataset,
    models: Sequence[str | tuple[str, Any] | Entrant] = ("linear", "popularity"),
    *,
    targets: Targets = "watched",
    split: Literal["strong", "weak"] = "strong",
    seed: int = 0,
    metrics: Sequence[str] | None = None,
    min_titles: int = MIN_TITLES,
    max_people: int = MAX_PEOPLE,
    franchise: NDArray[np.int32] | None = None,
    pairs: Pairs | None = None,
    twins: bool = False,
    progress: Progress = SILENT,
) -> Evaluation:
    """How good each model is at finding what test users watched ("liked": what they liked), and at being alike.

    models    : names, (name, settings) or Entrants; see `entrants_of`.
    split     : "strong" holds test users out whole, "weak" hides a part of every user; see `splits`.
    metrics   : such as "ndcg@10", the first leads; None means all five of `METRICS`, which on a catalog of
                fewer items than their cut look at all of it.
    franchise : int32 (n_items,), -1 for none, as `franchises_from` reads it; None: those that the catalog names.
    pairs     : also measure item similarity against these, by models trained on all the data.
    twins     : also measure user similarity by twin retrieval, by models trained once more.
    Raises EvaluationError where nothing is left to measure, a metric is unknown or looks deeper than the
    catalog, or settings were tuned with another seed; ConfigError for unknown models or settings.
    """
    entrants = entrants_of(models)
    cuts = {metric: parse_metric(metric, n_items=dataset.ratings.n_items)[1] for metric in metrics or ()}
    cuts = cuts or {metric: parse_metric(metric)[1] for metric in METRICS}
    for entrant in entrants:
        if entrant.tuned_seed not in (None, seed):
            raise EvaluationError(
                f"the settings of {entrant.label} were chosen on validation users of seed {entrant.tuned_seed}, "
                f"who may be test users of seed {seed}: evaluate with seed {entrant.tuned_seed}, or tune again"
            )
    if split == "strong":
        parts = strong_split(dataset, targets=targets, seed=seed, min_titles=min_titles, max_people=max_people)
    elif split == "weak":
        parts = weak_split(dataset, targets=targets, seed=seed, min_titles=min_titles, max_people=max_people)
    else:
        raise ConfigError(f'there is no split "{split}": it is strong or weak')
    if franchise is None:
        franchise = named_franchises(dataset.catalog)
    measured = [
        measure(entrant, parts, metrics=tuple(cuts), franchise=franchise, progress=progress) for entrant in entrants
    ]
    results = _against_the_best(measured, next(iter(cuts)), seed)
    if pairs is not None:
        results = [_with_pairs(result, dataset, pairs, franchise, progress) for result in results]
    if twins:
        results = _with_twins(results, dataset, seed, progress)
    return Evaluation(
        tuple(results),
        tuple(cuts),
        np.diff(parts.given.offsets),
        parts.n_hidden(),
        _about(dataset, parts),
        tuple(_notes(entrants, parts, pairs)),
    )


def measure(
    entrant: Entrant,
    split: Split,
    *,
    metrics: Sequence[str] = METRICS,
    franchise: NDArray[np.int32] | None = None,
    among: NDArray[np.bool_] | None = None,
    progress: Progress = SILENT,
) -> ModelResult:
    """What one model reaches on a split: trained on its training part, then asked about its people.

    among : bool (n_items,), the titles that are ranked; None: all.
    """
    started = time.perf_counter()
    trained = train_entrant(entrant, split.training, progress=progress)
    train_seconds = time.perf_counter() - started
    depth = max(SHOWN, *(parse_metric(metric)[1] for metric in metrics))
    started = time.perf_counter()
    progress.start(f"rank with {entrant.label}", len(split))
    ranked = rank(trained, split, depth=min(depth, split.n_items), among=among, progress=progress)
    rank_seconds = time.perf_counter() - started
    hits = hits_of(ranked, split.hidden_offsets, split.hidden_items, split.n_items)
    per_person = {metric: metric_of(metric, hits, split.n_hidden()) for metric in metrics}
    drawn = resampled_means(np.column_stack(list(per_person.values())), seed=split.seed)
    training = split.training
    return ModelResult(
        entrant,
        per_person,
        {metric: interval(values.mean(), drawn[:, c]) for c, (metric, values) in enumerate(per_person.items())},
        describe_shown(
            ranked[:, :SHOWN],
            hits[:, :SHOWN],
            split.given,
            watch_counts=training.ratings.watch_counts(),
            n_users=training.ratings.n_users,
            catalog=training.catalog,
            franchise=franchise,
            seed=split.seed,
        ),
        None,
        train_seconds,
        rank_seconds,
    )


def rank(
    trained: Trained,
    split: Split,
    *,
    depth: int,
    among: NDArray[np.bool_] | None = None,
    progress: Progress = SILENT,
) -> NDArray[np.int32]:
    """int32 (m, depth): each measured person's best titles among all that were not given, best first, -1 at an end.

    among : bool (n_items,), the titles that may be listed; None: all.
    Ties break by lower column. Titles that a model cannot score are never listed.
    """
    m = len(split)
    ranked = np.empty((m, depth), dtype=np.int32)
    values = np.empty((m, depth), dtype=np.float32)
    one = np.float32(1)
    for start in range(0, m, _BLOCK):
        people = np.arange(start, min(start + _BLOCK, m))
        given = split.given.keep_people(people)
        scores = trained.scores(given, split.training_user_index[people])
        if scores.shape != (len(people), split.n_items):
            raise ValueError(
                f"scores are (people, items), expected {(len(people), split.n_items)}, got {scores.shape}"
            )
        if among is not None:
            scores = np.where(among, scores, np.float32(-np.inf))
        block = slice(start, start + len(people))
        top_k_of_rows(scores, given.offsets, given.ascending().item_index, one, ranked[block], values[block])
        progress.advance(len(people))
    return ranked


def _rating_counts(dataset: Dataset) -> NDArray[np.int64]:
    """int64 (n_items,): ratings of each item; where the data hold none at all, watchers."""
    ratings = dataset.ratings
    counts = np.bincount(ratings.item_index[ratings.is_rated], minlength=ratings.n_items)
    return counts if counts.any() else ratings.watch_counts()


def _against_the_best(results: list[ModelResult], lead: str, seed: int) -> list[ModelResult]:
    best = max(results, key=lambda result: result.intervals[lead].mean)
    return [
        result
        if result is best
        else replace(result, versus_best=compare(result.per_person[lead], best.per_person[lead], seed=seed))
        for result in results
    ]


def _with_pairs(
    result: ModelResult, dataset: Dataset, pairs: Pairs, franchise: NDArray[np.int32] | None, progress: Progress
) -> ModelResult:
    trained = train_entrant(result.entrant, dataset, progress=progress)
    counts = _rating_counts(dataset)
    try:
        plain = pair_recall(trained.item_similarities, pairs, counts, progress=progress)
        folded = None
        if franchise is not None:
            folded = pair_recall(trained.item_similarities, pairs, counts, franchise=franchise, progress=progress)
    except UnsupportedError as error:
        return replace(result, unsupported=(*result.unsupported, str(error)))
    return replace(result, pairs=plain, pairs_folded=folded)


def _with_twins(results: list[ModelResult], dataset: Dataset, seed: int, progress: Progress) -> list[ModelResult]:
    twins = split_twins(dataset, seed=seed)
    found = []
    for result in results:
        trained = train_entrant(result.entrant, twins.training, progress=progress)
        try:
            score = twin_retrieval(trained.user_similarities, twins, progress=progress)
            found.append(replace(result, twins=score))
        except UnsupportedError as error:
            found.append(replace(result, unsupported=(*result.unsupported, str(error))))
    return found


def _about(dataset: Dataset, split: Split) -> dict[str, Any]:
    training = split.training.ratings
    return {
        "data": dataset.digest(),
        "n_users": dataset.ratings.n_users,
        "n_items": dataset.ratings.n_items,
        "n_rows": dataset.ratings.n_rows,
        "split": split.kind,
        "targets": split.targets,
        "seed": split.seed,
        "n_training_users": training.n_users,
        "n_training_rows": training.n_rows,
        "n_test_users": len(split),
        "n_hidden": len(split.hidden_items),
    }


def _notes(entrants: list[Entrant], split: Split, pairs: Pairs | None) -> list[str]:
    notes = []
    tuned = [entrant.label for entrant in entrants if entrant.tuned_seed is not None]
    if tuned:
        notes.append(
            f"Settings of {', '.join(tuned)} were chosen on the validation users of seed {split.seed}, "
            "none of whom is a test user."
        )
    if len(tuned) < len(entrants):
        others = ", ".join(entrant.label for entrant in entrants if entrant.tuned_seed is None)
        notes.append(f"Settings of {others} are defaults or given by hand: nothing was chosen here.")
    if pairs is not None and pairs.unknown_ids:
        notes.append(pairs.remarks() + ".")
    return notes

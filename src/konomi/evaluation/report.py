"""An evaluation to read: a table of at most 80 columns, plain JSON values, and an HTML page with plots."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from konomi.evaluation.intervals import Interval
from konomi.evaluation.results import Evaluation, ModelResult
from konomi.models.config import as_settings
from konomi.plots import Section, bars_with_intervals, lines_by_group, write_page

# What the figures of a `Shown` mean.
SHOWN_IN_WORDS = (
    "coverage: titles of the catalog in at least one person's first ten.",
    "Gini: 0 if all titles are shown equally often, 1 if everyone is shown one title.",
    "popularity: training users who watched what is shown; percentile: 100% is the most watched title.",
    "genre gap: 0 if the first ten have the person's own mix of genres.",
    "sequels: titles of a franchise that the person has started; sequel hits: the same among the hits.",
)

WIDTH = 80
_NAME_WIDTH = 16
_LENGTHS = (0, 20, 50, 100, 200, 400)


def text_table(evaluation: Evaluation) -> str:
    """The figures as lines of at most 80 columns: quality, what is shown, then pairs and twins where measured."""
    about = evaluation.about
    what = "liked" if about["targets"] == "liked" else "watched"
    how = "people held out whole" if about["split"] == "strong" else "within each person"
    lines = _wrapped(
        f"{about['n_test_users']:,} test users ({how}, seed {about['seed']}) have {about['n_hidden']:,} titles "
        f"that they {what} to find among {about['n_items']:,}; models learned from "
        f"{about['n_training_rows']:,} ratings of {about['n_training_users']:,} users."
    )
    for table in _tables(evaluation):
        lines += ["", *_aligned(table)]
    lines.append("")
    for sentence in SHOWN_IN_WORDS:
        lines += _wrapped(sentence)
    notes = [*evaluation.notes, *_unsupported(evaluation)]
    if notes:
        lines.append("")
        for note in notes:
            lines += _wrapped(note)
    return "\n".join(lines)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain JSON values: means and intervals, not each person's values."""
    return {
        "about": evaluation.about,
        "metrics": list(evaluation.metrics),
        "notes": list(evaluation.notes),
        "models": [_model_json(result) for result in evaluation.results],
    }


def write_html(evaluation: Evaluation, path: Path) -> None:
    """Write one HTML page with the tables and plots; it needs no network. Raises StorageError."""
    names = [result.entrant.label for result in evaluation.results]
    about = evaluation.about
    intervals = [[result.intervals[metric] for metric in evaluation.metrics] for result in evaluation.results]
    means, lows, highs = (
        np.array([[getattr(one, field) for one in row] for row in intervals]) for field in ("mean", "low", "high")
    )
    lead = evaluation.metrics[0]
    groups, by_length = _by_length(evaluation, lead)
    quality, shown, cost, *more = _tables(evaluation)
    sections = [
        Section(
            sentences=(
                f"{about['n_test_users']:,} test users had {about['n_hidden']:,} titles to find among "
                f"{about['n_items']:,}; models learned from {about['n_training_rows']:,} ratings of "
                f"{about['n_training_users']:,} users. Targets: {about['targets']}. Split: {about['split']}, "
                f"seed {about['seed']}.",
                *evaluation.notes,
                *_unsupported(evaluation),
            )
        ),
        Section("How much of what was hidden is found", table=quality),
        Section(figure=bars_with_intervals(evaluation.metrics, names, means, lows, highs)),
        Section(
            f"{lead} by how many titles were given",
            figure=lines_by_group(groups, names, by_length, x_title="titles given", y_title=lead),
        ),
        Section("What is shown in the first ten", sentences=SHOWN_IN_WORDS, table=shown),
        Section("Hits that are sequels, and what the models cost", table=cost),
        *(Section("Similarity of items and of users", table=table) for table in more),
    ]
    write_page(path, "Evaluation", sections)


def _tables(evaluation: Evaluation) -> list[tuple[tuple[str, ...], ...]]:
    lead, *others = evaluation.metrics
    results = sorted(evaluation.results, key=lambda result: -result.intervals[lead].mean)
    quality: list[tuple[str, ...]] = [("model", lead, "95%", *others, "p")]
    for result in results:
        first = result.intervals[lead]
        p_value = "best" if result.versus_best is None else f"{result.versus_best.p_value:.4f}"
        quality.append(
            (
                result.entrant.label,
                f"{first.mean:.4f}",
                f"{first.low:.3f}-{first.high:.3f}",
                *(f"{result.intervals[metric].mean:.4f}" for metric in others),
                p_value,
            )
        )
    shown: list[tuple[str, ...]] = [
        ("model", "coverage", "Gini", "popularity", "percentile", "genre gap", "sequels")
    ]
    shown += [
        (
            result.entrant.label,
            f"{result.shown.coverage:.1%}",
            f"{result.shown.gini:.3f}",
            f"{result.shown.popularity.mean:.1%}",
            f"{result.shown.percentile.mean:.1%}",
            "-" if result.shown.genre_gap is None else f"{result.shown.genre_gap.mean:.3f}",
            "-" if result.shown.sequels is None else f"{result.shown.sequels.mean:.1%}",
        )
        for result in results
    ]
    cost: list[tuple[str, ...]] = [("model", "sequel hits", "train s", "rank s")]
    cost += [
        (
            result.entrant.label,
            "-" if result.shown.sequel_hits is None else f"{result.shown.sequel_hits.mean:.1%}",
            f"{result.train_seconds:.1f}",
            f"{result.rank_seconds:.1f}",
        )
        for result in results
    ]
    tables: list[list[tuple[str, ...]]] = [quality, shown, cost]
    if any(result.pairs or result.twins or result.unsupported for result in results):
        alike: list[tuple[str, ...]] = [("model", "pairs@10", "pairs@10 folded", "twin first", "twin in ten")]
        alike += [
            (
                result.entrant.label,
                _mean(result.pairs, lambda score: score.recall),
                _mean(result.pairs_folded, lambda score: score.recall),
                _mean(result.twins, lambda score: score.first),
                _mean(result.twins, lambda score: score.in_ten),
            )
            for result in results
        ]
        tables.append(alike)
    return [tuple(table) for table in tables]


def _mean(score: Any, interval_of: Callable[[Any], Interval]) -> str:
    return "-" if score is None else f"{interval_of(score).mean:.4f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """The rows with the first column to the left and the others to the right, at most `WIDTH` wide."""
    rows = [[_shortened(row[0]), *row[1:]] for row in table]
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
    lines = [
        gap.join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def _wrapped(sentence: str) -> list[str]:
    lines, line = [], ""
    for word in sentence.split():
        if line and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _unsupported(evaluation: Evaluation) -> list[str]:
    return [why for result in evaluation.results for why in result.unsupported]


def _by_length(evaluation: Evaluation, metric: str) -> tuple[list[str], Any]:
    """Labels of history lengths, and the mean metric of each model there, float (n_models, n_groups)."""
    bounds = [*_LENGTHS, np.inf]
    groups, means = [], []
    for low, high in itertools.pairwise(bounds):
        inside = (evaluation.n_given >= low) & (evaluation.n_given < high)
        if inside.any():
            name = f"{low:g} and more" if high == np.inf else f"{low:g}-{high - 1:g}"
            groups.append(f"{name} ({inside.sum():,})")
            means.append([result.per_person[metric][inside].mean() for result in evaluation.results])
    return groups, np.array(means).T


def _model_json(result: ModelResult) -> dict[str, Any]:
    plain = {
        "pairs": result.pairs,
        "pairs_folded": result.pairs_folded,
        "twins": result.twins,
        "versus_best": result.versus_best,
    }
    return {
        "model": result.entrant.label,
        "kind": result.entrant.kind.name,
        "config": as_settings(result.entrant.config),
        "settings": result.entrant.settings_from(),
        "metrics": {metric: dataclasses.asdict(interval) for metric, interval in result.intervals.items()},
        "shown": dataclasses.asdict(result.shown),
        **{name: None if value is None else dataclasses.asdict(value) for name, value in plain.items()},
        "unsupported": list(result.unsupported),
        "train_seconds": result.train_seconds,
        "rank_seconds": result.rank_seconds,
    }

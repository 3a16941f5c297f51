"""Plots are pages that need no network."""

from pathlib import Path

import numpy as np
import pytest

from konomi.errors import StorageError
from konomi.plots import bars_with_intervals, learning_curve, lines_by_group

EPOCHS = np.array(
    [
        [1, 1e-5, 0.9, 0.4, 0.2, 0.8, 0.39, 0.19],
        [2, 2e-5, 0.8, 0.3, 0.1, 0.7, 0.38, 0.18],
        [3, 3e-5, 0.7, 0.2, 0.1, np.nan, np.nan, np.nan],
    ]
)


def test_the_learning_curve_names_the_best_epoch(tmp_path: Path) -> None:
    learning_curve(EPOCHS, tmp_path / "curve.html")
    page = (tmp_path / "curve.html").read_text(encoding="utf-8")
    assert "The lowest validation loss is 0.7000, in epoch 2." in page


def test_the_learning_curve_has_a_figure_for_the_loss_and_for_each_error(tmp_path: Path) -> None:
    learning_curve(EPOCHS, tmp_path / "curve.html")
    body = (tmp_path / "curve.html").read_text(encoding="utf-8").split("<body>")[1]
    assert body.count("Plotly.newPlot") == 3


def test_epochs_without_validation_leave_only_training(tmp_path: Path) -> None:
    rows = EPOCHS.copy()
    rows[:, 5:] = np.nan
    learning_curve(rows, tmp_path / "curve.html")
    assert "lowest validation loss" not in (tmp_path / "curve.html").read_text(encoding="utf-8")


def test_rows_of_another_width_are_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\(n_epochs, 8\)"):
        learning_curve(EPOCHS[:, :7], tmp_path / "curve.html")


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        learning_curve(EPOCHS, tmp_path)


def test_whiskers_reach_from_low_to_high() -> None:
    figure = bars_with_intervals(["ndcg@10"], ["linear"], np.array([[0.5]]), np.array([[0.4]]), np.array([[0.7]]))
    bar = figure.data[0]
    assert bar.y == (0.5,)
    np.testing.assert_allclose([bar.error_y.array[0], bar.error_y.arrayminus[0]], [0.2, 0.1])


def test_a_group_without_a_value_is_a_gap() -> None:
    figure = lines_by_group(["a", "b"], ["linear"], np.array([[0.5, np.nan]]), x_title="x", y_title="y")
    assert figure.data[0].y == (0.5, None)

"""A new model is one file and one line of `models.MODULES`: everything else finds it by its kind."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import konomi
from konomi import models
from konomi.cli.main import app
from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, UnsupportedError
from konomi.evaluation.tuning import tune


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.MODULES, "genre", "tests.models.tiny_model")


def test_it_is_trained_stored_opened_and_asked(planted_dataset: Dataset, tmp_path: Path) -> None:
    trained = konomi.train(planted_dataset, model="genre", config={"power": "2"}, out=tmp_path / "model")
    opened = konomi.load(tmp_path / "model")
    assert opened.model.config.power == 2
    assert opened.recommend(5, k=3).item_ids.tolist() == trained.recommend(5, k=3).item_ids.tolist()
    with pytest.raises(UnsupportedError, match="the genre model cannot say which items are similar"):
        opened.similar_items(1000)


def test_its_settings_are_checked(planted_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="power=5 is out of range: power must be between 0 and 4"):
        konomi.train(planted_dataset, model="genre", config={"power": 5})


def test_it_is_evaluated_and_tuned(planted_dataset: Dataset, tmp_path: Path) -> None:
    report = konomi.evaluate(planted_dataset, models=["genre"])
    assert [result.entrant.label for result in report.results] == ["genre"]
    tuned = tune(planted_dataset, "genre", out=tmp_path / "tuned", trials=2)
    assert 0.5 <= tuned.config["power"] <= 2


def test_the_command_line_lists_it_and_its_settings() -> None:
    listed = CliRunner().invoke(app, ["train", "-h"]).output
    assert "It shows the genre that most users watched." in listed
    settings = CliRunner().invoke(app, ["train", "--model", "genre", "-h"]).output
    assert "power=1.0" in settings
    assert "between 0 and 4" in settings

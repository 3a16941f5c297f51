"""An evaluation as text, JSON and a page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.fakes import chance, fake, oracle

from konomi.data.dataset import Dataset
from konomi.errors import StorageError
from konomi.evaluation import Evaluation, Split, evaluate
from konomi.evaluation.report import as_json, text_table, write_html


@pytest.fixture(scope="module")
def evaluation(planted_dataset: Dataset, split: Split) -> Evaluation:
    named = fake(
        "a model with a name beyond all bounds <b>", lambda one: np.zeros((len(one), one.n_items), np.float32)
    )
    everything = np.zeros(planted_dataset.ratings.n_items, dtype=np.int32)
    models = [chance(0), named, oracle(split), "popularity"]
    return evaluate(planted_dataset, models, seed=split.seed, franchise=everything)


def test_the_table_fits_80_columns(evaluation: Evaluation) -> None:
    assert max(map(len, text_table(evaluation).splitlines())) <= 80


def test_the_best_model_stands_first(evaluation: Evaluation) -> None:
    lines = text_table(evaluation).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("model"))
    assert lines[head + 2].split()[:2] == ["oracle", "1.0000"]
    assert lines[head + 2].split()[-1] == "best"


def test_the_table_says_on_whom_settings_were_chosen(evaluation: Evaluation) -> None:
    assert "nothing was chosen here" in " ".join(text_table(evaluation).split())


def test_json_holds_plain_values_only(evaluation: Evaluation) -> None:
    told = json.loads(json.dumps(as_json(evaluation), allow_nan=False))
    assert [model["model"] for model in told["models"]][2:] == ["oracle", "popularity"]
    assert told["models"][2]["metrics"]["ndcg@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert told["about"]["n_test_users"] == len(evaluation.n_given)


def test_why_a_model_has_no_figure_is_said(planted_dataset: Dataset, split: Split) -> None:
    from konomi.evaluation.pairs import Pairs

    pairs = Pairs(np.array([1], np.int32), np.array([2], np.int32), planted_dataset.ratings.n_items, 1, ())
    found = evaluate(planted_dataset, [oracle(split)], seed=split.seed, pairs=pairs)
    assert "the fake model cannot say which items are similar" in " ".join(text_table(found).split())


class Tags(HTMLParser):
    """The tags of a page and the addresses in them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_the_page_is_whole_in_itself(evaluation: Evaluation, tmp_path: Path) -> None:
    write_html(evaluation, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.addresses == []
    assert "link" not in tags.tags
    assert "default-src 'none'" in page
    assert len(re.findall("Plotly.newPlot", page)) >= 2


def test_names_are_text_on_the_page_not_markup(evaluation: Evaluation, tmp_path: Path) -> None:
    write_html(evaluation, tmp_path / "page.html")
    assert "beyond all bounds <b>" not in (tmp_path / "page.html").read_text(encoding="utf-8").split("<body>")[1]


def test_a_page_that_cannot_be_written_is_an_error(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_html(evaluation, tmp_path)

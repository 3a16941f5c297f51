"""The split that the tests of evaluation measure on."""

import pytest

from konomi.data.dataset import Dataset
from konomi.evaluation import Split, strong_split


@pytest.fixture(scope="session")
def split(planted_dataset: Dataset) -> Split:
    return strong_split(planted_dataset, seed=1)

"""The network finds the taste that was planted in the demo's viewers."""

import pytest

import konomi
from konomi.synthetic.demo import write_demo_files


@pytest.fixture(scope="module")
def recommender(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    files = write_demo_files(folder)
    return konomi.train(konomi.ingest(files.ratings, items=files.items), model="neural")


def test_titles_nearest_to_dragon_ball_z_are_of_its_franchise_or_kind(recommender):
    """Of ten neighbors, at least eight: by chance it would be two (a fifth of the titles are of this kind)."""
    catalog = recommender.catalog.frame
    kind = set(catalog["genres"][recommender.item_index("Dragon Ball Z")]) & {"Action", "Shounen"}
    of_the_kind = [
        row["franchise"] == "Dragon Ball" or set(row["genres"]) >= kind for row in catalog.iter_rows(named=True)
    ]
    assert 0.1 < sum(of_the_kind) / len(of_the_kind) < 0.3
    near = recommender.similar_items("Dragon Ball Z", k=10)
    rows = recommender.catalog.items.indices_of(near.item_ids)
    assert sum(of_the_kind[row] for row in rows) >= 8
    assert any("Dragon Ball" in title for title in near.titles[:5])
